"""Which levels are dealt: the knobs of a family, the splits, and how the levels of an address are made.

A room is cut out of walls, boxes are put on its goals, and a game backwards (`backwards.py`) pulls them away. Addresses
come in blocks: the levels of a block share one generator and are made together, with NumPy. A level is still a function
of its address alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

import numpy as np

from ..task import TEST, VAL, splits_of
from .backwards import Game
from .field import BACK, LEFT, UP, Array, Field, any_of, count
from .solver import MATCHED
from .text import canonical_grids, texts_of

SALT = "sokoban"
"""Decides which levels are held out."""

SMALLEST, LARGEST = 5, 20
"""Of `Knobs.size`, in cells."""

ROOMY = 4
"""A room has at least so many cells of floor for each box."""

PUSHES = 2
"""In a good level three boxes in four stand off the goals, and at least so many pushes a box are to be made."""

SHARES = {"train": 100 - TEST - VAL, "val": VAL, "test": TEST}
"""Per cent of all levels that belong to each split."""

BLOCK = 660
"""So many levels of all splits are made for one block, or a fortieth where a set of cells has more than 64 bits."""

PULLS, STEPS_A_PULL = 12, 100
"""So often the player goes and pulls a box on every board, and once more for so many steps of `Knobs.moves`."""

SPARE = 1.15
"""So many times as many rooms are made as should be enough: a second go for a few levels takes long."""

MOST = 2048
"""So many rooms are made together."""

RARE = 64
"""Where fewer than one room in so many makes a good level of the split, one box off the goals is enough."""

HOPELESS = 1 << 17
"""So many rooms are made for one block before giving up."""


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

    def block(self, split: str) -> int:
        """How many addresses of a split share a generator: its part of `BLOCK`."""
        levels = BLOCK if (self.size - 2) ** 2 <= 64 else BLOCK // 40
        return max(1, levels * SHARES[split] // 100)


def draw_block(rng: np.random.Generator, split: str, knobs: Knobs) -> list[str]:
    """The levels of one block of addresses in the standard format; those of other splits are left out.

    Raises ValueError where there are none to be found.
    """
    texts: list[str] = []
    wanted, share = knobs.block(split), SHARES[split] / 100
    rate = guess = max(0.1, min(0.8, 1.4 - 7 * knobs.boxes / knobs.floor))  # crowded rooms seldom make a good level
    rooms, strict = 0, True
    while len(texts) < wanted:
        if rooms > HOPELESS:
            raise ValueError(f"no level of split {split!r} in {rooms} rooms with {knobs}")
        missing = max(wanted - len(texts), wanted // 8)  # a few take as long as many
        number = min(int(SPARE * missing / (share * rate)), MOST)
        floor, goals, boxes, player = _played(rng, knobs, number)
        kept = _good(knobs, goals, boxes) if strict else count(boxes & ~goals) > 0
        grids = _grids(knobs, *(sets[kept] for sets in (floor, goals, boxes, player)))
        splits = splits_of(SALT, canonical_grids(grids))
        texts += compress(texts_of(_walled(grids)), (its == split for its in splits))
        rooms += number
        rate = (len(texts) + 1) / (rooms * share + 1 / guess)
        strict = strict and (rooms < MOST or rate > 1 / RARE)
    return texts[:wanted]


field = lru_cache(Field)


def _played(rng: np.random.Generator, knobs: Knobs, rooms: int) -> tuple[Array, Array, Array, Array]:
    """The floor, goals, boxes and player of at most so many levels, one from each room."""
    its = field(knobs.size - 2)
    floor = _rooms(rng, its, knobs, rooms)
    goals = floor ^ floor
    across = its.moved(floor)
    across = across & across[BACK] & floor  # the middles of three cells of floor in a row
    pullable = any_of(np.concatenate((its.moved(across[UP])[:LEFT], its.moved(across[LEFT])[LEFT:])))  # their ends
    for _ in range(knobs.boxes):
        goals = goals | its.one(rng, pullable & ~goals)
    whole = count(goals) == knobs.boxes
    floor, goals = floor[whole], goals[whole]
    game = Game(rng, its, floor, goals, knobs.moves)
    for _ in range(PULLS + knobs.moves // STEPS_A_PULL):
        game.pull()
    return floor, goals, *game.levels()


def _rooms(rng: np.random.Generator, its: Field, knobs: Knobs, rooms: int) -> Array:
    """The floor of rooms in one piece, of those that came out large enough."""
    cells = rng.permuted(np.tile(np.arange(its.cells), (rooms, 1)), axis=1)[:, -knobs.floor :]
    spots = its.numbers(1) << its.numbers(cells)
    free = np.bitwise_or.reduce(spots, axis=1)
    floor = any_of(its.walks(spots[:, 0], free, its.cells))
    return floor[count(floor) >= max(ROOMY * knobs.boxes, knobs.floor // 2)]


def _good(knobs: Knobs, goals: Array, boxes: Array) -> Array:
    """(levels,) bool: which levels are good, see `PUSHES`?"""
    home = count(boxes & goals)
    good = (home <= knobs.boxes // 4) & (home < knobs.boxes)
    its = field(knobs.size - 2)
    ends, starts = (its.marks(sets).nonzero()[1].reshape(-1, knobs.boxes) for sets in (goals[good], boxes[good]))
    good[good] = _assigned(its.apart[starts[:, :, None], ends[:, None]]) >= PUSHES * knobs.boxes
    return good


def _assigned(costs: Array) -> Array:
    """As `solver.assigned`, of many: (n, rows, columns) -> (n,)."""
    boxes = costs.shape[1]
    if boxes > MATCHED:
        least: Array = costs.min(axis=2).sum(axis=1)
        return least
    best = {0: np.zeros(len(costs), np.int64)}  # columns taken by the rows so far -> sums
    for row in range(boxes):
        onward: dict[int, Array] = {}
        for taken, cost in best.items():
            for column in range(boxes):
                if not taken >> column & 1:
                    key, total = taken | 1 << column, cost + costs[:, row, column]
                    onward[key] = np.minimum(onward[key], total) if key in onward else total
        best = onward
    return best[(1 << boxes) - 1]


def _grids(knobs: Knobs, floor: Array, goals: Array, boxes: Array, player: Array) -> Array:
    """(levels, rows, columns) uint8: the levels in codes of the marks of the standard format, without outer walls."""
    its = field(knobs.size - 2)
    marks = sum(its.marks(sets) << place for place, sets in enumerate((floor, goals, boxes, player)))
    return _MARKS[marks].reshape(-1, its.side, its.side)


_MARKS = np.frombuffer(b"# ?.?$?*?@?+????", np.uint8)
"""By floor + 2 * goal + 4 * box + 8 * player."""


def _walled(grids: Array) -> Array:
    return np.pad(grids, ((0, 0), (1, 1), (1, 1)), constant_values=ord("#"))
