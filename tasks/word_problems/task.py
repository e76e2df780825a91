"""The task `math`: word problems, from stories of our own, from a file or from the hub, with verified answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from operator import index as as_index
from typing import Any

from ..answers import verify
from ..problem import Problem, Verdict
from ..task import SPLITS, read_knobs, split_of
from .bank import SALT, Bank, Share, open_bank, order, signs
from .lines import FreeLines, lines_of, normal, posed
from .stories import WORDS, Length, tell

NOTHING = Verdict(False, "nothing was answered")
NO_GOLD = Verdict(None, "the answer to this problem is not known")


class MathProblems(FreeLines):
    """Solve the problem. Think in lines of text, as many as you need, then answer with the result alone.

    Without arguments: stories of our own about counting, endless; `steps` (1-12, default 3) is how much happens.

    Args:
        data: path of a file or folder, or a name on the hub, see `metacot.tasks.data.stream`. Problems without an
            answer are left out. 21% are held out as `test` and 3% as `val`, by the hash of the question; the seed of
            an address permutes a split. The knobs `low` and `high` (shares in [0, 1]) cut out a part of the order from
            easy to hard, where every problem has a difficulty or a solve rate.
        held_out: a second file or name; its problems are the split `test`, and `data` is for training and validation.
        source: the name of the data set that the files are in the format of (one of `metacot.tasks.data.SOURCES`).
    """

    name = "math"
    levels: Mapping[str, Mapping[str, Any]] = {"easy": {"steps": 1}, "medium": {}, "hard": {"steps": 6}}
    words = WORDS

    def __init__(self, data: str | None = None, held_out: str | None = None, source: str = "rows"):
        if data is None and held_out is not None:
            raise ValueError("problems are held out from those in data: give both")
        self._bank: Bank | None = None
        if data is None:
            return
        self._bank = bank = open_bank(str(data), None if held_out is None else str(held_out), source, True)
        third = {"easy": (0, 0.33), "medium": (0.33, 0.67), "hard": (0.67, 1)}
        self.levels = {level: {"low": low, "high": high} for level, (low, high) in third.items() if bank.graded}
        self.words = (*WORDS, *signs(bank))

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        if self._bank is None:
            return self._story(seed, index, split, difficulty)
        family = self._bank.family(split, read_knobs(Share, difficulty))
        if not 0 <= index < len(family):
            raise IndexError(f"split {split!r} has {len(family)} problems, there is no index {index}")
        record = family[order(self.name, split, seed, len(family))[index]]
        return Problem(
            self.name,
            (record.problem, lines_of(record.solution)),
            seed,
            index,
            split,
            difficulty,
            gold=record.answer,
            solve_rate=record.solve_rate,
        )

    def _story(self, seed: int, index: int, split: str, difficulty: Mapping[str, Any]) -> Problem:
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(SPLITS)}")
        steps = read_knobs(Length, difficulty).steps
        rng = self.rng(seed, index, split)
        while True:
            story = tell(rng, steps)
            if split_of(SALT, normal(story.question)) == split:
                break
        data = story.question, story.solution
        return Problem(self.name, data, seed, index, split, difficulty, gold=str(story.gold))

    def pose(self, *data: Any) -> Problem:
        """`pose("What is 2 + 2?", "4")`; a third text is a solution, line by line."""
        return posed(self.name, data)

    def problem_key(self, problem: Problem) -> Hashable:
        return normal(problem.data[0])

    def count(self, split: str = "train", **difficulty: Any) -> int | None:
        if self._bank is not None:
            return len(self._bank.family(split, read_knobs(Share, difficulty)))
        self._story(0, 0, split, difficulty)  # raises for what it refuses
        return None

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`lines`: how long the reference solution is, where there is one."""
        return {"lines": float(len(problem.data[1]))} if problem.data[1] else {}

    # judgement ----------------------------------------------------------------------------------------------------

    def judge(self, problem: Problem, answer: str) -> Verdict:
        if problem.gold is None:
            return NO_GOLD
        return verify(answer, problem.gold) if answer.strip() else NOTHING
