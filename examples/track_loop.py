"""Log how an agent explores from a loop of one's own: to a JSONL file and to Weights & Biases at once.

    python examples/track_loop.py runs/loop                    offline: no account, no network
    python examples/track_loop.py runs/loop --online           after `wandb login`

An offline run is uploaded later with the `wandb sync` command that is printed at the end. The agent here is random
legal play in a vector of four environments; put yours in its place.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gymnasium as gym
import numpy as np

from metacot.agents.tracking import JsonlTracker, Trackers, WandbTracker, read_metrics
from metacot.envs import RecordExploration

ENVS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--episodes", type=int, default=40)
    parser.add_argument("--online", action="store_true", help="upload while running")
    options = parser.parse_args()

    file = JsonlTracker(options.run / "metrics.jsonl")
    wandb = WandbTracker("metacot", options.run, group=options.run.name, online=options.online)
    envs = gym.make_vec("metacot.envs:MetaCoT/Game24-v0", ENVS, "sync", wrappers=[RecordExploration], budget=16)
    rng = np.random.default_rng(0)
    with Trackers(file, wandb) as tracker:
        tracker.rewind("explore", 0)  # a second run in this folder begins anew
        _, info = envs.reset(seed=list(range(ENVS)))
        logged = 0
        while logged < options.episodes:
            legal = [np.flatnonzero(mask[:-1]) for mask in info["action_mask"]]  # the last action gives up
            give_up = info["action_mask"].shape[1] - 1
            actions = [rng.choice(choice) if len(choice) else give_up for choice in legal]
            _, _, _, _, info = envs.step(np.array(actions))
            logged += tracker.log_episode(info)  # nothing happens before an episode ends

    print(f"{len(read_metrics(file.path))} rows in {file.path}")
    print(f"W&B {'uploaded' if wandb.online else 'offline'}: wandb sync {wandb.folder}")


if __name__ == "__main__":
    main()
