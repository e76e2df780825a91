"""Text environments as language models in training see them: the bare question, and the environment keeps the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...envs import TextReasoning, Trial
from ...tasks import Task


@dataclass(frozen=True)
class TrialSettings:
    """The meta-episodes of RL: see `metacot.envs.Trial`. budget: steps a whole trial may cost.

    The default discounts the last episode's reward by 0.99 a step, and lets every branch be an episode.
    """

    budget: int = 16
    unit: str = "branch"
    episodes: int | None = None
    credit: str = "erl2:0.99"


def text_environment(task: Task[Any, Any], budget: int) -> Callable[[], Any]:
    """A factory of single attempts with `budget` steps."""
    return lambda: TextReasoning(task, budget=budget)


def trial_environment(task: Task[Any, Any], settings: TrialSettings) -> Callable[[], Any]:
    """A factory of trials."""
    return lambda: Trial(
        TextReasoning(task, budget=settings.budget),
        episodes=settings.episodes,
        unit=settings.unit,
        credit=settings.credit,
    )
