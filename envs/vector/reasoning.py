"""`VectorReasoning`: `ReasoningEnv` many times over, all trees in arrays, with no Python call for each environment."""

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
from .known import rules_for
from .rules import FRESH, GIVE_UP, REFUSED, SUBMIT, Ints

NONE = np.zeros(0, np.int64)
_AT_FIRST = np.array([[0], [1], [0]])
"""Cursor, number of nodes and steps when an episode begins."""


class VectorReasoning(VectorEnv[Any, Any, NDArray[Any]]):
    """Many searches at once: `ReasoningEnv` on arrays, equal to it step for step.

    ## Task
    That of `ReasoningEnv`; for number games (game24, countdown) and mazes.

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
        if not (isinstance(budget, int) and 1 <= budget < FRESH):
            raise ValueError(f"budget must be a whole number of steps, at least 1, got {budget!r}")
        self.num_envs, self.budget, self.max_nodes = num_envs, budget, budget + 1
        self._rules = rules_for(self.task, split, self._dealer.difficulty, num_envs, self.max_nodes)
        steps, nodes = self.task.n_actions, self.max_nodes
        self.single_observation_space = make_board(self.task, budget, memory, flat).space
        self.single_action_space = spaces.Discrete(steps + nodes + 2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._steps_of_task, self._actions = steps, steps + nodes + 2
        # Where actions lead, but for the steps, by the number of nodes; row 0 is for where nothing can be paid for any
        # more. The last column stands for all numbers that are no action.
        self._born = np.full((nodes + 1, self._actions + 1), REFUSED, np.int16)
        visited = np.tri(nodes + 1, nodes, -1, dtype=np.int8)
        self._born[:, steps:-3] = np.where(visited, np.arange(nodes), REFUSED)
        self._born[:, -3:-1] = REFUSED if self._ends else SUBMIT, GIVE_UP
        self._visited = visited
        self._one_hot = [np.eye(n, dtype=np.float32) for n in (nodes, budget + 1)]
        self._every, self._all = np.arange(num_envs), np.ones(num_envs, bool)
        self._first = self._every * nodes
        self._row = self._every * (self._actions + 1)
        self._here = self._row + steps  # and the cursor: the action that goes where one is
        # Where each step leads from each node, and all actions from where one is.
        self._child = np.full((num_envs * nodes, steps), REFUSED, np.int16)
        self._leads = np.full((num_envs, self._actions + 1), REFUSED, np.int16)
        self._parent = np.full((num_envs, nodes), -1, np.int32)
        self._parents = self._parent.reshape(-1)  # by flat node number
        self._trees = self._rules.rows.reshape(num_envs, nodes, -1)
        self._counters = np.zeros((3, num_envs), np.int64)
        self._cursor, self._count, self._steps = self._counters
        self._reached = np.zeros(num_envs, bool)
        self._over: Ints = NONE
        self._seeds, self._next = np.full(num_envs, -1), np.zeros(num_envs, np.int64)  # -1 = not drawn yet
        self._begun = False

    # problems -----------------------------------------------------------------------------------------------------

    def _deal(self, envs: Ints) -> Ints:
        """The slots of the next problem of each environment."""
        ahead = self._rules.ahead
        places = self._next.take(envs) % ahead
        for env in envs[places == 0].tolist() if np.count_nonzero(places) < len(envs) else ():
            if self._seeds[env] < 0:
                self._seeds[env] = self.np_random.integers(2**31)
            self._rules.supply(env, int(self._seeds[env]), int(self._next[env]))
        self._next[envs] += 1
        return envs * ahead + places

    def problem(self, env: int) -> Problem:
        """The problem that an environment is about."""
        index = int(self._next[env]) - 1
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
                    self._seeds[env], self._next[env] = one, 0
        self._settle(NONE, NONE, NONE, NONE, self._every)
        self._begun, self._over = True, NONE
        nowhere = np.zeros(self.num_envs, bool)
        return self._seen(self._first, self._rules.solved.take(self._first), nowhere, nowhere.copy())

    # steps --------------------------------------------------------------------------------------------------------

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        if not self._begun:
            raise ResetNeeded("there is no episode yet: call reset")
        wanted = np.asarray(actions, np.int64)
        if wanted.shape != (self.num_envs,):
            raise ValueError(f"actions must be {self.num_envs} whole numbers, got shape {wanted.shape}")
        over, cursor, solved_nodes = self._over, self._cursor, self._rules.solved
        # As unsigned numbers, negative actions and REFUSED are larger than all others.
        leads = self._leads.take(self._row + np.minimum(wanted.view(np.uint64), self._actions).view(np.int64))
        if over.size:  # these begin anew, whatever is wanted
            leads[over] = REFUSED
        paid = leads <= FRESH
        free = leads > FRESH
        is_fresh = leads == FRESH
        fresh = is_fresh.nonzero()[0]
        unpaid = None
        if not self._ends:  # what cannot be paid for does not happen
            unpaid = paid & (self._steps >= self.budget)
            paid ^= unpaid
        self._steps += paid
        if fresh.size or over.size:
            source, born = (self._first + cursor).take(fresh), self._count.take(fresh)
            leads[fresh] = born
            self._count += is_fresh
            self._settle(fresh, source, born, wanted.take(fresh), over)
        went = leads.view(np.uint16)
        np.copyto(cursor, leads, where=went < FRESH)
        at = self._first + cursor
        solved = solved_nodes.take(at)
        success = solved & (went <= SUBMIT) if self._ends else solved & (leads == SUBMIT)
        if not self._rules.solvable:
            success |= self._judged(leads == GIVE_UP)
        terminated = free | success
        self._reached |= solved
        spent = self._steps >= self.budget
        truncated = spent > (terminated | solved)
        if unpaid is not None:
            truncated |= unpaid
        if over.size:
            paid[over] = truncated[over] = False
        self._over = (terminated | truncated).nonzero()[0]
        observation, info = self._seen(at, solved, spent, success)
        return observation, self._rewards(success, paid), terminated, truncated, info

    def _settle(self, fresh: Ints, source: Ints, born: Ints, action: Ints, begun: Ints) -> None:
        """Add the nodes that `action` leads to from the nodes `source`, with the numbers `born`, in the environments
        `fresh`; begin anew in those of `begun`."""
        first = self._first.take(fresh)
        env, target, slots = fresh, first + born, NONE
        if fresh.size:
            self._child[source, action] = born
            self._parents[target] = source - first
        if begun.size:
            slots = self._deal(begun)
            env, target = np.concatenate((fresh, begun)), np.concatenate((target, begun * self.max_nodes))
            self._trees[begun] = 0
            self._parent[begun] = -1
            self._counters[:, begun] = _AT_FIRST
            self._reached[begun] = False
        self._child[target] = self._rules.settle(source, action, target, env, slots)

    def _judged(self, give_up: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where giving up was right."""
        right = np.zeros(self.num_envs, bool)
        for env in give_up.nonzero()[0].tolist():
            right[env] = self.task.check_give_up(self.problem(env)).correct is True
        return right

    def _rewards(self, success: NDArray[np.bool_], paid: NDArray[np.bool_]) -> NDArray[np.float64]:
        if self._plain:
            return success.astype(np.float64)
        total = np.zeros(self.num_envs)
        for reward, weight in self._terms:
            if isinstance(reward, Steps):
                total += weight * paid
            else:
                assert isinstance(reward, Outcome), "others are refused"
                total += weight * success if reward.gamma == 1 else weight * success * reward.gamma**self._steps
        return total

    # what is seen -------------------------------------------------------------------------------------------------

    def _seen(
        self, at: Ints, solved: NDArray[np.bool_], spent: NDArray[np.bool_], success: NDArray[np.bool_]
    ) -> tuple[Any, dict[str, Any]]:
        """The observation and the info. `at`: the flat node numbers of the cursors; `solved`: are these goals?
        `spent`: are all steps?"""
        every = self._all.copy()
        return self._observation(at), {
            "action_mask": self._mask(at, solved, spent),
            "_action_mask": every,
            "reached": self._reached.copy(),
            "_reached": every,
            "success": success,
            "_success": every,
        }

    def _mask(self, at: Ints, solved: NDArray[np.bool_], spent: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Write down where all actions lead, and return which are legal."""
        some = np.count_nonzero(spent)
        leads = self._born.take(self._count * ~spent if some else self._count, axis=0)
        leads[:, : self._steps_of_task] = self._child.take(at, axis=0)
        if some:
            leads[spent, : self._steps_of_task] = REFUSED
        leads.reshape(-1)[self._here + self._cursor] = REFUSED
        if self._ends:
            np.copyto(leads[:, -3], SUBMIT, where=solved)
        self._leads = leads
        return (leads >= 0).view(np.int8)[:, :-1]

    def _observation(self, at: Ints) -> Any:
        rows, envs, shape = self._rules.rows, self.num_envs, self.task.shape
        parts: dict[str, Any] = {
            "cursor": rows.take(at, axis=0).reshape(envs, *shape),
            "cursor_index": self._cursor.copy(),
        }
        if self._tree:
            parts["nodes"] = rows.copy().reshape(envs, self.max_nodes, *shape)
            parts["parent"] = self._parent.copy()
        parts["steps_left"] = self.budget - self._steps
        if self._tree:
            parts["visited"] = self._visited.take(self._count, axis=0)
        if not self._flat:
            return parts
        for name, eye in zip(("cursor_index", "steps_left"), self._one_hot, strict=True):
            parts[name] = eye.take(parts[name], axis=0)
        flat = [part.reshape(envs, -1) for part in parts.values()]
        return np.concatenate(flat, axis=1, dtype=np.float32, casting="unsafe")


def _known(reward: Reward) -> bool:
    """Is it a term that arrays are paid by? Numbers have no tokens."""
    return isinstance(reward, Steps) or (isinstance(reward, Outcome) and reward.unit == "steps")
