"""States that can be seen to be lost, without any search.

Left out on purpose: deadlocks of more boxes than stand frozen together (corrals, bipartite shortage); the solver proves
those by search.
"""

from __future__ import annotations

from .board import Board, Level, cells_of


def deadlock(level: Level) -> str | None:
    """Why a level is lost for good, None where nothing of the kind is seen:

    "corner": a box off the goals stands between two walls that meet;
    "dead square": a box stands where, even alone, it could never be pushed to a goal;
    "freeze": boxes, not all on goals, block one another for ever.
    """
    board, boxes, _ = level
    if lost := boxes & ~board.alive:
        return "corner" if any(_in_corner(board, cell) for cell in cells_of(lost)) else "dead square"
    for cell in cells_of(boxes & ~board.goals):
        if _frozen(board, boxes, cell, 0):
            return "freeze"
    return None


def _in_corner(board: Board, cell: int) -> bool:
    up, down, left, right = (not board.floor >> (cell + delta) & 1 for delta in board.deltas)
    return (up or down) and (left or right)


def _frozen(board: Board, boxes: int, cell: int, walls: int) -> bool:
    """Can the box at `cell` never be pushed again without being lost? Boxes in `walls` are asked about already and
    count as walls.

    A box is blocked along an axis between a wall, or a box that is frozen itself, on either side; or between two dead
    squares. Blocked along both it is frozen. If one box of a frozen group is off the goals, so it stays.
    """
    walls |= 1 << cell
    solid = walls | ~board.floor
    for delta in (1, board.width):
        one, other = cell + delta, cell - delta
        if solid >> one & 1 or solid >> other & 1:
            continue
        if not (board.alive >> one & 1 or board.alive >> other & 1):
            continue
        if any(boxes >> near & 1 and _frozen(board, boxes, near, walls) for near in (one, other)):
            continue
        return False
    return True
