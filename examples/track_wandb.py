"""Log a run to a JSONL file and to Weights & Biases at once, through one interface.

    python examples/track_wandb.py runs/tracked            offline: no account, no network
    python examples/track_wandb.py runs/tracked --online   after `wandb login`

An offline run is uploaded later with the `wandb sync` command that is printed at the end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from metacot.agents.tracking import JsonlTracker, Trackers, WandbTracker, read_metrics
from metacot.tasks import Step, Tree, make


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--online", action="store_true", help="upload while running")
    arguments = parser.parse_args()

    file = JsonlTracker(arguments.run / "metrics.jsonl")
    wandb = WandbTracker("metacot", arguments.run, group=arguments.run.name, online=arguments.online)
    task, rng = make("game24"), np.random.default_rng(0)
    with Trackers(file, wandb) as tracker:
        tracker.rewind("rl", 0)  # a second run in this folder begins anew
        for update in range(20):
            solved = []
            for index in range(16):  # in place of training: 16 random plays an update
                tree = Tree(task, task.problem(0, 16 * update + index))
                while steps := task.steps(tree.state):
                    tree.do(Step(steps[rng.integers(len(steps))]))
                solved.append(tree.solved)
            tracker.log({"rl/success": np.mean(solved), "rl/steps": 3.0}, step=update)

    print(f"{len(read_metrics(file.path))} rows in {file.path}")
    print(f"W&B {'uploaded' if wandb.online else 'offline'}: wandb sync {wandb.folder}")


if __name__ == "__main__":
    main()
