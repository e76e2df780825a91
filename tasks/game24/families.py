"""Which hands are dealt: the knobs of a family, the splits, and the order of addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..numbers import Hand, solvable
from ..task import split_of
from .hands import MAX_NUMBER, hands
from .puzzles import HELD_OUT, PUZZLES

MAX_TARGET = 1000

SALT = "game-of-24"
"""Decides which hands are held out: 293 of the 1,362 solvable ones of 1-13. Another salt is another benchmark."""


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of hands. Raises ValueError that names the value and the rule."""

    low: int = 1
    high: int = 13
    target: int = 24
    solvable: str = "only"

    def __post_init__(self) -> None:
        # Not isinstance: True is an int that would be shown as "True".
        if not (type(self.low) is type(self.high) is int and 1 <= self.low <= self.high <= MAX_NUMBER):
            rule = f"numbers must be whole and satisfy 1 <= low <= high <= {MAX_NUMBER}"
            raise ValueError(f"{rule}, got low={self.low!r}, high={self.high!r}")
        if not (type(self.target) is int and 1 <= self.target <= MAX_TARGET):
            raise ValueError(f"target must be a whole number in 1..{MAX_TARGET}, got {self.target!r}")
        if self.solvable not in ("only", "mixed"):
            raise ValueError(f"solvable must be 'only' or 'mixed', got {self.solvable!r}")


DEFAULT = Knobs()


@lru_cache(maxsize=64)
def family_of(split: str, knobs: Knobs, ranked: tuple[Hand, ...] = ()) -> tuple[Hand, ...]:
    """The hands of one split, in the order of enumeration; those of a puzzle file (`ranked`) first, in its order."""
    puzzles = ranked[HELD_OUT]
    if split == PUZZLES:
        family = [hand for hand in puzzles if knobs.low <= hand[0] and hand[-1] <= knobs.high]
    else:
        left_out = frozenset(puzzles if split != "test" else ())
        dealt = (hand for hand in hands(knobs.low, knobs.high) if hand not in left_out)
        family = [hand for hand in dealt if split_of(SALT, hand) == split]
        rank = {hand: place for place, hand in enumerate(ranked)}
        family.sort(key=lambda hand: rank.get(hand, len(ranked)))
    return tuple(hand for hand in family if knobs.solvable == "mixed" or solvable(hand, knobs.target))


@lru_cache(maxsize=64)
def table_of(family: tuple[Hand, ...], target: int) -> NDArray[np.int16]:
    """(k, 5): the hands of a family and their target."""
    return np.array([(*hand, target) for hand in family], np.int16)


@lru_cache(maxsize=1 << 11)
def order(name: str, split: str, seed: int, count: int) -> NDArray[np.int32]:
    """The seeded permutation that turns an index into a place in the family."""
    seeds = crc32(name.encode()), crc32(split.encode()), seed
    return np.random.default_rng(seeds).permutation(count).astype(np.int32)
