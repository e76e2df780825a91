"""MinHash: which problems may be near-duplicates, found without comparing all with all.

Two problems whose sets of word pairs have the Jaccard similarity s agree in one band with probability s ** ROWS, and so
in any of them with 1 - (1 - s ** ROWS) ** BANDS: 0.99998 at 0.75 and 0.9999999 at 0.8. Agreement only proposes: `near`
then measures the similarity exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .text import Hashes, grams, mix

BANDS, ROWS = 32, 4

PAIR = 2
"""Words in a shingle."""

_RNG = np.random.default_rng(2501_04682)
_FACTORS = _RNG.integers(1, 2**63, BANDS * ROWS, np.uint64) | np.uint64(1)
_SHIFTS = _RNG.integers(0, 2**63, BANDS * ROWS, np.uint64)
_WEIGHTS = _RNG.integers(1, 2**63, ROWS, np.uint64) | np.uint64(1)
_SALTS = _RNG.integers(0, 2**63, BANDS, np.uint64)


def shingles(words: Hashes) -> Hashes:
    """The set of word pairs of a problem, sorted."""
    return np.unique(grams(words, PAIR))


def bands(problems: Sequence[Hashes], numbers: Sequence[int]) -> Hashes:
    """(problems, BANDS): hashes of which near-duplicates share at least one.

    problems: the shingles of each. numbers: a hash of the numbers in each, which near-duplicates share as well.
    """
    if not problems:
        return np.zeros((0, BANDS), np.uint64)
    starts = np.cumsum([0, *map(len, problems[:-1])])
    values = np.concatenate(problems)[:, None] * _FACTORS + _SHIFTS
    least = np.minimum.reduceat(values, starts).reshape(len(problems), BANDS, ROWS)
    own = np.array(numbers, np.uint64)[:, None]
    return mix(((least >> np.uint64(16)) * _WEIGHTS).sum(axis=2) + _SALTS + own)


def jaccard(first: Hashes, second: Hashes) -> float:
    """The similarity of two sets of shingles, in [0, 1]."""
    both = len(np.intersect1d(first, second, assume_unique=True))
    return both / (len(first) + len(second) - both)
