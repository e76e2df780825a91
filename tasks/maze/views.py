"""A maze as text, and back, and as a picture. Cells are `_`; walls are whole cells (`#`) where that says everything,
else lines between cells (`+ - |`), with `_` also where a side is open. `@` is here, `G` the goal, `*` both at once."""

from __future__ import annotations

from ..pictures import Picture
from .boards import MAX_SIZE, MIN_SIZE, Board

WALL, FREE, HERE, GOAL, BOTH, POST, LEVEL, UPRIGHT = "#_@G*+-|"
GLYPHS = (WALL, FREE, HERE, GOAL, BOTH, POST, LEVEL, UPRIGHT)

INK, PAPER, GROUND, START, FINISH, WALKER = "#3b4754", "#ffffff", "#f4f7fb", "#cfe0f3", "#2e9e5b", "#d9534f"


def text(board: Board, here: int) -> str:
    """The board with `here` marked: lines of signs with spaces between."""
    size, goal = board.size, board.goal

    def sign(cell: int) -> str:
        if cell == here:
            return BOTH if cell == goal else HERE
        return GOAL if cell == goal else FREE

    rows = [range(first, first + size) for first in range(0, size * size, size)]
    if board.blocks:
        shown = {board.goal, here}
        cells = [sign(c) if c in shown or digit != "0" else WALL for c, digit in enumerate(board.passages)]
        return "\n".join(" ".join(cells[row.start : row.stop]) for row in rows)
    exits = [int(digit, 16) for digit in board.passages]
    lines = [" ".join([POST, *((LEVEL, POST) * size)])]
    for row in rows:
        across, below = [UPRIGHT], [POST]
        for cell in row:
            across += [sign(cell), FREE if exits[cell] & 2 else UPRIGHT]
            below += [FREE if exits[cell] & 4 else LEVEL, POST]
        lines += [" ".join(across), " ".join(below)]
    return "\n".join(lines)


def parse(shown: str) -> tuple[int, str, int, int]:
    """(size, passages, start, goal) of a text as `text` writes it; spaces between signs may be left out.

    Raises ValueError with the rule that it breaks.
    """
    lines = [compact for line in shown.splitlines() if (compact := "".join(line.split()))]
    thin = bool(lines) and lines[0].startswith(POST)
    size = (len(lines) - 1) // 2 if thin else len(lines)
    side = 2 * size + 1 if thin else size
    if not MIN_SIZE <= size <= MAX_SIZE or len(lines) != side or any(len(line) != side for line in lines):
        raise ValueError(f"a maze is a square of {MIN_SIZE} to {MAX_SIZE} cells a side, a line of signs for each row")
    if unknown := set("".join(lines)) - set(GLYPHS[:4] + GLYPHS[5:] if thin else GLYPHS[:4]):
        raise ValueError(f"the signs of such a maze do not include {min(unknown)!r}")
    stride = 2 if thin else 1
    signs = "".join(line[thin::stride][:size] for line in lines[thin::stride])
    if signs.count(HERE) != 1 or signs.count(GOAL) != 1:
        raise ValueError(f"a maze has one start {HERE} and one goal {GOAL}")

    def is_open(row: int, column: int, down: int, right: int) -> bool:
        """Is there a way from this cell to the next one down or to the right?"""
        if thin:
            return lines[2 * row + 1 + down][2 * column + 1 + right] == FREE
        return WALL not in (lines[row][column], lines[row + down][column + right])

    exits = [0] * (size * size)
    for row in range(size):
        for column in range(size):
            cell = row * size + column
            if column < size - 1 and is_open(row, column, 0, 1):
                exits[cell] |= 2
                exits[cell + 1] |= 8
            if row < size - 1 and is_open(row, column, 1, 0):
                exits[cell] |= 4
                exits[cell + size] |= 1
    return size, "".join(f"{e:x}" for e in exits), signs.index(HERE), signs.index(GOAL)


def picture(board: Board, here: int) -> Picture:
    """Walls are dark, the start is tinted, the goal green, the walker red."""
    size = board.size
    side = max(8, min(32, 480 // size))
    edge = max(1, side // 12)
    drawn = Picture(size * side + 2 * edge, size * side + 2 * edge)
    drawn.rect(0, 0, drawn.width, drawn.height, INK)
    blocks = board.blocks
    for cell, digit in enumerate(board.passages):
        if blocks and digit == "0" and cell not in (board.start, board.goal):
            continue
        exits = int(digit, 16)
        row, column = divmod(cell, size)
        x, y = edge + column * side, edge + row * side
        left, top = (0 if exits & 8 else edge), (0 if exits & 1 else edge)
        right, bottom = (0 if exits & 2 else edge), (0 if exits & 4 else edge)
        if blocks:
            left = top = right = bottom = 0
        fill = FINISH if cell == board.goal else START if cell == board.start else GROUND
        drawn.rect(x + left, y + top, side - left - right, side - top - bottom, fill)
    row, column = divmod(here, size)
    drawn.circle(edge + (column + 0.5) * side, edge + (row + 0.5) * side, 0.3 * side, WALKER, line=PAPER, thick=edge)
    return drawn
