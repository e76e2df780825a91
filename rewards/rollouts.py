"""Monte-Carlo values: how often someone who plays on from a state gets to a solution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ..tasks import IllegalStep, Task
from .protocols import Proposal, Proposer
from .spelling import spell
from .stable import stable_uint64

LIMIT = 100
"""Default longest rollout, in steps, for tasks without a horizon."""


@dataclass(frozen=True)
class UniformProposer:
    """Every legal step with the same probability."""

    @property
    def name(self) -> str:
        return "uniform"

    def propose(
        self, task: Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
    ) -> list[list[Proposal]]:
        found = []
        for state, rng in zip(states, rngs, strict=True):
            steps = task.steps(state)
            # random() alone is promised to stay the same from one Python version to the next.
            draws = (steps[int(rng.random() * len(steps))] for _ in range(count)) if steps else ()
            found.append([Proposal(step, -math.log(len(steps))) for step in draws])
        return found


@dataclass(frozen=True)
class RolloutValue:
    """The share of `k` rollouts that reach a solved state: what the proposer would get, not the exact value.

    A rollout ends at a solved state, where nothing is proposed, at an illegal proposal, or after the task's horizon
    (`limit` steps where it has none). Rollout j from a state is decided by the state's key, the seed and j, so values
    are reproducible in any order and batch, and the first 16 of 128 rollouts are the 16.

    k: rollouts a state, at least 1; the paper labels with 16 and evaluates with 128.
    """

    k: int
    seed: int = 0
    limit: int = LIMIT
    proposer: Proposer = field(default_factory=UniformProposer)

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"k must be at least 1, got {self.k!r}")
        if self.limit < 1:
            raise ValueError(f"limit must be at least 1, got {self.limit!r}")

    @property
    def rollouts(self) -> int:
        """What valuing one state costs: searches count it."""
        return self.k

    @property
    def name(self) -> str:
        spelling = spell(f"rollout:{self.k}", (self.seed, 0), (self.limit, LIMIT))
        return spelling if self.proposer.name == "uniform" else f"{spelling} by {self.proposer.name}"

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        won = [self.k if task.solved(state) else 0 for state in states]
        playing = [
            (place, state, Random(stable_uint64(task.key(state), self.seed, rollout)))
            for place, state in enumerate(states)
            if not won[place]
            for rollout in range(self.k)
        ]
        for _ in range(task.horizon or self.limit):
            if not playing:
                break
            drawn = self.proposer.propose(task, [state for _, state, _ in playing], [rng for _, _, rng in playing])
            going = []
            for (place, state, rng), proposals in zip(playing, drawn, strict=True):
                try:
                    after = task.apply(state, proposals[0].step) if proposals else None
                except IllegalStep:
                    after = None
                if after is None:
                    continue
                if task.solved(after):
                    won[place] += 1
                else:
                    going.append((place, after, rng))
            playing = going
        return [wins / self.k for wins in won]
