"""A* (Hart, Nilsson and Raphael 1968) and weighted A* (Pohl 1970): f = g + weight * h, with re-opening.

g is the cost of the path so far. h is the task's own heuristic, or what a graded value gamma ** h says: an exact or
learned value then takes the heuristic's place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heappop, heappush, heappushpop
from math import inf, log
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...rewards.values import GAMMA, HeuristicValue, OracleValue
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, SearchResult, notices

WEIGHT = 2.0
"""Default weight of the heuristic in weighted A*."""


RatedRow = tuple[Any, Any, Hashable, float, float]
"""A generated state as `Task.relax` gives it: (step, state, key, cost of the path to it, estimated cost to go)."""

Waiting = tuple[float, float, int, int, RatedRow]
"""An entry of the queue: g + weight * h, h, order, parent, row."""

Relax = Callable[[Any, float, dict[Hashable, float]], tuple[list[RatedRow], int]]
"""`Task.relax`."""


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
    """Visit the state of smallest g + weight * h; of equal ones that of least h, then the earlier generated.

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
    admissible = isinstance(value, HeuristicValue)
    relax = task.relax if admissible and search.dedupe and search.proposer is None else _relaxing(search)
    tree, notes, noted = search.tree, search.tree.notes, notices(search.name, _worth)
    states, dedupe, limited = tree.states, search.dedupe, not search.only_nodes
    add_state, add_parent, add_step = states.append, tree.parents.append, tree.steps.append
    state, node, last, cost, left = states[0], 0, search.budget, 0.0, 0.0
    order = generated = hopeless = 0
    solved, exhausted = None, False
    cheapest = dict.fromkeys(search.known, cost)
    queue: list[Waiting] = []
    sure = admissible or isinstance(value, OracleValue)

    while True:
        # Where an admissible heuristic is positive, no goal is.
        if (not left or not admissible) and search.solves(node):
            solved = node
            break
        rows, every = relax(state, cost, cheapest)
        generated += every
        first = None
        for row in rows:
            left = row[4]
            if left < inf:
                if first:
                    heappush(queue, first)
                first = row[3] + weight * left, left, order, node, row
                order += 1
            else:
                hopeless += 1
        while first or queue:
            # Often the child just generated is the one to visit, and need not be sorted in.
            _, left, _, parent, (step, state, key, cost, _) = heappushpop(queue, first) if first else heappop(queue)
            if not dedupe or cost <= cheapest[key]:  # else a cheaper path was found meanwhile
                break
            first = None
        else:
            exhausted = sure or not hopeless
            break
        if node >= last or (limited and search.full):
            break
        node += 1
        add_state(state)
        add_parent(parent)
        add_step(step)
        notes[node] = noted[left]
    search.expanded = len(states) - (solved is not None)
    search.generated = generated
    search.duplicates = generated - order - hopeless
    return search.result("astar" if weight == 1 else "weighted_astar", solved, exhausted=exhausted, weight=weight)


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


def _relaxing(search: Explorer) -> Relax:
    """What `Task.relax` is to a task's own steps and heuristic, for any proposer and value: children that are
    dropped as duplicates are not valued."""
    task, value, heuristic = search.task, search.value, isinstance(search.value, HeuristicValue)
    scale = 1 / log(getattr(value, "gamma", GAMMA))

    def costs(states: list[Any]) -> list[float]:
        if heuristic:
            return [task.heuristic(state) for state in states]
        search.value_calls += len(states)
        search.rollouts += search.rollouts_a_state * len(states)
        # Rounded, so that gamma ** 3 means 3 steps and not a little more or less.
        values = value.values(task, states) if states else []
        return [round(log(worth) * scale, 9) if worth > 0 else inf for worth in values]

    def relax(state: Any, cost: float, cheapest: dict[Hashable, float]) -> tuple[list[RatedRow], int]:
        rows = task.expand(state) if search.proposer is None else search.proposed(state)
        fresh = []
        for step, child, key, by in rows:
            through = cost + by
            if not search.dedupe or through < cheapest.get(key, inf):
                cheapest[key] = through
                fresh.append((step, child, key, through))
        return [(*row, left) for row, left in zip(fresh, costs([row[1] for row in fresh]), strict=True)], len(rows)

    return relax


def _worth(left: float) -> float:
    """The value of a cost to go."""
    return GAMMA**left
