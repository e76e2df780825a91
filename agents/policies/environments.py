"""Text environments as language models in training see them: the bare question, and the environment keeps the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...envs import TextReasoning, Trial
from ...rewards.terms import weighted
from ...tasks import Task


@dataclass(frozen=True)
class TrialSettings:
    """The meta-episodes of RL: see `metacot.envs.Trial`. budget: steps a whole trial may cost.

    The default discounts the last episode's reward by 0.99 a step, and lets every branch be an episode.

    rewards: spellings of reward terms to weights, None = the outcome alone. A shaped run is one replacement away:
        `replace(trial, rewards={"outcome": 1.0, "potential:cursor:oracle": 0.2})`.
    """

    budget: int = 16
    unit: str = "branch"
    episodes: int | None = None
    credit: str = "erl2:0.99"
    rewards: Mapping[str, float] | None = None


def text_environment(task: Task[Any, Any], budget: int) -> Callable[[], Any]:
    """A factory of single attempts with `budget` steps."""
    return lambda: TextReasoning(task, budget=budget)


def trial_environment(task: Task[Any, Any], settings: TrialSettings) -> Callable[[], Any]:
    """A factory of trials, which share their reward terms and what these remember.

    Raises ValueError for rewards that are none.
    """
    rewards = weighted(settings.rewards, task)
    return lambda: Trial(
        TextReasoning(task, budget=settings.budget, rewards=rewards),
        episodes=settings.episodes,
        unit=settings.unit,
        credit=settings.credit,
    )
