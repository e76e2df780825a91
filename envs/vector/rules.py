"""What the native vector environment asks of a task: its states as rows of arrays, and its steps on many rows at once.

Flat node numbers are `environment * max_nodes + node`. A legal row has one entry a step of the numeric face and one
more: FRESH where the step is legal, REFUSED where it is not and in the last place, which stands for all other actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...tasks import Problem, Task
from ...tasks.maze import Maze
from ...tasks.maze.families import Knobs
from ...tasks.numbers import NumberGame

FRESH, REFUSED = 0, -1

Ints = NDArray[np.int64]


class Rules(Protocol):
    """The states of `envs * nodes` nodes.

    rows: (envs * nodes, d), what each node looks like; zeros where unborn.
    solved: (envs * nodes,) bool, is it a goal?
    solvable: has every problem that is dealt a solution, so that giving up is never right?
    """

    rows: NDArray[Any]
    solved: NDArray[np.bool_]
    solvable: bool

    def encode(self, problems: Sequence[Problem]) -> NDArray[Any]:
        """(k, width): what `settle` needs of each problem."""
        ...

    def settle(
        self, source: Ints, action: Ints, target: Ints, begun: Ints, starts: NDArray[Any] | None, nodes: int
    ) -> NDArray[np.int16]:
        """Fill in new nodes: first `target`, where `action` leads from the nodes `source`, then node 0 of each
        environment in `begun`, where the problems `starts` (None if there are none) begin. Returns their legal rows."""
        ...


def has_rules(factory: Any) -> bool:
    """Has the task that a class makes rules on arrays?"""
    return isinstance(factory, type) and issubclass(factory, NumberGame | Maze)


def rules_for(task: Task[Any, Any], difficulty: Mapping[str, Any], envs: int, nodes: int) -> Rules:
    """Raises ValueError for a task that has no rules on arrays."""
    from .mazes import MazeRules
    from .numbers import NumberRules

    if isinstance(task, NumberGame):
        return NumberRules(task, difficulty, envs, nodes)
    if isinstance(task, Maze):
        return MazeRules(task, difficulty.get("size", Knobs.size), envs, nodes)
    raise ValueError(f"{task.name} has no native vector environment; use vectorization_mode='sync'")
