"""`RecordExploration` writes how a problem was explored into `info`; `explorations` reads it out of any info."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from ...rewards.exploration import explore
from ..base import TaskEnv

KEY = "exploration"


class RecordExploration(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Writes `info["exploration"]` at the end of every episode, or of every trial: one number for each measure.

    Works on numeric and text environments and on trials, alone or in vectors
    (`gym.make_vec(..., vectorization_mode="sync", wrappers=[RecordExploration])`), and belongs outside of `Trial`.
    Everything is measured on the trace at the end, so snapshots that are restored on the way count right: what was
    undone was not done. All numbers are float, as vectors need it; what is undefined is NaN.

    With nodes 0..n-1 of the tree (n states visited, the start included), a key for each state (`Task.key`), and budget
    steps as the environment counts them:

    - `success`: 1.0 where the answer was verified, else 0.0; of a trial, that of its last attempt.
    - `steps`: steps + moves to earlier nodes + refusals, in [0, budget].
    - `distinct`: |{key(state of node i)}|, in [1, n].
    - `repeated`: steps into a state whose key had been visited before, a known child included, in [0, steps].
    - `backtracks`: moves to another node, in [0, steps].
    - `depth`: max over nodes of the steps from the start to it, in [0, n - 1].
    - `first_solution`: `steps` when a solved state was first reached, 0 where the start is solved; NaN if never.
    - `branching`: (n - 1) / |{nodes with a child}|, in [1, n - 1]; NaN where no step was taken.
    - `illegal`: refused actions or lines, in [0, steps].
    - `regret`: mean of V(best child) - V(child taken) over the steps taken from unsolved states with
      V(best child) > 0, in [0, 1]; NaN where there is none or an exact value is not known. V is the exact value without
      backtracking: solvable 1 or 0 where the task has dead ends, else gamma ** distance (`metacot.rewards.GAMMA`).
      0 says that no step lost anything; in Game of 24 it is the share of steps that threw a solvable hand away.

    Args:
        regret: False leaves the exact values alone, and `regret` NaN, where they cost too much.

    Raises TypeError where no environment of this suite is inside.
    """

    def __init__(self, env: gym.Env[Any, Any], regret: bool = True):
        RecordConstructorArgs.__init__(self, regret=regret)
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise TypeError(f"exploration is recorded of environments of this suite, got {env}")
        self.regret = regret

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            inner: Any = self.unwrapped
            measured = explore(inner.task, inner.trace(), regret=self.regret)
            info[KEY] = {"success": float(info["success"]), **measured}
        return observation, reward, terminated, truncated, info


def explorations(info: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """The `info["exploration"]` of every episode that ended with this info; empty where none did.

    info: of one environment; of a Gymnasium vector, a dict of arrays with a mask `_name` for each `name`, in any
    autoreset mode; or of a Stable-Baselines3 vector, a list of dicts. Vectors are read in the order of environments.
    """
    if not isinstance(info, Mapping):
        return [found for one in info for found in explorations(one)]
    if "final_info" in info:  # autoreset within the step: the info beside it is that of the next episode
        return explorations(info["final_info"])
    if KEY not in info:
        return []
    found, ended = info[KEY], info.get(f"_{KEY}")
    if ended is None:
        return [dict(found)]
    names = [name for name in found if not name.startswith("_")]
    return [{name: float(found[name][place]) for name in names} for place in ended.nonzero()[0]]
