"""Trains Stable-Baselines3's MaskablePPO on Game of 24 and compares it with random legal play on held-out hands.

    python examples/maskable_ppo.py            # about a minute on one core
    python examples/maskable_ppo.py --help

Needs `pip install 'metacot[sb3]'`. Left out on purpose: tuning, and everything a language model could do better.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

ENV = "metacot.envs:MetaCoT/Game24-v0"

Player = Callable[[Any, np.ndarray], int]
"""Chooses an action from an observation and a mask."""


def make(budget: int, split: str = "train") -> gym.Env[Any, Any]:
    """One flat vector an observation: the state at the cursor, without the rest of the tree, learns fastest here."""
    return gym.make(ENV, split=split, budget=budget, memory="cursor", flat=True)


def evaluate(player: Player, hands: int, budget: int, seed: int) -> float:
    """The share of the first `hands` held-out hands (of a seeded order) that the player solves, one try each."""
    env = make(budget, split="test")
    solved = 0
    for index in range(hands):
        observation, info = env.reset(seed=seed, options={"index": index})
        over = False
        while not over:
            action = player(observation, info["action_mask"].astype(bool))
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        solved += info["success"]
    return solved / hands


def random_player(seed: int) -> Player:
    """Any legal action with the same probability, except giving up (the last one), which solves nothing."""
    rng = np.random.default_rng(seed)

    def play(_: Any, mask: np.ndarray) -> int:
        legal = np.flatnonzero(mask[:-1])
        return int(rng.choice(legal)) if len(legal) else len(mask) - 1

    return play


def train(steps: int, budget: int, envs: int, seed: int) -> Any:
    """A MaskablePPO model after about `steps` environment steps on training hands."""
    import torch
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(1)  # the network is small: more threads only get in each other's way
    vector = make_vec_env(lambda: make(budget), n_envs=envs, seed=seed)
    model = MaskablePPO(
        "MlpPolicy",
        vector,
        n_steps=max(1024 // envs, 2),
        batch_size=256,
        n_epochs=4,
        learning_rate=1e-3,
        gamma=0.98,
        ent_coef=0.01,
        policy_kwargs={"net_arch": [256, 256]},
        seed=seed,
        device="cpu",
    )
    return model.learn(steps)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Prints and returns the success of both players."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=200_000, help="environment steps to train for")
    parser.add_argument("--budget", type=int, default=16, help="steps an episode may cost")
    parser.add_argument("--envs", type=int, default=8, help="environments side by side")
    parser.add_argument("--hands", type=int, default=270, help="held-out hands to evaluate on")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    model = train(options.steps, options.budget, options.envs, options.seed)
    model.set_random_seed(options.seed)

    def trained(observation: Any, mask: np.ndarray) -> int:
        return int(model.predict(observation, action_masks=mask)[0])

    players = {"random legal play": random_player(options.seed), f"MaskablePPO, {options.steps:,} steps": trained}
    results = {}
    print(f"Held-out hands solved within {options.budget} steps, one try each, seed {options.seed}:")
    for name, player in players.items():
        results[name] = evaluate(player, options.hands, options.budget, options.seed)
        print(f"  {name:<32} {results[name]:6.1%}   n = {options.hands}")
    return results


if __name__ == "__main__":
    main()
