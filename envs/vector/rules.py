"""What the native vector environment asks of a task: its states as rows of arrays, and its steps on many rows at once.

Flat node numbers are `environment * max_nodes + node`. A legal row has one entry a step of the numeric face and one
more: FRESH where the step is legal, REFUSED where it is not and in the last place, which stands for all other actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...tasks import Task
from ...tasks.maze import Maze
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

    def supply(self, seed: int, first: int, count: int) -> NDArray[Any]:
        """(count, width): what `settle` needs of the problems first, first + 1 and so on of a seed; past the end of a
        finite family the same order begins again."""
        ...

    def settle(
        self, source: Ints, action: Ints, target: Ints, env: Ints, starts: NDArray[Any] | None
    ) -> NDArray[np.int16]:
        """Fill in the new nodes `target` of the environments `env`, and return their legal rows. The first of them are
        where `action` leads from the nodes `source`; then come nodes 0, where the problems `starts` begin (None = no
        problem does)."""
        ...


def has_rules(factory: Any) -> bool:
    """Has the task that a class makes rules on arrays?"""
    return isinstance(factory, type) and issubclass(factory, NumberGame | Maze)


def rules_for(task: Task[Any, Any], split: str, difficulty: Mapping[str, Any], envs: int, nodes: int) -> Rules:
    """Raises ValueError for a task that has no rules on arrays."""
    from .mazes import MazeRules
    from .numbers import NumberRules

    if isinstance(task, NumberGame):
        return NumberRules(task, split, difficulty, envs, nodes)
    if isinstance(task, Maze):
        return MazeRules(task, split, difficulty, envs, nodes)
    raise ValueError(f"{task.name} has no native vector environment; use vectorization_mode='sync'")
