"""Trains MaskablePPO of Stable-Baselines3 on Game of 24, countdown with three numbers and 5x5 mazes, and compares it
with random legal play on held-out problems.

    python examples/maskable_ppo.py                        # all three, a few minutes on one core
    python examples/maskable_ppo.py --tasks maze --steps 20000
    python examples/maskable_ppo.py --load                 # evaluate what was saved, without training

Each model is saved in `--out`, loaded again, and evaluated as loaded. Needs `pip install 'metacot[sb3]'`. Left out on
purpose: exact values in the reward, and everything a language model could do better.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from metacot.agents.evaluation import Interval, interval
from metacot.rewards import Outcome, Transition


@dataclass(frozen=True)
class Closer:
    """A reward of one's own: how much closer to the goal the action led, by the task's heuristic. In a maze that is the
    Manhattan distance, which knows nothing of the walls; there and back again adds up to nothing."""

    name: ClassVar[str] = "closer"
    final: ClassVar[bool] = False

    def __call__(self, transition: Transition) -> float:
        tree = transition.tree
        before, here = (tree.task.heuristic(tree.states[node]) for node in (transition.before, tree.cursor))
        return before - here


@dataclass(frozen=True)
class Setting:
    """What is trained on: an environment, the arguments that make it, and for how many steps."""

    title: str
    env: str
    arguments: Mapping[str, Any]
    steps: int


SETTINGS = {
    "game24": Setting("Game of 24", "metacot.envs:MetaCoT/Game24-v0", {"budget": 16}, 160_000),
    "countdown": Setting(
        "Countdown, 3 numbers",
        "metacot.envs:MetaCoT/Countdown-v0",
        {"budget": 16, "difficulty": {"numbers": 3}},
        90_000,
    ),
    "maze": Setting(
        "Maze, 5x5",
        "metacot.envs:MetaCoT/Maze-v0",
        {
            "budget": 16,
            "difficulty": {"size": 5},
            "task_options": {"board": 5},
            "rewards": ((Outcome(), 1.0), (Closer(), 0.1)),
        },
        80_000,
    ),
}

Player = Callable[[Any, np.ndarray], int]
"""Chooses an action from an observation and a mask."""


def make(setting: Setting, split: str = "train") -> gym.Env[Any, Any]:
    """One flat vector an observation: the state at the cursor, without the rest of the tree, learns fastest here."""
    return gym.make(setting.env, split=split, memory="cursor", flat=True, **setting.arguments)


def evaluate(player: Player, setting: Setting, problems: int, seed: int) -> Interval:
    """The share of the first `problems` held-out problems (of a seeded order) that the player solves, one try each,
    and its 95% interval."""
    env = make(setting, split="test")
    solved = []
    for index in range(problems):
        observation, info = env.reset(seed=seed, options={"index": index})
        over = False
        while not over:
            action = player(observation, info["action_mask"].astype(bool))
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        solved.append(info["success"])
    return interval(solved, seed)


def random_player(seed: int) -> Player:
    """Any legal action with the same probability, except giving up (the last one), which solves nothing."""
    rng = np.random.default_rng(seed)

    def play(_: Any, mask: np.ndarray) -> int:
        legal = np.flatnonzero(mask[:-1])
        return int(rng.choice(legal)) if len(legal) else len(mask) - 1

    return play


def trained_player(path: Path, seed: int) -> Player:
    """The model saved at `path`; it draws its actions, so that a second visit to a state may go another way."""
    from sb3_contrib import MaskablePPO

    model = MaskablePPO.load(path, device="cpu")
    model.set_random_seed(seed)

    def play(observation: Any, mask: np.ndarray) -> int:
        return int(model.predict(observation, action_masks=mask)[0])

    return play


def train(setting: Setting, steps: int, envs: int, seed: int) -> Any:
    """A MaskablePPO model after about `steps` environment steps on training problems."""
    import torch
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(1)  # the network is small: more threads only get in each other's way
    vector = make_vec_env(lambda: make(setting), n_envs=envs, seed=seed)
    model = MaskablePPO(
        "MlpPolicy",
        vector,
        n_steps=max(2048 // envs, 2),
        batch_size=512,
        n_epochs=4,
        learning_rate=1e-3,
        gamma=0.98,
        ent_coef=0.01,
        policy_kwargs={"net_arch": [256, 256]},
        seed=seed,
        device="cpu",
    )
    return model.learn(steps)


def main(arguments: Sequence[str] | None = None) -> dict[str, tuple[Interval, Interval]]:
    """Prints and returns the success of both players, (random, trained), for each task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--steps", type=int, help="environment steps to train for (default: as each task needs)")
    parser.add_argument("--envs", type=int, default=64, help="environments side by side")
    parser.add_argument("--problems", type=int, default=290, help="held-out problems to evaluate on")
    parser.add_argument("--out", type=Path, default=Path("runs/maskable_ppo"), help="folder of the models")
    parser.add_argument("--load", action="store_true", help="evaluate the models in --out, without training")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    results = {}
    for name in options.tasks:
        setting, path = SETTINGS[name], options.out / f"{name}.zip"
        steps = options.steps or setting.steps
        if not options.load:
            options.out.mkdir(parents=True, exist_ok=True)
            began = time.process_time()
            train(setting, steps, options.envs, options.seed).save(path)
            print(f"{setting.title}: {steps:,} steps in {time.process_time() - began:.0f} s of CPU time", flush=True)
        players = {"random legal play": random_player(options.seed), "MaskablePPO": trained_player(path, options.seed)}
        print(
            f"{setting.title}: {options.problems} held-out problems, {setting.arguments['budget']} steps, one try each"
        )
        found = []
        for label, player in players.items():
            share = evaluate(player, setting, options.problems, options.seed)
            print(f"  {label:<18} {share.mean:6.1%}   95% interval {share.low:.1%} to {share.high:.1%}")
            found.append(share)
        results[name] = found[0], found[1]
    return results


if __name__ == "__main__":
    main()
