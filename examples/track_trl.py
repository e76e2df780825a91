"""Log how a language model explores while TRL trains it: to a JSONL file and to Weights & Biases at once.

    python examples/track_trl.py runs/trl                      offline: no account, no network
    python examples/track_trl.py runs/trl --model runs/demo/sft/model --online

TRL's own GRPOTrainer writes a whole search a completion; the reward function plays it line by line in the text
environment and hands the infos to the callback. Without --model a new model of a few thousand parameters writes noise,
which is enough to see the metrics. Needs `pip install 'metacot[train,wandb]'`. Left out on purpose: credit for single
tokens, and answers of the environment in between; `metacot.agents.training.train_rl` has both.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import gymnasium as gym
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from metacot import tasks
from metacot.agents.policies import ModelConfig, load_model, new_model
from metacot.agents.tracking import JsonlTracker, Trackers, TrainerExploration, WandbTracker, read_metrics
from metacot.envs import RecordExploration

ENV = "metacot.envs:MetaCoT/Game24Text-v0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--model", type=Path, help="folder of a model that `metacot demo` left, instead of a new one")
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--online", action="store_true", help="upload while running")
    options = parser.parse_args()

    file = JsonlTracker(options.run / "metrics.jsonl")
    wandb = WandbTracker("metacot", options.run, group=options.run.name, online=options.online)
    tracker = Trackers(file, wandb)
    callback = TrainerExploration(tracker)
    env = RecordExploration(gym.make(ENV, feedback="none", budget=16))

    def reward(completions: list[str], problem: list[str], **_: Any) -> list[float]:
        """The reward of each completion, played in the environment."""
        rewards = []
        for text, posed in zip(completions, problem, strict=True):
            env.reset(options={"problem": posed})
            _, paid, terminated, truncated, info = env.step(text)
            if not (terminated or truncated):  # it never came to an answer
                info = env.step("give up")[4]
            callback.record(info)
            rewards.append(float(paid))
        return rewards

    task = tasks.make("game24")
    problems = [task.problem(0, index) for index in range(256)]
    small = ModelConfig(width=32, layers=1, heads=2, inner=64)
    model = load_model(options.model) if options.model else new_model(task, small, seed=0)
    trainer = GRPOTrainer(
        model=model.model,
        processing_class=model.tokenizer,
        reward_funcs=reward,
        train_dataset=Dataset.from_dict(
            {
                "prompt": [f"{task.ask(problem)}\n<think>\n" for problem in problems],
                "problem": [problem.to_json() for problem in problems],
            }
        ),
        args=GRPOConfig(
            output_dir=str(options.run / "checkpoints"),
            max_steps=options.updates,
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=64,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            seed=0,
        ),
        callbacks=[callback],
    )
    with tracker:
        trainer.train()

    print(f"{len(read_metrics(file.path))} rows in {file.path}")
    print(f"W&B {'uploaded' if wandb.online else 'offline'}: wandb sync {wandb.folder}")


if __name__ == "__main__":
    main()
