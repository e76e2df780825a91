"""What per-token credit costs: the adapter's own code as a share of a training step, sampling not counted."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from metacot.agents.linearizers import visit_order
from metacot.agents.policies.model import LanguageModel, ModelConfig, new_model, quiet
from metacot.agents.search import best_first
from metacot.agents.training.examples import NO_LOSS, encode, pieces
from metacot.agents.training.grpo_adapter import Completion, CreditGRPOTrainer
from metacot.agents.training.machine import placement
from metacot.rewards.values import make_value
from metacot.tasks import make

GROUPS, GENERATIONS, PARTS = 12, 8, 3  # as in the demo
WARM, UPDATES = 2, 8
BAR = 0.10  # of a step


def run() -> list[tuple[str, float, str]]:
    task = make("game24")
    rows = completions(new_model(task, ModelConfig(), 0))
    stock, _ = milliseconds(new_model(task, ModelConfig(), 0), rows, ours=False)
    step, own = milliseconds(new_model(task, ModelConfig(), 0), rows, ours=True)
    tokens = sum(len(row.ids) for row in rows)
    return [
        (
            "the adapter's own code, share of a GRPO step",
            own / step,
            f"{own:.2f} of {step:.0f} ms, {len(rows)} completions of {tokens:,} tokens, sampling not counted; "
            f"{BAR * step / own:.1f}x below the bar of {BAR:.0%}",
        ),
        (
            "a step with per-token credit, over one of stock GRPO",
            step / stock,
            f"{step:.0f} and {stock:.0f} ms on the same completions, medians of {UPDATES - WARM} steps",
        ),
    ]


def completions(model: LanguageModel) -> list[Completion]:
    """Searches on training hands as if a model had written them, credited less with every token."""
    task = make("game24")
    results = [
        best_first(task, task.problem(0, group), make_value(f"noisy:0.3:{sample}", task), budget=16)
        for group in range(GROUPS)
        for sample in range(GENERATIONS)
    ]
    cut = [pieces(task, visit_order(result), "all") for result in results]
    asked = encode(model.tokenizer, [parts[:1] for parts in cut])
    written = encode(model.tokenizer, [parts[1:] for parts in cut])
    return [
        Completion(
            prompt_ids=before.ids.tolist(),
            ids=after.ids.tolist(),
            mine=(after.labels != NO_LOSS).astype(int).tolist(),
            returns=[float(result.success) * 0.99**place for place in range(len(after.ids))],
            reward=float(result.success),
        )
        for result, before, after in zip(results, asked, written, strict=True)
    ]


class Steps(TrainerCallback):
    """Times whole updates."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.began = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seconds.append(time.perf_counter() - self.began)


def milliseconds(model: LanguageModel, rows: Sequence[Completion], ours: bool) -> tuple[float, float]:
    """(median of a step, mean of the adapter's own code in one) over the same completions in every update."""
    steps = Steps()

    def rollout(prompts: list[str], trainer: Any) -> dict[str, Any]:
        return {
            "prompt_ids": [row.prompt_ids for row in rows],
            "completion_ids": [row.ids for row in rows],
            "logprobs": None,
            "env_mask": [row.mine for row in rows],
            "returned": [row.reward for row in rows],
        }

    def reward(returned: list[float], **_: Any) -> list[float]:
        return returned

    with TemporaryDirectory() as folder, quiet():
        arguments = GRPOConfig(
            output_dir=folder,
            max_steps=UPDATES,
            per_device_train_batch_size=len(rows) // PARTS,
            gradient_accumulation_steps=PARTS,
            steps_per_generation=PARTS,
            num_generations=GENERATIONS,
            pad_to_multiple_of=16,
            loss_type="dr_grpo",
            scale_rewards="none",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **placement(),
        )
        common: dict[str, Any] = {
            "model": model.model,
            "args": arguments,
            "train_dataset": Dataset.from_dict({"prompt": list(map(str, range(UPDATES * GROUPS)))}),
            "processing_class": model.tokenizer,
            "callbacks": [steps],
        }
        if ours:
            trainer = CreditGRPOTrainer(roll=lambda prompts, model, update, first: list(rows), **common)
        else:
            trainer = GRPOTrainer(reward_funcs=[reward], rollout_func=rollout, **common)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    own = getattr(trainer, "own_seconds", 0.0) / UPDATES
    return 1000 * median(steps.seconds[WARM:]), 1000 * own
