"""`Trial`: several episodes on one problem, on one tree, in one context."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from ..rewards.credit import make_credit
from ..tasks.actions import OUTCOMES
from .base import TaskEnv
from .text import TextReasoning

UNITS = ("attempt", "branch")
REVEAL = ("none", "verdict")


class Result(NamedTuple):
    """What a step of an environment returns."""

    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class Trial(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """A meta-episode: episodes on one problem that share one exploration tree and one append-only context.

    ## Task
    That of the environment inside (`ReasoningEnv` or `TextReasoning`), tried again: what was explored in one episode
    is there in the next, and only credit decides which episodes count.

    ## Observation
    That of the environment inside. Node numbers go on; with unit "attempt" every episode begins with the cursor at
    node 0. In text the environment writes a mark between attempts, `attempt 2` and `<think>`, and with
    `reveal="verdict"` how the last one went (`attempt 2 wrong`). A numeric Dict has `episode`, the number of the
    present one, and with `reveal="verdict"` `outcome`, 0 in the first episode, then 1 + the place of the last outcome
    in `metacot.tasks.actions.OUTCOMES`; a flat Box has both, one-hot, at its end. With unit "branch" nothing is added.
    `info["trial"]` holds `episode` (0-based, the one that the step belonged to) and `boundary` (did it end here?), and
    at the end of the trial `rewards`, `paid` and `steps`, one number an episode. `info["success"]` is that of the
    episode just ended; the trial's success is the last one's.

    ## Actions
    Those of the environment inside.

    ## Reward
    An episode is paid when it ends: the sum of its rewards, as the credit says. `RL2` pays every episode, `ERL2` the
    last alone, `Anneal` lies between. Shaping is no part of it: it is paid with its step, whatever the credit.
    `info["reward_terms"]` stay as they are, step by step.

    ## Episode end
    With unit "attempt" an episode ends at Submit (numeric: a solved state), GiveUp, or its own budget; with unit
    "branch" at a move to an earlier node, or with the trial. `terminated` or `truncated` only where the trial ends:
    `terminated` with the last episode; `truncated` where a budget of the whole trial is spent, where the last episode
    was cut off, or where a last branch is left. Budgets count all episodes together.

    ## Arguments
    - `env`: the environment, made by `gym.make` or directly. With `gym.make("MetaCoT/Game24Text-v0", trial={...})` the
      other arguments are the keys of `trial`.
    - `episodes` (2): attempts in a trial; for unit "branch" the most branches, None for no limit.
    - `unit` ("attempt" or "branch"), `reveal` ("none" or "verdict").
    - `credit` ("erl2"): spelling or object, see `metacot.rewards.credit.make_credit`.
    - `episode_budget` (None): steps one attempt may cost, None = what is left of the trial's.

    ## Registered ids
    None of its own.

    ## Version history
    - v0: first version.
    """

    inner: Any  # a TaskEnv; what is asked of it depends on its face

    def __init__(
        self,
        env: gym.Env[Any, Any],
        episodes: int | None = 2,
        unit: str = "attempt",
        reveal: str = "none",
        credit: Any = "erl2",
        episode_budget: int | None = None,
    ):
        RecordConstructorArgs.__init__(
            self, episodes=episodes, unit=unit, reveal=reveal, credit=credit, episode_budget=episode_budget
        )
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise TypeError(f"a trial needs an environment of this suite inside, got {env}")
        if unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {unit!r}")
        if reveal not in REVEAL:
            raise ValueError(f"reveal must be one of {', '.join(REVEAL)}, got {reveal!r}")
        if unit == "branch" and (reveal != "none" or episode_budget is not None):
            raise ValueError("branches have neither a verdict to reveal nor a budget of their own")
        if not (isinstance(episodes, int) and episodes >= 1) and not (episodes is None and unit == "branch"):
            raise ValueError(f"episodes must be a whole number, at least 1 (or None for branches), got {episodes!r}")
        if episode_budget is not None and not (isinstance(episode_budget, int) and episode_budget >= 1):
            raise ValueError(f"episode_budget must be None or a whole number, at least 1, got {episode_budget!r}")
        self.inner = env.unwrapped
        self.episodes, self.unit, self.reveal = episodes, unit, reveal
        self.credit = make_credit(credit)
        if self.credit.unit == "tokens" and not isinstance(env.unwrapped, TextReasoning):
            raise ValueError("numbers have no tokens: a discount by tokens needs a text environment")
        self.inner.attempt_budget = episode_budget
        self._text = isinstance(env.unwrapped, TextReasoning)
        if self._text and unit == "attempt":
            self.inner.attempts = episodes
        self._sizes = {} if self._text or unit == "branch" else {"episode": episodes or 1}
        if self._sizes and reveal == "verdict":
            self._sizes["outcome"] = len(OUTCOMES) + 1
        if self._sizes:
            self.observation_space = self._wider(env.observation_space)
        self._over = True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        self._rewards, self._steps = [0.0], [0]  # one an episode
        self._paid: list[float] = []  # one an episode that has ended
        self._outcome = 0
        self._over = False
        return self._seen(observation), info | {"trial": {"episode": 0, "boundary": False}}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self._expect_running()
        if self.unit == "attempt" or not self._text:
            return self._one(action)
        lines, results = self.inner.lines(action), []
        for line in lines:
            results.append(self._one(line))
            if self._over:  # the rest is counted, not read
                results[-1].info["unread"] += sum(1 for _ in lines)
        return results[0] if len(results) == 1 else _joined(results)

    def _expect_running(self) -> None:
        if self._over:
            raise ResetNeeded("the trial is over: call reset")

    def _one(self, action: Any) -> Result:
        """One step of the environment inside, paid."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        late, now = self.inner.split_reward(float(reward), info["reward_terms"])
        result = Result(observation, late, terminated, truncated, info)
        paid = self._attempt(result) if self.unit == "attempt" else self._branch(result)
        return paid._replace(reward=paid.reward + now)

    def cut(self) -> tuple[float, dict[str, float]]:
        """As `TextReasoning.cut`; the reward is what the last episode and its shaping are paid."""
        self._expect_running()
        reward, terms = self.inner.cut()
        late, now = self.inner.split_reward(reward, terms)
        self._count(late)
        self._over = True
        return self._pay(last=True) + now, terms

    # the two units ------------------------------------------------------------------------------------------------

    def _attempt(self, result: Result) -> Result:
        ended = result.terminated or result.truncated
        episode = self._count(result.reward)
        if not ended:
            return self._passed(result, episode)
        last = episode + 1 == self.episodes
        if last or self.inner.spent:
            finished = result.terminated and last
            return self._finish(result, episode, finished)
        paid = self._pay(last=False)
        outcome = self.inner.outcome
        self._outcome = 1 + OUTCOMES.index(outcome)
        self._rewards.append(0.0)
        self._steps.append(0)
        after, later = self.inner.new_attempt(outcome if self.reveal == "verdict" else None)
        info = {key: value for key, value in result.info.items() if key != "trace"}
        info |= {key: later[key] for key in ("action_mask", "value") if key in later}
        info["trial"] = {"episode": episode, "boundary": True}
        return Result(result.observation + after if self._text else self._seen(after), paid, False, False, info)

    def _branch(self, result: Result) -> Result:
        episode = self._count(result.reward)
        if result.terminated or result.truncated:
            return self._finish(result, episode, result.terminated)
        info = result.info
        moved = any(event.kind == "back" for event in info["events"]) if self._text else info["event"] == "back"
        if not moved:
            return self._passed(result, episode)
        if episode + 1 == self.episodes:
            _, now = self.inner.split_reward(*self.inner.cut())  # shaping closes its accounts
            result = self._finish(result, episode, False)
            return result._replace(reward=result.reward + now)
        paid = self._pay(last=False)
        self._rewards.append(0.0)
        self._steps.append(0)
        return result._replace(reward=paid, info=info | {"trial": {"episode": episode, "boundary": True}})

    # accounts -----------------------------------------------------------------------------------------------------

    def _count(self, reward: float) -> int:
        """Enter a step in the books of the present episode; returns its number."""
        self._rewards[-1] += reward
        self._steps[-1] = self.inner.steps - sum(self._steps[:-1])
        return len(self._rewards) - 1

    def _pay(self, last: bool) -> float:
        length = self.inner.steps if self.credit.unit == "steps" else self.inner.tokens
        self._paid.append(self.credit.pay(self._rewards[-1], length, last))
        return self._paid[-1]

    def _passed(self, result: Result, episode: int) -> Result:
        """A step within an episode: nothing is paid yet."""
        info = result.info | {"trial": {"episode": episode, "boundary": False}}
        return Result(self._seen(result.observation), 0.0, False, False, info)

    def _finish(self, result: Result, episode: int, terminated: bool) -> Result:
        self._over = True
        paid = self._pay(last=True)
        books = {"rewards": self._rewards[:], "paid": self._paid[:], "steps": self._steps[:]}
        info = result.info | {"trial": {"episode": episode, "boundary": True, **books}}
        if self._text:
            info["trace"] = self.inner.trace()
        return Result(self._seen(result.observation), paid, terminated, not terminated, info)

    # what is seen -------------------------------------------------------------------------------------------------

    def _seen(self, observation: Any) -> Any:
        if not self._sizes:
            return observation
        facts = {"episode": len(self._rewards) - 1, "outcome": self._outcome}
        facts = {name: facts[name] for name in self._sizes}
        if isinstance(observation, dict):
            return observation | facts
        parts = [np.eye(size, dtype=np.float32)[facts[name]] for name, size in self._sizes.items()]
        return np.concatenate([observation, *parts])

    def _wider(self, space: spaces.Space[Any]) -> spaces.Space[Any]:
        if isinstance(space, spaces.Dict):
            return spaces.Dict({**space.spaces, **{name: spaces.Discrete(n) for name, n in self._sizes.items()}})
        assert isinstance(space, spaces.Box), "numeric environments observe a Dict or a Box"
        more = sum(self._sizes.values())
        low, high = np.append(space.low, [0.0] * more), np.append(space.high, [1.0] * more)
        return spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)

    # for everyone -------------------------------------------------------------------------------------------------

    def action_masks(self) -> NDArray[np.bool_]:
        """(n,) bool, which actions are legal now; numeric environments only."""
        return self.inner.action_masks()

    def snapshot(self) -> Any:
        """As that of the environment inside, with the books of the trial."""
        return self.inner.snapshot(), self._rewards[:], self._paid[:], self._steps[:], self._outcome, self._over

    def restore(self, snapshot: Any) -> None:
        inner, rewards, paid, steps, self._outcome, self._over = snapshot
        self._rewards, self._paid, self._steps = rewards[:], paid[:], steps[:]
        self.inner.restore(inner)


def _joined(results: Iterable[Result]) -> Result:
    """The steps of several lines as one step."""
    results = list(results)
    last, info = results[-1], dict(results[-1].info)
    for name in ("actions", "events"):
        info[name] = [entry for result in results for entry in result.info[name]]
    terms = [result.info["reward_terms"] for result in results]
    info["reward_terms"] = {name: sum(term[name] for term in terms) for name in terms[0]}
    info["judged"] = all(result.info["judged"] for result in results)
    info["trial"]["boundary"] = any(result.info["trial"]["boundary"] for result in results)
    return last._replace(
        observation="".join(result.observation for result in results),
        reward=sum(result.reward for result in results),
        info=info,
    )
