"""The children of a hand: every legal step, and what it leads to."""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable
from itertools import combinations as choose

from ..rationals import Combine, Exact, combinations, combine_all, combine_whole, whole_combinations
from .state import Numbers

Child = tuple[Combine, Numbers, Hashable, float]
"""step, state, key, cost: an entry of `Task.expand`."""

_new = tuple.__new__  # what `Numbers(...)` ends in, without the way there


def children(state: Numbers) -> list[Child]:
    """All children in the order of their action indices; of equal pairs of numbers the first counts."""
    numbers, target, whole, spare = state
    count = len(numbers)
    if count < 2:
        return []
    found: list[Child] = []
    if count == 2:
        # Most hands are of two numbers, and few come again: remembering them takes longer than making them.
        for _, step, result in combine_whole(*numbers) if whole else combine_all(*numbers):  # type: ignore[arg-type]
            child = _new(Numbers, ((result,), target, whole, spare))
            found.append((step, child, child, 1.0))
        return found
    legal = whole_combinations if whole else combinations
    seen: set[tuple[Exact, Exact]] = set()
    for i, j in choose(range(count), 2):
        pair = numbers[i], numbers[j]
        if pair in seen:
            continue
        seen.add(pair)
        if count == 3:
            other = numbers[3 - i - j]
            for _, step, result in legal(*pair):
                left = (other, result) if other < result else (result, other)
                child = _new(Numbers, (left, target, whole, spare))
                found.append((step, child, child, 1.0))
        else:
            others = [*numbers[:i], *numbers[i + 1 : j], *numbers[j + 1 :]]
            for _, step, result in legal(*pair):
                hand = [*others]
                insort(hand, result)
                child = _new(Numbers, (tuple(hand), target, whole, spare))
                found.append((step, child, child, 1.0))
    return found
