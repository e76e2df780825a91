"""What the numeric and the text environment share: how an episode begins, is judged, shown and kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from .. import tasks
from ..rewards.outcome import Reward, Transition
from ..rewards.terms import weighted
from ..rewards.values import make_value
from ..tasks import Problem, Task, Trace, Tree, Verdict
from .dealer import Dealer

Obs = TypeVar("Obs")
Act = TypeVar("Act")


class Judge:
    """The reward terms of an environment and their weights.

    dense: is there a term that judges more than the end of an attempt?
    nothing: every term at 0.0; to be copied.
    stepwise: the names of the terms that a trial pays step by step.
    """

    def __init__(
        self, rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None, task: Task[Any, Any] | None = None
    ):
        self.rewards = weighted(rewards, task)
        self.dense = not all(reward.final for reward, _ in self.rewards)
        self.nothing = {reward.name: 0.0 for reward, _ in self.rewards}
        self.stepwise = {reward.name for reward, _ in self.rewards if getattr(reward, "stepwise", False)}

    def __call__(self, transition: Transition) -> tuple[float, dict[str, float], bool]:
        """(reward, its terms before weighing, could every term judge?)"""
        total, terms, judged = 0.0, {}, True
        for reward, weight in self.rewards:
            judgement = reward(transition)
            if judgement is None:
                judged, judgement = False, 0.0
            terms[reward.name] = judgement
            total += weight * judgement
        return total, terms, judged

    def split(self, terms: Mapping[str, float]) -> tuple[float, float]:
        """(what the credit of a trial decides about, what is paid with its step)"""
        late = sum(weight * terms[reward.name] for reward, weight in self.rewards if reward.name not in self.stepwise)
        return late, sum(weight * terms[reward.name] for reward, weight in self.rewards if reward.name in self.stepwise)


class TaskEnv(gym.Env[Obs, Act]):
    """A Gymnasium environment on one `Task`; see `ReasoningEnv` and `TextReasoning` for what users see.

    Attributes, besides Gymnasium's own:
        task, problem, tree: what is reasoned about, and the exploration tree of the episode.
        budget: steps an episode may cost. steps: steps used so far.
        success, reached: was the answer verified; was a solved state visited, in this episode?
        verdict: the judgement with which the attempt ended, None before that and where a budget cut it off.
        attempt_budget: steps one attempt of a trial may cost, None = no limit of its own; set by `Trial`.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}  # type: ignore[misc]
    _sized: ClassVar[bool] = False
    """Are the spaces made for one budget?"""
    problem: Problem
    tree: Tree

    def __init__(
        self,
        task: str | Task[Any, Any],
        *,
        task_options: Mapping[str, Any] | None,
        split: str,
        difficulty: str | Mapping[str, Any] | None,
        budget: int | None,
        rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None,
        value: str | None,
        render_mode: str | None,
    ):
        if not (budget is None or (isinstance(budget, int) and budget >= 1)):
            raise ValueError(f"budget must be a whole number of steps, at least 1, got {budget!r}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be None, 'ansi' or 'rgb_array', got {render_mode!r}")
        if not isinstance(task, str) and task_options:
            raise ValueError("task_options are for a task given by name")
        self.task: Task[Any, Any] = tasks.make(task, **(task_options or {})) if isinstance(task, str) else task
        self.render_mode = render_mode
        self.value = None if value is None else make_value(value, self.task)
        self.attempt_budget: int | None = None
        self.steps = 0
        self.success = self.reached = False
        self._judge = Judge(rewards, self.task)
        self._dealer = Dealer(self.task, split, difficulty)
        self._said = budget is not None  # by the user, else by the task for each difficulty
        self.budget = budget if budget is not None else self.task.budget(**self._dealer.difficulty)
        self._most = self._next_budget = self._limit = self.budget
        self._over = True

    @property
    def split(self) -> str:
        """The split that problems are dealt from."""
        return self._dealer.split

    @property
    def difficulty(self) -> dict[str, Any]:
        """The difficulty of the problems dealt."""
        return dict(self._dealer.difficulty)

    def set_difficulty(self, difficulty: str | Mapping[str, Any] | None) -> None:
        """Deal problems of another difficulty from the next reset on, with the task's budget for it unless a budget was
        given. Raises ValueError for one that is unknown, has no problems, or has a larger budget than the spaces were
        made for, and then nothing has changed."""
        budget = self._next_budget if self._said else self.task.budget(**self.task.knobs(difficulty))
        if self._sized and budget > self._most:
            raise ValueError(
                f"difficulty {difficulty!r} takes {budget} steps, the spaces were made for {self._most}: "
                f"make the environment with budget={budget}"
            )
        self._dealer.retune(difficulty)
        self._next_budget, self._most = budget, max(budget, self._most)

    def set_budget(self, steps: int) -> None:
        """Let an episode cost so many steps from the next reset on; at most the budget that the spaces were made for.

        Raises ValueError for other numbers.
        """
        if not (isinstance(steps, int) and 1 <= steps <= self._most):
            raise ValueError(f"steps must be a whole number in 1..{self._most}, the budget made for, got {steps!r}")
        self._next_budget, self._said = steps, True

    def add_rewards(self, rewards: Mapping[str, float] | Iterable[tuple[Reward, float]]) -> None:
        """More reward terms beside those that are there. Raises ValueError for a name that is taken or unknown."""
        self._judge = Judge((*self._judge.rewards, *weighted(rewards, self.task)))

    def cut(self) -> tuple[float, dict[str, float]]:
        """End the attempt from outside, as a spent budget does: its text has no more room, or its trial is over.

        Returns the reward and its terms. Raises ResetNeeded where the attempt is over.
        """
        self._expect_running()
        self._over = True  # without success and verdict, as while it ran
        tree, counts = self.tree, (self.budget, self._first)
        return self._judge(Transition(tree, "refused", tree.cursor, 0, self.steps, True, None, *counts))[:2]

    def split_reward(self, reward: float, terms: Mapping[str, float]) -> tuple[float, float]:
        """A reward of `step` in two: what the credit of a trial decides about, and what is paid with its step."""
        return self._judge.split(terms) if self._judge.stepwise else (reward, 0.0)

    def _begin(self, seed: int | None, options: Mapping[str, Any] | None) -> None:
        self.problem = self._dealer.deal(seed, options, self._draw_seed)
        self.tree = Tree(self.task, self.problem)
        self.budget = self._next_budget
        self.steps = 0
        self.reached = False
        self._begin_attempt()

    def _begin_attempt(self) -> None:
        self._over = self.success = False
        self.verdict: Verdict | None = None
        self._first = len(self.tree)
        spare = self.attempt_budget
        self._limit = self.budget if spare is None else min(self.budget, self.steps + spare)

    @property
    def spent(self) -> bool:
        """Is a budget of the whole episode used up?"""
        return self.steps >= self.budget

    @property
    def outcome(self) -> str:
        """How the attempt went, one of `metacot.tasks.actions.OUTCOMES`."""
        if self.verdict is None:
            return "unfinished"
        return {True: "right", False: "wrong", None: "unknown"}[self.verdict.correct]

    def _expect_running(self) -> None:
        if self._over:
            raise ResetNeeded("the episode is over: call reset")

    def _draw_seed(self) -> int:
        return int(self.np_random.integers(2**31))

    def _value_here(self) -> float:
        assert self.value is not None, "asked for only where a value was given"
        return self.value.values(self.task, [self.tree.state])[0]

    # for everyone -------------------------------------------------------------------------------------------------

    @abstractmethod
    def trace(self) -> Trace:
        """The episode so far."""

    @abstractmethod
    def snapshot(self) -> Any:
        """The episode as it stands: opaque, picklable, untouched by later steps. See `restore`."""

    @abstractmethod
    def restore(self, snapshot: Any) -> None:
        """Go back to a snapshot of this environment, any number of times; also into another episode than the present
        one. Which problem an unseeded reset deals next is not part of it."""

    def render(self) -> str | NDArray[np.uint8] | None:
        """The cursor as text under render_mode "ansi", as a picture ((height, width, 3) uint8) under "rgb_array", else
        None. Raises ResetNeeded before the first reset."""
        if self.render_mode is None:
            return None
        if not hasattr(self, "tree"):
            raise ResetNeeded("there is nothing to see yet: call reset")
        tree = self.tree
        if self.render_mode == "rgb_array":
            return self.task.picture(tree.state).pixels()
        place = f"node #{tree.cursor} of {len(tree)}, {self.budget - self.steps} of {self.budget} steps left"
        return f"{place}\n{self.task.show(tree.state)}\n"
