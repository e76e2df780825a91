"""A policy as the one who makes the attempts of Search²: each is written after the earlier ones, in one context."""

from __future__ import annotations

from random import Random
from typing import Any

from ...envs import TextReasoning
from ...tasks import Problem, Task, Trace, emit, replay
from ...tasks.trace import new_attempt_text
from ..search.search_squared import History
from .playing import play
from .policy import MAX_LINE_TOKENS, Policy


class PolicyAttempts:
    """Attempts of a policy that reads the instructions, the question and all earlier attempts with their outcomes.

    budget: steps of one attempt, None = as many as the task has for the problem. Each attempt numbers its own states,
    from #0 on.

    Attributes:
        tokens: written so far. failed: attempts that the policy could not finish; they end where it stopped.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        style: str = "full",
        budget: int | None = None,
        temperature: float = 1.0,
        max_line: int = MAX_LINE_TOKENS,
    ):
        self.policy, self.style, self.budget = policy, style, budget
        self.temperature, self.max_line = temperature, max_line
        self.tokens = self.failed = 0

    @property
    def name(self) -> str:
        return self.policy.name if self.budget is None else f"{self.policy.name}, {self.budget} steps"

    def attempt(self, task: Task[Any, Any], problem: Problem, history: History, rng: Random) -> Trace:
        """See `Attempter.attempt`."""
        environment = TextReasoning(task, difficulty=dict(problem.difficulty), budget=self.budget, style=self.style)
        begin, _ = environment.reset(options={"problem": problem})
        earlier = (
            emit(task, trace) + new_attempt_text(number, _outcome(task, trace))
            for number, trace in enumerate(history, 2)
        )
        [played] = play(
            self.policy,
            [environment],
            [begin + "".join(earlier)],
            temperature=self.temperature,
            seeds=[int(rng.random() * 2**31)],
            max_line=self.max_line,
        )
        self.tokens += played.tokens
        self.failed += played.failed is not None
        return Trace(problem, played.trace.actions, {"attempter": self.name, "number": len(history) + 1})


def _outcome(task: Task[Any, Any], trace: Trace) -> str:
    verdict = next((event.verdict for event in replay(task, trace).events if event.verdict is not None), None)
    if verdict is None:
        return "unfinished"
    return {True: "right", False: "wrong", None: "unknown"}[verdict.correct]
