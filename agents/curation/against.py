"""Decontamination: is a held-out problem contained in a row? Decided by runs of words that they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .text import Hashes, grams, hashes, tokens

SIZE = 8
"""Words in a run. Shorter problems are one run."""

SHARE = 0.5
"""A row is contaminated where so many of its own runs, or of those of one held-out problem, are in both."""


@dataclass(frozen=True)
class HeldOut:
    """The runs of all held-out problems. runs, of: sorted by run; of[i] = the problem that runs[i] is of.
    sizes: how many different runs a problem has."""

    runs: Hashes
    of: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def index(cls, problems: Iterable[str]) -> HeldOut:
        """Raises ValueError where there are none."""
        runs = [np.unique(grams(hashes(tokens(problem)), SIZE)) for problem in problems]
        if not runs:
            raise ValueError("there are no held-out problems")
        sizes = np.array([len(own) for own in runs], np.int64)
        flat, of = np.concatenate(runs), np.repeat(np.arange(len(runs)), sizes)
        order = np.lexsort((of, flat))
        return cls(flat[order], of[order], sizes)

    def save(self, path: Path) -> None:
        """Write it as a file that `read` reads."""
        with path.open("wb") as file:
            np.savez(file, runs=self.runs, of=self.of, sizes=self.sizes)

    @classmethod
    def read(cls, path: Path) -> HeldOut:
        with np.load(path) as file:
            return cls(file["runs"], file["of"], file["sizes"])

    def contains(self, words: Hashes) -> int | None:
        """The number of the held-out problem that a row, as hashes of its tokens, shares too much with; else None."""
        own = np.unique(grams(words, SIZE))
        first, last = np.searchsorted(self.runs, own, "left"), np.searchsorted(self.runs, own, "right")
        if (first == last).all():
            return None
        hits = np.bincount(np.concatenate([self.of[a:b] for a, b in zip(first, last, strict=True) if a < b]))
        share = np.maximum(hits / self.sizes[: len(hits)], hits / len(own))
        return int(share.argmax()) if share.max() >= SHARE else None
