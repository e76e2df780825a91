"""Trees to traces: which of the nodes that a search visited are written down, and in which order.

Every linearizer ends with the answer of the solved path, or by giving up where the search is exhausted without one; a
search that ran out of budget leaves a trace without an ending. Node numbers are those of the tree that the trace
itself builds. Each takes a search result, or a tree, which counts as solved at its first goal and never as exhausted.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from ..tasks import Submit, Trace, Tree
from .search import SearchResult
from .search.common import visit_actions

Searched = SearchResult | Tree


def visit_order(result: Searched, values: bool = False) -> Trace:
    """Every visited node as its own step, in the order of visits. values: write down the values noted for them?"""
    tree = _tree(result)
    return _trace(result, tree, "visit_order_values" if values else "visit_order", values)


def visit_order_values(result: Searched) -> Trace:
    """`visit_order` with the noted values."""
    return visit_order(result, values=True)


def optimal_path(result: Searched) -> Trace:
    """Only the path from the start to the solution that was found: plain chain of thought, the baseline."""
    tree = _tree(result)
    solved = _solved(result)
    return _trace(result, _subtree(tree, set(tree.path(solved or 0))), "optimal_path")


def pruned(result: Searched, rate: float = 0.5, seed: int = 0, values: bool = False) -> Trace:
    """Visit order without some of the wrong branches: each branch that leaves the path to the solution is removed as
    a whole with probability `rate`. Nested: what is removed at 0.2 is removed at 0.3 as well.

    Where there is no solution, the branches are those at the start. Raises ValueError where `rate` is not in [0, 1].
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must be in [0, 1], got {rate!r}")
    tree = _tree(result)
    kept = set(tree.path(_solved(result) or 0))
    path = frozenset(kept)
    rng = Random(f"{seed} {tree.problem.task} {tree.problem.data}")
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        if node in path or parent not in kept:
            continue
        if parent not in path or rng.random() >= rate:
            kept.add(node)
    return _trace(result, _subtree(tree, kept), "pruned", values, prune_rate=rate, prune_seed=seed)


LINEARIZERS: dict[str, Callable[..., Trace]] = {
    "visit_order": visit_order,
    "visit_order_values": visit_order_values,
    "optimal_path": optimal_path,
    "pruned": pruned,
}


def _tree(result: Searched) -> Tree:
    return result if isinstance(result, Tree) else result.tree


def _solved(result: Searched) -> int | None:
    return result.first_solved() if isinstance(result, Tree) else result.solved


def _subtree(tree: Tree, kept: set[int]) -> Tree:
    """The tree of some of the nodes, in the same order; with a node its parent must be kept."""
    smaller = Tree(tree.task, tree.problem)
    places = {0: 0}
    for node in sorted(kept - {0}):
        smaller.cursor = places[tree.parents[node]]
        smaller.grow(tree.steps[node], tree.states[node])
        places[node] = smaller.cursor
        if node in tree.notes:
            smaller.notes[smaller.cursor] = tree.notes[node]
    return smaller


def _trace(result: Searched, tree: Tree, linearizer: str, values: bool = False, **more: Any) -> Trace:
    """The visits of `tree`, and the ending that `result` has."""
    if isinstance(result, SearchResult):
        ending, source = result.ending(), result.source
    else:
        solved = _solved(result)
        ending, source = () if solved is None else (Submit(result.answer(solved)),), {}
    return Trace(tree.problem, (*visit_actions(tree, values), *ending), {**source, "linearizer": linearizer, **more})
