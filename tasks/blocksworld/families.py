"""Which problems are dealt: the knobs of a family, the splits, and how towers are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..task import split_of
from .towers import TABLE, Arrangement, moves_apart, nameless

SALT = "blocksworld"
"""Decides which problems are held out. Another salt is another benchmark."""

COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "white", "black")

FEWEST, MOST = 4, len(COLOURS)
"""Blocks of a problem that is dealt; with fewer, a split would be almost empty."""

LEVELS: dict[str, dict[str, Any]] = {"easy": {"blocks": 4}, "medium": {}, "hard": {"blocks": 8}}


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family. Raises ValueError that names the value and the rule.

    blocks: how many there are. A shortest plan has at least one move fewer than that.
    """

    blocks: int = 6

    def __post_init__(self) -> None:
        # Not isinstance: True is an int.
        if not (type(self.blocks) is int and FEWEST <= self.blocks <= MOST):
            raise ValueError(f"blocks must be a whole number in {FEWEST}..{MOST}, got {self.blocks!r}")


DEFAULT = Knobs()


def draw(rng: np.random.Generator, split: str, knobs: Knobs) -> tuple[Arrangement, Arrangement]:
    """Start and goal of a split, far enough apart."""
    while True:
        start, goal = _arrangement(rng, knobs.blocks), _arrangement(rng, knobs.blocks)
        if moves_apart(start, goal) >= knobs.blocks - 1 and split_of(SALT, nameless(start, goal)) == split:
            return start, goal


def _arrangement(rng: np.random.Generator, blocks: int) -> Arrangement:
    """A shuffled row of blocks, cut into towers at each place with chance 1/3."""
    row = rng.permutation(blocks).tolist()
    cuts = (rng.random(blocks) < 1 / 3).tolist()
    on = [TABLE] * blocks
    for below, block, cut in zip(row, row[1:], cuts, strict=False):
        on[block] = TABLE if cut else below
    return tuple(on)
