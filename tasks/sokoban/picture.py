"""A level as a drawing."""

from __future__ import annotations

from ..pictures import Picture
from .board import Level, cells_of

CELL = 24
"""Pixels."""


def level_picture(level: Level) -> Picture:
    """Walls grey, floor light, goals red rings, boxes brown squares (green on a goal), the player a blue disc."""
    board, boxes, player = level
    picture = Picture(board.width * CELL, board.height * CELL)
    for cell, mark in enumerate(board.cells):
        row, column = divmod(cell, board.width)
        if mark == "#":
            picture.rect(column * CELL, row * CELL, CELL, CELL, "#6b7280")
        elif board.floor >> cell & 1:
            picture.rect(column * CELL, row * CELL, CELL, CELL, "#eef2f7")
    for cell in cells_of(board.goals):
        picture.circle(*_middle(cell, board.width), CELL / 4, line="#dc2626", thick=2)
    for cell in cells_of(boxes):
        x, y = _middle(cell, board.width)
        fill, line = ("#16a34a", "#14532d") if board.goals >> cell & 1 else ("#c2833a", "#6b4216")
        side = CELL - 6
        picture.rect(x - side / 2, y - side / 2, side, side, fill, line=line, thick=1.5, radius=3)
    picture.circle(*_middle(player, board.width), CELL / 3, "#2563eb")
    return picture


def _middle(cell: int, width: int) -> tuple[float, float]:
    row, column = divmod(cell, width)
    return (column + 0.5) * CELL, (row + 0.5) * CELL
