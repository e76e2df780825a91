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
from .rules import FRESH, REFUSED, Ints

AHEAD = 16
"""So many problems of an environment are drawn at once."""

NONE = np.zeros(0, np.int64)


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
        budget: int = 32,
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
        if not (isinstance(budget, int) and 1 <= budget < np.iinfo(np.int16).max):
            raise ValueError(f"budget must be a whole number of steps, at least 1, got {budget!r}")
        if on_solved not in ON_SOLVED:
            raise ValueError(f"on_solved must be one of {', '.join(ON_SOLVED)}, got {on_solved!r}")
        self.task: Task[Any, Any] = tasks.make(task, **(task_options or {})) if isinstance(task, str) else task
        self.num_envs, self.budget, self.max_nodes = num_envs, budget, budget + 1
        self._terms = weighted(rewards, self.task)
        if strange := [reward.name for reward, _ in self._terms if not _known(reward)]:
            raise ValueError(f"the native vector environment has no reward {', '.join(strange)}; use 'sync'")
        self._plain = self._terms == ((Outcome(), 1.0),)
        self._ends, self._tree, self._flat = on_solved == "end", memory == "tree", flat
        self._dealer = Dealer(self.task, split, difficulty)  # which says whether there are problems at all
        self._rules = rules_for(self.task, split, self._dealer.difficulty, num_envs, self.max_nodes)
        steps, nodes = self.task.n_actions, self.max_nodes
        self.single_observation_space = make_board(self.task, budget, memory, flat).space
        self.single_action_space = spaces.Discrete(steps + nodes + 2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._steps_of_task = steps
        # The part of a mask that is not about steps, by the number of nodes; none where no step can be paid for.
        self._born = np.zeros((nodes + 1, steps + nodes + 2), np.int8)
        self._born[:, steps : steps + nodes] = np.tri(nodes + 1, nodes, -1)
        self._born[:, -2] = not self._ends
        self._born[:, -1] = 1
        self._visited = np.tri(nodes + 1, nodes, -1, dtype=np.int8)
        self._one_hot = [np.eye(n, dtype=np.float32) for n in (nodes, budget + 1)]
        every = np.arange(num_envs)
        self._every, self._first = every, every * nodes
        self._mask_row = every * (steps + nodes + 2) + steps
        # By node: where each step leads (0 = not tried yet, -1 = illegal); the last column is for all other actions.
        self._child = np.full((num_envs * nodes, steps + 1), REFUSED, np.int16)
        self._parent = np.full((num_envs, nodes), -1, np.int32)
        self._cursor, self._count, self._steps = (np.zeros(num_envs, np.int64) for _ in range(3))
        self._reached = np.zeros(num_envs, bool)
        self._over: Ints = NONE
        self._seeds, self._next = np.full(num_envs, -1), np.zeros(num_envs, np.int64)  # -1 = not drawn yet
        self._queue: NDArray[Any] | None = None  # (num_envs, AHEAD, width)

    # problems -----------------------------------------------------------------------------------------------------

    def _deal(self, envs: Ints) -> NDArray[Any]:
        """What the rules need of the next problem of each environment."""
        places = self._next.take(envs) % AHEAD
        for env in envs[places == 0].tolist():
            if self._seeds[env] < 0:
                self._seeds[env] = self.np_random.integers(2**31)
            rows = self._rules.supply(int(self._seeds[env]), int(self._next[env]), AHEAD)
            if self._queue is None:
                self._queue = np.zeros((self.num_envs, *rows.shape), rows.dtype)
            self._queue[env] = rows
        assert self._queue is not None, "the first deal is for all"
        self._next[envs] += 1
        return self._queue[envs, places]

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
        self._over = NONE
        return self._observation(self._first), self._info(self._first, np.zeros(self.num_envs, bool))

    # steps --------------------------------------------------------------------------------------------------------

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        if self._queue is None:
            raise ResetNeeded("there is no episode yet: call reset")
        wanted = np.asarray(actions, np.int64)
        if wanted.shape != (self.num_envs,):
            raise ValueError(f"actions must be {self.num_envs} whole numbers, got shape {wanted.shape}")
        goto, cursor, over = wanted - self._steps_of_task, self._cursor, self._over
        at = self._first + cursor
        unsigned = wanted.view(np.uint64)  # negative ones are larger than all others
        edge = at * (self._steps_of_task + 1) + np.minimum(unsigned, self._steps_of_task).view(np.int64)
        known = self._child.reshape(-1).take(edge)
        back = (goto.view(np.uint64) < self._count.view(np.uint64)) & (goto != cursor)
        give_up = goto == self.max_nodes + 1
        submit = goto == self.max_nodes
        if self._ends:
            submit &= self._rules.solved.take(at)
        free = give_up | submit
        paid = ~free
        unpaid = None
        if not self._ends:  # what cannot be paid for does not happen
            unpaid = paid & (self._steps >= self.budget)
            known[unpaid] = REFUSED
            back &= ~unpaid
            paid &= ~unpaid
        if over.size:  # these begin anew, whatever is wanted
            known[over] = REFUSED
            back[over] = free[over] = paid[over] = submit[over] = False
        moved = back | (known > FRESH)
        np.copyto(cursor, known, where=known > FRESH)
        np.copyto(cursor, goto, where=back)
        self._steps += paid
        fresh = (known == FRESH).nonzero()[0]
        right = submit & self._rules.solved.take(at) if submit.any() else None
        if fresh.size or over.size:
            moved[fresh] = True
            self._settle(fresh, at.take(fresh), wanted.take(fresh), edge.take(fresh), over)
        if not self._rules.solvable and give_up.any():
            right = self._judged(give_up, over, right)
        at = self._first + self._cursor
        solved = self._rules.solved.take(at)
        success = solved & moved if self._ends else np.zeros(self.num_envs, bool)
        terminated = success | free
        if right is not None:
            success |= right
        self._reached |= solved
        truncated = (self._steps >= self.budget) & ~(solved | terminated)
        if unpaid is not None:
            truncated |= unpaid
            truncated[over] = False
        self._over = (terminated | truncated).nonzero()[0]
        return self._observation(at), self._rewards(success, paid), terminated, truncated, self._info(at, success)

    def _settle(self, fresh: Ints, source: Ints, action: Ints, edge: Ints, begun: Ints) -> None:
        """Add the nodes that `action` leads to from the nodes `source` (together `edge`) in the environments `fresh`;
        begin anew in those of `begun`."""
        born = self._count.take(fresh)
        first = self._first.take(fresh)
        env, target = fresh, first + born
        starts = None
        if begun.size:
            starts = self._deal(begun)
            start = self._first.take(begun)
            env, target = np.concatenate((fresh, begun)), np.concatenate((target, start))
            self._rules.rows.reshape(self.num_envs, self.max_nodes, -1)[begun] = 0
            self._parent[begun] = -1
            self._cursor[begun] = 0
            self._steps[begun] = 0
            self._count[begun] = 1
            self._reached[begun] = False
        self._child[target] = self._rules.settle(source, action, target, env, starts)
        if fresh.size:
            self._child.reshape(-1)[edge] = born
            self._parent.reshape(-1)[target[: len(fresh)]] = source - first
            self._cursor[fresh] = born
            self._count[fresh] = born + 1

    def _judged(self, give_up: NDArray[np.bool_], over: Ints, right: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """`right`, and where giving up was."""
        right = np.zeros(self.num_envs, bool) if right is None else right
        for env in np.setdiff1d(give_up.nonzero()[0], over).tolist():
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

    def _observation(self, at: Ints) -> Any:
        rows, shape = self._rules.rows, self.task.shape
        parts: dict[str, Any] = {
            "cursor": rows.take(at, axis=0).reshape(self.num_envs, *shape),
            "cursor_index": self._cursor.copy(),
        }
        if self._tree:
            parts["nodes"] = rows.copy().reshape(self.num_envs, self.max_nodes, *shape)
            parts["parent"] = self._parent.copy()
        parts["steps_left"] = self.budget - self._steps
        if self._tree:
            parts["visited"] = self._visited.take(self._count, axis=0)
        if not self._flat:
            return parts
        for name, eye in zip(("cursor_index", "steps_left"), self._one_hot, strict=True):
            parts[name] = eye.take(parts[name], axis=0)
        flat = [part.reshape(self.num_envs, -1) for part in parts.values()]
        return np.concatenate(flat, axis=1, dtype=np.float32, casting="unsafe")

    def _info(self, at: Ints, success: NDArray[np.bool_]) -> dict[str, Any]:
        """`at`: the flat node numbers of the cursors."""
        payable = self._steps < self.budget
        mask = self._born.take(self._count * payable, axis=0)
        steps = self._child.take(at, axis=0)[:, :-1] >= 0
        if not payable.all():
            steps &= payable[:, None]
        mask[:, : self._steps_of_task] = steps
        mask.reshape(-1)[self._mask_row + self._cursor] = 0
        if self._ends:
            mask[:, -2] = self._rules.solved.take(at)
        every = np.ones(self.num_envs, bool)
        return {
            "action_mask": mask,
            "_action_mask": every,
            "reached": self._reached.copy(),
            "_reached": every,
            "success": success,
            "_success": every,
        }


def _known(reward: Reward) -> bool:
    """Is it a term that arrays are paid by? Numbers have no tokens."""
    return isinstance(reward, Steps) or (isinstance(reward, Outcome) and reward.unit == "steps")
