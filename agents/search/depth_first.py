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
    tree, known, dedupe, limited = search.tree, search.known, search.dedupe, not search.only_nodes
    states, notes, noted, last = tree.states, tree.notes, search.notices, search.budget
    add_state, add_parent, add_step, know = states.append, tree.parents.append, tree.steps.append, known.add
    generate, is_goal, every = search.generate, task.solved, not task.enumerable
    node = repeated = 0

    def done(solved: int | None = None, exhausted: bool = False) -> SearchResult:
        # Every visited node was expanded but the last, where it solves the problem.
        search.expanded, search.duplicates = node + (solved is None), search.duplicates + repeated
        return search.result("depth_first", solved, exhausted=exhausted, prune=prune)

    if search.solves(0):
        return done(solved=0)
    branches = [(0, zip(*search.expand(0, claim=False), strict=True))]
    while branches:
        parent, untried = branches[-1]
        for (step, state, key, _), worth in untried:
            if prune is not None and worth <= prune:
                branches.pop()  # children come in order of value: those after a pruned one are pruned as well
                break
            if dedupe:
                before = len(known)
                know(key)
                if len(known) == before:
                    repeated += 1  # visited elsewhere since it was generated
                    continue
            if node >= last or (limited and search.full):
                return done()
            # What `Explorer.visit` and `Explorer.expand` do, without the calls.
            node += 1
            add_state(state)
            add_parent(parent)
            add_step(step)
            notes[node] = noted[worth]
            if (every or is_goal(state)) and search.solves(node):
                return done(solved=node)
            if rows := generate(state):
                rows, values = search.rank(rows, claim=False)
                if rows:
                    branches.append((node, zip(rows, values, strict=True)))
                    break
        else:
            branches.pop()
    return done(exhausted=True)
