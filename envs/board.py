"""The exploration tree as arrays: the observations of `ReasoningEnv`, in four shapes from one description.

With N = max_nodes, d = task.shape and B = budget, the Dict observation is

    cursor        (*d,)    the state at the cursor, as `task.observe` gives it
    cursor_index  int      its node number, in [0, N)
    nodes         (N, *d)  the states of all nodes, zeros where unborn
    parent        (N,)     int32, the node numbers of the parents, -1 for the start and where unborn
    steps_left    int      in [0, B]
    visited       (N,)     int8, 1 = born

`memory="cursor"` keeps cursor, cursor_index and steps_left. `flat=True` is `gymnasium.spaces.flatten` of the Dict as
float32: keys in alphabetical order, whole numbers one-hot.

The arrays are kept up to date and copied for every observation. (Copies of small arrays are cheaper than views of one
large copy, and every observation belongs to whoever gets it.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..tasks import Task

Observation = dict[str, Any] | NDArray[np.float32]

MEMORY = ("tree", "cursor")


class Board:
    """Holds the arrays of one environment and hands out observations as a Dict with the whole tree."""

    def __init__(self, task: Task[Any, Any], budget: int):
        self.budget = budget
        self.max_nodes = budget + 1
        self._shape, self._dtype = task.shape, np.dtype(task.dtype)
        self._low, self._high = task.low, task.high
        self.space: spaces.Space[Any] = self._space()
        self._nodes = np.zeros((self.max_nodes, *self._shape), self._dtype)
        self._parent = np.full(self.max_nodes, -1, np.int32)
        self._born = list(np.tri(self.max_nodes, dtype=np.int8))  # row n: n + 1 nodes are born

    def clear(self, row: NDArray[Any]) -> None:
        """Begin an episode whose start state looks like `row`."""
        self._nodes.fill(0)
        self._parent.fill(-1)
        self._nodes[0] = row
        self._rows = [row]

    def add(self, parent: int, row: NDArray[Any]) -> None:
        """A node was born; it gets the next number."""
        node = len(self._rows)
        self._nodes[node] = row
        self._parent[node] = parent
        self._rows.append(row)

    def observe(self, cursor: int, steps_left: int) -> Observation:
        rows = self._rows
        return {
            "cursor": rows[cursor].copy(),
            "cursor_index": cursor,
            "nodes": self._nodes.copy(),
            "parent": self._parent.copy(),
            "steps_left": steps_left,
            "visited": self._born[len(rows) - 1].copy(),
        }

    def snapshot(self) -> tuple[Any, ...]:
        return self._nodes.copy(), self._parent.copy(), self._rows[:]

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        nodes, parent, rows = snapshot
        self._nodes, self._parent, self._rows = nodes.copy(), parent.copy(), rows[:]

    def _space(self) -> spaces.Space[Any]:
        return self._dict_space()

    def _dict_space(self) -> spaces.Dict:
        # The zeros of unborn nodes belong to the space, whatever the range of the task.
        low, high, n = min(self._low, 0), max(self._high, 0), self.max_nodes
        return spaces.Dict(
            {
                "cursor": spaces.Box(self._low, self._high, self._shape, self._dtype.type),
                "cursor_index": spaces.Discrete(n),
                "nodes": spaces.Box(low, high, (n, *self._shape), self._dtype.type),
                "parent": spaces.Box(-1, n - 1, (n,), np.int32),
                "steps_left": spaces.Discrete(self.budget + 1),
                "visited": spaces.MultiBinary(n),
            }
        )


class CursorBoard(Board):
    """Shows the cursor alone; the rest of the tree is for the agent to remember."""

    def observe(self, cursor: int, steps_left: int) -> Observation:
        return {"cursor": self._rows[cursor].copy(), "cursor_index": cursor, "steps_left": steps_left}

    def _space(self) -> spaces.Space[Any]:
        whole = self._dict_space()
        return spaces.Dict({key: whole[key] for key in ("cursor", "cursor_index", "steps_left")})


class FlatBoard(Board):
    """Puts the parts of another board's Dict end to end in one float32 array."""

    def __init__(self, board: Board):
        self._board = board
        self.budget, self.max_nodes = board.budget, board.max_nodes
        assert isinstance(board.space, spaces.Dict), "only a Dict is flattened"
        self._parts = board.space.spaces
        box = spaces.flatten_space(board.space)
        assert isinstance(box, spaces.Box), "a Dict of arrays and whole numbers is one Box"
        self.space = spaces.Box(box.low.astype(np.float32), box.high.astype(np.float32), dtype=np.float32)
        self._one_hot = {n: np.eye(n, dtype=np.float32) for n in {self.max_nodes, self.budget + 1}}

    def clear(self, row: NDArray[Any]) -> None:
        self._board.clear(row)

    def add(self, parent: int, row: NDArray[Any]) -> None:
        self._board.add(parent, row)

    def observe(self, cursor: int, steps_left: int) -> Observation:
        parts: Any = self._board.observe(cursor, steps_left)
        parts["cursor_index"] = self._one_hot[self.max_nodes][cursor]
        parts["steps_left"] = self._one_hot[self.budget + 1][steps_left]
        return np.concatenate([np.ravel(parts[key]) for key in self._parts], dtype=np.float32, casting="unsafe")

    def snapshot(self) -> tuple[Any, ...]:
        return self._board.snapshot()

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        self._board.restore(snapshot)


def make_board(task: Task[Any, Any], budget: int, memory: str, flat: bool) -> Board:
    """The board of the given shape. Raises ValueError for another `memory` than "tree" and "cursor"."""
    if memory not in MEMORY:
        raise ValueError(f"memory must be one of {', '.join(MEMORY)}, got {memory!r}")
    board = Board(task, budget) if memory == "tree" else CursorBoard(task, budget)
    return FlatBoard(board) if flat else board
