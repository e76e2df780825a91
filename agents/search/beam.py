"""Beam search: breadth-first, with only the most promising states of each level."""

from __future__ import annotations

from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult

WIDTH = 5
"""Default number of states a level keeps: the breadth of Tree of Thoughts (Yao et al. 2023)."""


def beam(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    width: int = WIDTH,
    levels: int | None = None,
    **options: Unpack[Options],
) -> SearchResult:
    """Of all children of a level, visit the `width` of highest value; they are the next level.

    budget: nodes visited besides the start. seed: order of children of equal value (None: the task's).
    width: states a level keeps, at least 1. levels: how deep to go, None = until nothing is left.
    An exhausted beam proves that there is no solution only where it never had to leave a state out; else it just ends.
    """
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width!r}")
    search = Explorer(task, problem, value, budget, seed, **options)
    complete = True

    def done(solved: int | None = None, exhausted: bool = False) -> SearchResult:
        return search.result("beam", solved, exhausted=exhausted, width=width, levels=levels)

    if search.solves(0):
        return done(solved=0)
    level, depth = [0], 0
    while level and (levels is None or depth < levels):
        found: list[tuple[float, int, Row]] = []
        for node in level:
            rows, values = search.expand(node, claim=True)
            found += [(worth, node, row) for row, worth in zip(rows, values, strict=True)]
        found.sort(key=lambda child: -child[0])
        complete = complete and len(found) <= width
        level, depth = [], depth + 1
        for worth, parent, row in found[:width]:
            if search.full:
                return done()
            node = search.visit(parent, row, worth)
            if search.solves(node):
                return done(solved=node)
            level.append(node)
    return done(exhausted=complete and not level)
