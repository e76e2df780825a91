"""The algorithms by name, for command lines and configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...rewards.protocols import ValueFunction
from ...rewards.values import make_value
from ...tasks import Problem, Task
from .best_first import best_first
from .common import SearchResult
from .depth_first import depth_first
from .mcts import mcts

ALGORITHMS: dict[str, Callable[..., SearchResult]] = {
    "depth_first": depth_first,
    "best_first": best_first,
    "mcts": mcts,
}


def search(
    name: str, task: Task[Any, Any], problem: Problem, value: ValueFunction | str = "oracle", **options: Any
) -> SearchResult:
    """Run an algorithm by name. `value` may be a JSON spelling such as "noisy:0.2" (see `rewards.make_value`).

    options: `budget`, `seed`, `dedupe` and those of the algorithm. Raises KeyError that lists the known names.
    """
    if name not in ALGORITHMS:
        raise KeyError(f"no search is called {name!r}; known: {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name](task, problem, make_value(value, task) if isinstance(value, str) else value, **options)
