"""Which problems a run trains on and is evaluated on: weighted families, drawn by address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..tasks import Problem, Task

Family = tuple[float, Mapping[str, Any]]
"""(weight, difficulty): how often problems of this difficulty are drawn, relative to the others."""


class Mixture:
    """Training problems from several families; `mixture(n)` is a pure function of n.

    A finite family is dealt like a deck: every problem once, in a seeded order, before any comes again.
    """

    def __init__(self, task: Task[Any, Any], families: Sequence[Family], seed: int, split: str = "train"):
        if not families or not all(weight > 0 for weight, _ in families):
            raise ValueError(f"a mixture needs families of positive weight, got {families!r}")
        self.task = task
        self.seed = seed
        self.split = split
        total = sum(weight for weight, _ in families)
        self.families = [dict(difficulty) for _, difficulty in families]
        self._counts = [task.count(split, **difficulty) for difficulty in self.families]
        shares = [weight / total for weight, _ in families]
        self._pattern = [_place(shares, (slot * GOLDEN + 0.5) % 1.0) for slot in range(PATTERN)]
        self._ranks = [self._pattern[:slot].count(place) for slot, place in enumerate(self._pattern)]

    def __call__(self, number: int) -> Problem:
        """The problem with this number, 0 or more."""
        round_, slot = divmod(number, PATTERN)
        place = self._pattern[slot]
        rank, count = round_ * self._pattern.count(place) + self._ranks[slot], self._counts[place]
        deal, index = (self.seed, rank) if count is None else (self.seed + rank // count, rank % count)
        return self.task.problem(deal, index, self.split, **self.families[place])


PATTERN = 100
"""Families take turns in a fixed pattern of this length, so that weights count in whole hundredths."""

GOLDEN = 0.6180339887498949
"""A walk by the golden ratio spreads each family evenly over the pattern."""


def _place(shares: Sequence[float], point: float) -> int:
    """The family in whose share of [0, 1) the point lies."""
    for place, share in enumerate(shares):
        if point < share:
            return place
        point -= share
    return len(shares) - 1


def held_out(task: Task[Any, Any], count: int | None, split: str = "test", seed: int = 0) -> list[Problem]:
    """The first `count` problems of a split (None: all of a finite one)."""
    available = task.count(split)
    if count is None and available is None:
        raise ValueError(f"{task.name} has no end: say how many problems to hold out")
    amount = min(count or available or 0, available or count or 0)
    return [task.problem(seed, index, split) for index in range(amount)]
