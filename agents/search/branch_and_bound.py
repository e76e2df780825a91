"""Depth-first branch and bound: goes on after a solution, but only where a cheaper one is still possible."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, SearchResult


def branch_and_bound(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    **options: Unpack[Options],
) -> SearchResult:
    """Depth-first search, the most promising child first, that leaves out every child with g + h >= the cost of the
    best solution so far (Lawler and Wood 1966); g is the cost of the path, h the task's admissible heuristic.

    Stopped early, it returns the best solution so far; where `exhausted` is set as well, no solution is cheaper.
    A state is visited again where a cheaper path leads to it. budget: nodes visited besides the start. seed: order of
    children of equal value (None: the task's).
    """
    search = Explorer(task, problem, value, budget, seed, **options)
    dedupe, search.dedupe = search.dedupe, False  # by cost, in this file, and not by the mere sight of a state
    cheapest: dict[Hashable, float] = {}
    solved, bound = None, math.inf

    def done(exhausted: bool = False) -> SearchResult:
        search.dedupe = dedupe
        return search.result("branch_and_bound", solved, exhausted=exhausted)

    if search.solves(0):
        solved = 0
        return done(exhausted=True)
    cheapest[task.key(search.tree.states[0])] = 0.0
    branches = [(0, 0.0, zip(*search.expand(0, claim=False), strict=True))]
    while branches:
        parent, cost, untried = branches[-1]
        row, worth = next(untried, (None, 0.0))
        if row is None:
            branches.pop()
            continue
        step_cost, key = row[3], row[2]
        through = cost + step_cost
        if through + task.heuristic(row[1]) >= bound:
            continue
        if dedupe and through >= cheapest.get(key, math.inf):
            search.duplicates += 1
            continue
        if search.full:
            return done()
        cheapest[key] = through
        node = search.visit(parent, row, worth)
        if search.solves(node):
            solved, bound = node, through
        else:
            branches.append((node, through, zip(*search.expand(node, claim=False), strict=True)))
    return done(exhausted=True)
