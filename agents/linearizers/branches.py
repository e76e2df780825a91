"""Linearizers that choose a number of wrong branches of the search and walk them before the right one."""

from __future__ import annotations

from ...tasks import Trace
from .common import Searched, Walk, as_trace, chance, solved_node, tree_of, wrong_leaves


def ancestor_hops(result: Searched, branches: int = 4, seed: int = 0, values: bool = False) -> Trace:
    """`branches` of the wrong branches, each to its end, then the solution; between two of them one backtrack, to
    their lowest common ancestor, so that no step is written twice.

    Depth first, and at every fork the way to the solution last. Which branches: drawn by `seed`, all where there are
    fewer; nested, those of 3 are among those of 4. Raises ValueError where `branches` is negative.
    """
    tree, solved = tree_of(result), solved_node(result)
    right = set() if solved is None else set(tree.path(solved))
    walk = Walk(tree, values)

    def forks(leaf: int) -> list[tuple[bool, int]]:
        return [(node in right, node) for node in tree.path(leaf)]

    for leaf in sorted(_drawn(result, branches, "branches", seed), key=forks):
        for node in tree.path(leaf):
            if node not in walk.places:
                walk.step(node)
    for node in tree.path(solved or 0):
        if node not in walk.places:
            walk.step(node)
    return as_trace(result, walk.actions, "ancestor_hops", branches=branches, branch_seed=seed)


def revision(result: Searched, attempts: int = 1, seed: int = 0, values: bool = False) -> Trace:
    """`attempts` wrong attempts, each from the start to the end of a wrong branch, then the right one from the start.

    Steps that attempts share are written in each. Which attempts: drawn by `seed`, all where there are fewer; in the
    order in which the search made them. Raises ValueError where `attempts` is negative.
    """
    tree, solved = tree_of(result), solved_node(result)
    walk = Walk(tree, values)
    ends = sorted(_drawn(result, attempts, "attempts", seed))
    for end in [*ends, *([] if solved is None else [solved])]:
        walk.back(0)
        for node in tree.path(end)[1:]:
            walk.step(node)
    return as_trace(result, walk.actions, "revision", attempts=attempts, attempt_seed=seed)


def _drawn(result: Searched, count: int, name: str, seed: int) -> list[int]:
    """So many of the wrong leaves, more of them being more of the same."""
    if count < 0:
        raise ValueError(f"{name} must not be negative, got {count!r}")
    rng = chance(tree_of(result), seed, name)
    return [leaf for _, leaf in sorted((rng.random(), leaf) for leaf in wrong_leaves(result))[:count]]
