"""What all searches share: the tree in the order of visits, valued children, de-duplication, counts, and the result.

A node is *visited* when the search moves to it and it enters the tree; it is *expanded* when its children are
generated and valued. The budget counts visited nodes besides the start.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import exp
from random import Random
from time import perf_counter
from typing import Any, TypedDict

from ...rewards.protocols import Proposer, ValueFunction
from ...rewards.stable import stable_uint64
from ...tasks import Action, GiveUp, IllegalStep, Problem, Step, Submit, Task, Trace, Tree

BUDGET = 1000
"""Default number of nodes a search may visit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a search may cost; it ends at the first limit it meets. A plain number stands for `Limits(nodes=...)`.

    nodes: visited besides the start. rollouts: made by a value that plays on (`RolloutValue`). tokens: written by a
    proposer that writes. seconds: of wall time; the only limit that makes results depend on the machine. None = no
    limit.
    """

    nodes: int = BUDGET
    rollouts: int | None = None
    tokens: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if (limit := getattr(self, name)) is not None and limit < 0:
                raise ValueError(f"a budget must not be negative, got {name}={limit!r}")


@lru_cache(maxsize=64)
def _limits(nodes: int) -> Limits:
    return Limits(nodes=nodes)


PROPOSALS = 4
"""Default number of draws from a proposer for each expanded node."""

MOST_NOTICES = 10_000
"""So many notes of one source are kept from search to search."""


Row = tuple[Any, Any, Hashable, float]
"""A generated state that is not visited yet, as `Task.expand` gives it: (step, state, key, cost)."""


@dataclass(slots=True, eq=False)  # not frozen: small searches would spend a tenth of their time on it
class SearchResult:
    """What a search found and what it cost.

    tree: every visited node, in the order of visits, with the values of the visited nodes noted.
    solved: the first node whose path gives a verified answer, None where there is none.
    exhausted: nothing was left to visit. Without pruning this proves that there is no other solution.
    expanded, generated, duplicates: nodes expanded; children generated; those of them dropped because their state was
        known already. value_calls: states valued. iterations: 0 but for searches that count them.
    illegal: proposed steps that were no legal ones. rollouts, tokens: made and written meanwhile, see `Limits`.
    first: nodes visited when the first verified solution was met, None where there is none.
    chosen: the node whose answer a search that does not verify commits to (voting), right or wrong; else None.
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
    illegal: int = 0
    rollouts: int = 0
    tokens: int = 0
    first: int | None = None
    chosen: int | None = None
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

    @property
    def depth(self) -> int:
        """Steps from the start to the deepest visited node."""
        depths = [0]
        for parent in self.tree.parents[1:]:
            depths.append(depths[parent] + 1)
        return max(depths)

    @property
    def best(self) -> int:
        """The solution, or else what a search that was stopped here would bet on: the node noted with the highest
        value, of equal ones the first; the start where nothing was noted."""
        if self.solved is not None:
            return self.solved
        notes = self.tree.notes
        return max(notes, key=lambda node: (notes[node][0], -node), default=0)

    def trace(self, values: bool = False) -> Trace:
        """The visits in order, then the answer; giving up where the search is exhausted without one.

        A search that ran out of budget leaves the trace without an ending. values: write the noted values down?
        """
        return Trace(self.tree.problem, (*visit_actions(self.tree, values), *self.ending()), dict(self.source))

    def ending(self) -> tuple[Action, ...]:
        """The action that ends a trace of this search, if any."""
        answered = self.chosen if self.solved is None else self.solved
        if answered is not None:
            return (Submit(self.tree.answer(answered)),)
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


class Notices(dict[float, tuple[int, str]]):
    """What is noted in the tree for a value: whole hundredths, and whose value it is. One object for each value, since
    most searches know few.

    worth: the value, where what is looked up is something else.
    """

    def __init__(self, source: str, worth: Callable[[float], float] = float):
        self.source, self.worth = source, worth

    def __missing__(self, value: float) -> tuple[int, str]:
        if len(self) >= MOST_NOTICES:
            self.clear()
        noted = self[value] = (int(100 * self.worth(value) + 0.5), self.source)
        return noted


notices = lru_cache(maxsize=16)(Notices)
"""Those of a source, which searches share."""


class Options(TypedDict, total=False):
    """What every search takes besides its own options; see `Explorer`."""

    dedupe: bool
    proposer: Proposer | None
    proposals: int


class Explorer:
    """One search in progress: grows the tree and keeps the counts, so that an algorithm is only its order of visits.

    budget: nodes that may be visited besides the start, or `Limits`.
    seed: decides the order of children of equal value and what a proposer draws; None keeps the task's order.
    dedupe: is a state known by its key visited only once?
    proposer, proposals: who suggests the steps of a state, in so many draws; None = all legal steps. What is drawn for
        a state depends on the seed and the state's key alone.
    """

    def __init__(
        self,
        task: Task[Any, Any],
        problem: Problem,
        value: ValueFunction,
        budget: int | Limits = BUDGET,
        seed: int | None = 0,
        *,
        dedupe: bool = True,
        proposer: Proposer | None = None,
        proposals: int = PROPOSALS,
    ):
        if proposals < 1:
            raise ValueError(f"proposals must be at least 1, got {proposals!r}")
        self.started = perf_counter()
        self.limits = limits = budget if isinstance(budget, Limits) else _limits(budget)
        self.task, self.problem, self.value, self.name = task, problem, value, value.name
        self.budget, self.seed, self.dedupe = limits.nodes, seed, dedupe
        self.proposer, self.proposals = proposer, proposals
        self.generate: Callable[[Any], list[Row]] = task.expand if proposer is None else self.proposed
        self.notices = notices(self.name)
        self.priors: list[float] | None = None
        self.illegal = self.rollouts = 0
        self.first: int | None = None
        self.rollouts_a_state = getattr(value, "rollouts", 0)
        self._written_before = 0 if proposer is None else getattr(proposer, "tokens", 0)
        self.only_nodes = limits.rollouts is limits.tokens is limits.seconds is None
        self._random: Callable[[], float] | None = None
        self.tree = Tree(task, problem)
        self.known: set[Hashable] = {task.key(self.tree.states[0])}
        self.expanded = self.generated = self.duplicates = self.value_calls = 0

    @property
    def full(self) -> bool:
        """Is the budget spent?"""
        if len(self.tree.states) > self.budget:
            return True
        if self.only_nodes:
            return False
        limits = self.limits
        return (
            (limits.rollouts is not None and self.rollouts >= limits.rollouts)
            or (limits.tokens is not None and self.tokens >= limits.tokens)
            or (limits.seconds is not None and perf_counter() - self.started >= limits.seconds)
        )

    @property
    def random(self) -> Callable[[], float]:
        """The chance of this search. Seeded when it is first needed: that takes longer than many a small search."""
        if self._random is None:
            # A text seeds the same generator everywhere; the problem is part of it so that no two share their chance.
            # Of all of a generator's methods only random() is promised to stay the same between Python versions.
            self._random = Random(f"{self.seed} {self.problem.task} {self.problem.data}").random
        return self._random

    @property
    def tokens(self) -> int:
        """Written by the proposer during this search."""
        return getattr(self.proposer, "tokens", 0) - self._written_before

    def proposed(self, state: Any) -> list[Row]:
        """The children that the proposer suggests, each once; `priors` then holds what share of the draws' probability
        each of them has."""
        assert self.proposer is not None
        rng = Random(stable_uint64(self.task.key(state), self.seed or 0, 0))
        drawn = self.proposer.propose(self.task, [state], [rng], self.proposals)[0]
        found: dict[Any, float] = {proposal.step: proposal.logprob for proposal in drawn}
        rows, weights = [], []
        for step, logprob in found.items():
            try:
                child = self.task.apply(state, step)
            except IllegalStep:
                self.illegal += 1
                continue
            rows.append((step, child, self.task.key(child), 1.0))
            weights.append(exp(logprob))
        total = sum(weights)
        self.priors = [weight / total if total else 1 / len(weights) for weight in weights]
        return rows

    def expand(self, node: int, *, claim: bool) -> tuple[list[Row], list[float]]:
        """The children of a visited node whose states are not known yet and their values, the most promising first;
        `priors` is in the same order.

        claim: are their states known from now on, so that nobody else generates them? If not, the algorithm adds to
        `known` what it visits.
        """
        self.expanded += 1
        rows = self.generate(self.tree.states[node])
        return self.rank(rows, claim) if rows else ([], [])

    def rank(self, rows: list[Row], claim: bool) -> tuple[list[Row], list[float]]:
        """What `expand` returns, of children that were generated."""
        self.generated += len(rows)
        priors = self.priors
        if self.dedupe:
            # Sets among themselves do not hash again: states are slow to hash.
            new = {row[2] for row in rows}
            whole = len(new) == len(rows)
            if not self.known.isdisjoint(new):
                new -= self.known
                whole = False
            if claim:
                self.known |= new
            if not whole:
                fresh = []
                for place, row in enumerate(rows):
                    if row[2] in new:
                        new.remove(row[2])  # of equal ones the first counts
                        fresh.append(place)
                self.duplicates += len(rows) - len(fresh)
                if not fresh:
                    return [], []
                rows = [rows[place] for place in fresh]
                priors = priors and [priors[place] for place in fresh]
        count = len(rows)
        values = self.value.values(self.task, [row[1] for row in rows])
        self.value_calls += count
        self.rollouts += self.rollouts_a_state * count
        if self.seed is not None:
            random = self.random
            chances = [(-worth, random()) for worth in values]
            ranks = sorted(range(count), key=chances.__getitem__)
        elif values.count(values[0]) == count:
            self.priors = priors
            return rows, values
        else:
            ranks = sorted(range(count), key=[-worth for worth in values].__getitem__)
        self.priors = priors and [priors[place] for place in ranks]
        return [rows[place] for place in ranks], [values[place] for place in ranks]

    def visit(self, parent: int, row: Row, value: float) -> int:
        """Move from a visited node to a child of it, note its value, and return its number."""
        node = self.tree.plant(parent, row[0], row[1])
        self.tree.notes[node] = self.notices[value]
        return node

    def solves(self, node: int) -> bool:
        """Is this node a goal, and the answer of the path to it verified? Free text has no goal in sight: there the
        answer of every path is judged."""
        if self.task.enumerable and not self.task.solved(self.tree.states[node]):
            return False
        if self.task.check(self.problem, self.tree.answer(node)).correct is not True:
            return False
        if self.first is None:
            self.first = len(self.tree.states) - 1
        return True

    def result(
        self,
        algorithm: str,
        solved: int | None = None,
        *,
        exhausted: bool = False,
        iterations: int = 0,
        visits: tuple[int, ...] = (),
        chosen: int | None = None,
        **more: Any,
    ) -> SearchResult:
        """The result so far. `more`: options of the algorithm for `source`."""
        self.tree.cursor = len(self.tree.states) - 1 if solved is None else solved
        source = {
            "search": algorithm,
            "value": self.name,
            "budget": self.budget,
            "seed": self.seed,
            "dedupe": self.dedupe,
        }
        if self.proposer is not None:
            source |= {"proposer": self.proposer.name, "proposals": self.proposals}
        return SearchResult(
            tree=self.tree,
            solved=solved,
            exhausted=exhausted,
            expanded=self.expanded,
            generated=self.generated,
            duplicates=self.duplicates,
            value_calls=self.value_calls,
            iterations=iterations,
            visits=visits,
            chosen=chosen,
            illegal=self.illegal,
            rollouts=self.rollouts,
            tokens=0 if self.proposer is None else self.tokens,
            first=self.first,
            source=source | more,
            seconds=perf_counter() - self.started,
        )
