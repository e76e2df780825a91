"""Playing backwards from the solution, on many boards at once: the player pulls the boxes off their goals.

Played forwards that is a solution, so every level has one, of no more steps than were taken backwards.
"""

from __future__ import annotations

import numpy as np

from .field import BACK, UP, WAYS, Array, Field, any_of, count

ONWARD = 0.9
"""How often the box that was just pulled goes on the same way, where it can."""

RINGS = 8
"""So many steps from the goals are told apart where boxes are to be far from them."""


class Game:
    """Boards in play; arrays have one entry a board.

    Of each board the position is kept that has the boxes farthest from the goals: in sum of the steps to the nearest,
    as if there were no walls, and each at most `RINGS`. Where the player can reach no box to pull, a board begins anew.
    """

    def __init__(self, rng: np.random.Generator, field: Field, floor: Array, goals: Array, moves: int):
        self.field, self.floor, self.goals, self.moves = field, floor, goals, moves
        self._rng, self._boards = rng, np.arange(len(floor))
        rings = [goals]
        for _ in range(RINGS - 1):
            rings.append(rings[-1] | field.around(rings[-1]))
        self._beyond = ~np.array(rings)
        self._boxes, self._player = goals.copy(), field.one(rng, floor & ~goals)
        self._left = np.full(len(floor), moves)  # steps that may still be taken
        self._best = self._boxes.copy(), self._player.copy(), self._left.copy()
        self._apart = np.zeros(len(floor), np.int64)

    def pull(self) -> None:
        """On every board the player walks to the nearest box that he can pull, and pulls it; those that still stand on
        goals come before the others."""
        rng, field, boxes = self._rng, self.field, self._boxes
        free = self.floor & ~boxes
        layers = field.walks(self._player, free, self.moves)
        room = field.moved(free)[BACK] & any_of(layers)  # where he can get, and then step back
        fresh = field.moved(boxes & self.goals) & room
        ready = np.where(fresh.any(axis=0), fresh, field.moved(boxes) & room)
        place, walk = self._nearest(layers, any_of(ready))
        stuck = place == 0
        way = _CHOSEN[_BITS @ ((ready & place) != 0), rng.integers(_LOTS, size=len(boxes))]
        # He goes on as far as there is room, as steps are left and as he likes.
        onward, track = field.moves(way), [place]
        for _ in range(field.side - 2):
            track.append(field.moved_by(track[-1], onward) & free)
        cells = np.array(track)
        most = np.minimum(self._left - walk, rng.geometric(1 - ONWARD, len(boxes)))
        steps = np.minimum((cells[1:] != 0).sum(axis=0), most)
        self._boxes = boxes ^ field.moved_by(place, field.moves(way ^ 1)) ^ self._pick(cells, steps - 1)
        self._player = self._pick(cells, steps)
        self._left = self._left - walk - steps
        self._keep(~stuck)
        if stuck.any():
            self._boxes = np.where(stuck, self.goals, self._boxes)
            self._player = np.where(stuck, field.one(rng, self.floor & ~self.goals), self._player)
            self._left[stuck] = self.moves

    def _nearest(self, layers: Array, places: Array) -> tuple[Array, Array]:
        """(one of the nearest of the places, none where too few steps are left; steps of the walk there)."""
        here = layers & places
        met = (here != 0) & (np.arange(len(layers))[:, None] < self._left)
        walk = met.argmax(axis=0)
        return self.field.one(self._rng, self._pick(here, walk) * met.any(axis=0)), walk

    def _pick(self, table: Array, rows: Array) -> Array:
        """(boards,): of each board the entry of its own row; twice as fast as with two indices."""
        return table.ravel().take(rows * len(self._boards) + self._boards)

    def _keep(self, where: Array) -> None:
        apart = count(self._boxes & self._beyond).sum(axis=0)
        where = where & (apart >= self._apart)
        for best, now in zip((*self._best, self._apart), (self._boxes, self._player, self._left, apart), strict=True):
            np.copyto(best, now, where=where)

    def levels(self) -> tuple[Array, Array]:
        """(boxes, player) of the best of every board. The player has walked off, or the first push would be given
        away."""
        boxes, player, left = self._best
        layers = self.field.walks(player, self.floor & ~boxes, self.moves)
        near = np.arange(len(layers))[:, None] <= left
        return boxes, self.field.one(self._rng, any_of(layers * near))


_LOTS = 12  # divisible by every number of directions
_BITS = np.array([1 << way for way in WAYS])


def _lots(bits: int) -> list[int]:
    """Each direction of a set, given as bits, equally often; anything for the empty set."""
    ways = [way for way in WAYS if bits >> way & 1] or [UP]
    return ways * (_LOTS // len(ways))


_CHOSEN = np.array([_lots(bits) for bits in range(1 << len(WAYS))])
