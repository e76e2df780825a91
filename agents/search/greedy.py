"""Greedy best-first search: always the state that the task's heuristic calls closest to a solution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...rewards.values import HeuristicValue
from ...tasks import Problem, Task
from .best_first import best_first
from .common import BUDGET, Limits, Options, SearchResult


def greedy(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction | None = None,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    **options: Unpack[Options],
) -> SearchResult:
    """`best_first` on the heuristic alone (Doran and Michie 1966); a `value` that is given is not asked.

    budget: nodes visited besides the start. seed: order of children of equal heuristic (None: the task's).
    """
    found = best_first(task, problem, HeuristicValue(), budget, seed, **options)
    return replace(found, source={**found.source, "search": "greedy"})
