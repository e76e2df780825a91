"""What the loaders hand out: problems with answers, chains of judged steps, and recorded conversations. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A problem from a data set.

    answer: the gold final answer as text, None where there is none (a proof).
    solution: a reference solution, None where the source has none.
    source: where the problem comes from, as the row says, else the name of the data set.
    licence: as the row says, else that of the data set, else "unknown".
    difficulty: on the scale of the data set. solve_rate: share in [0, 1] of tries that solve it. None = not known.
    domain: from general to special.
    more: every other column of the row.
    """

    problem: str
    answer: str | None = None
    solution: str | None = None
    source: str = ""
    licence: str = "unknown"
    difficulty: float | None = None
    solve_rate: float | None = None
    domain: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """A solution step by step, with a label a step.

    labels: 1.0 right, 0.5 neutral, 0.0 wrong; under kind "rollouts" the share of rollouts from here that succeed.
        None = not judged, as after the first error of ProcessBench.
    kind: "people" (a judgement of the step) or "rollouts" (an estimate of the value after it, which is not the same).
    answer: the gold answer of the problem, where the source has it.
    """

    problem: str
    steps: tuple[str, ...]
    labels: tuple[float | None, ...]
    kind: str
    answer: str | None = None
    source: str = ""
    licence: str = "unknown"
    more: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.steps) != len(self.labels):
            raise ValueError(f"a chain needs a label a step, got {len(self.labels)} for {len(self.steps)} steps")

    @property
    def first_error(self) -> int | None:
        """The place of the first step with label 0.0, None where there is none."""
        return next((place for place, label in enumerate(self.labels) if label == 0.0), None)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A recorded conversation of a model with an environment.

    messages: (role, text) in order, the prompt included. actions: what the model did, in the words it used.
    reward: as recorded. success: did it reach the goal?
    """

    messages: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    reward: float
    success: bool
    source: str = ""
    licence: str = "unknown"
    more: Mapping[str, Any] = field(default_factory=dict)
