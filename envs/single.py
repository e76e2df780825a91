"""`SingleAttempt`: a question, one response, a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..rewards.outcome import Reward, Transition
from ..tasks import Submit, Task, Trace
from ..tasks.grammar import CLOSE
from .base import TaskEnv
from .spaces import AnyText

LONGEST = 1 << 20
"""Declared length of questions and responses (characters)."""

_TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


class SingleAttempt(TaskEnv[str, str]):
    """Answer a question in one response.

    ## Task
    One problem of a `metacot.tasks.Task` an episode, answered at once: the environment for tasks whose answers may have
    many lines, such as the datasets of reasoning-gym. Nothing is asked or shown in between.

    ## Observation
    `Text`: after a reset the question; after the response the empty text. `info` holds `success`, and then also
    `verdict` (the reason in words), `answer` (what was judged), `reward_terms`, `judged` and `trace`.

    ## Actions
    Any str: the whole response. The answer is what stands in the last `<answer>...</answer>`; without that, what
    follows the last `</think>`; without that, all of it. No text raises.

    ## Reward
    The weighted sum of the reward terms; by default 1.0 for a verified answer, else 0.0.

    ## Episode end
    `terminated` after the first response. Never `truncated`.

    ## Arguments
    - `task`, `task_options`, `split`, `difficulty`, `rewards`, `render_mode`: as in `ReasoningEnv`, with the same
      addresses and reset options. For the datasets of reasoning-gym `difficulty` holds fields of their configuration.

    ## Registered ids
    `MetaCoT/RG-<dataset>-v0` for every dataset of reasoning-gym: `MetaCoT/RG-countdown-v0`.

    ## Version history
    - v0: first version.
    """

    def __init__(
        self,
        task: str | Task[Any, Any],
        *,
        task_options: Mapping[str, Any] | None = None,
        split: str = "train",
        difficulty: str | Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None = None,
        render_mode: str | None = None,
    ):
        super().__init__(
            task,
            task_options=task_options,
            split=split,
            difficulty=difficulty,
            budget=1,
            rewards=rewards,
            value=None,
            render_mode=render_mode,
        )
        owner = f"the environment of {self.task.name}"
        self.observation_space = AnyText(owner, LONGEST)
        self.action_space = AnyText(owner, LONGEST)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self._begin(seed, options)
        self._answer: str | None = None
        return self.task.ask(self.problem), {"success": False}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._expect_running()
        self._answer = answer_in(action)
        self.verdict = self.task.check(self.problem, self._answer)
        self.success = self.verdict.correct is True
        self._over = True
        reward, terms, judged = self._judge(Transition(self.tree, "submit", 0, 0, 0, True, self.verdict))
        info = {
            "answer": self._answer,
            "judged": judged,
            "reward_terms": terms,
            "success": self.success,
            "trace": self.trace(),
            "verdict": self.verdict.reason,
        }
        return "", reward, True, False, info

    def trace(self) -> Trace:
        """The episode so far: the answer, if there is one. An answer of several lines has no text in the grammar."""
        actions = () if self._answer is None else (Submit(self._answer),)
        return Trace(self.problem, actions, {"source": "environment"})

    def snapshot(self) -> Any:
        return self.problem, self.tree.copy(), self._answer, self.success, self._over, self.verdict

    def restore(self, snapshot: Any) -> None:
        self.problem, tree, self._answer, self.success, self._over, self.verdict = snapshot
        self.tree = tree.copy()


def answer_in(response: Any) -> str:
    """The answer in a response. Raises TypeError for what is no text."""
    if not isinstance(response, str):
        raise TypeError(f"an action is text, got {type(response).__name__}")
    start = response.rfind("<answer>")
    if start >= 0 and (found := _TAGGED.match(response, start)):
        return found[1].strip()
    return response.rpartition(CLOSE)[2].strip()
