"""What a level is made of: the board, which never changes, and the state on it. Sets of cells are bits of one int.

Left out on purpose: the rules of a step (`task.py`) and the text format (`text.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

DIRECTIONS = "udlr"
"""The four steps in the order of their action numbers: up, down, left, right."""


class Board:
    """Walls, floor and goals. Cells are numbered row * width + column, from the top left.

    Attributes:
        cells: the map, row after row, in `#` wall, ` ` floor or outside, `.` goal. width, height: of the map.
        deltas: what each of `DIRECTIONS` adds to the number of a cell.
        outside: the cells from which one could walk off the map.
        floor: the cells that walls enclose, goals included; every one of them has four neighbours on the map.
        goals: the goals, all on the floor.

    Boards with equal maps are equal. Raises ValueError for a goal that no walls enclose.
    """

    def __init__(self, cells: str, width: int):
        self.cells, self.width, self.height = cells, width, len(cells) // width
        self.deltas = (-width, width, -1, 1)
        open_cells = cells_with(" .", cells)
        self.outside = self._beyond(open_cells)
        self.floor = open_cells & ~self.outside
        self.goals = cells_with(".", cells)
        if self.goals & ~self.floor:
            raise ValueError("walls must enclose every goal")
        self._hash = hash((cells, width))

    def _beyond(self, open_cells: int) -> int:
        width = self.width
        first, last, edge = _edges(width, self.height)
        outside, grown = 0, open_cells & edge
        while grown != outside:
            outside = grown
            sideways = (outside & ~last) << 1 | (outside & ~first) >> 1
            grown |= (sideways | outside << width | outside >> width) & open_cells
        return outside

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Board) and (self.cells, self.width) == (other.cells, other.width))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Board({self.cells!r}, {self.width})"

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return board_of, (self.cells, self.width)

    def flood(self, start: int, free: int) -> int:
        """The cells of `free` that can be walked to from those of `start` (which lie in it)."""
        width, reached, grown = self.width, 0, start
        while grown != reached:
            reached = grown
            grown |= (reached << 1 | reached >> 1 | reached << width | reached >> width) & free
        return reached

    def walks(self, player: int, free: int) -> Iterator[int]:
        """Where the player can be after 0, 1, 2 ... steps and no fewer: disjoint sets of cells."""
        width, layer = self.width, 1 << player
        seen = layer
        while layer:
            yield layer
            layer = (layer << 1 | layer >> 1 | layer << width | layer >> width) & free & ~seen
            seen |= layer

    @cached_property
    def pushes(self) -> tuple[dict[int, int], ...]:
        """For each goal, ascending: from which cells a lone box can be pushed there, and in how many pushes at least
        (as if the player could fly)."""
        return tuple(self._pushes_to(goal) for goal in cells_of(self.goals))

    def _pushes_to(self, goal: int) -> dict[int, int]:
        pushes, layer = {goal: 0}, [goal]
        while layer:
            pulled = []
            for cell in layer:
                for delta in self.deltas:
                    before = cell + delta
                    if self.floor >> before & 1 and self.floor >> (before + delta) & 1 and before not in pushes:
                        pushes[before] = pushes[cell] + 1
                        pulled.append(before)
            layer = pulled
        return pushes

    @cached_property
    def alive(self) -> int:
        """The cells from which a lone box can be pushed to some goal; a box on any other cell never gets to one."""
        return sum(1 << cell for cell in set().union(*self.pushes))

    @cached_property
    def nearest(self) -> dict[int, float]:
        """For each cell of the floor, the fewest pushes to any goal; math.inf on dead squares."""
        return {cell: min(row.get(cell, math.inf) for row in self.pushes) for cell in cells_of(self.floor)}


@lru_cache(maxsize=1 << 12)
def board_of(cells: str, width: int) -> Board:
    """The board with this map; the same object again while it is remembered, so that its tables are made once."""
    return Board(cells, width)


class Level(NamedTuple):
    """A state: the board, the cells of the boxes as bits, and the cell of the player. As many boxes as goals."""

    board: Board
    boxes: int
    player: int


@lru_cache(maxsize=1 << 10)
def _edges(width: int, height: int) -> tuple[int, int, int]:
    """(the first column, the last one, all cells at the edge of a map)"""
    size, row = width * height, (1 << width) - 1
    first = sum(1 << cell for cell in range(0, size, width))
    last = first << (width - 1)
    return first, last, row | row << (size - width) | first | last


def cells_with(marks: str, cells: str) -> int:
    """The cells of a map that have one of the marks. Raises UnicodeEncodeError where they are not ASCII."""
    return int(cells.encode("ascii").translate(_digits(marks))[::-1], 2)


@lru_cache
def _digits(marks: str) -> bytes:
    """Which characters become 1, and which 0."""
    return bytes(ord("1" if chr(code) in marks else "0") for code in range(256))


def cells_of(cells: int) -> Iterator[int]:
    """The numbers of the cells in a set, ascending."""
    while cells:
        lowest = cells & -cells
        yield lowest.bit_length() - 1
        cells ^= lowest
