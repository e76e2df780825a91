"""What all searches share: the tree in the order of visits, valued children, de-duplication, counts, and the result.

A node is *visited* when the search moves to it and it enters the tree; it is *expanded* when its children are
generated and valued. The budget counts visited nodes besides the start.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from random import Random
from time import perf_counter
from typing import Any

from ...rewards.protocols import ValueFunction
from ...tasks import Action, GiveUp, Problem, Step, Submit, Task, Trace, Tree

BUDGET = 1000
"""Default number of nodes a search may visit."""


Row = tuple[Any, Any, Hashable, float]
"""A generated state that is not visited yet, as `Task.expand` gives it: (step, state, key, cost)."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """What a search found and what it cost.

    tree: every visited node, in the order of visits, with the values of the visited nodes noted.
    solved: the first node whose path gives a verified answer, None where there is none.
    exhausted: nothing was left to visit. Without pruning this proves that there is no other solution.
    expanded, generated, duplicates: nodes expanded; children generated; those of them dropped because their state was
        known already. value_calls: states valued. iterations: 0 but for searches that count them.
    visits: how often each node of the tree was passed through (searches that count this), else empty.
    source: algorithm and options, as JSON scalars. seconds: wall time, which does not count for equality.
    """

    tree: Tree
    solved: int | None
    exhausted: bool
    expanded: int
    generated: int
    duplicates: int
    value_calls: int
    iterations: int = 0
    visits: tuple[int, ...] = ()
    source: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Was a verified solution found?"""
        return self.solved is not None

    @property
    def backtracks(self) -> int:
        """How often the visits went on from another node than the last one."""
        return sum(parent != node - 1 for node, parent in enumerate(self.tree.parents) if node)

    def trace(self, values: bool = False) -> Trace:
        """The visits in order, then the answer; giving up where the search is exhausted without one.

        A search that ran out of budget leaves the trace without an ending. values: write the noted values down?
        """
        return Trace(self.tree.problem, (*visit_actions(self.tree, values), *self.ending()), dict(self.source))

    def ending(self) -> tuple[Action, ...]:
        """The action that ends a trace of this search, if any."""
        if self.solved is not None:
            return (Submit(self.tree.answer(self.solved)),)
        return (GiveUp(),) if self.exhausted else ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SearchResult):
            return NotImplemented
        costs = [name for name in self.__slots__ if name not in ("tree", "seconds")]
        return self.tree.same_as(other.tree) and all(getattr(self, name) == getattr(other, name) for name in costs)

    __hash__ = None  # type: ignore[assignment]  # trees can grow


def visit_actions(tree: Tree, values: bool = False) -> list[Action]:
    """The actions that build a tree in the order of its nodes. values: write down the noted values?"""
    actions = tree.visit_actions()
    return actions if values else [replace(a, value=None) if isinstance(a, Step) else a for a in actions]


class Explorer:
    """One search in progress: grows the tree and keeps the counts, so that an algorithm is only its order of visits.

    seed: decides the order of children of equal value; None keeps the task's order.
    dedupe: is a state known by its key visited only once?
    """

    def __init__(
        self,
        task: Task[Any, Any],
        problem: Problem,
        value: ValueFunction,
        budget: int = BUDGET,
        seed: int | None = 0,
        *,
        dedupe: bool = True,
    ):
        if budget < 0:
            raise ValueError(f"budget must not be negative, got {budget!r}")
        self.started = perf_counter()
        self.task, self.problem, self.value, self.name = task, problem, value, value.name
        self.budget, self.seed, self.dedupe = budget, seed, dedupe
        # A text seeds the same generator everywhere; the problem is part of it so that no two share their chance.
        # Of all of a generator's methods only random() is promised to stay the same between Python versions.
        self.random = None if seed is None else Random(f"{seed} {problem.task} {problem.data}").random
        self.tree = Tree(task, problem)
        self.known: set[Hashable] = {task.key(self.tree.states[0])}
        self.expanded = self.generated = self.duplicates = self.value_calls = 0

    @property
    def full(self) -> bool:
        """Is the budget spent?"""
        return len(self.tree.states) > self.budget

    def expand(self, node: int, *, claim: bool) -> tuple[list[Row], list[float]]:
        """The children of a visited node whose states are not known yet and their values, the most promising first.

        claim: are their states known from now on, so that nobody else generates them, or only once visited?
        """
        rows = self.task.expand(self.tree.states[node])
        self.expanded += 1
        if not rows:
            return [], []
        self.generated += len(rows)
        if self.dedupe:
            known, fresh = self.known, []
            taken: set[Hashable] = set()
            for row in rows:
                if (key := row[2]) not in known and key not in taken:
                    taken.add(key)
                    fresh.append(row)
            if claim:
                known |= taken
            self.duplicates += len(rows) - len(fresh)
            rows = fresh
        values = self.value.values(self.task, [row[1] for row in rows]) if rows else []
        self.value_calls += len(rows)
        if self.random is None:
            ranks = sorted(range(len(rows)), key=lambda place: -values[place])
        else:
            chances = [self.random() for _ in rows]
            ranks = sorted(range(len(rows)), key=lambda place: (-values[place], chances[place]))
        return [rows[place] for place in ranks], [values[place] for place in ranks]

    def visit(self, parent: int, row: Row, value: float) -> int:
        """Move from a visited node to a child of it, note its value, and return its number."""
        tree = self.tree
        tree.cursor = parent
        tree.grow(row[0], row[1])
        node = tree.cursor
        tree.notes[node] = (int(100 * value + 0.5), self.name)
        if self.dedupe:
            self.known.add(row[2])
        return node

    def solves(self, node: int) -> bool:
        """Is this node a goal, and the answer of the path to it verified?"""
        if not self.task.solved(self.tree.states[node]):
            return False
        return self.task.check(self.problem, self.tree.answer(node)).correct is True

    def result(
        self, algorithm: str, solved: int | None = None, *, exhausted: bool = False, **more: Any
    ) -> SearchResult:
        """The result so far. `more`: options of the algorithm for `source`, and `iterations` and `visits`."""
        counts = {name: more.pop(name) for name in ("iterations", "visits") if name in more}
        self.tree.cursor = len(self.tree.states) - 1 if solved is None else solved
        return SearchResult(
            tree=self.tree,
            solved=solved,
            exhausted=exhausted,
            expanded=self.expanded,
            generated=self.generated,
            duplicates=self.duplicates,
            value_calls=self.value_calls,
            source={
                "search": algorithm,
                "value": self.name,
                "budget": self.budget,
                "seed": self.seed,
                "dedupe": self.dedupe,
                **more,
            },
            seconds=perf_counter() - self.started,
            **counts,
        )
