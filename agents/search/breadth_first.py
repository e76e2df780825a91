"""Breadth-first search: level by level, so that the first solution is one of the shortest."""

from __future__ import annotations

from collections import deque
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult


def breadth_first(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    **options: Unpack[Options],
) -> SearchResult:
    """Visit every state of a level before any of the next; among the children of one node the most promising first.

    budget: nodes visited besides the start. seed: order of children of equal value (None: the task's).
    """
    search = Explorer(task, problem, value, budget, seed, **options)
    if search.solves(0):
        return search.result("breadth_first", 0)
    queue: deque[tuple[int, Row, float]] = deque()
    node = 0
    while True:
        queue.extend((node, row, worth) for row, worth in zip(*search.expand(node, claim=True), strict=True))
        if not queue:
            return search.result("breadth_first", exhausted=True)
        if search.full:
            return search.result("breadth_first")
        node = search.visit(*queue.popleft())
        if search.solves(node):
            return search.result("breadth_first", node)
