"""What a task hands out: problems, and verdicts on answers. Plain data, without rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one answer.

    correct: True, False, or None where it cannot be judged.
    reason: one clear sentence; never echoes long or unprintable input.
    answer: the answer as it was understood, None where nothing could be read.
    """

    correct: bool | None
    reason: str
    answer: str | None = None


@dataclass(frozen=True, slots=True, init=False)
class Problem:
    """One problem, rebuilt at any time from its address `(task, split, seed, index, difficulty)`.

    seed, index: the address; both None for a problem posed by hand (`Task.pose`).
    difficulty: the knobs it was asked for with, as keyword arguments of `Task.problem`: JSON scalars.
    data: what the task needs to start: nested tuples of JSON scalars, nothing else.
    gold: a reference answer, where the source has one.
    solve_rate: share in [0, 1] of people or models that solve it, where known.
    """

    task: str
    data: tuple[Any, ...]
    seed: int | None = None
    index: int | None = None
    split: str = "posed"
    difficulty: Mapping[str, Any] = field(default_factory=dict, hash=False)
    gold: str | None = None
    solve_rate: float | None = None

    def __init__(
        self,
        task: str,
        data: tuple[Any, ...],
        seed: int | None = None,
        index: int | None = None,
        split: str = "posed",
        difficulty: Mapping[str, Any] | None = None,
        gold: str | None = None,
        solve_rate: float | None = None,
    ):
        # A problem an episode: the slots themselves take half the time of what a frozen dataclass does.
        _task(self, task)
        _data(self, data)
        _seed(self, seed)
        _index(self, index)
        _split(self, split)
        _difficulty(self, {} if difficulty is None else difficulty)
        _gold(self, gold)
        _solve_rate(self, solve_rate)

    def to_json(self) -> str:
        """One line of JSON with sorted keys; `from_json` is the inverse."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Problem:
        """Raises ValueError where `text` is not the JSON of a problem."""
        try:
            fields = json.loads(text)
        except RecursionError:
            raise ValueError("this JSON is nested too deeply for a problem") from None
        if not isinstance(fields, dict) or set(fields) != set(cls.__slots__):
            raise ValueError(f"a problem is a JSON object with the keys {', '.join(sorted(cls.__slots__))}")
        kinds = {"task": str, "data": list, "split": str, "difficulty": dict}
        for name, kind in kinds.items():
            if not isinstance(fields[name], kind):
                raise ValueError(f"{name} of a problem is a {kind.__name__}, got {fields[name]!r}")
        return cls(**fields | {"data": as_tuples(fields["data"])})


_task, _data, _seed, _index, _split, _difficulty, _gold, _solve_rate = (
    getattr(Problem, name).__set__ for name in Problem.__slots__
)


def as_tuples(value: Any) -> Any:
    """Lists, however nested, as tuples: the form in which JSON data becomes hashable."""
    return tuple(as_tuples(item) for item in value) if isinstance(value, list | tuple) else value
