"""Depth-first search, the most promising child first."""

from __future__ import annotations

from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, SearchResult


def depth_first(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    prune: float | None = None,
    **options: Unpack[Options],
) -> SearchResult:
    """Go down to the best child; where a subtree is exhausted, back to the deepest node with children untried.

    budget: nodes visited besides the start. seed: order of children of equal value (None: the task's).
    prune: children valued at or below this are never visited (0.0 trusts a verdict of "unsolvable"); None visits all.
        With it, an exhausted search is only as sure as the values.
    """
    search = Explorer(task, problem, value, budget, seed, **options)

    def done(solved: int | None = None, exhausted: bool = False) -> SearchResult:
        return search.result("depth_first", solved, exhausted=exhausted, prune=prune)

    if search.solves(0):
        return done(solved=0)
    known, dedupe = search.known, search.dedupe
    branches = [(0, zip(*search.expand(0, claim=False), strict=True))]
    while branches:
        parent, untried = branches[-1]
        for row, worth in untried:
            if prune is not None and worth <= prune:
                branches.pop()  # children come in order of value: those after a pruned one are pruned as well
                break
            if dedupe:
                before = len(known)
                known.add(row[2])
                if len(known) == before:
                    search.duplicates += 1  # visited elsewhere since it was generated
                    continue
            if search.full:
                return done()
            node = search.visit(parent, row, worth)
            if search.solves(node):
                return done(solved=node)
            rows, values = search.expand(node, claim=False)
            if rows:
                branches.append((node, zip(rows, values, strict=True)))
                break
        else:
            branches.pop()
    return done(exhausted=True)
