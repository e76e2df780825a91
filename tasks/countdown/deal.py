"""Which problems are dealt: knobs, splits, and a generator whose problems are solvable because they were played.

Problems come in blocks of 32 indices. A block is drawn from the generator of its own address (seed, index // 32): many
hands are dealt and played at random at once, as arrays, and the first 32 plays that end in a target of the split are
its problems. So a problem is a function of its address alone, and costs a few microseconds where its neighbours are
wanted too.

A play takes two of the numbers and an operation at random, sums and differences three times and products twice as
often as each of the two quotients, until one number is left (where numbers may be left over, for a number of steps
that is drawn too). Numerators and denominators are float64 that are not reduced: with six numbers to 100 they stay
below 2 ** 45, where float64 is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..task import SPLITS, split_of

SIZES = range(3, 7)
MAX_NUMBER = 100
MAX_TARGET = 1000

TEST_HAND, TEST_TARGET = "test_hand", "test_target"
ALL_SPLITS = (*SPLITS, TEST_HAND, TEST_TARGET)
HELD_OUT = 10
"""Percent of all hands, and of all targets, that are held out."""
SALT, HAND_SALT, TARGET_SALT = "countdown", "countdown hand", "countdown target"
"""Decide what is held out. Other salts are another benchmark."""

BLOCK = 32
PLAYS = 512
"""Plays drawn at once."""
MOST_ROUNDS = 1000
"""After so many draws without a single problem there is none."""

_OPERATIONS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 4])

Dealt = tuple[tuple[int, ...], int]
"""A sorted hand and a target."""


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of problems. Raises ValueError that names the value and the rule."""

    numbers: int = 4
    low: int = 1
    high: int = 100
    target_low: int = 10
    target_high: int = 100
    rules: str = "rational"
    use: str = "all"

    def __post_init__(self) -> None:
        if not (type(self.numbers) is int and self.numbers in SIZES):
            raise ValueError(f"numbers must be a whole number in {SIZES[0]}..{SIZES[-1]}, got {self.numbers!r}")
        for low, high, most in (("low", "high", MAX_NUMBER), ("target_low", "target_high", MAX_TARGET)):
            a, b = getattr(self, low), getattr(self, high)
            # Not isinstance: True is an int that would be shown as "True".
            if not (type(a) is type(b) is int and 1 <= a <= b <= most):
                rule = f"{low} and {high} must be whole and satisfy 1 <= {low} <= {high} <= {most}"
                raise ValueError(f"{rule}, got {low}={a!r}, {high}={b!r}")
        if self.rules not in ("rational", "integer"):
            raise ValueError(f"rules must be 'rational' or 'integer', got {self.rules!r}")
        if self.use not in ("all", "any"):
            raise ValueError(f"use must be 'all' or 'any', got {self.use!r}")

    @property
    def whole(self) -> bool:
        return self.rules == "integer"

    @property
    def spare(self) -> bool:
        return self.use == "any"


def split_of_problem(hand: tuple[int, ...], target: int) -> str | None:
    """The one split that a hand with a target belongs to, whatever the rules; None: both are held out, so to none.

    Ten percent of all hands and of all targets are held out. Problems of a held-out hand are `test_hand`, those of a
    held-out target are `test_target`; of the others 21 percent are `test` and 3 percent `val`.
    """
    if _target_held_out(target):
        return None if _hand_held_out(hand) else TEST_TARGET
    return TEST_HAND if _hand_held_out(hand) else split_of(SALT, (hand, target))


def targets(split: str, knobs: Knobs) -> list[int]:
    """The targets within the knobs that a split may have."""
    wanted = range(knobs.target_low, knobs.target_high + 1)
    return [target for target in wanted if _target_held_out(target) == (split == TEST_TARGET)]


@lru_cache(maxsize=1 << 10)
def block(name: str, split: str, seed: int, place: int, knobs: Knobs) -> tuple[Dealt, ...]:
    """The problems of the indices 32 * place ... 32 * place + 31 of a seed.

    Raises ValueError where the knobs leave no problem to the split.
    """
    rng = np.random.default_rng((crc32(name.encode()), crc32(split.encode()), seed, place))
    allowed = np.zeros(MAX_TARGET + 2, bool)  # the last place is for all that is larger
    allowed[targets(split, knobs)] = True
    found: list[Dealt] = []
    rounds = 0
    while True:
        rounds += 1
        if not found and rounds > MOST_ROUNDS:
            raise ValueError(f"countdown has no problem in split {split!r} with {knobs}")
        for dealt in _plays(rng, knobs, allowed):
            if split_of_problem(*dealt) == split:
                found.append(dealt)
                if len(found) == BLOCK:
                    return tuple(found)


def _plays(rng: np.random.Generator, knobs: Knobs, allowed: NDArray[np.bool_]) -> Iterator[Dealt]:
    """Random plays that end in an allowed target."""
    size, columns = knobs.numbers, np.arange(PLAYS)
    hands = rng.integers(knobs.low, knobs.high + 1, (size, PLAYS))
    above, below = hands.astype(float), np.ones((size, PLAYS))
    flat_above, flat_below = above.reshape(-1), below.reshape(-1)
    chances = rng.random((size, 3, PLAYS))
    length = (1 + chances[0, 0] * (size - 1)).astype(int) if knobs.spare else np.full(PLAYS, size - 1)
    good, made = np.ones(PLAYS, bool), np.zeros(PLAYS)
    tops, bottoms = np.empty((5, PLAYS)), np.empty((5, PLAYS))
    for step in range(1, size):
        left = size - step + 1
        i = (chances[step, 0] * left).astype(int)
        j = (i + 1 + (chances[step, 1] * (left - 1)).astype(int)) % left
        first, second = i * PLAYS + columns, j * PLAYS + columns
        operation = _OPERATIONS.take((chances[step, 2] * _OPERATIONS.size).astype(int)) * PLAYS + columns
        a, b, c, d = flat_above.take(first), flat_below.take(first), flat_above.take(second), flat_below.take(second)
        tops[3] = bottoms[4] = p = a * d
        tops[4] = bottoms[3] = q = b * c
        tops[0], tops[1], tops[2], bottoms[:3] = p + q, a * c, abs(p - q), b * d
        top, bottom = tops.take(operation), bottoms.take(operation)
        good &= bottom > 0
        bottom[bottom == 0] = 1
        if step == size - 1 or knobs.whole or knobs.spare:
            whole = np.fmod(top, bottom) == 0
            if knobs.whole:
                good &= whole
            np.copyto(made, top / bottom, where=whole & (length == step))
        flat_above[first], flat_below[first] = top, bottom
        # The last of those that are left moves to the place of the second.
        flat_above[second], flat_below[second] = above[left - 1], below[left - 1]
    target = np.minimum(made, MAX_TARGET + 1).astype(int)
    good &= allowed.take(target)
    if knobs.spare:  # nothing would be left to do
        good &= (hands != target).all(axis=0)
    places = good.nonzero()[0]
    chosen = np.sort(hands.take(places, axis=1), axis=0)
    yield from zip(map(tuple, chosen.T.tolist()), target.take(places).tolist(), strict=True)


@lru_cache(maxsize=MAX_TARGET)
def _target_held_out(target: int) -> bool:
    return split_of(TARGET_SALT, target, test=HELD_OUT, val=0) == "test"


def _hand_held_out(hand: tuple[int, ...]) -> bool:
    return split_of(HAND_SALT, hand, test=HELD_OUT, val=0) == "test"
