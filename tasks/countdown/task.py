"""Countdown as a `Task`. Which problems are dealt is said in `deal.py`, the rules and faces in `tasks/numbers`."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index as as_index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numbers import Layout, NumberGame, Numbers, solutions
from ..numbers.game import as_hand
from ..problem import Problem, Verdict
from ..task import SOLVABLE, read_knobs
from .deal import ALL_SPLITS, BLOCK, SIZES, Knobs, block, targets

DEFAULT = Knobs()


class Countdown(NumberGame):
    """Combine the numbers with + - * / into the target. Each step takes two of the numbers and puts their result in
    their place; a difference is written larger - smaller.

    Problems: hands of three to six `numbers` (knobs of `problem`, default 4) in [low, high] (1-100) with a target in
    [target_low, target_high] (10-100), each solvable because it was made by playing. Every number has to be used, as
    in most work on language models; `use="any"` allows to leave numbers over, as in the television game. Results may
    be fractions; `rules="integer"` makes every step that leaves the whole numbers illegal, and wrong in an answer.

    Splits are the same for all rules. `test_hand`: ten percent of all hands; `test_target`: ten percent of all
    targets, which no other split contains either. Of what remains, 21% of all problems (hand and target together) are
    `test` and 3% are `val`. So `test` asks whether a model solves new problems, `test_target` whether it can aim at a
    number that was never asked for, `test_hand` whether it can start from numbers never seen together.
    """

    name = "countdown"
    horizon = SIZES[-1] - 1
    levels: Mapping[str, Mapping[str, Any]] = {
        "easy": {"numbers": 3},
        "medium": {},
        "hard": {"numbers": 6, "target_low": 100, "target_high": 999},
    }
    words = (*NumberGame.words, "any", "of", "in", "whole", "number")
    splits = ALL_SPLITS
    layout = Layout(SIZES[-1], rules=True)
    n_actions = layout.n_actions
    shape = (layout.width,)

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        if index < 0:
            raise IndexError(f"an index is 0 or more, got {index}")
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        hand, target = self._dealt(seed, index, self._known(split), knobs)
        return Problem(self.name, (hand, target, knobs.whole, knobs.spare), seed, index, split, difficulty)

    def _dealt(self, seed: int, index: int, split: str, knobs: Knobs) -> tuple[tuple[int, ...], int]:
        place, within = divmod(index, BLOCK)
        *hand, target = block(self.name, split, seed, place, knobs)[within].tolist()
        return tuple(hand), target

    def pose(self, *data: Any) -> Problem:
        """`pose((3, 7, 25, 50), 95)`, `pose((3, 7, 25), 4, "integer")` or `pose((3, 7, 25), 4, "integer", "any")`."""
        if not 2 <= len(data) <= 4:
            raise ValueError(f"a problem is a hand, a target and perhaps rules and use, got {data!r}")
        hand = as_hand(data[0], SIZES)
        names = ("rules", "use")[: len(data) - 2]
        knobs = Knobs(
            low=hand[0],
            high=hand[-1],
            target_low=data[1],
            target_high=data[1],
            **dict(zip(names, data[2:], strict=True)),
        )
        return Problem(self.name, (hand, data[1], knobs.whole, knobs.spare))

    def count(self, split: str = "train", **difficulty: Any) -> int | None:
        """0 where every target within the knobs belongs to other splits, else None: there is no end."""
        return None if targets(self._known(split), read_knobs(Knobs, difficulty)) else 0

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`solutions`: how many there are, as `metacot.tasks.numbers.solving` defines them; `numbers`: in the hand;
        `steps`: the fewest to a solution."""
        start = self.start(problem)
        return {
            "numbers": float(len(start.numbers)),
            "solutions": float(solutions(*start)),
            "steps": float(self.distance(start)),
        }

    def hands(self, seed: int, first: int, count: int, split: str, **difficulty: Any) -> NDArray[np.int16]:
        knobs, known = read_knobs(Knobs, difficulty), self._known(split)
        places = range(first // BLOCK, (first + count - 1) // BLOCK + 1)
        rows = np.concatenate([block(self.name, known, seed, place, knobs) for place in places])
        return rows[first % BLOCK :][:count]

    def check_give_up(self, problem: Problem) -> Verdict:
        """Problems that were dealt are known to be solvable; others are solved."""
        if problem.seed is None or problem.index is None or problem.split not in self.splits:
            return super().check_give_up(problem)
        knobs = read_knobs(Knobs, problem.difficulty) if problem.difficulty else DEFAULT
        dealt = self._dealt(problem.seed, problem.index, problem.split, knobs)
        same = problem.data == (*dealt, knobs.whole, knobs.spare)
        return SOLVABLE if same else super().check_give_up(problem)

    def show(self, state: Numbers) -> str:
        some, whole = ("any of " if state.spare else ""), (" in whole numbers" if state.whole else "")
        return f"{some}{self.brief(state)} to make {state.target}{whole}"

    def rules(self) -> str:
        return (
            "Combine the numbers with + - * / until one is left and it equals the target. Each step takes two of the "
            "numbers and puts their result in their place. A difference is written larger - smaller. The answer is "
            "one expression that uses every number exactly once. Where the question says any of, numbers may be left "
            "over. Where it says in whole numbers, every result must be a whole number. Where no play reaches the "
            "target, give up."
        )

    def _caption(self, state: Numbers) -> str:
        return f"make {state.target}{' in whole numbers' * state.whole}{', any of these' * state.spare}"

    def _known(self, split: str) -> str:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")
        return split
