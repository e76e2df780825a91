"""Mazes on arrays: a state is a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...tasks.maze import Maze
from ...tasks.maze.families import Knobs
from ...tasks.task import read_knobs
from .kernels import Mazes, compiled, step_mazes

LEAST, CELLS = 16, 1 << 12
"""At least so many mazes of an environment are drawn at once, and as many as have so many cells."""

_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class MazeRules:
    """See `metacot.envs.vector.rules.Rules`."""

    solvable = True

    def __init__(self, maze: Maze, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._maze, self._split, self._knobs = maze, split, read_knobs(Knobs, difficulty)
        size = self._knobs.size
        if maze.board not in (0, size):
            raise ValueError(f"observations show boards of side {maze.board}, these have {size}")
        cells = size * size
        self.ahead = ahead = max(LEAST, CELLS // cells)
        self.rows = np.zeros((envs, nodes, *maze.shape), np.int8)
        self.states = Mazes(
            exits=np.zeros((envs, ahead, cells), np.uint8),
            starts=np.zeros((envs, ahead), np.int64),
            goals=np.zeros((envs, ahead), np.int64),
            sides=np.zeros((envs, ahead, 2 * cells if maze.board else 0), np.int8),
            cells=np.zeros((envs, nodes), np.int64),
            rows=self.rows,
        )
        self.step = compiled(step_mazes)

    def supply(self, env: int, seed: int, first: int) -> None:
        digits, ends = self._maze.run(seed, first, self.ahead, self._split, self._knobs)
        exits = np.frombuffer(digits.encode().translate(_DIGIT), np.uint8).reshape(self.ahead, -1)
        starts, goals = np.array(ends).reshape(self.ahead, 2).T
        mazes = self.states
        mazes.exits[env], mazes.starts[env], mazes.goals[env] = exits, starts, goals
        mazes.exits[env, np.arange(self.ahead), goals] = 0  # at the goal nothing is left to do
        if mazes.sides.size:
            mazes.sides[env] = np.concatenate((exits >> 1 & 1, exits >> 2 & 1), axis=1)
