"""Gymnasium's loop on Game of 24: random legal play, and an agent that follows the exact values.

    python examples/gym_loop.py
    python examples/gym_loop.py --episodes 1000 --budget 8

Left out on purpose: learning. examples/maskable_ppo.py has the same loop with an agent that learns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

Agent = Callable[[gym.Env, dict[str, Any]], int]
"""Chooses an action from the environment and its last info."""


def random_agent(seed: int) -> Agent:
    """Any legal action with the same probability, except giving up (the last one), which solves nothing here."""
    rng = np.random.default_rng(seed)

    def act(env: gym.Env, info: dict[str, Any]) -> int:
        legal = np.flatnonzero(info["action_mask"][:-1])
        return int(rng.choice(legal)) if len(legal) else len(info["action_mask"]) - 1

    return act


def oracle_agent(env: gym.Env, info: dict[str, Any]) -> int:
    """The first legal step whose state can still be solved. It looks inside, as only a teacher may."""
    task, state = env.unwrapped.task, env.unwrapped.tree.state
    for action in np.flatnonzero(info["action_mask"][: task.n_actions]):
        _, child = task.move(state, action)
        if task.value(child) == 1.0:
            return int(action)
    return len(info["action_mask"]) - 1  # give up: nothing can be reached from here


def success(agent: Agent, episodes: int, budget: int) -> float:
    """The share of held-out hands that the agent solves, one episode each."""
    env = gym.make("metacot.envs:MetaCoT/Game24-v0", split="test", budget=budget)
    solved = 0
    _, info = env.reset(seed=0)
    for _ in range(episodes):
        terminated = truncated = False
        while not (terminated or truncated):
            _, _, terminated, truncated, info = env.step(agent(env, info))
        solved += info["success"]
        _, info = env.reset()  # the next hand
    env.close()
    return solved / episodes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--budget", type=int, default=32, help="steps an episode may cost")
    options = parser.parse_args()
    for name, agent in (("random legal play", random_agent(0)), ("exact values", oracle_agent)):
        print(f"{name:<18} {success(agent, options.episodes, options.budget):.1%}")


if __name__ == "__main__":
    main()
