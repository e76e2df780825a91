"""Values of states: exact, exact with noise, heuristic, plain; and `make_value`, which reads their JSON spellings.

Every value is that of the state itself without backtracking: 1.0 for a state from which the problem can still be
solved, however many wrong branches were left behind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

from ..tasks import Task
from ..tasks.numbers import NumberGame
from .prm import load_prm
from .protocols import ValueFunction
from .rollouts import RolloutValue
from .spelling import spell
from .stable import uniform

GAMMA = 0.95
"""Default discount of graded values: a state d steps from a solution is worth GAMMA ** d."""

CLOSEST = 1e-12
"""Graded values are kept this far from 0 and 1 before their logarithm is taken."""

_NORMAL = NormalDist()


@dataclass(frozen=True)
class OracleValue:
    """The exact value: solvable or not where the task has dead ends, gamma ** distance where every state is solvable.

    gamma: discount of graded values, in (0, 1).
    unknown: what is said of a state whose distance the task does not know within its limits; None raises ValueError.
    """

    gamma: float = GAMMA
    unknown: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.gamma < 1:
            raise ValueError(f"gamma must be in (0, 1), got {self.gamma!r}")
        if self.unknown is not None and not 0 <= self.unknown <= 1:
            raise ValueError(f"unknown must be in [0, 1] or None, got {self.unknown!r}")

    @cached_property
    def name(self) -> str:
        return spell("oracle", (self.gamma, GAMMA), (self.unknown, None))

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        if not task.dead_ends:
            return [self._graded(task, state) for state in states]
        exact = task.value
        found = [exact(state) for state in states]
        if None in found:
            found = [self._unknown(task, state) if v is None else v for v, state in zip(found, states, strict=True)]
        return found  # type: ignore[return-value]  # no None is left

    def _graded(self, task: Task[Any, Any], state: Any) -> float:
        distance = task.distance(state)
        return self._unknown(task, state) if distance is None else self.gamma**distance

    def _unknown(self, task: Task[Any, Any], state: Any) -> float:
        if self.unknown is None:
            raise ValueError(f"{task.name} does not know the exact value of: {task.brief(state)}")
        return self.unknown


@dataclass(frozen=True)
class NoisyOracle:
    """The exact value with errors, as a stand-in for a learned value of known quality.

    Where the task has dead ends, a share `rate` of the states is judged the wrong way round. Elsewhere Gaussian noise
    of standard deviation `rate` is added to the logit of the graded value. Which states err, and how, is decided by a
    stable hash of the state's key: it does not depend on order, batches, workers or process, and is nested across
    rates (who errs at 0.1 errs at 0.2 as well). Solved states are never misjudged.

    rate: in [0, 1]. seed: another seed, another set of erring states. gamma, unknown: see `OracleValue`.
    """

    rate: float
    seed: int = 0
    gamma: float = GAMMA
    unknown: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate must be in [0, 1], got {self.rate!r}")
        OracleValue(self.gamma, self.unknown)  # raises for what it refuses

    @cached_property
    def name(self) -> str:
        return spell(f"noisy:{float(self.rate)!r}", (self.seed, 0), (self.gamma, GAMMA), (self.unknown, None))

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        exact = OracleValue(self.gamma, self.unknown).values(task, states)
        if not self.rate:
            return exact
        err = self._flip if task.dead_ends else self._blur
        return [
            value if task.solved(state) else err(value, uniform(task.key(state), self.seed))
            for value, state in zip(exact, states, strict=True)
        ]

    def _flip(self, value: float, chance: float) -> float:
        return 1.0 - value if chance < self.rate else value

    def _blur(self, value: float, chance: float) -> float:
        value = min(max(value, CLOSEST), 1 - CLOSEST)
        logit = math.log(value / (1 - value)) + self.rate * _NORMAL.inv_cdf(chance)
        return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True)
class HeuristicValue:
    """The task's own admissible estimate h of the cost to go, as a graded value: gamma ** h, 0 where h is infinite.

    gamma: discount, in (0, 1).
    """

    gamma: float = GAMMA

    def __post_init__(self) -> None:
        OracleValue(self.gamma)  # raises for what it refuses

    @cached_property
    def name(self) -> str:
        return spell("heuristic", (self.gamma, GAMMA))

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        return [self.gamma ** task.heuristic(state) for state in states]


@dataclass(frozen=True)
class ConstantValue:
    """The same for every state: a search without guidance."""

    value: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise ValueError(f"a value is in [0, 1], got {self.value!r}")

    @cached_property
    def name(self) -> str:
        return f"constant:{float(self.value)!r}"

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        return [self.value] * len(states)


@dataclass(frozen=True)
class RandomValue:
    """A number of its own for every state, decided by its key and the seed, that says nothing: what luck alone does."""

    seed: int = 0

    @property
    def name(self) -> str:
        return spell("random", (self.seed, 0))

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        return [uniform(task.key(state), "random", self.seed) for state in states]


@dataclass(frozen=True)
class ClosestValue:
    """In number games 1 / (1 + d), d the distance from the target to the number closest to it: a plain rule of thumb
    that is not exact and not admissible. Raises ValueError on other tasks."""

    @property
    def name(self) -> str:
        return "closest"

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        if not isinstance(task, NumberGame):
            raise ValueError(f"{task.name} is no number game, so nothing is closest to a target")
        return [1 / (1 + min(abs(float(number) - state.target) for number in state.numbers)) for state in states]


SPELLINGS = (
    "oracle[:gamma[:unknown]], noisy:rate[:seed[:gamma[:unknown]]], heuristic[:gamma], rollout:k[:seed[:limit]], "
    "constant:value, random[:seed], closest, prm:FOLDER"
)
"""What `make_value` reads."""

_MAKERS: dict[str, tuple[Any, tuple[type, ...], int]] = {
    "oracle": (OracleValue, (float, float), 0),
    "noisy": (NoisyOracle, (float, int, float, float), 1),
    "heuristic": (HeuristicValue, (float,), 0),
    "rollout": (RolloutValue, (int, int, int), 1),
    "constant": (ConstantValue, (float,), 1),
    "random": (RandomValue, (int,), 0),
    "closest": (ClosestValue, (), 0),
}


def make_value(spec: str, task: Task[Any, Any] | None = None) -> ValueFunction:
    """The value that a text such as "noisy:0.2:7" spells; `make_value(v.name) == v`.

    Raises ValueError for any other text, and where `task` is given and has no exact values or no list of steps;
    FileNotFoundError where a folder holds no learned value.
    """
    kind, *texts = spec.split(":")
    if kind == "prm" and texts:
        return load_prm(":".join(texts))
    maker, readers, least = _MAKERS.get(kind, (None, (), 0))
    if maker is None or not least <= len(texts) <= len(readers):
        raise ValueError(f"a value is one of {SPELLINGS}; got {spec!r}")
    try:
        value: ValueFunction = maker(*(read(text) for read, text in zip(readers, texts, strict=False)))
    except ValueError as error:
        raise ValueError(f"a value is one of {SPELLINGS}; got {spec!r}: {error}") from error
    if task is not None:
        exact = type(task).distance is not Task.distance or type(task).value is not Task.value
        if kind in ("oracle", "noisy") and not exact:
            raise ValueError(f"{task.name} has no exact values, so {spec!r} cannot be used on it")
        if kind == "rollout" and not task.enumerable:
            raise ValueError(f"the steps of {task.name} cannot be listed, so {spec!r} cannot be used on it")
    return value
