"""`Shaped`: more reward terms for an environment that is made already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from ..base import TaskEnv


class Shaped(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds reward terms to those of the environment inside, `Shaped(env, {"potential:cursor:oracle": 0.2})`: the
    argument `rewards`, later. `success` stays what is verified.

    Args:
        rewards: spellings to weights, see `metacot.rewards.make_reward`; or (reward, weight) pairs.

    Raises ValueError for terms that are unknown, cannot judge this task, or are there already, TypeError where no
    environment of this suite is inside.
    """

    def __init__(self, env: gym.Env[Any, Any], rewards: Mapping[str, float]):
        RecordConstructorArgs.__init__(self, rewards=rewards)
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise TypeError(f"rewards can be added to environments of this suite, got {env}")
        env.unwrapped.add_rewards(rewards)
