"""Supervised fine-tuning on traces, through TRL's SFTTrainer.

Batches hold traces of about equal length, so that little is padded. Nothing is truncated: examples longer than the
limit are left out beforehand and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...tasks.extras import require
from ..policies.model import LanguageModel
from ..tracking import Tracker
from .examples import Example


@dataclass(frozen=True)
class SFTSettings:
    """updates: optimizer steps. rows: examples an update. lr: peak step size of Muon; AdamW's is `adam_lr`.

    warmup: share of the updates with rising step size; then it falls along a cosine to zero.
    max_length: longer examples (tokens) are left out. save_every, log_every, probe_every: in updates.
    """

    updates: int
    rows: int = 32
    lr: float = 0.02
    adam_lr: float = 3e-3
    warmup: float = 0.02
    max_length: int = 512
    save_every: int = 200
    log_every: int = 20
    probe_every: int = 400


def arrange(examples: Sequence[Example], rows: int, updates: int, seed: int) -> list[Example]:
    """`rows * updates` examples in training order: as many shuffled passes as needed, cut into batches of `rows`
    examples of similar length, in random order."""
    rng = np.random.default_rng(seed)
    ordered: list[Example] = []
    while len(ordered) < rows * updates:
        places = rng.permutation(len(examples))
        usable = len(places) // rows * rows or len(places)
        # Sorting within large blocks keeps lengths alike in a batch and the order random across batches.
        for block in np.array_split(places[:usable], max(1, usable // (rows * 64))):
            by_length = sorted(block, key=lambda place: len(examples[place].ids))
            batches = [by_length[i : i + rows] for i in range(0, len(by_length), rows)]
            for batch in rng.permutation(len(batches)):
                ordered += [examples[place] for place in batches[batch]]
    return ordered[: rows * updates]


def train_sft(
    language_model: LanguageModel,
    examples: Sequence[Example],
    settings: SFTSettings,
    folder: Path,
    *,
    stage: str,
    tracker: Tracker,
    seed: int,
    probe: Any = None,
) -> dict[str, float]:
    """Train in place; resumes from the newest checkpoint in `folder`. Returns counts: examples, left_out, tokens.

    Raises ValueError where no example is short enough.
    """
    trl, datasets = require("trl", "train"), require("datasets", "train")
    from .checkpoints import MarkComplete, last_checkpoint
    from .machine import placement
    from .optimizer import MuonWithAdamW
    from .progress import Report

    short = [example for example in examples if len(example.ids) <= settings.max_length]
    if not short:
        raise ValueError(f"no example is within {settings.max_length} tokens")
    ordered = arrange(short, settings.rows, settings.updates, seed)
    tokens = sum(len(example.ids) for example in ordered)
    data = datasets.Dataset.from_dict(
        {"input_ids": [example.ids for example in ordered], "labels": [example.labels for example in ordered]}
    )
    arguments = trl.SFTConfig(
        output_dir=str(folder),
        max_steps=settings.updates,
        per_device_train_batch_size=settings.rows,
        train_sampling_strategy="sequential",
        lr_scheduler_type="cosine",
        warmup_steps=int(settings.warmup * settings.updates),
        max_grad_norm=1.0,
        max_length=None,
        pad_to_multiple_of=16,
        dataset_kwargs={"skip_prepare_dataset": True},
        save_steps=settings.save_every,
        save_total_limit=2,
        logging_steps=settings.log_every,
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        **placement(),
    )
    trainer = trl.SFTTrainer(
        model=language_model.model,
        args=arguments,
        train_dataset=data,
        processing_class=language_model.tokenizer,
        optimizers=(
            MuonWithAdamW(language_model.model.named_parameters(), settings.lr, settings.adam_lr),
            None,
        ),
        callbacks=[
            MarkComplete(),
            Report(
                stage,
                tracker,
                {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate", "num_tokens": "tokens"},
                probe,
                settings.probe_every,
            ),
        ],
    )
    trainer.remove_callback(require("transformers", "lm").PrinterCallback)  # `Report` speaks for the trainer
    trainer.train(resume_from_checkpoint=last_checkpoint(folder))
    language_model.model.eval()
    return {"examples": len(short), "left_out": len(examples) - len(short), "tokens": tokens}
