"""How a policy fares on a task with the environment's instructions alone, in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

from ...envs import TextReasoning
from ...tasks import Problem, Refused, Task
from ...tasks.actions import KINDS
from ..evaluation.episodes import Episode, means, measure
from ..evaluation.stats import share_interval
from .playing import play
from .policy import MAX_LINE_TOKENS, Policy


@dataclass(frozen=True)
class ExamSettings:
    """budget: steps an episode, None = as many as the task has for its problems. style: of the instructions. feedback:
    of the environment. temperature: 0.0 = greedy. max_line: tokens after which a line is cut. seed: of the policy's
    chance.
    """

    budget: int | None = None
    style: str = "full"
    feedback: str = "state"
    temperature: float = 1.0
    max_line: int = MAX_LINE_TOKENS
    seed: int = 0


@dataclass(frozen=True)
class Exam:
    """settings: with the budget that there was. episodes: those that came to an end; one whose context was full counts
    as one that failed, and in `full`. lost: why each other one did not, because the policy could not go on; they count
    nowhere else. illegal: refused lines by kind, of which `refusals` were the model's declining. seconds: wall time of
    the whole.
    """

    policy: str
    task: str
    settings: ExamSettings
    episodes: tuple[Episode, ...]
    lost: tuple[str, ...]
    full: int
    illegal: dict[str, int]
    refusals: int
    seconds: float

    @property
    def success(self) -> tuple[float, float, float] | None:
        """Share of the episodes and its 95% interval; None where there is none."""
        won = sum(episode.success for episode in self.episodes)
        return share_interval(won, len(self.episodes)) if self.episodes else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON scalars, lists and dictionaries."""
        found: dict[str, Any] = {"policy": self.policy, "task": self.task, **asdict(self.settings)}
        found |= {"asked": len(self.episodes) + len(self.lost), "finished": len(self.episodes), "lost": [*self.lost]}
        found |= {"success": self.success and dict(zip(("share", "low", "high"), self.success, strict=True))}
        found |= {name: means(self.episodes, name) if self.episodes else None for name in MEASURES}
        found |= {"illegal": self.illegal, "refusals": self.refusals, "context_full": self.full}
        return found | {"seconds": round(self.seconds, 3), "episodes": [asdict(episode) for episode in self.episodes]}

    def text(self) -> str:
        """For a terminal."""
        how = self.settings
        lines = [
            f"{self.policy} on {self.task}: instructions {how.style!r}, feedback {how.feedback!r}, "
            f"{how.budget} steps, temperature {how.temperature:g}"
        ]
        if self.success is not None:
            share, low, high = self.success
            lines.append(f"success        {share:.1%}, 95% [{low:.1%}, {high:.1%}], {len(self.episodes)} episodes")
            lines += [f"{label:<14} {means(self.episodes, name):.1f} an episode" for name, label in MEASURES.items()]
            kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in self.illegal.items())
            lines.append(f"illegal lines  {kinds}; {self.refusals} times the model declined")
        if self.full:
            lines.append(f"context full   in {self.full} episodes, which count as failed")
        lines.append(f"time           {self.seconds:.1f} s")
        return "\n".join(lines)


MEASURES = {
    "steps": "steps",
    "backtracks": "backtracks",
    "repeated": "repeated",
    "wrong_answers": "wrong answers",
    "tokens": "tokens",
}
"""The means that are reported, fields of an `Episode`, and how they are called."""


def examine(
    policy: Policy,
    task: Task[Any, Any],
    problems: Sequence[Problem],
    settings: ExamSettings | None = None,
    progress: Callable[[int], None] | None = None,
) -> Exam:
    """One episode a problem, all at once. `progress` is told how many more have ended. What a server does never raises:
    the episodes that it cost are counted."""
    settings = settings or ExamSettings()
    if settings.budget is None:
        budgets = (task.budget(**problem.difficulty) for problem in problems)
        settings = replace(settings, budget=max(budgets, default=task.budget()))
    started = perf_counter()
    environments, prompts = [], []
    for problem in problems:
        environment = TextReasoning(
            task,
            difficulty=dict(problem.difficulty),
            budget=settings.budget,
            feedback=settings.feedback,
            style=settings.style,
        )
        prompts.append(environment.reset(options={"problem": problem})[0])
        environments.append(environment)
    played = play(
        policy,
        environments,
        prompts,
        temperature=settings.temperature,
        seeds=[(settings.seed * 1_000_003 + place) % 2**31 for place in range(len(problems))],
        max_line=settings.max_line,
        progress=progress,
    )
    ended = [(place, one) for place, one in enumerate(played) if one.failed is None or one.full]
    refused = Counter(a.kind for _, one in ended for a in one.trace.actions if isinstance(a, Refused))
    return Exam(
        policy=policy.name,
        task=task.name,
        settings=settings,
        episodes=tuple(measure(task, one.trace, problem=place, tokens=one.tokens) for place, one in ended),
        lost=tuple(one.failed for one in played if one.failed is not None and not one.full),
        full=sum(one.full for one in played),
        illegal={kind: refused[kind] for kind in KINDS},
        refusals=sum(one.refusals for _, one in ended),
        seconds=perf_counter() - started,
    )
