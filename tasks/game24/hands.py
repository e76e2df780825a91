"""The hands of Game of 24, and in how many plays they make a target. (Whether they can: `metacot.tasks.numbers`.)"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations as choose
from itertools import combinations_with_replacement

from ..numbers import Hand, without
from ..rationals import Exact, combinations

MAX_NUMBER = 25
"""The largest number a hand may hold."""


def hands(low: int = 1, high: int = 13, size: int = 4) -> Iterator[tuple[int, ...]]:
    """Every hand of `size` whole numbers in [low, high], sorted, in a fixed order."""
    return combinations_with_replacement(range(low, high + 1), size)


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
