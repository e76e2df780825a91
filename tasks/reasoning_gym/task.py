"""`ReasoningGym`: one dataset of reasoning-gym as a task whose answers are judged in one go."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from copy import deepcopy
from dataclasses import fields
from functools import lru_cache
from operator import index as as_index
from typing import Any
from warnings import catch_warnings, simplefilter

from ..extras import require
from ..problem import Problem, Verdict
from ..task import SPLITS, split_of
from ..word_problems.lines import FreeLines, normal
from .audit import AUDIT, AUDITED, OURS, PREFIX
from .judges import BOUNDED, JUDGES

SALT = "reasoning-gym"
"""Decides which questions are held out."""

PLACES = 1 << 31
"""Seeds that a problem is drawn from."""

TRIES = 1000
"""So many draws are made for a problem of a split before giving up: some datasets have few questions."""

LONGEST = 20_000
"""Longer answers are refused unread (characters)."""


class ReasoningGym(FreeLines):
    """Answer the question, in the form that it asks for.

    Problems: those of one dataset of reasoning-gym, each `create_dataset(name, seed=place, size=1)[0]` with a place
    that the address draws, so that neighbouring seeds share nothing. The knobs are the fields of its configuration. 21%
    of the questions are held out as `test` and 3% as `val`.

    Args:
        dataset: its name. Raises ValueError for one that is refused or not known, and ImportError where reasoning-gym
            is not installed.
    """

    def __init__(self, dataset: str):
        who, why = AUDIT.get(dataset, ("refused", f"it is none of the {len(AUDIT)} datasets of version {AUDITED}"))
        if who == "refused":
            raise ValueError(f"reasoning-gym's {dataset} is refused: {why}")
        _library()
        self.dataset = dataset
        self.name = PREFIX + dataset

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(SPLITS)}")
        config = _configured(self.dataset, difficulty)
        rng = self.rng(seed, index, split)
        for _ in range(TRIES):
            place = int(rng.integers(PLACES))
            question, gold = self._asked(place, config)
            if split_of(SALT, normal(question)) == split:
                return Problem(self.name, (question, (), place, config), seed, index, split, difficulty, gold=gold)
        raise ValueError(f"{self.name} has no problem of split {split!r} in {TRIES} draws with {config}")

    def pose(self, *data: Any) -> Problem:
        """`pose(place)`: item 0 of the dataset with this seed and its default configuration."""
        place = data[0][0] if len(data) == 1 and isinstance(data[0], tuple) and len(data[0]) == 1 else (*data, None)[0]
        if len(data) != 1 or type(place) is not int or not 0 <= place < PLACES:
            raise ValueError(
                f"a problem is a whole number in 0..{PLACES - 1}, the seed of the dataset, got {data!r:.100}"
            )
        config = _configured(self.dataset, {})
        question, gold = self._asked(place, config)
        return Problem(self.name, (question, (), place, config), gold=gold)

    def problem_key(self, problem: Problem) -> Hashable:
        return normal(problem.data[0])

    def count(self, split: str = "train", **difficulty: Any) -> None:
        _configured(self.dataset, difficulty)  # raises where there is no such family

    def _asked(self, place: int, config: str) -> tuple[str, str | None]:
        entry = _item(self.dataset, place, config)[1]
        answer = entry["answer"]
        return str(entry["question"]), None if answer is None else str(answer)

    # judgement ----------------------------------------------------------------------------------------------------

    def judge(self, problem: Problem, answer: str) -> Verdict:
        if len(answer) > LONGEST:
            return Verdict(False, f"an answer has at most {LONGEST} characters")
        source, entry = _item(self.dataset, *problem.data[2:])
        judge = OURS[self.dataset][0] if self.dataset in OURS else None
        try:
            right = judge is None or JUDGES[judge](answer.strip(), entry)
            if right and (judge is None or judge in BOUNDED):
                # A copy: some scorers write into what they are given.
                right = source.score_answer(answer.strip(), deepcopy(entry)) == 1
        except Exception:  # whatever a scorer stumbles over in a text, the text is no right answer
            return Verdict(False, "the answer cannot be read")
        return Verdict(bool(right), "right" if right else "not right", answer.strip())


@lru_cache(maxsize=1)
def _library() -> Any:
    """Raises ImportError where it is not installed."""
    with catch_warnings():
        simplefilter("ignore")  # about the syntax of what it depends on
        return require("reasoning_gym", "rg")


@lru_cache(maxsize=256)
def _item(dataset: str, place: int, config: str) -> tuple[Any, dict[str, Any]]:
    """The dataset at a seed, and its only item, which nobody writes to."""
    source = _library().create_dataset(dataset, seed=place, size=1, **json.loads(config))
    return source, source[0]


def _configured(dataset: str, difficulty: Mapping[str, Any]) -> str:
    """The JSON of a configuration. Raises ValueError for a field that there is not, or a value that is refused."""
    kind = _library().factory.DATASETS[dataset][1]
    known = [field.name for field in fields(kind) if field.name not in ("seed", "size")]
    if unknown := sorted(difficulty.keys() - set(known)):
        raise ValueError(f"there is no difficulty {', '.join(map(repr, unknown))} here; known: {', '.join(known)}")
    try:
        made = kind(**difficulty)
        if hasattr(made, "validate"):
            made.validate()
    except (AssertionError, TypeError, ValueError) as error:
        raise ValueError(f"{dataset} refuses {dict(difficulty)}: {error}") from error
    return json.dumps(dict(difficulty), sort_keys=True)
