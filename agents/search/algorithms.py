"""The algorithms by name, for command lines and configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...rewards.protocols import ValueFunction
from ...rewards.values import make_value
from ...tasks import Problem, Task
from .astar import astar, weighted_astar
from .beam import beam
from .best_first import best_first
from .branch_and_bound import branch_and_bound
from .breadth_first import breadth_first
from .common import SearchResult
from .depth_first import depth_first
from .greedy import greedy
from .iterative_deepening import iterative_deepening
from .mcts import mcts
from .sampling import best_of_n, majority_vote

ALGORITHMS: dict[str, Callable[..., SearchResult]] = {
    "depth_first": depth_first,
    "breadth_first": breadth_first,
    "beam": beam,
    "branch_and_bound": branch_and_bound,
    "iterative_deepening": iterative_deepening,
    "greedy": greedy,
    "best_first": best_first,
    "astar": astar,
    "weighted_astar": weighted_astar,
    "mcts": mcts,
    "best_of_n": best_of_n,
    "majority_vote": majority_vote,
}

BY_HEURISTIC = ("greedy", "astar", "weighted_astar")
"""Those whose value, where none is named, is the task's own heuristic; that of the others is exact."""


def search(
    name: str, task: Task[Any, Any], problem: Problem, value: ValueFunction | str | None = None, **options: Any
) -> SearchResult:
    """Run an algorithm by name. `value` may be a JSON spelling such as "noisy:0.2" (see `rewards.make_value`); None is
    "heuristic" for the algorithms of `BY_HEURISTIC`, else "oracle".

    options: `budget`, `seed`, those of `Options` and those of the algorithm. Raises KeyError that lists the known
    names.
    """
    if name not in ALGORITHMS:
        raise KeyError(f"no search is called {name!r}; known: {', '.join(ALGORITHMS)}")
    if value is None:
        value = "heuristic" if name in BY_HEURISTIC else "oracle"
    return ALGORITHMS[name](task, problem, make_value(value, task) if isinstance(value, str) else value, **options)
