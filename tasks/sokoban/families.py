"""Which levels are dealt: the knobs of a family, and the generator, which plays backwards from the solution.

A room is cut out of walls, boxes are put on its goals, and the player pulls them away. Played forwards that is a
solution, so every level has one, of no more steps than were taken backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from .board import Board, Level, board_of, cells_of
from .solver import matching

SALT = "sokoban"
"""Decides which levels are held out."""

SMALLEST, LARGEST = 5, 20
"""Of `Knobs.size`, in cells."""

ROOMY = 4
"""A room has at least so many cells of floor for each box."""

TRIES = 1 << 12
"""So many rooms are tried for one level before giving up."""

STRICT = 32
"""In so many rooms three boxes in four must end off the goals, with enough pushes to be made; after that one box off
the goals is enough."""

FRESH = 0.8
"""How often a box that still stands on its goal is pulled, where one can be."""

PUSHES = 2
"""So many pushes a box at least, in those rooms."""


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of levels. Raises ValueError that names the value and the rule.

    size: rows and columns, outer walls included. boxes: how many. moves: a solution of at most so many steps is sure to
    exist. walls: share of the inner cells that become wall, at least.
    """

    size: int = 7
    boxes: int = 2
    moves: int = 24
    walls: float = 0.15

    def __post_init__(self) -> None:
        # Not isinstance: True is an int that would be shown as "True".
        if not (type(self.size) is int and SMALLEST <= self.size <= LARGEST):
            raise ValueError(f"size must be a whole number in {SMALLEST}..{LARGEST}, got {self.size!r}")
        if not (type(self.walls) in (int, float) and 0 <= self.walls <= 0.5):
            raise ValueError(f"walls must be a share in 0..0.5, got {self.walls!r}")
        most = self.floor // ROOMY
        if not (type(self.boxes) is int and 1 <= self.boxes <= most):
            raise ValueError(f"boxes must be a whole number in 1..{most} at this size and walls, got {self.boxes!r}")
        if not (type(self.moves) is int and 4 * self.boxes <= self.moves <= 1000):
            raise ValueError(f"moves must be a whole number in {4 * self.boxes}..1000, got {self.moves!r}")

    @property
    def floor(self) -> int:
        """How many inner cells are not made wall on purpose."""
        inner = (self.size - 2) ** 2
        return inner - int(self.walls * inner)


def levels(knobs: Knobs, rng: Random) -> Iterator[Level]:
    """Levels drawn one after another, at most `TRIES` rooms long."""
    for place in range(TRIES):
        floor = _room(knobs, rng.random)
        if floor and (level := _scrambled(floor, knobs, rng.random, place < STRICT)):
            yield level


def _room(knobs: Knobs, draw: Callable[[], float]) -> int:
    """The floor of a room in one piece, as cells; 0 where it came out too small."""
    size = knobs.size
    inner = [row * size + column for row in range(1, size - 1) for column in range(1, size - 1)]
    for place in range(len(inner) - knobs.floor):  # the beginning of a shuffle
        other = place + int(draw() * (len(inner) - place))
        inner[place], inner[other] = inner[other], inner[place]
    kept = inner[len(inner) - knobs.floor :]
    cells = sum(1 << cell for cell in kept)
    floor = _flood(1 << kept[int(draw() * len(kept))], cells, size)
    return floor if floor.bit_count() >= max(ROOMY * knobs.boxes, knobs.floor // 2) else 0


def _flood(reached: int, free: int, width: int) -> int:
    before = 0
    while before != reached:
        before = reached
        reached |= (reached << 1 | reached >> 1 | reached << width | reached >> width) & free
    return reached


def _scrambled(floor: int, knobs: Knobs, draw: Callable[[], float], strict: bool) -> Level | None:
    """A level on this floor, played backwards from its solution; None where no box came off the goals, or (`strict`)
    not most of them and far enough."""
    size, left = knobs.size, knobs.moves
    cells = list(cells_of(floor))
    for place in range(knobs.boxes + 1):
        other = place + int(draw() * (len(cells) - place))
        cells[place], cells[other] = cells[other], cells[place]
    goals = boxes = sum(1 << cell for cell in cells[: knobs.boxes])
    player = cells[knobs.boxes]
    delta = 0
    while True:
        # Most often the same box goes on the same way; then those still on a goal come first.
        beyond = player + delta
        if delta and left and floor >> beyond & 1 and not boxes >> beyond & 1 and draw() < 0.6:
            boxes ^= 1 << (player - delta) | 1 << player
            player, left = beyond, left - 1
            continue
        options = _pulls(floor, boxes, player, size, left)
        if not options:
            break
        fresh = [option for option in options if goals >> option[1] & 1]
        chosen = fresh if fresh and draw() < FRESH else options
        cost, box, delta = chosen[int(draw() * len(chosen))]
        boxes ^= 1 << box | 1 << (box + delta)
        player, left = box + 2 * delta, left - cost
    home = (boxes & goals).bit_count()
    if home == knobs.boxes or (strict and home > knobs.boxes // 4):
        return None
    board = _board(floor, goals, size)
    if strict and matching(board, boxes) < PUSHES * knobs.boxes:
        return None
    # The player walks off, or the first push would be given away.
    ways = [cell for layer in _layers(floor & ~boxes, player, size, left) for cell in cells_of(layer)]
    return Level(board, boxes, ways[int(draw() * len(ways))])


def _pulls(floor: int, boxes: int, player: int, width: int, left: int) -> list[tuple[int, int, int]]:
    """(steps with the walk before, cell of the box, direction) of every pull that takes at most `left` steps."""
    free = floor & ~boxes
    found = []
    for steps, cells in enumerate(_layers(free, player, width, left - 1)):
        for delta in (-width, width, -1, 1):
            if delta > 0:
                ready = cells & boxes << delta & free >> delta
            else:
                ready = cells & boxes >> -delta & free << -delta
            while ready:
                cell = ready & -ready
                ready ^= cell
                found.append((steps + 1, cell.bit_length() - 1 - delta, delta))
    return found


def _layers(free: int, player: int, width: int, most: int) -> Iterator[int]:
    """Where the player can be after 0, 1 ... `most` steps and no fewer."""
    layer = seen = 1 << player
    while layer and most >= 0:
        yield layer
        layer = (layer << 1 | layer >> 1 | layer << width | layer >> width) & free & ~seen
        seen |= layer
        most -= 1


def _board(floor: int, goals: int, size: int) -> Board:
    marks = "".join("." if goals >> cell & 1 else " " if floor >> cell & 1 else "#" for cell in range(size * size))
    return board_of(tuple(marks[start : start + size] for start in range(0, size * size, size)))
