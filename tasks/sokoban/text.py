"""The standard text format of levels, read and written.

    #  wall     $  box     *  box on a goal     .  goal
    @  player   +  player on a goal             a blank is floor, or what lies outside the walls

Also read, as other programs write them: `-` or `_` for floor, `b` `B` `p` `P` `o` for `$` `*` `@` `+` `.`. Lines that
begin with `;` are comments. Blank lines around a level are skipped. Left out: run-length encoding, hexagonal boards.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .board import Level, board_of, cells_of, cells_with

MARKS = "# .$*@+"
_KNOWN = frozenset(MARKS)
_OTHERS = str.maketrans("-_bBpPo", "  $*@+.")
_GOALS = str.maketrans("$*@+", " . .")

LARGEST = 64
"""A level has at most so many rows, and as many columns."""


@lru_cache(maxsize=1 << 12)
def parse_level(text: str) -> Level:
    """The level that a text stands for. Raises ValueError with the rule that it breaks."""
    if len(text) > 4 * LARGEST * LARGEST:
        raise ValueError(f"a level has at most {LARGEST} rows and columns")
    lines = [line.rstrip() for line in text.split("\n") if not line.startswith(";")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        del lines[0]
    if not lines:
        raise ValueError("a level has at least one row")
    width = max(map(len, lines))
    if len(lines) > LARGEST or width > LARGEST:
        raise ValueError(f"a level has at most {LARGEST} rows and columns, got {len(lines)} and {width}")
    cells = "".join([line.ljust(width) for line in lines]).translate(_OTHERS)
    if not _KNOWN.issuperset(cells):
        raise ValueError(f"a level is made of {MARKS!r}, got {min(set(cells) - _KNOWN)!r}")
    if (players := cells.count("@") + cells.count("+")) != 1:
        raise ValueError(f"a level has one player, got {players}")
    player, boxes = max(cells.find("@"), cells.find("+")), cells_with("$*", cells)
    board = board_of(cells.translate(_GOALS), width)
    if not boxes or boxes.bit_count() != board.goals.bit_count():
        counts = f"got {boxes.bit_count()} and {board.goals.bit_count()}"
        raise ValueError(f"a level has as many boxes as goals, and at least one, {counts}")
    if (boxes | 1 << player) & ~board.floor:
        raise ValueError("walls must enclose the player and every box")
    return Level(board, boxes, player)


def render(level: Level) -> str:
    """The level in the standard format, without blanks at line ends; `parse_level` is its inverse."""
    return "\n".join(row.rstrip() for row in grid(level))


def grid(level: Level) -> list[str]:
    """The rows of a level in the marks of the standard format, equally long."""
    board, boxes, player = level
    marks = list(board.cells)
    for cell in cells_of(boxes):
        marks[cell] = "*" if marks[cell] == "." else "$"
    marks[player] = "+" if marks[player] == "." else "@"
    return rows_of("".join(marks), board.width)


def read_levels(path: str | Path) -> list[str]:
    """The levels of a file in its order, one text each; they are parted by blank lines or by lines of comment.

    Raises FileNotFoundError; what is no level shows when it is parsed.
    """
    levels: list[str] = []
    block: list[str] = []
    for line in [*Path(path).read_text(encoding="utf-8").splitlines(), ""]:
        if line.strip() and not line.startswith(";"):
            block.append(line)
        elif block:
            levels.append("\n".join(block))
            block = []
    return levels


def canonical(level: Level) -> str:
    """Equal for levels that differ only by rotation, reflection, and by what lies out of the player's reach."""
    board, boxes, player = level
    inside = board.flood(1 << player, board.floor) | boxes | board.goals
    marks = "".join(mark if inside >> cell & 1 else "#" for cell, mark in enumerate("".join(grid(level))))
    return canonical_rows(rows_of(marks, board.width))


def canonical_rows(rows: list[str]) -> str:
    """`canonical` of equally long rows, with walls for what is out of reach; walls all around do not count."""
    rows = _trimmed(rows)
    columns = _trimmed(_turned(rows))
    if len(columns) < len(rows[0]):
        rows = _turned(columns)
    images = []
    for lines in (rows, columns):
        for image in ("\n".join(lines), "\n".join(lines[::-1])):
            images += [image, image[::-1]]
    return min(images)


def canonical_grids(grids: NDArray[np.uint8]) -> list[str]:
    """`canonical_rows` of many square maps, faster. (maps, rows, columns) uint8, the codes of the marks."""
    images = []
    for turned in (grids, grids.transpose(0, 2, 1)):
        images += [turned, turned[:, ::-1], turned[:, :, ::-1], turned[:, ::-1, ::-1]]
    least = reduce(lambda best, text: np.where(text < best, text, best), map(_lines, images))
    texts: list[str] = [text.decode() for text in least.tolist()]
    walls = grids == ord("#")
    edges = np.concatenate((walls[:, [0, -1]].all(axis=2), walls[:, :, [0, -1]].all(axis=1)), axis=1)
    for place in np.flatnonzero(edges.any(axis=1)).tolist():  # these are to be trimmed
        texts[place] = canonical_rows([row.tobytes().decode() for row in grids[place]])
    return texts


def texts_of(grids: NDArray[np.uint8]) -> list[str]:
    """The maps as texts. (maps, rows, columns) uint8, the codes of the marks."""
    return [text.decode() for text in _lines(grids).tolist()]


def _lines(grids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """(maps,) bytes: the rows of every map, a line each."""
    maps, rows, columns = grids.shape
    codes = np.full((maps, rows, columns + 1), ord("\n"), np.uint8)
    codes[:, :, :-1] = grids
    length = rows * (columns + 1) - 1  # no line ends after the last row
    return np.ascontiguousarray(codes.reshape(maps, length + 1)[:, :length]).view(f"S{length}")[:, 0]


def rows_of(cells: str, width: int) -> list[str]:
    """The marks of a map, row after row, cut into its rows."""
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def _turned(rows: list[str]) -> list[str]:
    """Columns for rows."""
    text, width = "".join(rows), len(rows[0])
    return [text[column::width] for column in range(width)]


def _trimmed(rows: list[str]) -> list[str]:
    """Without the rows of nothing but wall at both ends."""
    first, last = 0, len(rows)
    while not rows[first].strip("#"):
        first += 1
    while not rows[last - 1].strip("#"):
        last -= 1
    return rows[first:last]
