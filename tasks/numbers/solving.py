"""Exact facts about hands of up to six numbers: can they make a target, in how few steps, in how many ways?

A hand makes a target if it can be dealt into two parts, and some value of one and some value of the other become the
target in one operation. For each value of the smaller part there are at most six such partners, so that only tables
of the values of small parts are ever built: for six numbers those of the parts of four. No search visits the states.

A *solution* is a tree whose leaves are numbers of the hand and whose inner nodes are legal operations, each on its two
sides without an order: 2 + 3 and 3 + 2 are one solution, and equal numbers are not told apart; 2 * 2 and 2 + 2 are two.
Which of two steps is made first does not matter either, as it does for the plays of `metacot.tasks.game24.hands`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations as choose

from ..rationals import Exact, combinations, meetings, partners, results
from .state import Hand

TABLES = 1 << 10
"""So many tables of values are kept; one of four numbers takes about 0.2 MB."""


def solvable(numbers: Hand, target: int, whole: bool = False) -> bool:
    """Can these sorted non-negative numbers be combined into `target` (positive), each used once?

    whole: with whole numbers only on the way.
    """
    # One and two numbers are most of all states and need no memory of their own.
    if len(numbers) == 1:
        return numbers[0] == target
    if len(numbers) == 2:
        return numbers[1] in _meeting(numbers[0], target, whole)
    return _solvable(numbers, target, whole)


@lru_cache(maxsize=1 << 18)
def _solvable(numbers: Hand, target: int, whole: bool) -> bool:
    """`solvable` for three numbers and more."""
    if len(numbers) == 3 and not whole:
        a, b, c = numbers
        return not (
            partners(a, target).isdisjoint(results(b, c))
            and partners(b, target).isdisjoint(results(a, c))
            and partners(c, target).isdisjoint(results(a, b))
        )
    return any(_ways(numbers, target, whole))


def distance(numbers: Hand, target: int, whole: bool = False) -> int | float:
    """The fewest steps after which `target` is among the numbers, others left over or not; math.inf = never."""
    for size in range(1, len(numbers) + 1):
        if any(solvable(part, target, whole) for part in set(choose(numbers, size))):
            return size - 1
    return math.inf


def solutions(numbers: Hand, target: int, whole: bool = False, spare: bool = False) -> int:
    """How many solutions there are, as this module defines them. spare: also those that leave numbers over."""
    sizes = range(1 if spare else len(numbers), len(numbers) + 1)
    return sum(sum(_ways(part, target, whole)) for size in sizes for part in set(choose(numbers, size)))


def _ways(numbers: Hand, target: Exact, whole: bool, table: int = 0) -> Iterator[int]:
    """The numbers of trees over all `numbers` with the value `target`, one a meeting of two parts; their sum counts
    all. table: up to so many numbers have a table (default: two less than there are, at least three)."""
    table = table or max(3, len(numbers) - 2)
    if len(numbers) <= table:
        yield _trees(numbers, whole).get(target, 0)
        return
    for small, large in _deals(numbers):
        for a, count in _trees(small, whole).items():
            if target == 0 == a:  # 0 * b and 0 / b, whatever b
                meeting: Mapping[Exact, int] = {b: _outcomes(a, b, whole).count(a) for b in _trees(large, whole)}
            else:
                meeting = _meeting(a, target, whole)
            for b, operations in meeting.items():
                if small == large and b < a:
                    continue
                more = sum(_ways(large, b, whole, table))
                if more:
                    pairs = count * (count + 1) // 2 if small == large and a == b else count * more
                    yield operations * pairs


@lru_cache(maxsize=TABLES)
def _trees(numbers: Hand, whole: bool) -> dict[Exact, int]:
    """Every value that all the numbers can become, and the number of trees that become it."""
    if len(numbers) == 1:
        return {numbers[0]: 1}
    found: dict[Exact, int] = {}
    for small, large in _deals(numbers):
        left, right = _trees(small, whole).items(), _trees(large, whole).items()
        for a, count in left:
            for b, more in right:
                if small == large:
                    if b < a:  # met before from the other side
                        continue
                    pairs = count * (count + 1) // 2 if a == b else count * more
                else:
                    pairs = count * more
                for result in _outcomes(a, b, whole):
                    found[result] = found.get(result, 0) + pairs
    return found


@lru_cache(maxsize=1 << 10)
def _deals(numbers: Hand) -> tuple[tuple[Hand, Hand], ...]:
    """Every way to deal the numbers into two parts without an order, the smaller first; equal ones not told apart."""
    found: dict[tuple[Hand, Hand], None] = {}
    places = range(len(numbers))
    for size in range(1, len(numbers) // 2 + 1):
        for part in choose(places, size):
            small = tuple(numbers[place] for place in part)
            large = tuple(numbers[place] for place in places if place not in part)
            if (large, small) not in found:
                found[small, large] = None
    return tuple(found)


def _outcomes(a: Exact, b: Exact, whole: bool) -> list[Exact]:
    """The result of every legal operation on two numbers, in any order."""
    rows = combinations(a, b) if a <= b else combinations(b, a)
    return [result for _, _, result in rows if not whole or type(result) is int]


@lru_cache(maxsize=1 << 16)
def _meeting(a: Exact, target: Exact, whole: bool) -> dict[Exact, int]:
    """`meetings`, of whole numbers only where `whole` says so."""
    return {b: count for b, count in meetings(a, target).items() if not whole or type(b) is int}
