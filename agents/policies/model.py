"""Language models: a small Llama from a config with a closed tokenizer, or any pretrained one by name or folder."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...tasks import Task
from ...tasks.extras import require
from .tokenizer import closed_tokenizer


@dataclass(frozen=True)
class ModelConfig:
    """A small Llama trained from scratch, or a pretrained model where `name` is given (then the sizes do not count).

    width, layers, heads, inner: hidden size, number of layers, attention heads, size of the feed-forward part.
    context: positions the model can attend to.
    """

    name: str | None = None
    width: int = 128
    layers: int = 4
    heads: int = 4
    inner: int = 384
    context: int = 2048

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.heads, self.inner, self.context) < 1 or self.width % self.heads:
            raise ValueError(f"sizes must be positive and width a multiple of heads, got {self}")


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal language model and its tokenizer."""

    model: Any
    tokenizer: Any

    @property
    def line_ends(self) -> frozenset[int]:
        """Ids of every token whose text ends a line, and of the end of text."""
        return _line_ends(self.tokenizer)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids without special tokens. Raises where a closed tokenizer does not know a word."""
        return self.tokenizer(texts, add_special_tokens=False)["input_ids"]

    def decode(self, lines: list[list[int]]) -> list[str]:
        """The text of each line; an end of text behind it is left out, since it ends the line and is not part of it."""
        end = self.tokenizer.eos_token_id
        return self.tokenizer.batch_decode([ids[:-1] if ids and ids[-1] == end else ids for ids in lines])

    def as_turns(self, prompts: Sequence[str]) -> list[str]:
        """Each prompt as what a user says first, in the tokenizer's chat template; as it is where there is none."""
        if getattr(self.tokenizer, "chat_template", None) is None:
            return [*prompts]
        said = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return [self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) for turns in said]

    def save(self, folder: Path) -> None:
        """Model and tokenizer, in the format of `load_model`."""
        with quiet():
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)


def new_model(task: Task[Any, Any], config: ModelConfig, seed: int) -> LanguageModel:
    """The model to start from: fresh random weights addressed by `seed`, or the pretrained one that `config` names."""
    if config.name is not None:
        return load_model(config.name)
    torch, transformers = require("torch", "lm"), require("transformers", "lm")
    tokenizer = closed_tokenizer(task)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=config.width,
                intermediate_size=config.inner,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                num_key_value_heads=config.heads,
                max_position_embeddings=config.context,
                tie_word_embeddings=True,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                bos_token_id=None,
                attn_implementation=_attention(),
            )
        )
    return LanguageModel(model.to(_device()), tokenizer)


@lru_cache(maxsize=8)
def _line_ends(tokenizer: Any) -> frozenset[int]:
    ids = range(len(tokenizer))
    texts = tokenizer.batch_decode([[i] for i in ids])
    ends = {i for i, text in zip(ids, texts, strict=True) if text.endswith("\n")}
    return frozenset(ends | {tokenizer.eos_token_id} - {None})


def load_model(name: str | Path) -> LanguageModel:
    """A saved or pretrained causal language model by folder or hub name.

    Raises OSError where there is none; on a machine without a network, name a local folder.
    """
    transformers = require("transformers", "lm")
    with quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        model = transformers.AutoModelForCausalLM.from_pretrained(name, attn_implementation=_attention())
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return LanguageModel(model.to(_device()), tokenizer)


@contextmanager
def quiet() -> Iterator[None]:
    """Within, transformers keeps three things to itself: progress bars for loading and saving, which take no time for a
    small model; that trl uses a name it has renamed; and that a checkpoint lacks the output weights of a model whose
    output weights are those of its input."""
    hub_logging = require("transformers.utils.logging", "lm")
    shown = hub_logging.is_progress_bar_enabled()
    hub_logging.disable_progress_bar()
    trainer = logging.getLogger("transformers.trainer")
    trainer.addFilter(_worth_saying)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`(is_)?gradient_checkpointing", FutureWarning)
            yield
    finally:
        trainer.removeFilter(_worth_saying)
        if shown:
            hub_logging.enable_progress_bar()


def _worth_saying(record: logging.LogRecord) -> bool:
    return "missing keys in the checkpoint model loaded: ['lm_head.weight']" not in record.getMessage()


@contextmanager
def own_precision(model: Any) -> Iterator[None]:
    """Within, a model computes as its weights are, without the bfloat16 that a trainer wraps around it.

    That makes batches of training faster, but single tokens slower: a CPU compiles its code for bfloat16 products anew
    for each length of the context, and a GPU spends more time on starting the casts than on a small model's products.
    """
    wrapped, plain = model.__dict__.get("forward"), model.__dict__.get("_original_forward")
    if plain is None:
        yield
        return
    model.forward = plain
    try:
        yield
    finally:
        model.forward = wrapped


def _device() -> str:
    """A GPU if there is one; of several, the one that torchrun gives this process."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if require("torch", "lm").cuda.is_available() else "cpu"


def _attention() -> str:
    """On a CPU, plain attention trains a small model half as fast again as the fused kernel, whose backward pass is
    slow there; elsewhere the fused kernel wins."""
    return "eager" if _device() == "cpu" else "sdpa"
