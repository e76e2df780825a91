"""Which levels are dealt: the knobs of a family, and the generator, which plays backwards from the solution.

A room is cut out of walls, boxes are put on its goals, and the player pulls them away. Played forwards that is a
solution, so every level has one, of no more steps than were taken backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from .board import Board, Level, board_of, cells_of
from .solver import assigned

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

FRESH = 0.9
"""How often a box that still stands on its goal is pulled, where one can be."""

ONWARD = 0.85
"""How often the box that was just pulled goes on the same way, where it can."""

NEAR = 0.8
"""How often the player goes no further than to the nearest place from which a box can be pulled."""

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
    cells = _inner(size)
    for _ in range((size - 2) ** 2 - knobs.floor):
        cells ^= 1 << _one(cells, draw)
    floor = _flood(1 << _one(cells, draw), cells, size)
    return floor if floor.bit_count() >= max(ROOMY * knobs.boxes, knobs.floor // 2) else 0


@lru_cache(maxsize=LARGEST)
def _inner(size: int) -> int:
    """All cells but the outer walls."""
    row = (1 << size - 2) - 1 << 1
    return sum(row << size * number for number in range(1, size - 1))


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
    places = _pullable(floor, size)
    if places.bit_count() < knobs.boxes:
        return None
    goals = 0
    for _ in range(knobs.boxes):
        goals |= 1 << _one(places & ~goals, draw)
    boxes = goals
    player = _one(floor & ~goals, draw)
    delta = 0
    while True:
        # Most often the same box goes on the same way; then those still on a goal come first.
        beyond = player + delta
        if delta and left and floor >> beyond & 1 and not boxes >> beyond & 1 and draw() < ONWARD:
            boxes ^= 1 << (player - delta) | 1 << player
            player, left = beyond, left - 1
            continue
        free, home = floor & ~boxes, boxes & goals
        pull = _pull(free, home, player, size, left, draw) if home and draw() < FRESH else None
        pull = pull or _pull(free, boxes, player, size, left, draw)
        if pull is None:
            break
        cost, box, delta = pull
        boxes ^= 1 << box | 1 << (box + delta)
        player, left = box + 2 * delta, left - cost
    home = (boxes & goals).bit_count()
    if home == knobs.boxes or (strict and home > knobs.boxes // 4):
        return None
    if strict and _apart(boxes, goals, size) < PUSHES * knobs.boxes:
        return None
    # The player walks off, or the first push would be given away.
    ways = sum(_layers(floor & ~boxes, 1 << player, size, left))
    return Level(_board(floor, goals, size), boxes, _one(ways, draw))


def _one(cells: int, draw: Callable[[], float]) -> int:
    """One of the cells of a set."""
    for _ in range(int(draw() * cells.bit_count())):
        cells &= cells - 1
    return (cells & -cells).bit_length() - 1


def _pullable(floor: int, width: int) -> int:
    """The cells of a floor from which a box can be pulled if it stands there alone."""
    right, down = floor & floor >> 1 & floor >> 2, floor & floor >> width & floor >> 2 * width
    return right | right << 2 | down | down << 2 * width


def _pull(
    free: int, boxes: int, player: int, width: int, left: int, draw: Callable[[], float]
) -> tuple[int, int, int] | None:
    """(steps with the walk before, cell of the box, direction) of a pull of one of the boxes that takes at most `left`
    steps, rather a near one than a far one; None where there is none."""
    # For every direction, where the player stands in front of a box and has room to step back.
    up, down = free & boxes >> width & free << width, free & boxes << width & free >> width
    back, on = free & boxes >> 1 & free << 1, free & boxes << 1 & free >> 1
    places = up | down | back | on
    if not places:
        return None
    cost = chosen = steps = 0
    layer = 1 << player
    unseen = free & ~layer
    while layer and steps < left:  # as `_layers`, without a generator: most of the time goes here
        steps += 1
        if layer & places:
            cost, chosen = steps, layer & places
            if draw() < NEAR:
                break
        layer = (layer << 1 | layer >> 1 | layer << width | layer >> width) & unseen
        unseen ^= layer
    if not cost:
        return None
    cell = _one(chosen, draw)
    ready = (-width, up), (width, down), (-1, back), (1, on)
    deltas = [delta for delta, there in ready if there >> cell & 1]
    delta = deltas[int(draw() * len(deltas))]
    return cost, cell - delta, delta


def _apart(boxes: int, goals: int, width: int) -> float:
    """The fewest pushes that would send the boxes to different goals if nothing were in the way."""
    ends = [divmod(goal, width) for goal in cells_of(goals)]
    starts = [divmod(box, width) for box in cells_of(boxes)]
    return assigned([[abs(row - y) + abs(column - x) for y, x in ends] for row, column in starts])


def _layers(free: int, start: int, width: int, most: int) -> Iterator[int]:
    """The cells that are 0, 1 ... `most` steps from those of `start` and no fewer."""
    layer = seen = start
    while layer and most >= 0:
        yield layer
        layer = (layer << 1 | layer >> 1 | layer << width | layer >> width) & free & ~seen
        seen |= layer
        most -= 1


def _board(floor: int, goals: int, size: int) -> Board:
    marks = "".join("." if goals >> cell & 1 else " " if floor >> cell & 1 else "#" for cell in range(size * size))
    return board_of(tuple(marks[start : start + size] for start in range(0, size * size, size)))
