"""Best-first search on the value alone: what the Meta-CoT paper calls A*. For A* proper see `astar`."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult


def best_first(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    **options: Unpack[Options],
) -> SearchResult:
    """Always visit the most promising state generated so far, wherever it is in the tree.

    A max-priority queue on the value; of equal values the deeper first, then the earlier generated. The order of
    visits is the order in which states leave the queue. budget: nodes visited besides the start. seed: order in which
    children of equal value are generated (None: the task's).
    """
    search = Explorer(task, problem, value, budget, seed, **options)
    queue: list[tuple[float, int, int, int, Row]] = []
    order = 0

    def push(node: int, depth: int) -> None:
        nonlocal order
        for row, worth in zip(*search.expand(node, claim=True), strict=True):
            heappush(queue, (-worth, -depth - 1, order, node, row))
            order += 1

    if search.solves(0):
        return search.result("best_first", 0)
    push(0, 0)
    while queue:
        if search.full:
            return search.result("best_first")
        worth, depth, _, parent, row = heappop(queue)
        node = search.visit(parent, row, -worth)
        if search.solves(node):
            return search.result("best_first", node)
        push(node, -depth)
    return search.result("best_first", exhausted=True)
