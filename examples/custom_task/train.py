"""Trains MaskablePPO of Stable-Baselines3 on the task and compares it with random legal play on held-out problems.

    python train.py                # some minutes on one core
    python train.py --steps 2048   # only to see that it runs

Nothing here imports the task: the installed package is found by its entry point.
"""

import argparse

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import MaskablePPO

ENV = "metacot.envs:MetaCoT/Reach-v0"
FORM = {"budget": 24, "memory": "cursor", "flat": True}  # one short vector an observation


def evaluate(choose, problems=200):
    """The share of held-out problems solved within the budget, one try each."""
    env, solved = gym.make(ENV, split="test", **FORM), 0
    for index in range(problems):
        observation, info = env.reset(seed=0, options={"index": index})
        over = False
        while not over:
            action = choose(observation, info["action_mask"].astype(bool))
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        solved += info["success"]
    return solved / problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=50_000, help="environment steps to train for")
    steps = parser.parse_args().steps
    torch.set_num_threads(1)

    model = MaskablePPO("MlpPolicy", gym.make(ENV, **FORM), n_steps=1024, batch_size=256, learning_rate=1e-3, seed=0)
    model.learn(steps)
    rng = np.random.default_rng(0)

    def at_random(_, mask):  # anything legal but giving up, which is the last action
        return rng.choice(np.flatnonzero(mask[:-1])) if mask[:-1].any() else len(mask) - 1

    def trained(observation, mask):
        return int(model.predict(observation, action_masks=mask, deterministic=True)[0])

    for name, choose in (("random legal play", at_random), (f"MaskablePPO, {steps:,} steps", trained)):
        print(f"{name:<28} {evaluate(choose):6.1%} of held-out problems solved")


if __name__ == "__main__":
    main()
