"""A* (Hart, Nilsson and Raphael 1968) and weighted A* (Pohl 1970): f = g + weight * h, with re-opening.

g is the cost of the path so far. h is the task's own heuristic, or what a graded value gamma ** h says: an exact or
learned value then takes the heuristic's place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...rewards.values import GAMMA, HeuristicValue, OracleValue
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult

WEIGHT = 2.0
"""Default weight of the heuristic in weighted A*."""


def astar(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    weight: float = 1.0,
    **options: Unpack[Options],
) -> SearchResult:
    """Visit the state of smallest g + weight * h; of equal ones the deeper first, then the earlier generated.

    With `HeuristicValue` (the task's admissible h) and weight 1 the first solution is a cheapest one; with a larger
    weight it costs at most weight times as much. With any other value, h = log(value) / log(gamma), infinite for a
    value of 0, which is never visited; where such a value may be wrong, nothing is proved by an empty queue. A state is
    visited again where a cheaper path leads to it (re-opening).

    budget: nodes visited besides the start. seed: what a proposer draws; else the order is that of the task.
    weight: at least 0; 0 is Dijkstra's algorithm.
    """
    if weight < 0:
        raise ValueError(f"weight must not be negative, got {weight!r}")
    search = Explorer(task, problem, value, budget, seed, **options)
    to_go = _costs(search)
    name = "astar" if weight == 1 else "weighted_astar"
    tree, visit, rows_of, dedupe = search.tree, search.visit, search.rows, search.dedupe
    cheapest: dict[Hashable, float] = {task.key(tree.states[0]): 0.0}
    queue: list[tuple[float, float, int, int, float, Row]] = []
    node, cost, order = 0, 0.0, 0
    sure, complete = isinstance(value, HeuristicValue | OracleValue), True

    def done(solved: int | None = None, exhausted: bool = False) -> SearchResult:
        return search.result(name, solved, exhausted=exhausted, weight=weight)

    while True:
        if search.solves(node):
            return done(node)
        rows = rows_of(node)
        search.expanded += 1
        search.generated += len(rows)
        if dedupe:
            fresh = []
            for row in rows:
                if cost + row[3] < cheapest.get(row[2], math.inf):
                    cheapest[row[2]] = cost + row[3]
                    fresh.append(row)
            search.duplicates += len(rows) - len(fresh)
            rows = fresh
        for row, left in zip(rows, to_go(rows), strict=True):
            if left == math.inf:
                complete = complete and sure
            else:
                through = cost + row[3]
                heappush(queue, (through + weight * left, -through, order, node, left, row))
                order += 1
        while queue:
            _, through, _, parent, left, row = heappop(queue)
            if not dedupe or -through <= cheapest[row[2]]:  # else a cheaper path was found meanwhile
                break
        else:
            return done(exhausted=complete)
        if search.full:
            return done()
        cost = -through
        node = visit(parent, row, GAMMA**left)


def weighted_astar(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    weight: float = WEIGHT,
    **options: Unpack[Options],
) -> SearchResult:
    """`astar` with a heuristic that counts more: fewer visits, and a solution at most `weight` times as expensive."""
    return astar(task, problem, value, budget, seed, weight=weight, **options)


def _costs(search: Explorer) -> Callable[[list[Row]], list[float]]:
    """What turns generated states into their costs to go."""
    task, value = search.task, search.value
    if isinstance(value, HeuristicValue):
        heuristic = task.heuristic
        return lambda rows: [heuristic(row[1]) for row in rows]
    scale = 1 / math.log(getattr(value, "gamma", GAMMA))

    def costs(rows: list[Row]) -> list[float]:
        search.value_calls += len(rows)
        search.rollouts += search.rollouts_a_state * len(rows)
        values = value.values(task, [row[1] for row in rows]) if rows else []
        # Rounded, so that gamma ** 3 means 3 steps and not a little more or less.
        return [round(math.log(worth) * scale, 9) if worth > 0 else math.inf for worth in values]

    return costs
