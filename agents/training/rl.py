"""Meta-RL: GRPO on whole search episodes, with the credit of E-RL² and the KL to the supervised model.

Length-neutral throughout (Dr. GRPO): nothing is divided by a completion's length or by a group's deviation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...tasks import Problem, Submit
from ...tasks.extras import require
from ..policies.model import LanguageModel, quiet
from ..policies.named import trained_model
from ..policies.policy import Policy
from ..policies.rollout import Rollout, RolloutSettings, roll_out
from ..tracking import HackingMonitor, NullTracker, Paid, Tracker
from .intervals import check_intervals

CREDITS = ("token", "trajectory")


@dataclass(frozen=True)
class RLSettings:
    """updates: optimizer steps. groups, generations: problems an update, rollouts a problem.

    lr: peak step size of AdamW, after `warmup` updates constant; over the last `decay` share of the updates it falls to
        zero along a line, which takes the noise out of a long run's end.
    beta: weight of the KL to the supervised model.
    micro: rollouts a backward pass, 0 = all at once; divides those of an update. temperature: of sampling.
    max_tokens: an episode is cut, and fails, when its context has grown to so many tokens; it bounds the memory of the
        longest rollout. save_every, log_every, probe_every: in updates.
    credit: "token", each is credited with the rewards from its line on; or "trajectory", all with the whole reward,
        under which potential-based shaping does nothing.
    watch: updates a window of the hacking monitor (`HackingMonitor`).
    """

    updates: int
    groups: int = 12
    generations: int = 8
    lr: float = 3e-4
    warmup: int = 10
    decay: float = 0.0
    beta: float = 0.01
    micro: int = 0
    temperature: float = 1.0
    max_tokens: int = 320
    save_every: int = 25
    log_every: int = 5
    probe_every: int = 50
    credit: str = "token"
    watch: int = 5

    def __post_init__(self) -> None:
        if self.credit not in CREDITS:
            raise ValueError(f"credit must be one of {', '.join(CREDITS)}, got {self.credit!r}")
        if self.watch < 1:
            raise ValueError(f"watch must be at least 1 update, got {self.watch}")
        if self.generations < 2:
            raise ValueError(f"a group needs at least 2 rollouts to have a baseline, got {self.generations}")
        if self.micro and self.batch % self.micro:
            raise ValueError(f"micro must divide the {self.batch} rollouts of an update, got {self.micro}")
        if not 0.0 <= self.decay <= 1.0:
            raise ValueError(f"decay must be a share of the updates in [0, 1], got {self.decay}")
        check_intervals(self.save_every, self.log_every)

    @property
    def batch(self) -> int:
        """Rollouts an update."""
        return self.groups * self.generations


METRIC_NAMES = {
    "reward": "reward",
    "entropy": "entropy",
    "kl": "kl",
    "loss": "loss",
    "grad_norm": "grad_norm",
    "learning_rate": "learning_rate",
    "success": "success",
    "steps": "steps",
    "tokens": "tokens",
    "backtracks": "backtracks",
    "repeated": "repeated",
    "refused": "refused",
    "cut": "cut",
}


def train_rl(
    policy: LanguageModel | Policy,
    environment: Callable[[], Any],
    problems: Callable[[int], Problem],
    settings: RLSettings,
    folder: Path,
    *,
    tracker: Tracker,
    seed: int,
    probe: Any = None,
) -> None:
    """Train in place; resumes from the newest checkpoint in `folder`.

    policy: a language model, or a policy that is one in this process. Raises ValueError for those that hold text.
    environment: makes one text environment (a trial included); its rewards are what the credit pays.
    problems: number -> training problem; update u uses numbers u*groups .. (u+1)*groups - 1.

    A hacking monitor compares the rewards with success, which is verified whatever they are.

    In several processes (torchrun) each rolls out and differentiates its part of every update; only the first logs.
    """
    language_model = trained_model(policy)
    trl, datasets = require("trl", "train"), require("datasets", "train")
    from .checkpoints import KeepMonitor, MarkComplete, go_on, last_checkpoint
    from .grpo_adapter import Completion, CreditGRPOTrainer
    from .machine import common_arguments, first_process, processes
    from .progress import Report

    latest: list[Rollout] = []
    checkpoint = last_checkpoint(folder)
    watcher = tracker if first_process() else NullTracker()
    monitor = HackingMonitor(watcher, settings.watch * settings.batch // processes())
    keeper = KeepMonitor(monitor)
    keeper.load(checkpoint, tracker)

    def roll(prompts: Sequence[str], model: Any, update: int, first: int) -> list[Completion]:
        nonlocal latest
        latest = roll_out(
            LanguageModel(model, language_model.tokenizer),
            environment,
            [Problem.from_json(prompt) for prompt in prompts],
            RolloutSettings(
                temperature=settings.temperature,
                seed=seed * 1_000_003 + update,
                first=first,
                max_tokens=settings.max_tokens,
            ),
        )
        for row in latest:
            monitor.add(paid(row), update + 1)
        return [
            Completion(
                row.ids[: row.prompt],
                row.ids[row.prompt :],
                row.mine[row.prompt :],
                credited(row, settings.credit),
                row.reward,
            )
            for row in latest
        ]

    def metrics() -> dict[str, float]:
        return {
            name: sum(float(getattr(row, name)) for row in latest) / len(latest)
            for name in ("success", "steps", "tokens", "backtracks", "repeated", "refused", "cut")
        }

    rows = [problems(number).to_json() for number in range(settings.updates * settings.groups)]
    accumulation = settings.batch // (settings.micro or settings.batch)
    arguments = trl.GRPOConfig(
        per_device_train_batch_size=settings.batch // accumulation // processes(),
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation,
        num_generations=settings.generations,
        max_completion_length=256,
        pad_to_multiple_of=16,  # code for a product is compiled and kept for each new shape
        temperature=settings.temperature,
        learning_rate=settings.lr,
        warmup_steps=settings.warmup,
        **_schedule(settings),
        loss_type="dr_grpo",
        scale_rewards="none",
        beta=settings.beta,
        shuffle_dataset=False,
        **common_arguments(settings, folder, seed),
    )
    with quiet():
        trainer = CreditGRPOTrainer(
            roll=roll,
            metrics=metrics,
            model=language_model.model,
            args=arguments,
            train_dataset=datasets.Dataset.from_dict({"prompt": rows}),
            processing_class=language_model.tokenizer,
            callbacks=[
                keeper,
                MarkComplete(),
                Report("rl", tracker, METRIC_NAMES, probe, settings.probe_every),
            ],
        )
    go_on(trainer, checkpoint)
    language_model.model.eval()


def credited(row: Rollout, credit: str) -> list[float]:
    """One number for each id after the prompt: what its token is credited with."""
    return row.returns if credit == "token" else [row.reward] * len(row.returns)


def paid(row: Rollout) -> Paid:
    """A rollout as the hacking monitor sees it."""
    answers = sum(isinstance(action, Submit) for action in row.trace.actions)
    tokens = row.tokens / row.steps if row.steps else math.nan
    return Paid(row.reward, row.success, row.steps, answers, tokens, row.repeated)


def _schedule(settings: RLSettings) -> dict[str, Any]:
    """The trainer's arguments for the step size over time."""
    falling = min(round(settings.decay * settings.updates), settings.updates - settings.warmup)
    if falling <= 0:
        return {"lr_scheduler_type": "constant_with_warmup"}
    return {
        "lr_scheduler_type": "warmup_stable_decay",
        "lr_scheduler_kwargs": {"num_decay_steps": falling, "decay_type": "linear"},
    }
