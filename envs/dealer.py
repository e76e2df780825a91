"""Which problem an episode is about: addresses, never a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..tasks import Problem, Task

OPTIONS = ("problem", "index", "split")
"""What `reset(options=...)` understands."""

KEPT = 4096
"""So many problems of a finite family are kept."""


class Dealer:
    """Deals problem (s, 0) after a seed s, then one index further every time; past the end of a finite family the
    same order begins again.

    Raises ValueError, when made, for an unknown split or difficulty and where there is no problem at all.
    """

    def __init__(self, task: Task[Any, Any], split: str, difficulty: str | Mapping[str, Any] | None):
        self.task = task
        self.split = split
        self.difficulty = task.knobs(difficulty)
        self.seed: int | None = None
        self.next = 0
        self._counts: dict[str, int | None] = {}
        self._kept: dict[tuple[int, int, str], Problem] = {}
        self._count(split)

    def retune(self, difficulty: str | Mapping[str, Any] | None) -> None:
        """Deal problems of another difficulty; addresses go on. Raises ValueError as at first, and changes nothing."""
        knobs = self.task.knobs(difficulty)
        if knobs == self.difficulty:
            return
        before, counts = self.difficulty, self._counts
        self.difficulty, self._counts = knobs, {}
        try:
            self._count(self.split)
        except ValueError:
            self.difficulty, self._counts = before, counts
            raise
        self._kept.clear()

    def deal(self, seed: int | None, options: Mapping[str, Any] | None, draw: Callable[[], int]) -> Problem:
        """The next problem. `draw` is asked for a seed where none was ever given.

        Raises ValueError for options that are unknown or no problem of this task, IndexError for an index past the end.
        """
        if options:
            if unknown := options.keys() - set(OPTIONS):
                raise ValueError(f"reset options are {', '.join(OPTIONS)}; got {', '.join(sorted(map(repr, unknown)))}")
            if (problem := options.get("problem")) is not None:
                return self._given(problem)
        if seed is not None:
            self.seed, self.next = int(seed), 0
        elif self.seed is None:
            self.seed, self.next = draw(), 0
        split = self.split
        if options:
            split = options.get("split", split)
            if "index" in options:
                self.next = int(options["index"]) + 1
                return self.task.problem(self.seed, self.next - 1, split, **self.difficulty)
        index = self.next
        self.next = index + 1
        count = self._count(split)
        if count is None:
            return self.task.problem(self.seed, index, split, **self.difficulty)
        # A finite family comes round again and again: what was dealt once is kept.
        address = self.seed, index % count, split
        dealt = self._kept.get(address)
        if dealt is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            dealt = self._kept[address] = self.task.problem(*address, **self.difficulty)
        return dealt

    def _given(self, problem: Problem | str) -> Problem:
        if isinstance(problem, str):
            problem = Problem.from_json(problem)
        if not isinstance(problem, Problem) or problem.task != self.task.name:
            raise ValueError(f"expected a problem of {self.task.name!r} or its JSON, got {problem!r}")
        return problem

    def _count(self, split: str) -> int | None:
        """How many problems a split has, None = no end."""
        try:
            return self._counts[split]
        except KeyError:
            count = self._counts[split] = self.task.count(split, **self.difficulty)
        if count == 0:
            raise ValueError(f"{self.task.name} has no problems in split {split!r} at difficulty {self.difficulty}")
        return count
