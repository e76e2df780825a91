"""Iterative deepening: depth-first search to a limit that grows round by round; with a heuristic this is IDA*."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult


def iterative_deepening(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    heuristic: bool = True,
    **options: Unpack[Options],
) -> SearchResult:
    """Depth-first rounds, each to the smallest g + h that the round before had to leave out (Korf 1985).

    The first solution is a cheapest one where the task's heuristic h is admissible. heuristic: use h? If not, h = 0.
    `iterations` counts the rounds. A node that is passed again in a later round is the same node of the tree: the
    budget counts it once, `expanded` counts every time. What the rounds share is kept, so children are valued once.
    budget: nodes visited besides the start. seed: order of children of equal value (None: the task's).
    """
    search = Explorer(task, problem, value, budget, seed, **options)
    dedupe, search.dedupe = search.dedupe, False  # by cost, in this file, and not by the mere sight of a state
    children: dict[int, list[tuple[Row, float]]] = {}
    below: dict[tuple[int, int], int] = {}
    rounds = 0

    def done(solved: int | None = None, exhausted: bool = False) -> SearchResult:
        search.dedupe = dedupe
        return search.result("iterative_deepening", solved, exhausted=exhausted, iterations=rounds, heuristic=heuristic)

    def estimate(state: Any) -> float:
        return task.heuristic(state) if heuristic else 0.0

    def family(node: int) -> list[tuple[Row, float]]:
        if node in children:
            search.expanded += 1
        else:
            children[node] = list(zip(*search.expand(node, claim=False), strict=True))
        return children[node]

    if search.solves(0):
        return done(solved=0)
    limit, start = estimate(search.tree.states[0]), task.key(search.tree.states[0])
    while limit < math.inf:
        rounds += 1
        further = math.inf
        reached: dict[Hashable, float] = {start: 0.0}
        branches = [(0, 0.0, iter(enumerate(family(0))))]
        while branches:
            parent, cost, untried = branches[-1]
            place, child = next(untried, (0, None))
            if child is None:
                branches.pop()
                continue
            row, worth = child
            through = cost + row[3]
            if (total := through + estimate(row[1])) > limit:
                further = min(further, total)
                continue
            if dedupe and through >= reached.get(row[2], math.inf):
                search.duplicates += 1
                continue
            reached[row[2]] = through
            node = below.get((parent, place))
            if node is None:
                if search.full:
                    return done()
                node = below[parent, place] = search.visit(parent, row, worth)
                if search.solves(node):
                    return done(solved=node)
            branches.append((node, through, iter(enumerate(family(node)))))
        limit = further
    return done(exhausted=True)
