"""What never changes in a maze: which sides of each cell are open, the start, the goal, and how far the goal is.

A board of side n has n * n cells, numbered row by row from the upper left one. Walls lie between cells, so boards with
thin walls and boards in which whole cells are walls (cells without an open side) are one kind of thing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = ("up", "right", "down", "left")
"""The four steps; step k is open from a cell where bit k of its exits is set."""

MIN_SIZE, MAX_SIZE = 2, 40
"""The sides a board may have."""

UNREACHED = -1

_EXITS = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_RIGHT = bytes.maketrans(bytes(range(16)), bytes(ord("0") + (exits >> 1 & 1) for exits in range(16)))
_DOWN = bytes.maketrans(bytes(range(16)), bytes(ord("0") + (exits >> 2 & 1) for exits in range(16)))


class Board:
    """A maze. Immutable; boards of the same maze are equal.

    size: n, the cells of a side. start, goal: cells, in [0, n * n).
    passages: n * n hexadecimal digits, the exits of every cell: 1 up + 2 right + 4 down + 8 left.
    exits: the same as bytes, but for the goal, where nothing is left to do.
    every: (step, difference of the cell's number) of the four steps.
    ways: {step: (its bit in `exits`, difference)}, the same.
    moves: for the exits of a cell, in [0, 16), those of `every` that they allow.
    ahead: the rows and columns between every cell and the goal: how far it would be without walls.
    base: `base + cell` is a number that stands for a cell of this maze (without its start) alone.
    """

    __slots__ = (
        "_away",
        "_hash",
        "_sides",
        "ahead",
        "base",
        "every",
        "exits",
        "goal",
        "moves",
        "passages",
        "size",
        "start",
        "ways",
    )

    ahead: tuple[float, ...]
    base: int

    def __init__(self, size: int, passages: str, start: int, goal: int):
        self.size, self.passages, self.start, self.goal = size, passages, start, goal
        exits = passages.encode().translate(_EXITS)
        self.exits = exits[:goal] + b"\0" + exits[goal + 1 :]
        self.every, self.ways, self.moves = steps_on(size)
        self._hash = hash((passages, start, goal))
        self._away: array[int] | None = None
        self._sides: NDArray[np.int8] | None = None

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Board):
            return NotImplemented
        return (self.passages, self.start, self.goal) == (other.passages, other.start, other.goal)

    def __reduce__(self) -> tuple[object, ...]:
        return board_of, (self.size, self.passages, self.start, self.goal)

    def __repr__(self) -> str:
        return f"Board({self.size}, {self.passages!r}, {self.start}, {self.goal})"

    def __getattr__(self, name: str) -> Any:
        """`base` and `ahead` are worked out when they are first asked for."""
        if name == "base":
            digest = blake2b(f"{self.passages} {self.goal}".encode(), digest_size=6).digest()
            self.base = int.from_bytes(digest, "big") << 12  # 48 bits and 12: sums stay small whole numbers
            return self.base
        if name == "ahead":
            self.ahead = _ahead(self.size, self.goal)
            return self.ahead
        raise AttributeError(f"a board has no {name}")

    def layers(self) -> Iterator[int]:
        """The cells at distance 0, 1, 2 and so on from the goal, as the bits of one number each; cell 0 is the highest.

        All cells of a layer move at once, as bits, which beats a queue of cells many times over.
        """
        size, cells = self.size, self.passages.encode().translate(_EXITS)
        right, down = int(cells.translate(_RIGHT), 2), int(cells.translate(_DOWN), 2)
        layer = 1 << size * size - 1 - self.goal
        seen = 0
        while layer:
            yield layer
            seen |= layer
            sideways = (layer & right) >> 1 | (layer << 1) & right
            layer = (sideways | (layer & down) >> size | (layer << size) & down) & ~seen

    @property
    def solvable(self) -> bool:
        """Is there a way from the start to the goal?"""
        start = 1 << self.size * self.size - 1 - self.start
        return any(layer & start for layer in self.layers())

    @property
    def away(self) -> array[int]:
        """The distance of every cell to the goal, `UNREACHED` where there is no way; 2 bytes a cell."""
        if self._away is None:
            last = self.size * self.size - 1
            away = array("h", [UNREACHED]) * (last + 1)
            for distance, layer in enumerate(self.layers()):
                while layer:
                    bit = layer.bit_length() - 1
                    away[last - bit] = distance
                    layer ^= 1 << bit
            self._away = away
        return self._away

    @property
    def sides(self) -> NDArray[np.int8]:
        """(2 * n * n,) int8: is the right side of each cell open, then, is its lower side? Nobody writes to it."""
        if self._sides is None:
            cells = self.passages.encode().translate(_EXITS)
            exits = np.frombuffer(cells, np.int8)
            self._sides = np.concatenate([exits >> 1 & 1, exits >> 2 & 1])
        return self._sides

    @property
    def blocks(self) -> bool:
        """Are all its walls whole cells? (Then the cells say everything about it.)"""
        size, place = self.size, {self.start, self.goal}
        free = [digit != "0" or cell in place for cell, digit in enumerate(self.passages)]
        for cell, digit in enumerate(self.passages):
            exits = int(digit, 16)
            if free[cell] and cell % size < size - 1 and free[cell + 1] and not exits & 2:
                return False
            if free[cell] and cell < size * (size - 1) and free[cell + size] and not exits & 4:
                return False
        return True


@lru_cache(maxsize=1024)
def board_of(size: int, passages: str, start: int, goal: int) -> Board:
    """The board of a problem's data; the latest are kept."""
    return Board(size, passages, start, goal)


Moves = tuple[tuple[str, int], ...]


@lru_cache(maxsize=MAX_SIZE)
def steps_on(size: int) -> tuple[Moves, dict[str, tuple[int, int]], tuple[Moves, ...]]:
    """`Board.every`, `Board.ways` and `Board.moves`, which all boards of a size share."""
    every = tuple(zip(STEPS, (-size, 1, size, -1), strict=True))
    ways = {step: (1 << k, by) for k, (step, by) in enumerate(every)}
    return every, ways, tuple(tuple(every[k] for k in range(4) if exits >> k & 1) for exits in range(16))


@lru_cache(maxsize=1024)
def _ahead(size: int, goal: int) -> tuple[float, ...]:
    """`Board.ahead`, which all boards of a size and goal share."""
    rows, columns = (np.abs(np.arange(float(size)) - place) for place in divmod(goal, size))
    return tuple(np.add.outer(rows, columns).ravel().tolist())


def whole(size: int, passages: str, start: int, goal: int) -> tuple[int, str, int, int]:
    """The same, if it is a board. Raises ValueError with the rule that it breaks."""
    if not (type(size) is int and MIN_SIZE <= size <= MAX_SIZE):
        raise ValueError(f"the side of a maze is a whole number in {MIN_SIZE}..{MAX_SIZE}, got {size!r}")
    cells = size * size
    if len(passages) != cells or not set(passages) <= set("0123456789abcdef"):
        raise ValueError(f"the passages of a maze of side {size} are {cells} hexadecimal digits in lower case")
    if not (type(start) is type(goal) is int and 0 <= start < cells and 0 <= goal < cells and start != goal):
        raise ValueError(f"start and goal are two different cells in 0..{cells - 1}, got {start!r} and {goal!r}")
    exits = [int(digit, 16) for digit in passages]
    for cell, here in enumerate(exits):
        right = cell % size < size - 1 and exits[cell + 1] & 8
        down = cell < cells - size and exits[cell + size] & 1
        outside = (here & 8 and cell % size == 0) or (here & 1 and cell < size)
        if outside or bool(here & 2) != bool(right) or bool(here & 4) != bool(down):
            raise ValueError(f"the exits of cell {cell} do not fit those of its neighbours or lead out of the maze")
    return size, passages, start, goal


# symmetries -----------------------------------------------------------------------------------------------------------

_FLIPPED = str.maketrans("0123456789abcdef", "042615378cae9dbf")
_TRANSPOSED = str.maketrans("0123456789abcdef", "084c2a6e195d3b7f")
_TURNED = str.maketrans("0123456789abcdef", "048c159d26ae37bf")

Form = tuple[str, int, int]
"""(passages, start, goal)"""


def symmetric(size: int, passages: str, start: int, goal: int) -> list[Form]:
    """The eight mirrored and turned forms of a board."""
    forms = [(passages, start, goal)]
    for change in (_flip, _transpose, _turn):
        forms += [change(size, *form) for form in forms]
    return forms


def _flip(size: int, passages: str, start: int, goal: int) -> Form:
    """The lowest row becomes the highest."""
    rows = [passages[cell : cell + size] for cell in range(0, size * size, size)]
    last = size * (size - 1)
    start, goal = (last - cell + 2 * (cell % size) for cell in (start, goal))
    return "".join(reversed(rows)).translate(_FLIPPED), start, goal


def _transpose(size: int, passages: str, start: int, goal: int) -> Form:
    """Rows become columns."""
    columns = "".join(passages[column::size] for column in range(size))
    start, goal = (cell % size * size + cell // size for cell in (start, goal))
    return columns.translate(_TRANSPOSED), start, goal


def _turn(size: int, passages: str, start: int, goal: int) -> Form:
    """Half a turn."""
    last = size * size - 1
    return passages[::-1].translate(_TURNED), last - start, last - goal
