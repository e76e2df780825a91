"""Many square boards side by side: a set of cells is one number, and an array holds such a number for every board.

So one operation of NumPy does the same on all boards. Outer walls are left out: cell (row, column) of the `side` x
`side` cells within them is bit row * side + column. Up to 8 x 8 that is at most 64 bits, and NumPy is fast; beyond, the
numbers are Python's own, in the same arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WAYS = UP, DOWN, LEFT, RIGHT = range(4)
"""Directions. Those of an array of all four go `[BACK]` the other way."""

BACK = [DOWN, UP, RIGHT, LEFT]

KINDS = ((16, np.uint16), (32, np.uint32), (64, np.uint64))
"""Numbers of so many bits; the fewer, the faster."""


class Field:
    """How sets of cells are moved, for boards of one side. Sets are arrays (boards,), where nothing else is said."""

    def __init__(self, side: int):
        self.side, self.cells = side, side**2
        self._kind: type = next((kind for bits, kind in KINDS if self.cells <= bits), object)
        every, first = (1 << self.cells) - 1, sum(1 << row * side for row in range(side))
        not_first, not_last = every ^ first, every ^ first << side - 1
        # For each direction: the cells that do not come in at the other end of a row, bits to shift to the left, right.
        ways = (every, 0, side), (every, side, 0), (not_first, 0, 1), (not_last, 1, 0)
        self._ways = [self.numbers(column) for column in zip(*ways, strict=True)]
        # NumPy takes longer over a number of Python's than over an array of one number.
        self._row, self._one, self._not_first, self._not_last = map(self.numbers, (side, 1, not_first, not_last))
        row, column = np.divmod(np.arange(self.cells), side)
        self.apart = abs(row[:, None] - row) + abs(column[:, None] - column)  # (cells, cells) rows and columns between

    def numbers(self, values: Any) -> Array:
        """Whole numbers, of the kind that sets are."""
        return np.array(values, self._kind)

    def moved(self, sets: Array) -> Array:
        """(4, boards): the cells one step on in each direction; those off the board are to be cut by the caller."""
        up, down = sets >> self._row, sets << self._row
        return np.array((up, down, (sets & self._not_first) >> self._one, (sets & self._not_last) << self._one))

    def moves(self, ways: Array) -> tuple[Array, ...]:
        """For `moved_by`: a step on each board in a direction of its own."""
        return tuple(column[ways] for column in self._ways)

    @staticmethod
    def moved_by(sets: Array, moves: tuple[Array, ...]) -> Array:
        """The cells one step on; those off the board are to be cut by the caller."""
        keep, left, right = moves
        return (sets & keep) << left >> right

    def around(self, sets: Array) -> Array:
        """The cells one step on in any direction."""
        reached: Array = sets >> self._row
        reached |= sets << self._row
        reached |= (sets & self._not_first) >> self._one
        reached |= (sets & self._not_last) << self._one
        return reached

    def walks(self, start: Array, free: Array, most: int) -> Array:
        """(steps, boards): the cells that are 0, 1 ... at most `most` steps from the start and no fewer."""
        layers, layer, unseen = [start], start, free & ~start
        while len(layers) <= most:
            layer = self.around(layer) & unseen
            if not np.count_nonzero(layer):  # faster than `any`
                break
            unseen = unseen ^ layer
            layers.append(layer)
        return np.array(layers)

    def one(self, rng: np.random.Generator, sets: Array) -> Array:
        """One cell of each set, the first from a random cell of the board on; none of an empty set."""
        start = self.numbers(rng.integers(self.cells, size=len(sets)))
        later = sets >> start << start
        found = np.where(later != 0, later, sets)
        return found & ~found + 1

    def marks(self, sets: Array) -> Array:
        """(boards, cells) uint8: 1 for the cells of the sets."""
        if self._kind is object:
            length = -(-self.cells // 8)
            packed = b"".join(number.to_bytes(length, "little") for number in sets.tolist())
            rows = np.frombuffer(packed, np.uint8).reshape(-1, length)
        else:
            rows = sets.astype("<u8").view(np.uint8).reshape(-1, 8)
        return np.unpackbits(rows, axis=1, count=self.cells, bitorder="little")


def any_of(sets: Array) -> Array:
    """(n, boards) -> (boards,): the cells of all n sets."""
    found: Array = np.bitwise_or.reduce(sets, axis=0)
    return found


def count(sets: Array) -> Array:
    """How many cells each set has, int64."""
    return np.bitwise_count(sets).astype(np.int64)
