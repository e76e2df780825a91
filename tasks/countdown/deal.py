"""Which problems are dealt: knobs, splits, and a generator whose problems are solvable because they were played.

Problems come in blocks of 128 indices. A block is drawn from the generator of its own address (seed, index // 128):
many hands are dealt and played at random at once, as arrays, and the first 128 plays that end in a target of the split
are its problems. So a problem is a function of its address alone, and costs a few microseconds where its neighbours
are wanted too.

A play takes two of the numbers and an operation at random, sums and differences three times and products twice as
often as each of the two quotients, until one number is left (where numbers may be left over, for a number of steps
that is drawn too). Its last operation is any that gives a target asked for. Numerators and denominators are float64
that are not reduced: with six numbers to 100 they stay below 2 ** 45, where float64 is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..task import SPLITS

SIZES = range(3, 7)
MAX_NUMBER = 100
MAX_TARGET = 1000

TEST_HAND, TEST_TARGET = "test_hand", "test_target"
ALL_SPLITS = (*SPLITS, TEST_HAND, TEST_TARGET)
HELD_OUT = 10
"""Percent of all hands, and of all targets, that are held out."""
TEST, VAL = 21, 3
"""Percent of the other problems."""
SALT, HAND_SALT, TARGET_SALT = "countdown", "countdown hand", "countdown target"
"""Decide what is held out. Other salts are another benchmark."""

BLOCK = 128
PLAYS = 512
"""Plays of one round."""
TOGETHER = 8
"""So many rounds at most are played at once, which is faster than one after the other and gives the same plays."""
MOST_ROUNDS = 1000
"""After so many draws without a single problem there is none."""

_OPERATIONS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 4])


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


def splits_of(hands: NDArray[np.int64], aims: NDArray[np.int64]) -> NDArray[np.int64]:
    """(k,): the place in `ALL_SPLITS` of each problem, a sorted hand (row) and a target, whatever the rules; -1 where
    both are held out, for those belong to no split.

    Ten percent of all hands and of all targets are held out. Problems of a held-out hand are `test_hand`, those of a
    held-out target are `test_target`; of the others 21 percent are `test` and 3 percent `val`.
    """
    codes = np.zeros(len(hands), np.uint64)
    for number in hands.T.astype(np.uint64):  # seven bits a number, which is never 0
        codes = codes << np.uint64(7) | number
    hand_out = _percent(HAND_SALT, codes) < HELD_OUT
    target_out = _held_out_targets().take(aims)
    place = _percent(SALT, codes << np.uint64(10) | (aims.astype(np.uint64) - np.uint64(1)))
    open_ = np.where(place < TEST, SPLITS.index("test"), np.where(place < TEST + VAL, SPLITS.index("val"), 0))
    split = np.where(hand_out, ALL_SPLITS.index(TEST_HAND), open_)
    return np.where(target_out, np.where(hand_out, -1, ALL_SPLITS.index(TEST_TARGET)), split)


def _percent(salt: str, codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(k,): a stable number in 0..99 for each code, independent of process and platform.

    Hashing millions of keys one by one would take most of the time of drawing them: codes are mixed on arrays, as
    SplitMix64 does (Steele, Lea, Flood 2014), from a place that BLAKE2b gives for the salt.
    """
    start = int.from_bytes(blake2b(salt.encode(), digest_size=8).digest(), "big")
    mixed = codes ^ np.uint64(start)
    for _ in range(2):
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed % np.uint64(100)


@lru_cache(maxsize=1)
def _held_out_targets() -> NDArray[np.bool_]:
    """(MAX_TARGET + 1,): is a target held out?"""
    return _percent(TARGET_SALT, np.arange(MAX_TARGET + 1, dtype=np.uint64)) < HELD_OUT


def targets(split: str, knobs: Knobs) -> list[int]:
    """The targets within the knobs that a split may have."""
    held_out = _held_out_targets()[knobs.target_low : knobs.target_high + 1]
    places: list[int] = (held_out == (split == TEST_TARGET)).nonzero()[0].tolist()
    return [knobs.target_low + place for place in places]


@lru_cache(maxsize=1 << 11)
def block(name: str, split: str, seed: int, place: int, knobs: Knobs) -> NDArray[np.int16]:
    """(BLOCK, numbers + 1): the sorted hands and the targets of the indices BLOCK * place and on, for a seed.

    Raises ValueError where the knobs leave no problem to the split.
    """
    rng = np.random.default_rng((crc32(name.encode()), crc32(split.encode()), seed, place))
    allowed = np.zeros(MAX_TARGET + 2, bool)  # the last place is for all that is larger
    allowed[targets(split, knobs)] = True
    parts: list[NDArray[np.int16]] = []
    found = rounds = 0
    more = 1 if knobs.numbers == SIZES[0] or knobs.spare else 2  # as a block of the training split takes
    while found < BLOCK:
        if not found and rounds >= MOST_ROUNDS:
            raise ValueError(f"countdown has no problem in split {split!r} with {knobs}")
        hands, aims = _plays(rng, knobs, allowed, more)
        mine = splits_of(hands, aims) == ALL_SPLITS.index(split)
        parts.append(np.column_stack((hands[mine], aims[mine])).astype(np.int16))
        found += len(parts[-1])
        rounds += more
        more = min(-(-(BLOCK - found) * rounds // max(found, 1)), TOGETHER)
    return np.concatenate(parts)[:BLOCK]


def _plays(
    rng: np.random.Generator, knobs: Knobs, allowed: NDArray[np.bool_], rounds: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random plays that end in an allowed target, of so many rounds: (k, numbers) sorted hands and (k,) targets."""
    size, plays = knobs.numbers, rounds * PLAYS
    drawn = [
        (rng.integers(knobs.low, knobs.high + 1, (size, PLAYS)), rng.random((size, 3, PLAYS))) for _ in range(rounds)
    ]
    hands, chances = (np.concatenate(parts, axis=-1) for parts in zip(*drawn, strict=True))
    columns = np.arange(plays)
    above, below = hands.astype(float), np.ones((size, plays))
    flat_above, flat_below = above.reshape(-1), below.reshape(-1)
    length = (1 + chances[0, 0] * (size - 1)).astype(int) if knobs.spare else np.full(plays, size - 1)
    good, made = np.ones(plays, bool), np.full(plays, MAX_TARGET + 1)
    tops, bottoms = np.empty((5, plays)), np.empty((5, plays))
    for step in range(1, size):
        left = size - step + 1
        i = (chances[step, 0] * left).astype(int)
        j = (i + 1 + (chances[step, 1] * (left - 1)).astype(int)) % left
        first, second = i * plays + columns, j * plays + columns
        a, b, c, d = flat_above.take(first), flat_below.take(first), flat_above.take(second), flat_below.take(second)
        tops[3] = bottoms[4] = p = a * d
        tops[4] = bottoms[3] = q = b * c
        tops[0], tops[1], tops[2], bottoms[:3] = p + q, a * c, abs(p - q), b * d
        if step == size - 1 or knobs.spare:
            ends = length == step
            # Of the operations that end in an allowed target, the one after a random place in their order.
            fits = _fitting(tops, bottoms, allowed) & ends & good
            turned = (np.arange(5)[:, None] + (chances[step, 2] * 5).astype(int)) % 5 * plays + columns
            choice = turned.reshape(-1).take(fits.reshape(-1).take(turned).argmax(0) * plays + columns)
            value = tops.take(choice) / np.maximum(bottoms.take(choice), 1)
            np.copyto(made, value, where=fits.any(0), casting="unsafe")
        if step == size - 1:
            break
        operation = _OPERATIONS.take((chances[step, 2] * _OPERATIONS.size).astype(int)) * plays + columns
        top, bottom = tops.take(operation), bottoms.take(operation)
        good &= bottom > 0
        bottom[bottom == 0] = 1
        if knobs.whole:
            good &= np.fmod(top, bottom) == 0
        flat_above[first], flat_below[first] = top, bottom
        # The last of those that are left moves to the place of the second.
        flat_above[second], flat_below[second] = above[left - 1], below[left - 1]
    kept = made <= MAX_TARGET
    if knobs.spare:  # nothing would be left to do
        kept &= (hands != made).all(axis=0)
    places = kept.nonzero()[0]
    return np.sort(hands.take(places, axis=1), axis=0).T, made.take(places)


def _fitting(tops: NDArray[np.float64], bottoms: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where is top / bottom an allowed target?"""
    below = np.maximum(bottoms, 1)
    value = np.minimum(tops / below, MAX_TARGET + 1).astype(int)  # a quotient that is whole is exact
    return (value * below == tops) & (bottoms > 0) & allowed.take(value)
