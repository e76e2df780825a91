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
from numpy.typing import NDArray

from ...tasks.extras import require
from ..policies.model import LanguageModel
from ..tracking import Tracker
from .examples import Example
from .intervals import check_intervals


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

    def __post_init__(self) -> None:
        check_intervals(self.save_every, self.log_every)


BLOCK = 64
"""So many batches are sorted by length together: lengths are alike in a batch, the order of batches stays random."""


def arrange(lengths: Sequence[int], rows: int, updates: int, seed: int) -> NDArray[np.int64]:
    """(rows * updates,) places in training order: as many shuffled passes over all places as needed, cut into batches
    of `rows` places of similar length, in random order.

    lengths: of the examples. Where `rows` does not divide their number, each pass leaves out the few that are over,
    other ones each time.
    """
    rng = np.random.default_rng(seed)
    count = np.asarray(lengths)
    ordered: list[NDArray[np.int64]] = []
    while sum(map(len, ordered)) < rows * updates:
        places = rng.permutation(len(count))
        if len(places) < rows:
            ordered.append(places)
            continue
        places = places[: len(places) // rows * rows]
        for start in range(0, len(places), rows * BLOCK):
            block = places[start : start + rows * BLOCK]
            batches = block[np.argsort(count[block], kind="stable")].reshape(-1, rows)
            ordered.append(rng.permutation(batches).reshape(-1))
    return np.concatenate(ordered)[: rows * updates]


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
    trl, datasets, arrow = require("trl", "train"), require("datasets", "train"), require("pyarrow", "train")
    from .checkpoints import MarkComplete, go_on, last_checkpoint
    from .machine import common_arguments
    from .optimizer import MuonWithAdamW
    from .progress import Report

    short = [example for example in examples if len(example.ids) <= settings.max_length]
    if not short:
        raise ValueError(f"no example is within {settings.max_length} tokens")
    lengths = [len(example.ids) for example in short]
    order = arrange(lengths, settings.rows, settings.updates, seed)
    tokens = np.asarray(lengths)[order].cumsum()[settings.rows - 1 :: settings.rows]  # trained on after each update
    # Each example is held once, and the order is a list of places in it.
    columns = {"input_ids": [example.ids for example in short], "labels": [example.labels for example in short]}
    lists = arrow.list_(arrow.int32())
    table = arrow.table({name: arrow.array(column, type=lists) for name, column in columns.items()})
    data = datasets.Dataset(table).select(order)
    arguments = trl.SFTConfig(
        per_device_train_batch_size=settings.rows,
        train_sampling_strategy="sequential",
        lr_scheduler_type="cosine",
        warmup_steps=int(settings.warmup * settings.updates),
        max_length=None,
        pad_to_multiple_of=16,
        dataset_kwargs={"skip_prepare_dataset": True},
        **common_arguments(settings, folder, seed),
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
                {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate"},
                probe,
                settings.probe_every,
                lambda update: {"tokens": float(tokens[update - 1])},
            ),
        ],
    )
    go_on(trainer, last_checkpoint(folder))
    language_model.model.eval()
    return {"examples": len(short), "left_out": len(examples) - len(short), "tokens": int(tokens[-1])}
