"""Training process reward models through transformers' Trainer: the small value network, and language models that read
steps. Checkpoints, bars and resuming are those of supervised fine-tuning.

Everything is computed in the precision of the weights: values are probabilities, and the coarse steps of bfloat16 would
be seen in their calibration.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ...rewards.features import Encoded
from ...rewards.networks import Network
from ...rewards.prm import CONFIG, MODELS, WEIGHTS, FaceReader, LearnedPRM, StateReader
from ...rewards.readers import BETA, MODEL, REFERENCE, TextReader, tokens_of
from ...tasks.extras import require
from ..files import write_whole
from ..policies.model import LanguageModel, quiet
from ..tracking import Tracker
from .intervals import check_intervals
from .prm_data import LabelledText
from .sft import arrange

STAGE = "prm"


@dataclass(frozen=True)
class PRMSettings:
    """model: mlp, lm or implicit. updates: optimizer steps. rows: states or texts an update. lr: peak step size.

    width: hidden units of the mlp. lora: rank of the adapters that are trained in place of all weights of a language
    model, None = all weights. beta: of an implicit one. max_length: longer texts (tokens) are left out and counted.
    save_every, log_every: in updates.
    """

    model: str = "mlp"
    updates: int = 6000
    rows: int = 384
    lr: float = 5e-3
    width: int = 48
    lora: int | None = None
    beta: float = BETA
    max_length: int = 512
    save_every: int = 500
    log_every: int = 50

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"a model is one of {', '.join(MODELS)}, got {self.model!r}")
        if min(self.updates, self.rows, self.width) < 1 or not self.lr > 0:
            raise ValueError(f"updates, rows, width and lr must be positive, got {self}")
        if self.lora is not None and (self.lora < 1 or self.model == "mlp"):
            raise ValueError("lora is the rank, at least 1, of the adapters of a language model")
        check_intervals(self.save_every, self.log_every)


def train_network(
    states: Encoded,
    targets: Sequence[float],
    depths: Sequence[int],
    settings: PRMSettings,
    folder: Path,
    *,
    tracker: Tracker,
    seed: int,
) -> Network:
    """The small network; resumes from the newest checkpoint in `folder`.

    targets: (n,) in [0, 1]. depths: (n,) steps from the start. Raises ValueError where there is no state.
    """
    if not len(targets):
        raise ValueError("there is no labelled state to train on")
    torch = require("torch", "train")
    from .prm_modules import StateBatches, ValueNetwork

    part = states.parts.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = ValueNetwork(states.faces.shape[1], part, settings.width)
    data = StateBatches(states, targets, depths, settings.rows, settings.updates, seed)
    _train(require("transformers", "train").Trainer, module, data, settings, folder, tracker, seed)
    return module.network()


def train_reader(
    language_model: LanguageModel,
    texts: Sequence[LabelledText],
    settings: PRMSettings,
    folder: Path,
    *,
    tracker: Tracker,
    seed: int,
) -> TextReader:
    """A language model that reads steps; resumes from the newest checkpoint in `folder`.

    An lm is `language_model` with a value head in place of its output, taught at the end of every labelled piece. An
    implicit one is `language_model` itself beside a frozen copy, taught the last label of each text alone.
    Raises ValueError where no text is short enough.
    """
    torch = require("torch", "train")
    from .prm_modules import ReaderTrainer, TextBatches

    found = [_tokens(language_model.tokenizer, text, settings.model) for text in texts]
    short = [(ids, targets) for ids, targets in found if len(ids) <= settings.max_length and max(targets) >= 0]
    if not short:
        raise ValueError(f"no labelled text is within {settings.max_length} tokens")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, reference = _models(language_model, settings)
    order = arrange([len(ids) for ids, _ in short], settings.rows, settings.updates, seed)
    places = order.reshape(settings.updates, settings.rows)
    data = TextBatches([ids for ids, _ in short], [targets for _, targets in short], places)
    trainer = _train(
        ReaderTrainer, model, data, settings, folder, tracker, seed, reference=reference, beta=settings.beta
    )
    whole = trainer.model.merge_and_unload() if settings.lora else trainer.model
    return TextReader(whole, language_model.tokenizer, reference=reference, beta=settings.beta)


def _tokens(tokenizer: Any, text: LabelledText, model: str) -> tuple[list[int], list[float]]:
    """The ids, and for each what should be said there, -1 where nothing is known."""
    ids, ends = tokens_of(tokenizer, text.pieces)
    targets = [-1.0] * len(ids)
    known = [(end, target) for end, target in zip(ends, text.targets, strict=True) if target is not None]
    for end, target in known[-1:] if model == "implicit" else known:
        targets[end] = target
    return ids, targets


def _models(language_model: LanguageModel, settings: PRMSettings) -> tuple[Any, Any]:
    """What is trained, and the frozen reference of an implicit model."""
    transformers = require("transformers", "train")
    causal, reference = language_model.model, None
    if settings.model == "lm":
        config = deepcopy(causal.config)
        config.num_labels = 1
        model = transformers.AutoModelForTokenClassification.from_config(config)
        model.base_model.load_state_dict(causal.base_model.state_dict())  # only the head is new
        model.to(causal.device)
    else:
        model = causal
        reference = type(causal)(causal.config).to(causal.device)
        reference.load_state_dict(causal.state_dict())
        reference.eval().requires_grad_(False)
    if settings.lora:
        peft = require("peft", "train")
        kind = "TOKEN_CLS" if settings.model == "lm" else "CAUSAL_LM"
        chosen = peft.LoraConfig(
            task_type=kind,
            r=settings.lora,
            lora_alpha=2 * settings.lora,
            target_modules="all-linear",
            exclude_modules=["score", "classifier"],  # a new head is trained as a whole
        )
        with quiet():
            model = peft.get_peft_model(model, chosen)
    return model, reference


def _train(
    kind: Any, model: Any, data: Any, settings: PRMSettings, folder: Path, tracker: Tracker, seed: int, **more: Any
) -> Any:
    """Train in place; item u of `data` is the whole batch of update u."""
    transformers = require("transformers", "train")
    from .checkpoints import MarkComplete, go_on, last_checkpoint
    from .machine import common_arguments
    from .progress import Report

    arguments = transformers.TrainingArguments(
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        learning_rate=settings.lr,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, settings.updates // 20),
        weight_decay=0.0,
        remove_unused_columns=False,
        **(common_arguments(settings, folder, seed) | {"bf16": False}),
    )
    names = {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate"}
    trainer = kind(
        model=model,
        args=arguments,
        train_dataset=data,
        data_collator=lambda rows: rows[0],
        callbacks=[MarkComplete(), Report(STAGE, tracker, names)],
        **more,
    )
    go_on(trainer, last_checkpoint(folder))
    model.eval()
    return trainer


def fine_tune(
    prm: LearnedPRM, task: Any, states: Sequence[Any], targets: Sequence[float], *, updates: int = 50, lr: float = 1e-3
) -> None:
    """Train a model on, in place, as new states are met: `updates` steps of AdamW on all of them at once.

    targets: (n,) in [0, 1]. The values it remembers are forgotten, its temperature stays. Raises ValueError where there
    is no state.
    """
    if not len(states):
        raise ValueError("there is no labelled state to train on")
    torch = require("torch", "train")
    from ...rewards.features import encode_states
    from .prm_modules import ValueNetwork, reader_loss, state_batch

    reader: StateReader = prm.reader
    if isinstance(reader, FaceReader):
        module: Any = ValueNetwork.of(reader.network)
        batch = state_batch(encode_states(task, states), targets, np.arange(len(states)))

        def loss() -> Any:
            return module(**batch)["loss"]
    elif isinstance(reader, TextReader):
        module = reader.model.train()
        inputs = reader.taught(task, states, targets)

        def loss() -> Any:
            return reader_loss(module, reader.reference, reader.beta, **inputs)
    else:
        raise ValueError(f"a {type(reader).__name__} cannot be trained on")
    optimizer = torch.optim.AdamW(module.parameters(), lr=lr, weight_decay=0.0)
    for _ in range(updates):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    module.eval()
    if isinstance(reader, FaceReader):
        reader.network = module.network()
    prm.forget()


def save_prm(prm: LearnedPRM, folder: Path, config: dict[str, Any]) -> None:
    """Weights first, `prm.json` last: a folder with it is whole. config: what else it should say."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(prm.reader, FaceReader):
        kept = BytesIO()
        np.savez(kept, **prm.reader.network.arrays())  # type: ignore[arg-type]  # names are not allow_pickle
        write_whole(folder / WEIGHTS, kept.getvalue())
    elif isinstance(prm.reader, TextReader):
        LanguageModel(prm.reader.model, prm.reader.tokenizer).save(folder / MODEL)
        if prm.reader.reference is not None:
            LanguageModel(prm.reader.reference, prm.reader.tokenizer).save(folder / REFERENCE)
    said = {**config, "task": prm.task, "temperature": prm.temperature}
    write_whole(folder / CONFIG, json.dumps(said, indent=1, sort_keys=True) + "\n")
