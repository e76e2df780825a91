"""Linearizers that keep the order of the search: all of its visits, some of them, or the way to the solution alone."""

from __future__ import annotations

from ...tasks import Trace
from ..search.common import visit_actions
from .common import Searched, as_trace, chance, check_rate, solved_node, subtree, tree_of


def visit_order(result: Searched, values: bool = False) -> Trace:
    """Every visited node as its own step, in the order of visits. values: write down the values noted for them?"""
    name = "visit_order_values" if values else "visit_order"
    return as_trace(result, visit_actions(tree_of(result), values), name)


def visit_order_values(result: Searched) -> Trace:
    """`visit_order` with the noted values."""
    return visit_order(result, values=True)


def optimal_path(result: Searched, values: bool = False) -> Trace:
    """Only the path from the start to the solution that was found: plain chain of thought, the baseline."""
    tree = tree_of(result)
    path = subtree(tree, set(tree.path(solved_node(result) or 0)))
    return as_trace(result, visit_actions(path, values), "optimal_path")


def pruned(result: Searched, rate: float = 0.5, seed: int = 0, values: bool = False) -> Trace:
    """Visit order without some of the wrong branches: each branch that leaves the path to the solution is removed as
    a whole with probability `rate`. Nested: what is removed at 0.2 is removed at 0.3 as well.

    Where there is no solution, the branches are those at the start. Raises ValueError where `rate` is not in [0, 1].
    """
    check_rate(rate, 1)
    tree = tree_of(result)
    kept = set(tree.path(solved_node(result) or 0))
    path = frozenset(kept)
    rng = chance(tree, seed)
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        if node in path or parent not in kept:
            continue
        if parent not in path or rng.random() >= rate:
            kept.add(node)
    actions = visit_actions(subtree(tree, kept), values)
    return as_trace(result, actions, "pruned", prune_rate=rate, prune_seed=seed)
