"""The state of a number game."""

from __future__ import annotations

from typing import NamedTuple

from ..rationals import Exact

Hand = tuple[Exact, ...]


class Numbers(NamedTuple):
    """What is left: the numbers, sorted, and the target they should become.

    whole: may only whole numbers occur, so that a quotient with a rest is no legal step?
    spare: may numbers be left over at the end?
    """

    numbers: Hand
    target: int
    whole: bool = False
    spare: bool = False

    def __repr__(self) -> str:
        # Stable hashes of states (of noise, of rollouts) are made of this: the usual rules go without saying.
        rules = f", whole={self.whole}, spare={self.spare}" if self.whole or self.spare else ""
        return f"Numbers(numbers={self.numbers}, target={self.target}{rules})"


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
