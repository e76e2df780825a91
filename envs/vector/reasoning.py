"""`VectorReasoning`: `ReasoningEnv` many times over, all trees in arrays, stepped by the loops of `kernels`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ... import tasks
from ...rewards.outcome import Outcome, Reward, Steps
from ...rewards.terms import weighted
from ...tasks import Problem, Task
from ..board import make_board
from ..dealer import Dealer
from ..reasoning import ON_SOLVED
from .kernels import BLOCKED, GAVE_UP, Seen, Trees
from .known import rules_for


class VectorReasoning(VectorEnv[Any, Any, NDArray[Any]]):
    """Many searches at once: `ReasoningEnv` on arrays, equal to it step for step.

    ## Task
    That of `ReasoningEnv`; for number games (game24, countdown) and mazes. It needs Numba, the extra "vector".

    ## Observation
    A batch of what `ReasoningEnv` observes, with `memory` and `flat`; every array belongs to whoever gets it. `info`
    holds, as arrays with one row an environment, `action_mask` ((num_envs, n) int8), `success` and `reached`, and
    beside each of them `_action_mask` and so on, all True, as Gymnasium's vectors do. What else the infos of single
    environments tell (`event`, `reward_terms`, `judged`) is left out.

    ## Actions
    An array of num_envs actions of `ReasoningEnv`.

    ## Reward
    That of `ReasoningEnv`, with the terms "outcome", "outcome:gamma" and "steps".

    ## Episode end
    As for `ReasoningEnv`. `AutoresetMode.NEXT_STEP`, the default of Gymnasium's vectors: the step after the last one of
    an episode ignores its action, returns the first observation of the next problem, reward 0.0 and neither flag.

    ## Arguments
    - `num_envs`: how many.
    - `task`, `task_options`, `split`, `difficulty`, `budget`, `memory`, `flat`, `on_solved`, `rewards`: as for
      `ReasoningEnv`. `value`, `render_mode` and `trial` are refused; `vectorization_mode="sync"` has them all.
    `reset(seed=s)` gives the environments the seeds s, s + 1, ..., a list gives each its own: `seed=[7] * 8` puts a
    group of eight on the same problems. Every later problem of an environment is one index further.

    ## Registered ids
    The numeric ids of these tasks, through `gym.make_vec(id, num_envs)`, where it is the default.

    ## Version history
    - v0: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": [],
    }

    def __init__(
        self,
        task: str | Task[Any, Any],
        num_envs: int = 1,
        *,
        task_options: Mapping[str, Any] | None = None,
        split: str = "train",
        difficulty: str | Mapping[str, Any] | None = None,
        budget: int | None = None,
        memory: str = "tree",
        flat: bool = False,
        on_solved: str = "end",
        rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None = None,
        **others: Any,
    ):
        if refused := sorted(name for name, value in others.items() if value is not None):
            names = ", ".join(refused)
            raise ValueError(f"the native vector environment has no {names}; use vectorization_mode='sync'")
        if not (isinstance(num_envs, int) and num_envs >= 1):
            raise ValueError(f"num_envs must be a whole number, at least 1, got {num_envs!r}")
        if on_solved not in ON_SOLVED:
            raise ValueError(f"on_solved must be one of {', '.join(ON_SOLVED)}, got {on_solved!r}")
        self.task: Task[Any, Any] = tasks.make(task, **(task_options or {})) if isinstance(task, str) else task
        self._terms = weighted(rewards, self.task)
        if strange := [reward.name for reward, _ in self._terms if not _known(reward)]:
            raise ValueError(f"the native vector environment has no reward {', '.join(strange)}; use 'sync'")
        self._plain = self._terms == ((Outcome(), 1.0),)
        self._ends, self._tree, self._flat = on_solved == "end", memory == "tree", flat
        self._dealer = Dealer(self.task, split, difficulty)  # which says whether there are problems at all
        budget = self.task.budget(**self._dealer.difficulty) if budget is None else budget
        if not (isinstance(budget, int) and budget >= 1):
            raise ValueError(f"budget must be a whole number of steps, at least 1, got {budget!r}")
        self.num_envs, self.budget, self.max_nodes = num_envs, budget, budget + 1
        self._rules = rules_for(self.task, split, self._dealer.difficulty, num_envs, self.max_nodes)
        steps, nodes = self.task.n_actions, self.max_nodes
        self.single_observation_space = make_board(self.task, budget, memory, flat).space
        self.single_action_space = spaces.Discrete(steps + nodes + 2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._one_hot = [np.eye(n, dtype=np.float32) for n in (nodes, budget + 1)]
        self._trees = Trees.empty(num_envs, nodes, steps)
        self._searches = self._trees.searches
        self._seeds = np.full(num_envs, -1)  # not drawn yet
        self._begun = False
        self._dry = 0  # environments whose next step needs new problems

    # problems -----------------------------------------------------------------------------------------------------

    def _supply(self) -> None:
        """Draw problems where the next step begins an episode and none is left."""
        dealt = self._searches["dealt"]
        for env in np.flatnonzero(self._searches["over"] & (dealt % self._rules.ahead == 0)).tolist():
            if self._seeds[env] < 0:
                self._seeds[env] = self.np_random.integers(2**31)
            self._rules.supply(env, int(self._seeds[env]), int(dealt[env]))

    def problem(self, env: int) -> Problem:
        """The problem that an environment is about."""
        index = int(self._searches["dealt"][env]) - 1
        count = self.task.count(self._dealer.split, **self._dealer.difficulty)
        index = index if count is None else index % count
        return self.task.problem(int(self._seeds[env]), index, self._dealer.split, **self._dealer.difficulty)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if options:
            raise ValueError(f"the native vector environment has no reset options, got {', '.join(map(repr, options))}")
        if isinstance(seed, int | np.integer):
            super().reset(seed=int(seed))
            seed = [int(seed) + place for place in range(self.num_envs)]
        if seed is not None:
            if len(seed) != self.num_envs:
                raise ValueError(f"{self.num_envs} seeds are needed, got {len(seed)}")
            for env, one in enumerate(seed):
                if one is not None:
                    self._seeds[env], self._searches["dealt"][env] = one, 0
        self._searches["over"][:] = self._begun = True
        self._dry = self.num_envs
        observation, *_, info = self._advance(np.zeros(self.num_envs, np.int64))
        return observation, info

    # steps --------------------------------------------------------------------------------------------------------

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        if not self._begun:
            raise ResetNeeded("there is no episode yet: call reset")
        wanted = np.asarray(actions, np.int64)
        if wanted.shape != (self.num_envs,):
            raise ValueError(f"actions must be {self.num_envs} whole numbers, got shape {wanted.shape}")
        return self._advance(wanted)

    def _advance(
        self, wanted: NDArray[np.int64]
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Do these actions; return what `step` does."""
        rules = self._rules
        if self._dry:
            self._supply()
        seen = Seen.empty(rules.rows, self.task.n_actions)
        self._dry = rules.step(wanted, self._trees, rules.states, seen, self.budget, self._ends, rules.ahead)
        terminated, truncated, success, reached = seen.flags
        if not rules.solvable:
            self._judge(success)
        every = np.ones(self.num_envs, bool)
        info = {
            "action_mask": seen.mask,
            "_action_mask": every,
            "reached": reached,
            "_reached": every,
            "success": success,
            "_success": every,
        }
        return self._observation(seen), self._rewards(success), terminated, truncated, info

    def _judge(self, success: NDArray[np.bool_]) -> None:
        """Where giving up was right, that is a success."""
        for env in np.flatnonzero(self._searches["kind"] == GAVE_UP).tolist():
            success[env] = self.task.check_give_up(self.problem(env)).correct is True

    def _rewards(self, success: NDArray[np.bool_]) -> NDArray[np.float64]:
        if self._plain:
            return success.astype(np.float64)
        total = np.zeros(self.num_envs)
        for reward, weight in self._terms:
            if isinstance(reward, Steps):
                total += weight * (self._searches["kind"] <= BLOCKED)
            else:
                assert isinstance(reward, Outcome), "others are refused"
                paid = success if reward.gamma == 1 else success * reward.gamma ** self._searches["steps"]
                total += weight * paid
        return total

    def _observation(self, seen: Seen) -> Any:
        parts: dict[str, Any] = {"cursor": seen.cursor, "cursor_index": seen.cursor_index}
        if self._tree:
            parts["nodes"] = self._rules.rows.copy()
            parts["parent"] = self._trees.parent.copy()
        parts["steps_left"] = seen.steps_left
        if self._tree:
            parts["visited"] = seen.visited
        if not self._flat:
            return parts
        for name, eye in zip(("cursor_index", "steps_left"), self._one_hot, strict=True):
            parts[name] = eye.take(parts[name], axis=0)
        flat = [part.reshape(self.num_envs, -1) for part in parts.values()]
        return np.concatenate(flat, axis=1, dtype=np.float32, casting="unsafe")


def _known(reward: Reward) -> bool:
    """Is it a term that arrays are paid by? Numbers have no tokens."""
    return isinstance(reward, Steps) or (isinstance(reward, Outcome) and reward.unit == "steps")
