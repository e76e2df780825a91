"""Best-of-N and majority voting: N attempts from the start that know nothing of each other, as degenerate searches.

Neither asks whether an answer is right before it commits to one: that is what they are compared for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from types import MappingProxyType
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...rewards.rollouts import LIMIT, UniformProposer
from ...rewards.stable import stable_uint64
from ...rewards.values import ConstantValue
from ...tasks import IllegalStep, Problem, Task
from .common import BUDGET, Explorer, Limits, Options, SearchResult

ATTEMPTS = 16
"""Default N."""

AGGREGATES: MappingProxyType[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {
        "last": lambda values: values[-1],
        "min": min,
        "mean": lambda values: sum(values) / len(values),
        "product": math.prod,
    }
)
"""What the values along an attempt come to."""


def best_of_n(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    n: int = ATTEMPTS,
    aggregate: str = "last",
    **options: Unpack[Options],
) -> SearchResult:
    """Draw `n` attempts and commit to the one whose values, aggregated along its path, are highest (of equal ones the
    first). budget: nodes visited besides the start; steps that attempts share count once. aggregate: last, min, mean or
    product. The proposer draws the steps, by default every legal step with the same probability.
    """
    if aggregate not in AGGREGATES:
        raise ValueError(f"aggregate is one of {', '.join(AGGREGATES)}, got {aggregate!r}")
    search, ends = _attempts(task, problem, value, budget, seed, n, options)
    judge = AGGREGATES[aggregate]
    worth: dict[int, float] = {}
    for end in ends:
        path = search.tree.path(end)[1:]
        values = value.values(task, [search.tree.states[node] for node in path]) if path else [0.0]
        search.value_calls += len(path)
        search.rollouts += search.rollouts_a_state * len(path)
        worth.setdefault(end, judge(values))
    chosen = max(worth, key=lambda end: worth[end], default=0)
    return _committed(search, "best_of_n", chosen, n=n, aggregate=aggregate)


def majority_vote(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction | None = None,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    n: int = ATTEMPTS,
    **options: Unpack[Options],
) -> SearchResult:
    """Draw `n` attempts and commit to the answer that most of them end with (self-consistency, Wang et al. 2023; of
    equal ones the first). A `value` that is given is not asked.
    """
    search, ends = _attempts(task, problem, ConstantValue(), budget, seed, n, options)
    votes: dict[str, list[int]] = {}
    for end in ends:
        votes.setdefault(search.tree.answer(end), []).append(end)
    chosen = max(votes.values(), key=len, default=[0])[0]
    return _committed(search, "majority_vote", chosen, n=n)


def _attempts(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits,
    seed: int | None,
    n: int,
    options: Options,
) -> tuple[Explorer, list[int]]:
    """The search, and the last node of each attempt that came to an end before the budget did."""
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n!r}")
    search = Explorer(task, problem, value, budget, seed, **options)
    proposer = search.proposer or UniformProposer()
    tree = search.tree
    ends: list[int] = []
    for attempt in range(n):
        node = 0
        for _ in range(task.horizon or LIMIT):
            state = tree.states[node]
            if task.solved(state):
                break
            rng = Random(stable_uint64(task.key(state), search.seed or 0, attempt))
            drawn = proposer.propose(task, [state], [rng])[0]
            if not drawn:
                break
            tree.cursor = node
            before = len(tree)
            if search.full:
                return search, ends
            try:
                tree.grow(drawn[0].step)
            except IllegalStep:
                search.illegal += 1
                break
            search.generated += 1
            search.duplicates += len(tree) == before
            node = tree.cursor
        search.solves(node)  # notes when the first solution was met
        ends.append(node)
    return search, ends


def _committed(search: Explorer, name: str, chosen: int, **more: Any) -> SearchResult:
    solved = chosen if search.solves(chosen) else None
    return search.result(name, solved, chosen=chosen, **more)
