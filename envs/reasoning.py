"""`ReasoningEnv`: any task that can list its steps, as an environment with numbers in and numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from ..rewards.outcome import Reward, Transition
from ..tasks import Backtrack, GiveUp, IllegalStep, NewAttempt, Refused, Step, Submit, Task, Trace, Tree, Verdict
from ..tasks.actions import Action
from .base import TaskEnv
from .board import Observation, make_board

SOLVED = Verdict(True, "a solved state was reached")
ON_SOLVED = ("end", "continue")

_INT8 = np.dtype(np.int8)


class ReasoningEnv(TaskEnv[Observation, "int | np.integer[Any]"]):
    """Search in the tree of states explored so far: grow it by a step, go back to any node, submit, or give up.

    ## Task
    One problem of a `metacot.tasks.Task` an episode. Reach a solved state (or, where the problem has no solution, give
    up) within `budget` steps. Nothing is forgotten: every state visited stays a node, and going back is one action.

    ## Observation
    A `Dict`, described in `metacot.envs.board`: `cursor`, `cursor_index`, `nodes`, `parent`, `steps_left`, `visited`.
    `memory="cursor"` leaves out the tree, `flat=True` gives one float32 `Box`. `info` holds at every reset and step
    `action_mask` ((n,) int8, 1 = legal, also from `action_masks()`), `success`, `reached` (a solved state was visited)
    and, where a value was asked for, `value` (of the cursor's state itself, without backtracking, in [0, 1]); at every
    step also `event` ("new", "revisit", "back", "submit", "give_up", "refused"), `reward_terms` and `judged`.

    ## Actions
    `Discrete(n_actions + max_nodes + 2)`, with `max_nodes = budget + 1`:
    - `[0, n_actions)`: the step that the task gives this number; taken again, it leads to the same node (a revisit);
    - `n_actions + i`: go to node i; legal for every node that exists, except the cursor;
    - then Submit, the answer that the path to the cursor stands for; legal at a solved cursor, and everywhere under
      `on_solved="continue"`;
    - then GiveUp, always legal. The mask is never all zero.
    An illegal action changes nothing, costs a step, and is the event "refused".

    ## Reward
    The weighted sum of the reward terms; by default the verified outcome alone: 1.0 where the episode ends solved or
    with a right answer, or by giving up a problem proved unsolvable, else 0.0. A term that cannot judge counts 0.0 and
    sets `info["judged"] = False`.

    ## Episode end
    `terminated`: a solved state was reached (`on_solved="end"`), Submit, GiveUp. `truncated`: the budget is spent. A
    step, a move to a node and a refused action cost one each; Submit and GiveUp are free. So under
    `on_solved="continue"` an agent that stands at a solved state when its steps are spent is not cut off: it may still
    submit, and is truncated if it tries anything that costs, which then does not happen. In all other cases the
    episode is truncated with its last step.

    ## Arguments
    - `task`: name of a registered task (or a `Task`); `task_options`: arguments for making it.
    - `split` ("train"), `difficulty` (`{}`): which problems: knobs such as `{"high": 20}`, or a level such as `"hard"`.
      `reset(seed=s)` is problem (s, 0), every later unseeded reset one index further; past the end of a finite family
      the same order begins again. `reset(options={"problem": p, "index": i, "split": "test"})` says it for one
      episode; a given problem is not counted.
    - `budget` (None): steps an episode may cost; None: as many as the task has for this difficulty,
      `metacot.tasks.Task.budget`, 32 for most. `memory` ("tree" or "cursor"), `flat` (False): see Observation.
    - `on_solved` ("end" or "continue"): does reaching a solved state end the episode?
    - `rewards` (`{"outcome": 1.0}`): terms to weights, see `metacot.rewards.make_reward`, or (reward, weight)
      pairs. `value` (None): spelling of a value for `info`, e.g. "oracle" or "noisy:0.2".
    - `render_mode` (None, "ansi" or "rgb_array").
    With `gym.make` also `trial`: see `metacot.envs.Trial`.

    ## Registered ids
    `MetaCoT/<Name>-v0` for every registered task that can list its steps: `MetaCoT/Game24-v0`.

    ## Version history
    - v0: first version.
    """

    _sized = True

    def __init__(
        self,
        task: str | Task[Any, Any],
        *,
        task_options: Mapping[str, Any] | None = None,
        split: str = "train",
        difficulty: str | Mapping[str, Any] | None = None,
        budget: int | None = None,
        memory: str = "tree",
        flat: bool = False,
        on_solved: str = "end",
        rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None = None,
        value: str | None = None,
        render_mode: str | None = None,
    ):
        super().__init__(
            task,
            task_options=task_options,
            split=split,
            difficulty=difficulty,
            budget=budget,
            rewards=rewards,
            value=value,
            render_mode=render_mode,
        )
        if not (self.task.enumerable and self.task.n_actions):
            raise ValueError(f"the steps of {self.task.name} cannot be listed; it has a text environment only")
        if on_solved not in ON_SOLVED:
            raise ValueError(f"on_solved must be one of {', '.join(ON_SOLVED)}, got {on_solved!r}")
        max_nodes = self.budget + 1
        self._ends = on_solved == "end"
        self._board = make_board(self.task, self.budget, memory, flat)
        self._observe = self._board.observe
        self.observation_space = self._board.space
        self._goto = self.task.n_actions
        self._submit = self._goto + max_nodes
        self._give_up = self._submit + 1
        self.action_space = spaces.Discrete(self._submit + 2)
        # Masks by the number of nodes that exist, but for the steps and the cursor.
        born = np.zeros((max_nodes + 1, self._submit + 2), np.int8)
        born[:, self._goto : self._submit] = np.tri(max_nodes + 1, max_nodes, -1)
        born[:, self._submit] = not self._ends
        born[:, self._give_up] = 1
        self._born = [row[self._goto :].tobytes() for row in born]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        super().reset(seed=seed)
        self._begin(seed, options)
        self._log: list[int | tuple[int] | NewAttempt] = []
        self._taken: dict[int, int] = {}  # node * n_actions + action -> the child there
        row, steps_mask, solved = self.task.face(self.tree.states[0])
        self._faces = [(steps_mask.tobytes(), solved)]  # one a node
        self._board.clear(row)
        return self._enter()

    def new_attempt(self, outcome: str | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin another attempt on the same tree, with the cursor at the start; for `Trial`."""
        self._log.append(NewAttempt(outcome))
        self.tree.cursor = 0
        self._begin_attempt()
        return self._enter()

    def _enter(self) -> tuple[Observation, dict[str, Any]]:
        """The first observation of an attempt."""
        self.reached = self.reached or self._faces[0][1]
        info: dict[str, Any] = {"action_mask": self._mask(), "success": False, "reached": self.reached}
        if self.value is not None:
            info["value"] = self._value_here()
        return self._observe(0, self.budget - self.steps), info

    def step(self, action: int | np.integer[Any]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        if self._over:
            raise ResetNeeded("the episode is over: call reset")
        action = int(action)
        task, tree, goto, faces, steps = self.task, self.tree, self._goto, self._faces, self.steps
        before = node = tree.cursor
        kind = "refused"
        verdict: Verdict | None = None
        cost, terminated, truncated = 1, False, False

        if action < self._submit and steps < self._limit:
            if action >= goto:
                if before != action - goto < len(faces):
                    kind = "back"
                    tree.cursor = node = action - goto
            elif action >= 0:
                edge = before * goto + action
                if edge in self._taken:
                    kind = "revisit"
                    tree.cursor = node = self._taken[edge]
                else:
                    try:
                        step, state = task.move(tree.states[before], action)
                    except IllegalStep:
                        pass
                    else:
                        kind = "new"
                        tree.cursor = node = self._taken[edge] = tree.plant(before, step, state)
                        row, steps_mask, solved = task.face(state)
                        faces.append((steps_mask.tobytes(), solved))
                        self._board.add(before, row)
        elif action == self._give_up:
            kind, cost, terminated = "give_up", 0, True
            verdict = task.check_give_up(self.problem)
        elif action == self._submit and (faces[before][1] or not self._ends):
            kind, cost, terminated = "submit", 0, True
            verdict = task.check(self.problem, tree.answer())
        elif steps >= self._limit:  # what cannot be paid for does not happen
            cost, truncated = 0, True

        if cost:
            self.steps = steps = steps + 1
            if faces[node][1]:
                self.reached = True
                if self._ends and kind != "refused":
                    verdict, terminated = SOLVED, True
            elif steps >= self._limit:  # at a solution one may still submit, which is free
                truncated = True
        if cost or terminated:
            self._log.append(action if kind != "refused" else (action,))
        if terminated or truncated:
            self._over = True
            self.verdict = verdict
            self.success = verdict is not None and verdict.correct is True
        if self._over or self._judge.dense:
            transition = Transition(tree, kind, before, cost, steps, self._over, verdict, self.budget, self._first)
            reward, terms, judged = self._judge(transition)
        else:
            reward, terms, judged = 0.0, self._judge.nothing.copy(), True
        info = {
            "action_mask": self._mask(),
            "event": kind,
            "judged": judged,
            "reached": self.reached,
            "reward_terms": terms,
            "success": self.success,
        }
        if self.value is not None:
            info["value"] = self._value_here()
        return self._observe(node, self.budget - steps), reward, terminated, truncated, info

    def _mask(self) -> NDArray[np.int8]:
        """(n,) int8: the legal actions."""
        faces, cursor = self._faces, self.tree.cursor
        steps_mask, solved = faces[cursor]
        # Bytes are put together in half the time that arrays take.
        if self.steps < self._limit:
            mask = bytearray(steps_mask + self._born[len(faces)])
            mask[self._goto + cursor] = 0
        else:
            mask = bytearray(self._goto) + self._born[0]
        if solved:
            mask[self._submit] = 1
        return np.ndarray(len(mask), _INT8, mask)

    def action_masks(self) -> NDArray[np.bool_]:
        """(n,) bool, which actions are legal now; the name that sb3-contrib asks for."""
        return self._mask().astype(np.bool_)

    def trace(self) -> Trace:
        """The episode so far. An attempt that ended at a solved state ends in the trace with its answer; a refused
        action is a refused line `action 57`."""
        tree = Tree(self.task, self.problem)
        actions: list[Action] = []
        for place, entry in enumerate(self._log):
            if isinstance(entry, NewAttempt):
                action: Action = entry
            elif isinstance(entry, tuple):
                action = Refused(f"action {entry[0]}", "unreadable", "not an action")
            elif entry < self._goto:
                action = Step(self.task.step_at(tree.state, entry))
            elif entry < self._submit:
                action = Backtrack(entry - self._goto)
            else:
                action = Submit(tree.answer()) if entry == self._submit else GiveUp()
            tree.do(action)
            actions.append(action)
            after = self._log[place + 1] if place + 1 < len(self._log) else None
            ended = isinstance(after, NewAttempt) or (after is None and self._over)
            if ended and self._ends and isinstance(action, Step | Backtrack) and tree.solved:
                actions.append(Submit(tree.answer()))
        return Trace(self.problem, tuple(actions), {"source": "environment"})

    def snapshot(self) -> Any:
        counters = self.steps, self.success, self.reached, self._limit, self._over, self.attempt_budget, self.verdict
        kept = self._board.snapshot(), self._faces[:], self._taken.copy(), self._log[:]
        return self.problem, self.tree.copy(), kept, (*counters, self._first, self.budget)

    def restore(self, snapshot: Any) -> None:
        problem, tree, (board, faces, taken, log), (*counters, self._first, self.budget) = snapshot
        self.problem, self.tree = problem, tree.copy()
        self._faces, self._taken, self._log = faces[:], taken.copy(), log[:]
        self._board.restore(board)
        self.steps, self.success, self.reached, self._limit, self._over, self.attempt_budget, self.verdict = counters
