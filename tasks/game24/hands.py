"""Exact facts about hands: which can make a target, and in how many plays.

A multiset of numbers makes the target if some pair can be combined so that the rest does. Two numbers are decided by
one set look-up and three by three, so that all 1,820 hands of 1-13 take milliseconds without any table on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations as choose
from itertools import combinations_with_replacement

from ..rationals import Exact, combinations, partners, results

Hand = tuple[Exact, ...]

MAX_NUMBER = 25
"""The largest number a hand may hold."""


def hands(low: int = 1, high: int = 13, size: int = 4) -> Iterator[tuple[int, ...]]:
    """Every hand of `size` whole numbers in [low, high], sorted, in a fixed order."""
    return combinations_with_replacement(range(low, high + 1), size)


def without(numbers: Hand, i: int, j: int, result: Exact) -> Hand:
    """The sorted hand in which the numbers at positions i < j have become `result`."""
    if len(numbers) == 3:
        other = numbers[3 - i - j]
        return (other, result) if other < result else (result, other)
    if len(numbers) == 2:
        return (result,)
    rest = list(numbers)
    del rest[j]
    rest[i] = result
    rest.sort()
    return tuple(rest)


def solvable(numbers: Hand, target: int) -> bool:
    """Can these sorted non-negative numbers be combined into `target` (positive), each used once?"""
    # One and two numbers are most of all states and need no memory of their own.
    if len(numbers) == 1:
        return numbers[0] == target
    if len(numbers) == 2:
        return numbers[1] in partners(numbers[0], target)
    return _solvable(numbers, target)


@lru_cache(maxsize=1 << 18)
def _solvable(numbers: Hand, target: int) -> bool:
    """`solvable` for three numbers and more."""
    if len(numbers) == 3:
        a, b, c = numbers
        return not (
            partners(a, target).isdisjoint(results(b, c))
            and partners(b, target).isdisjoint(results(a, c))
            and partners(c, target).isdisjoint(results(a, b))
        )
    pairs = choose(range(len(numbers)), 2)
    return any(solvable(without(numbers, i, j, r), target) for i, j in pairs for r in results(numbers[i], numbers[j]))


@lru_cache(maxsize=1 << 16)
def plays(numbers: Hand, target: int) -> tuple[int, int]:
    """(all, solving) complete plays: sequences of distinct legal steps that end with one number."""
    if len(numbers) == 1:
        return 1, int(numbers[0] == target)
    seen: set[tuple[Exact, Exact]] = set()
    total = solving = 0
    for i, j in choose(range(len(numbers)), 2):
        if (numbers[i], numbers[j]) in seen:
            continue
        seen.add((numbers[i], numbers[j]))
        for _, _, result in combinations(numbers[i], numbers[j]):
            more, good = plays(without(numbers, i, j, result), target)
            total += more
            solving += good
    return total, solving
