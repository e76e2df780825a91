"""What all linearizers share: the tree and the solution of what was searched, smaller trees, walks, and the ending."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from ...tasks import Action, Backtrack, Step, Submit, Trace, Tree
from ..search import SearchResult

Searched = SearchResult | Tree
"""A tree alone counts as solved at its first goal, and never as exhausted."""


def tree_of(result: Searched) -> Tree:
    return result if isinstance(result, Tree) else result.tree


def solved_node(result: Searched) -> int | None:
    """The node of the solution, None where none was found."""
    return result.first_solved() if isinstance(result, Tree) else result.solved


def wrong_leaves(result: Searched) -> list[int]:
    """The nodes, in order, at which a branch ends without a solution."""
    tree = tree_of(result)
    inner = {*tree.parents, *tree.path(solved_node(result) or 0)}
    return [node for node in range(1, len(tree)) if node not in inner and not tree.task.solved(tree.states[node])]


def check_rate(rate: float, most: float) -> None:
    """Raises ValueError where `rate` is not in [0, most]."""
    if not 0 <= rate <= most:
        raise ValueError(f"rate must be in [0, {most}], got {rate!r}")


def chance(tree: Tree, *salt: Any) -> Random:
    """A generator that the problem and the salt decide, the same everywhere."""
    return Random(" ".join(map(str, (*salt, tree.problem.task, tree.problem.data))))


def subtree(tree: Tree, kept: set[int]) -> Tree:
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


class Walk:
    """The actions of a cursor that moves over nodes of `tree`, which get new numbers in the order of this walk.

    values: write down the noted values, each at the first visit?
    """

    def __init__(self, tree: Tree, values: bool = False):
        self.tree, self.values = tree, values
        self.cursor = 0
        self.places = {0: 0}
        self.actions: list[Action] = []

    def step(self, node: int) -> None:
        """To a node whose parent has been visited; back to the parent first where the cursor is elsewhere."""
        tree = self.tree
        self.back(tree.parents[node])
        new = node not in self.places
        value = tree.notes.get(node, (None,))[0] if self.values and new else None
        self.places.setdefault(node, len(self.places))
        self.actions.append(Step(tree.steps[node], value=value))
        self.cursor = node

    def back(self, node: int) -> None:
        """To a node that has been visited."""
        if node != self.cursor:
            self.actions.append(Backtrack(self.places[node]))
            self.cursor = node


def as_trace(result: Searched, actions: Sequence[Action], linearizer: str, **more: Any) -> Trace:
    """The actions, and the ending that `result` has."""
    tree = tree_of(result)
    if isinstance(result, SearchResult):
        ending, source = result.ending(), result.source
    else:
        solved = solved_node(result)
        ending, source = () if solved is None else (Submit(tree.answer(solved)),), {}
    return Trace(tree.problem, (*actions, *ending), {**source, "linearizer": linearizer, **more})
