"""Which mazes are dealt: the knobs of a family, the splits, and how the mazes of an address are drawn.

Addresses come in blocks: the mazes of a block share one generator and are drawn together, with NumPy, because making a
generator takes longer than making a small maze. A maze is still a function of its address alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..task import splits_of
from .boards import MAX_SIZE
from .carvers import CARVERS, sides_of

SALT = "maze"
"""Decides which mazes are held out. Another salt is another benchmark."""

WALLS = "walls"
GENERATORS = (WALLS, *CARVERS)
WINDING = ("depth_first", "wilson")
"""Those in whose mazes a shortest way may pass a large part of all cells. With the others it seldom has more than three
times as many steps as a side has cells."""

SMALLEST = 4
"""The smallest side of mazes that are dealt: below, a split could be empty."""

CELLS, CARVED = 1 << 14, 1 << 10
"""So many cells a block of random walls has, and one of the other mazes, which are made one by one."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of mazes. Raises ValueError that names the value and the rule.

    size: cells of a side. A shortest way has at least so many steps.
    generator: "walls" (whole cells are walls, at random), or a maze without cycles, with thin walls: "depth_first",
        "prim" or "wilson".
    low, high: the share of cells that are walls is drawn between them (for "walls" alone).
    """

    size: int = 8
    generator: str = WALLS
    low: float = 0.3
    high: float = 0.5

    def __post_init__(self) -> None:
        # Not isinstance: True is an int.
        if not (type(self.size) is int and SMALLEST <= self.size <= MAX_SIZE):
            raise ValueError(f"size must be a whole number in {SMALLEST}..{MAX_SIZE}, got {self.size!r}")
        if self.generator not in GENERATORS:
            raise ValueError(f"generator must be one of {', '.join(GENERATORS)}, got {self.generator!r}")
        shares = type(self.low) in (int, float) and type(self.high) in (int, float)
        if not (shares and 0.1 <= self.low <= self.high <= 0.5):
            rule = "the share of walls must satisfy 0.1 <= low <= high <= 0.5"
            raise ValueError(f"{rule}, got low={self.low!r}, high={self.high!r}")
        if self.generator != WALLS and (self.low, self.high) != (Knobs.low, Knobs.high):
            raise ValueError(f"low and high are for generator {WALLS!r}, got generator={self.generator!r}")

    @cached_property
    def block(self) -> int:
        """How many addresses share a generator: as many as make the work of NumPy worth while."""
        return max(1, CARVED // self.size**2) if self.generator != WALLS else max(16, CELLS // self.size**2)


DEFAULT = Knobs()
LEVELS: dict[str, dict[str, Any]] = {"easy": {"size": 5}, "medium": {}, "hard": {"size": 20}}


class Block:
    """The mazes of one block of addresses, in a few bytes a cell: `block[place]` is (size, passages, start, goal)."""

    __slots__ = ("_cells", "_ends", "_size", "_texts")

    def __init__(self, size: int, texts: str, ends: list[int]):
        self._size, self._cells = size, size * size
        self._texts, self._ends = texts, array("H", ends)

    def __getitem__(self, place: int) -> tuple[int, str, int, int]:
        cells, start, goal = self._cells, self._ends[2 * place], self._ends[2 * place + 1]
        return self._size, self._texts[place * cells : place * cells + cells], start, goal

    def run(self, places: range) -> tuple[str, Sequence[int]]:
        """The passages of neighbours, end to end, and start, goal, start, goal ... of them; of those there are."""
        first, end = places.start, places.stop
        return self._texts[first * self._cells : end * self._cells], self._ends[2 * first : 2 * end]


def draw_block(rng: np.random.Generator, split: str, knobs: Knobs) -> Block:
    """The mazes of one block of addresses; those of other splits and those with too short a way are drawn anew."""
    texts: list[str] = []
    ends: list[int] = []
    missing = knobs.block
    while missing:
        # Of random walls less than half have a long enough way and are of the training split.
        draw = (_walled, 23 * missing // 10 + 8) if knobs.generator == WALLS else (_carved, missing)
        exits, starts, goals = draw[0](rng, knobs, draw[1])
        splits = splits_of(SALT, split_keys(knobs.size, exits, starts, goals))
        mine = list(islice((place for place, its in enumerate(splits) if its == split), missing))
        texts.append(exits[mine].tobytes().translate(_DIGITS).decode())
        ends += np.stack((starts[mine], goals[mine]), axis=1).ravel().tolist()
        missing -= len(mine)
    return Block(knobs.size, "".join(texts), ends)


_DIGITS = b"0123456789abcdef" + bytes(240)


def _walled(rng: np.random.Generator, knobs: Knobs, boards: int) -> tuple[Array, Array, Array]:
    """Boards with random walls: (k, n * n) uint8 exits, (k,) starts, (k,) goals, for those k of so many boards that
    have a long enough way.

    The goal is any free cell, the start any cell at least n steps from it. All boards lie in one flat array, kept
    apart by a column and a row of walls each, so that a step on all of them is a shift of that array.
    """
    n = knobs.size
    stride = n + 1
    share = rng.uniform(knobs.low, knobs.high, (boards, 1, 1))
    field = np.zeros((boards, stride, stride), np.uint8)
    field[:, :n, :n] = rng.random((boards, n, n), np.float32) >= share
    chance = rng.random((2, boards))
    free = field.reshape(-1)
    goals, possible = _pick(field.reshape(boards, -1), chance[0])
    finish = np.zeros_like(free)
    finish[np.arange(boards) * stride**2 + goals] = possible
    far = _far_from(finish, free, stride, n)
    starts, possible = _pick(far.reshape(boards, -1), chance[1])
    exits = np.zeros_like(free)
    for bit, there in zip((1, 2, 4, 8), (-stride, 1, stride, -1), strict=True):
        exits |= (free & _shifted(free, -there)) * np.uint8(bit)
    kept = possible.astype(bool)
    inside = exits.reshape(boards, stride, stride)[kept, :n, :n].reshape(-1, n * n)
    starts, goals = (cells[kept] // stride * n + cells[kept] % stride for cells in (starts, goals))
    return inside, starts, goals


def _far_from(finish: Array, free: Array, stride: int, least: int) -> Array:
    """The free cells from which a shortest way to a finish takes at least so many steps, in the shape of `free`.

    Both are taken as one long number each, whose shifts cost a tenth of those of arrays.
    """
    layer, unseen = (
        int.from_bytes(np.packbits(cells, bitorder="little").tobytes(), "little") for cells in (finish, free)
    )
    unseen ^= layer
    far = distance = 0
    while layer:
        layer = (layer << 1 | layer >> 1 | layer << stride | layer >> stride) & unseen
        unseen ^= layer
        distance += 1
        if distance >= least:
            far |= layer
    packed = np.frombuffer(far.to_bytes((free.size + 7) // 8, "little"), np.uint8)
    return np.unpackbits(packed, count=free.size, bitorder="little")


def _shifted(cells: Array, by: int) -> Array:
    """Every entry `by` places further on, zeros behind them."""
    moved = np.zeros_like(cells)
    if by > 0:
        moved[by:] = cells[:-by]
    else:
        moved[:by] = cells[-by:]
    return moved


def _pick(cells: Array, chance: Array) -> tuple[Array, Array]:
    """One of the set entries of each row by a number in [0, 1), and whether there is one (else entry 0)."""
    # One long sum instead of one a row, which is a small loop each.
    ranks = cells.ravel().cumsum(dtype=np.int32)
    before = np.concatenate(([0], ranks[cells.shape[1] - 1 : -1 : cells.shape[1]]))
    counts = ranks[cells.shape[1] - 1 :: cells.shape[1]] - before
    places = ranks.searchsorted(before + (chance * counts).astype(np.int32), side="right")
    possible = counts > 0
    places -= np.arange(len(cells)) * cells.shape[1]
    return np.where(possible, places, 0), possible.astype(np.uint8)


def _carved(rng: np.random.Generator, knobs: Knobs, count: int) -> tuple[Array, Array, Array]:
    """Boards without cycles, in the shape of `_walled`."""
    n, carve, chance = knobs.size, CARVERS[knobs.generator], _chances(rng)
    boards: list[list[int]] = []
    ends: list[tuple[int, int]] = []
    for _ in range(count):
        boards.append(exits := carve(n, chance))
        far: list[int] = []
        while not far:
            goal = int(chance() * n * n)
            far = _far(exits, goal, n)
        ends.append((far[int(chance() * len(far))], goal))
    starts, goals = np.array(ends).T
    return np.array(boards, np.uint8), starts, goals


def _far(exits: list[int], goal: int, least: int) -> list[int]:
    """The cells of a maze without cycles that are at least so many steps from the goal."""
    sides = sides_of(isqrt(len(exits)))
    far: list[int] = []
    layer, distance = [(goal, goal)], 0
    while layer:
        if distance >= least:
            far += [cell for cell, _ in layer]
        layer = [
            (other, cell)
            for cell, origin in layer
            for bit, _, other in sides[cell]
            if exits[cell] & bit and other != origin
        ]
        distance += 1
    return far


def _chances(rng: np.random.Generator) -> Callable[[], float]:
    """A function that gives a number in [0, 1) each time; they are drawn many at a time, for speed."""

    def forever() -> Any:
        while True:
            yield from rng.random(1024).tolist()

    return forever().__next__


# splits ---------------------------------------------------------------------------------------------------------------


def split_keys(size: int, exits: Array, starts: Array, goals: Array) -> list[int]:
    """One number a board, the same for its eight mirrored and turned forms: what decides the split.

    Every side between two cells, every start and every goal has a random weight; the number is the smallest of the
    sums that the eight forms give. (The weights are turned, not the boards. Sums stay below 2**53, so floats are exact
    in any order.)
    """
    sides, ends = _weights(size)
    is_open = np.concatenate([exits >> 1 & 1, exits >> 2 & 1], 1).astype(np.float64)
    sums = is_open @ sides + ends[starts] + ends[size * size + goals]
    return sums.min(1).astype(np.int64).tolist()


@lru_cache(maxsize=MAX_SIZE)
def _weights(size: int) -> tuple[Array, Array]:
    """Weights of (the right side of each cell, then its lower side) and of (start in each cell, then goal), under each
    of the eight symmetries: (2 * n * n, 8) and (2 * n * n, 8) float64."""
    cells = size * size
    weights = np.random.default_rng((size, len(SALT))).integers(1, 1 << 31, (2, 2 * cells)).astype(np.float64)
    grid = np.arange(cells).reshape(size, size)
    forms = [form for turned in (grid, grid.T) for form in (turned, turned[::-1], turned[:, ::-1], turned[::-1, ::-1])]
    sides, ends = np.zeros((2 * cells, 8)), np.zeros((2 * cells, 8))
    for place, form in enumerate(forms):
        ends[:, place] = np.concatenate([weights[1, form.ravel()], weights[1, cells + form.ravel()]])
        for offset, (one, other) in enumerate(((form[:, :-1], form[:, 1:]), (form[:-1], form[1:]))):
            first = np.minimum(one, other)
            lower = np.abs(one - other) != 1  # is the side between them a lower one where it came from?
            here = grid[:, :-1] if offset == 0 else grid[:-1]
            sides[(offset * cells + here).ravel(), place] = weights[0, (lower * cells + first).ravel()]
    return sides, ends
