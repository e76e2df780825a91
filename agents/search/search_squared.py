"""Search²: an outer search over whole attempts of somebody who already searches, with a critic on the whole history.

The nodes of the outer search are histories: lists of attempts at one problem, each made in the knowledge of those
before. It is best-first: the history that the critic likes best is continued by a few attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from time import perf_counter
from typing import Any, Protocol

from ...rewards.protocols import ValueFunction
from ...rewards.stable import stable_uint64
from ...rewards.values import make_value
from ...tasks import Problem, Task, Trace, replay

BRANCH = 2
"""Default number of attempts that continue a history."""

OUTER_BUDGET = 16
"""Default number of attempts in all."""

History = tuple[Trace, ...]


class Attempter(Protocol):
    """Who makes attempts: a search, a language model that searches in its context."""

    @property
    def name(self) -> str: ...

    def attempt(self, task: Task[Any, Any], problem: Problem, history: History, rng: Random) -> Trace:
        """One more attempt; all its chance comes from `rng`."""
        ...


class Critic(Protocol):
    """How promising a history is."""

    @property
    def name(self) -> str: ...

    def scores(self, task: Task[Any, Any], histories: Sequence[History]) -> list[float]:
        """One number in [0, 1] a history: should it be continued?"""
        ...


@dataclass(frozen=True)
class SearchAttempts:
    """Attempts of one of the searches with a small budget, each with a seed of its own.

    "{n}" in `value` stands for a number of the attempt, so that each errs on other states.
    """

    algorithm: str = "best_first"
    value: str = "noisy:0.2:{n}"
    budget: int = 16

    @property
    def name(self) -> str:
        return f"{self.algorithm} on {self.value}, {self.budget} nodes"

    def attempt(self, task: Task[Any, Any], problem: Problem, history: History, rng: Random) -> Trace:
        from .algorithms import search

        number = int(rng.random() * 2**31)
        value = make_value(self.value.format(n=number), task)
        return search(self.algorithm, task, problem, value, budget=self.budget, seed=number).trace()


@dataclass(frozen=True)
class BestValueCritic:
    """The highest value of any state that a history visited: how close it came."""

    value: ValueFunction

    @property
    def name(self) -> str:
        return f"best {self.value.name}"

    def scores(self, task: Task[Any, Any], histories: Sequence[History]) -> list[float]:
        found = []
        for history in histories:
            states = [state for trace in history for state in replay(task, trace).tree.states]
            found.append(max(self.value.values(task, states), default=0.0))
        return found


@dataclass(frozen=True)
class SearchSquaredResult:
    """histories: in the order made, the empty one first. parents: the history that each continues, -1 for the first.
    scores: of the critic. solved: the first history whose last attempt was verified, None where there is none.
    """

    problem: Problem
    histories: tuple[History, ...]
    parents: tuple[int, ...]
    scores: tuple[float, ...]
    solved: int | None
    source: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Was a verified solution found?"""
        return self.solved is not None

    @property
    def attempts(self) -> int:
        """Attempts made in all."""
        return len(self.histories) - 1

    @property
    def nodes(self) -> int:
        """Actions taken in all attempts: what an equal-budget comparison counts."""
        return sum(len(history[-1].actions) for history in self.histories[1:])


def search_squared(
    task: Task[Any, Any],
    problem: Problem,
    attempter: Attempter,
    critic: Critic,
    budget: int = OUTER_BUDGET,
    seed: int = 0,
    *,
    branch: int = BRANCH,
) -> SearchSquaredResult:
    """Best-first search over histories, stopped at the first attempt whose answer is verified.

    budget: attempts in all. branch: attempts that continue a history. The chance of an attempt depends on the seed, the
    problem and its number alone.
    """
    if budget < 0 or branch < 1:
        raise ValueError(f"budget must be at least 0 and branch at least 1, got {budget!r} and {branch!r}")
    started = perf_counter()
    histories: list[History] = [()]
    parents, scores = [-1], [0.0]
    queue: list[tuple[float, int]] = [(0.0, 0)]
    solved = None
    while queue and solved is None and len(histories) <= budget:
        _, parent = heappop(queue)
        fresh: list[History] = []
        for _ in range(min(branch, budget + 1 - len(histories))):
            rng = Random(stable_uint64((problem.task, problem.data), seed, len(histories) + len(fresh)))
            trace = attempter.attempt(task, problem, histories[parent], rng)
            fresh.append((*histories[parent], trace))
            if replay(task, trace).success:
                solved = len(histories) + len(fresh) - 1
                break
        for history, score in zip(fresh, critic.scores(task, fresh), strict=True):
            heappush(queue, (-score, len(histories)))
            histories.append(history)
            parents.append(parent)
            scores.append(score)
    return SearchSquaredResult(
        problem,
        tuple(histories),
        tuple(parents),
        tuple(scores),
        solved,
        {
            "search": "search_squared",
            "attempter": attempter.name,
            "critic": critic.name,
            "budget": budget,
            "branch": branch,
            "seed": seed,
        },
        perf_counter() - started,
    )
