"""Log how an agent explores while Stable-Baselines3 trains it: to a JSONL file and to Weights & Biases at once.

    python examples/track_sb3.py runs/sb3                      offline: no account, no network
    python examples/track_sb3.py runs/sb3 --online             after `wandb login`

Needs `pip install 'metacot[sb3,wandb]'`. Left out on purpose: good figures, for which see examples/maskable_ppo.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sb3_contrib import MaskablePPO
from stable_baselines3.common.env_util import make_vec_env

from metacot.agents.tracking import JsonlTracker, SB3Exploration, Trackers, WandbTracker, read_metrics
from metacot.envs import RecordExploration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--steps", type=int, default=20_000, help="environment steps to train for")
    parser.add_argument("--online", action="store_true", help="upload while running")
    options = parser.parse_args()

    file = JsonlTracker(options.run / "metrics.jsonl")
    wandb = WandbTracker("metacot", options.run, group=options.run.name, online=options.online)
    envs = make_vec_env(
        "metacot.envs:MetaCoT/Game24-v0",
        n_envs=4,
        seed=0,
        wrapper_class=RecordExploration,
        env_kwargs={"budget": 16, "memory": "cursor", "flat": True},
    )
    model = MaskablePPO("MlpPolicy", envs, n_steps=64, batch_size=64, seed=0, device="cpu")
    with Trackers(file, wandb) as tracker:
        tracker.rewind("explore", 0)  # a second run in this folder begins anew
        model.learn(options.steps, callback=SB3Exploration(tracker))

    print(f"{len(read_metrics(file.path))} rows in {file.path}")
    print(f"W&B {'uploaded' if wandb.online else 'offline'}: wandb sync {wandb.folder}")


if __name__ == "__main__":
    main()
