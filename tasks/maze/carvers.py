"""Mazes without cycles: three ways to draw a spanning tree of the cells, from long corridors to no bias at all.

Each takes the side n and a function that gives numbers in [0, 1), and returns the exits of the n * n cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

Chance = Callable[[], float]
Side = tuple[int, int, int]
"""(its bit among the exits of the cell, its bit from the other side, the cell there)"""


@lru_cache(maxsize=16)
def sides_of(size: int) -> tuple[tuple[Side, ...], ...]:
    """The sides of each cell that do not lead out of the board."""
    found = []
    for cell in range(size * size):
        row, column = divmod(cell, size)
        sides = []
        if row:
            sides.append((1, 4, cell - size))
        if column < size - 1:
            sides.append((2, 8, cell + 1))
        if row < size - 1:
            sides.append((4, 1, cell + size))
        if column:
            sides.append((8, 2, cell - 1))
        found.append(tuple(sides))
    return tuple(found)


def depth_first(size: int, chance: Chance) -> list[int]:
    """Walk to unvisited cells as long as there are any, then go back: long, winding corridors."""
    sides = sides_of(size)
    exits = [0] * len(sides)
    path = [int(chance() * len(sides))]
    while path:
        cell = path[-1]
        # Only where the walk began may a visited cell be without exit, and it has one after the first step.
        choices = [side for side in sides[cell] if not exits[side[2]]]
        if not choices:
            path.pop()
            continue
        bit, back, other = choices[int(chance() * len(choices))]
        exits[cell] |= bit
        exits[other] |= back
        path.append(other)
    return exits


def prim(size: int, chance: Chance) -> list[int]:
    """Open any side between the tree and the rest: short dead ends everywhere."""
    sides = sides_of(size)
    exits = [0] * len(sides)
    first = int(chance() * len(sides))
    inside = {first}
    border = [(first, side) for side in sides[first]]
    while border:
        place = int(chance() * len(border))
        border[place], border[-1] = border[-1], border[place]
        cell, (bit, back, other) = border.pop()
        if other in inside:
            continue
        exits[cell] |= bit
        exits[other] |= back
        inside.add(other)
        border += [(other, side) for side in sides[other] if side[2] not in inside]
    return exits


def wilson(size: int, chance: Chance) -> list[int]:
    """Join each cell to the tree by a random walk without its loops: every spanning tree is equally likely."""
    sides = sides_of(size)
    exits = [0] * len(sides)
    inside = bytearray(len(sides))
    inside[int(chance() * len(sides))] = 1
    left_by: list[Side] = [sides[0][0]] * len(sides)
    for first in range(len(sides)):
        cell = first
        while not inside[cell]:  # leaving a cell again forgets the loop
            side = sides[cell][int(chance() * len(sides[cell]))]
            left_by[cell] = side
            cell = side[2]
        cell = first
        while not inside[cell]:
            inside[cell] = 1
            bit, back, other = left_by[cell]
            exits[cell] |= bit
            exits[other] |= back
            cell = other
    return exits


CARVERS: Mapping[str, Callable[[int, Chance], list[int]]] = MappingProxyType(
    {"depth_first": depth_first, "prim": prim, "wilson": wilson}
)
