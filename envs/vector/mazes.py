"""Mazes on arrays: a state is a cell; what is seen from all cells of a maze is written down once, when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.maze import Maze
from ...tasks.maze.families import Knobs
from ...tasks.task import read_knobs
from .rules import FRESH, REFUSED, Ints

_BITS = np.arange(16)[:, None] >> np.arange(4) & 1
_LEGAL = np.full((16, 5), REFUSED, np.int16)
_LEGAL[:, :4][_BITS == 1] = FRESH
_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class MazeRules:
    """See `metacot.envs.vector.rules.Rules`."""

    solvable = True

    def __init__(self, maze: Maze, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._maze, self._split, self._knobs = maze, split, read_knobs(Knobs, difficulty)
        size = self._knobs.size
        if maze.board not in (0, size):
            raise ValueError(f"observations show boards of side {maze.board}, these have {size}")
        self._cells = size * size
        self.rows = np.zeros((envs * nodes, *maze.shape), np.int8)
        self.solved = np.zeros(envs * nodes, bool)
        self._place = np.zeros(envs * nodes, np.int64)  # environment * cells + cell
        self._exits = np.zeros((envs, self._cells), np.uint8)
        self._seen = np.zeros((envs, self._cells, 8), np.int8)
        self._sides = np.zeros((envs, 2 * self._cells if maze.board else 0), np.int8)
        self._goals = np.zeros(envs, np.int64)  # as places
        self._by = np.array([-size, 1, size, -1])
        self._where = np.stack(np.divmod(np.arange(self._cells), size), axis=1).astype(np.int8)

    def supply(self, seed: int, first: int, count: int) -> NDArray[np.uint16]:
        dealt = [self._maze.data(seed, index, self._split, self._knobs) for index in range(first, first + count)]
        digits = "".join(data[1] for data in dealt).encode().translate(_DIGIT)
        ends = np.array([data[2:] for data in dealt], np.uint16)
        return np.concatenate((np.frombuffer(digits, np.uint8).reshape(count, -1), ends), axis=1)

    def settle(
        self, source: Ints, action: Ints, target: Ints, env: Ints, starts: NDArray[Any] | None
    ) -> NDArray[np.int16]:
        place = self._place.take(source) + self._by.take(action)
        if starts is not None:
            place = np.concatenate((place, self._begin(env[len(source) :], starts)))
        self._place[target] = place
        seen = self._seen.reshape(-1, 8).take(place, axis=0)
        if self._sides.size:
            self.rows[target, :8] = seen
            self.rows[target, 8:] = self._sides.take(env, axis=0)
        else:
            self.rows[target] = seen
        self.solved[target] = place == self._goals.take(env)
        return _LEGAL.take(self._exits.reshape(-1).take(place), axis=0)

    def _begin(self, begun: Ints, starts: NDArray[Any]) -> Ints:
        """The places where these environments begin."""
        cells = self._cells
        exits, goals = starts[:, :cells], starts[:, cells + 1].astype(np.int64)
        self._goals[begun] = begun * cells + goals
        self._seen[begun, :, :2] = self._where
        self._seen[begun, :, 2:4] = self._where.take(goals, axis=0)[:, None] - self._where
        self._seen[begun, :, 4:] = _BITS.take(exits, axis=0)
        if self._sides.size:
            self._sides[begun] = np.concatenate((exits >> 1 & 1, exits >> 2 & 1), axis=1)
        self._exits[begun] = exits
        self._seen[begun, goals, 4:] = 0
        self._exits[begun, goals] = 0  # at the goal nothing is left to do
        return begun * cells + starts[:, cells]
