"""The parallel baseline that backtracking has to answer to: short independent attempts, one after another.

A system that never backtracks may spend the same budget on starting again. The verifier is assumed to tell a finished
attempt that it failed (the environment's verdict), and nothing else passes from one attempt to the next: an attempt
never knows what an earlier one tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .episodes import Episode
from .stats import COSTS

ADDED = ("steps", "tokens", "context", "backtracks", "repeated", "refused", "wrong_answers")
"""The counts of an Episode that add up over attempts. `repeated` counts within attempts only."""

NOTHING = Episode(0, 0, False, False, 0, 0, 0, 0, 0, 0, 0)
"""A run before its first attempt."""


class Restarts(NamedTuple):
    """episodes: one for each run of attempts, sorted by (problem, sample).

    ran_out: how many of them used up all attempts of their problem before the budget and went through them again. That
    biases them: where it is more than a few percent, sample more attempts.
    """

    episodes: tuple[Episode, ...]
    ran_out: int


def restarted(
    attempts: Sequence[Episode], budget: int, cost: str = "steps", *, samples: int = 16, seed: int = 0
) -> Restarts:
    """Run the attempts of each problem one after another until one succeeds or the budget is spent.

    attempts: independent episodes, any number a problem. budget: in `cost` ("steps", or "tokens" of the model), for
    all attempts together. samples: runs a problem, each in its own random order without replacement, so that every run
    is one of independent attempts and the mean over runs is unbiased.

    An attempt that does not fit into what is left is cut and fails; its other counts are taken in proportion. A failed
    attempt costs at least 1, so that giving up at once does not restart for free.

    Raises ValueError for another cost, and for a budget or number of samples below 1.
    """
    if cost not in COSTS:
        raise ValueError(f"a budget counts {' or '.join(COSTS)}, got {cost!r}")
    if budget < 1 or samples < 1:
        raise ValueError(f"budget and samples must be at least 1, got {budget} and {samples}")
    pools: dict[int, list[Episode]] = {}
    for attempt in attempts:
        pools.setdefault(attempt.problem, []).append(attempt)
    runs, ran_out = [], 0
    for problem, pool in sorted(pools.items()):
        for sample in range(samples):
            run, again = _run(pool, budget, cost, np.random.default_rng((seed, problem, sample)))
            runs.append(replace(run, problem=problem, sample=sample))
            ran_out += again
    return Restarts(tuple(runs), ran_out)


def _run(pool: Sequence[Episode], budget: int, cost: str, rng: np.random.Generator) -> tuple[Episode, bool]:
    """One run of attempts in random order, and whether the pool had to be gone through again."""
    done = NOTHING
    order: list[int] = []
    dealt = 0
    while not done.success and getattr(done, cost) < budget:
        if not order:
            order = rng.permutation(len(pool)).tolist()
            dealt += 1
        done = _after(done, pool[order.pop()], budget, cost)
    return done, dealt > 1


def _after(done: Episode, attempt: Episode, budget: int, cost: str) -> Episode:
    """`done` followed by one more attempt, cut where it does not fit."""
    left, needed = budget - getattr(done, cost), getattr(attempt, cost)
    cut = needed > left
    counts = {name: getattr(attempt, name) for name in ADDED}
    if cut:
        counts = {name: count * left // needed for name, count in counts.items()} | {"wrong_answers": 0}
    elif not attempt.success:
        counts[cost] = max(1, counts[cost])
    return replace(
        done,
        success=attempt.success and not cut,
        reached=done.reached or (attempt.reached and not cut),
        **{name: getattr(done, name) + count for name, count in counts.items()},
    )
