"""Which tasks the native vector environment knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...tasks import Task
from ...tasks.maze import Maze
from ...tasks.numbers import NumberGame
from .mazes import MazeRules
from .numbers import NumberRules
from .rules import Rules


def has_rules(factory: Any) -> bool:
    """Has the task that a class makes rules on arrays?"""
    return isinstance(factory, type) and issubclass(factory, NumberGame | Maze)


def rules_for(task: Task[Any, Any], split: str, difficulty: Mapping[str, Any], envs: int, nodes: int) -> Rules:
    """Raises ValueError for a task that has no rules on arrays."""
    if isinstance(task, NumberGame):
        return NumberRules(task, split, difficulty, envs, nodes)
    if isinstance(task, Maze):
        return MazeRules(task, split, difficulty, envs, nodes)
    raise ValueError(f"{task.name} has no native vector environment; use vectorization_mode='sync'")
