"""Mazes on arrays: a state is a place, `slot * cells + cell`. Of each place a code is kept, `cell * 16 + exits`, by
which all that is seen there is looked up, but where the goal is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.maze import Maze
from ...tasks.maze.families import Knobs
from ...tasks.task import read_knobs
from .rules import FRESH, REFUSED, Ints

LEAST, CELLS = 16, 1 << 12
"""At least so many mazes of an environment are drawn at once, and as many as have so many cells."""

_BITS = np.arange(16)[:, None] >> np.arange(4) & 1
_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class MazeRules:
    """See `metacot.envs.vector.rules.Rules`."""

    solvable = True

    def __init__(self, maze: Maze, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._maze, self._split, self._knobs = maze, split, read_knobs(Knobs, difficulty)
        size = self._knobs.size
        if maze.board not in (0, size):
            raise ValueError(f"observations show boards of side {maze.board}, these have {size}")
        self._cells = cells = size * size
        self.rows = np.zeros((envs * nodes, *maze.shape), np.int8)
        self.solved = np.zeros(envs * nodes, bool)
        self._place = np.zeros(envs * nodes, np.int64)
        self._slot = np.zeros(envs, np.int64)  # of the present problems
        self.ahead = max(LEAST, CELLS // cells)
        slots = envs * self.ahead
        self._codes = np.zeros((slots, cells), np.uint16)
        self._starts, self._ends = np.zeros(slots, np.int64), np.zeros(slots, np.int64)  # as places
        self._goal_seen = np.zeros((slots, 8), np.int8)
        self._sides = np.zeros((slots if maze.board else 0, 2 * cells), np.int8)
        self._by = np.array([-size, 1, size, -1])
        # What is seen from a cell is the sum of a row by its code and one by the goal.
        where = np.stack(np.divmod(np.arange(cells), size), axis=1).astype(np.int8)
        self._where = np.pad(where, ((0, 0), (2, 4)))
        seen = np.zeros((cells, 16, 8), np.int8)
        seen[:, :, :2] = where[:, None]
        seen[:, :, 2:4] = -where[:, None]
        seen[:, :, 4:] = _BITS
        self._seen = seen.reshape(-1, 8)
        self._legal = np.tile(np.where(_BITS == 1, FRESH, REFUSED).astype(np.int16), (cells, 1))
        self._first_codes = np.arange(0, 16 * cells, 16, dtype=np.uint16)

    def supply(self, env: int, seed: int, first: int) -> None:
        digits, ends = self._maze.run(seed, first, self.ahead, self._split, self._knobs)
        exits = np.frombuffer(digits.encode().translate(_DIGIT), np.uint8).reshape(self.ahead, self._cells)
        starts, goals = np.array(ends).reshape(self.ahead, 2).T
        slots = np.arange(env * self.ahead, (env + 1) * self.ahead)
        self._codes[slots] = self._first_codes + exits
        self._codes[slots, goals] &= 0xFFF0  # at the goal nothing is left to do
        self._starts[slots] = slots * self._cells + starts
        self._ends[slots] = slots * self._cells + goals
        self._goal_seen[slots] = self._where.take(goals, axis=0)
        if self._sides.size:
            self._sides[slots] = np.concatenate((exits >> 1 & 1, exits >> 2 & 1), axis=1)

    def settle(self, source: Ints, action: Ints, target: Ints, env: Ints, slots: Ints) -> NDArray[np.int16]:
        place = self._place.take(source) + self._by.take(action)
        if slots.size:
            self._slot[env[len(source) :]] = slots
            place = np.concatenate((place, self._starts.take(slots)))
        slot = self._slot.take(env)
        codes = self._codes.take(place)
        seen = self._seen.take(codes, axis=0)
        seen += self._goal_seen.take(slot, axis=0)
        if self._sides.size:
            seen = np.concatenate((seen, self._sides.take(slot, axis=0)), axis=1)
        self._place[target] = place
        self.rows[target] = seen
        self.solved[target] = place == self._ends.take(slot)
        return self._legal.take(codes, axis=0)
