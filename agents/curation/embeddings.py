"""Near-duplicates by embeddings: all problems with all, block by block, as the paper does it (cosine above 0.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.data import SOURCES, Columns
from ...tasks.extras import require
from .store import PAIR, Store, save

BATCH = 32
"""Problems a forward pass."""

LONGEST = 512
"""Tokens of a problem that are looked at."""


def embed(store: Store, shard: int) -> int:
    """Write the embeddings of a shard, with the numbers of their rows; returns how many."""
    source, dropped = SOURCES[store.settings.source], store.dropped
    rows = [number for number, _ in store.sifted(shard) if not dropped[number]]
    texts = [source.read(store.row(row), source, Columns())[0].problem for row in rows]
    assert store.settings.embed is not None, "asked for only with a model"
    save(store.path("embed", shard, ".rows.npy"), np.array(rows, np.int64))
    save(store.path("embed", shard, ".npy"), vectors(store.settings.embed, texts))
    return len(rows)


def vectors(model: str, texts: list[str]) -> NDArray[np.float32]:
    """(texts, d): the mean of the model's last hidden states, of length 1."""
    torch = require("torch", "lm")
    tokenizer, network = _model(model)
    found = [np.zeros((0, network.config.hidden_size), np.float32)]
    for start in range(0, len(texts), BATCH):
        batch = tokenizer(
            texts[start : start + BATCH], return_tensors="pt", padding=True, truncation=True, max_length=LONGEST
        )
        with torch.inference_mode():
            states = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        weights = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        found.append(torch.nn.functional.normalize(mean, dim=-1).float().numpy())
    return np.concatenate(found)


@lru_cache(maxsize=1)
def _model(name: str) -> tuple[Any, Any]:
    transformers = require("transformers", "lm")
    tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, transformers.AutoModel.from_pretrained(name).eval()


def cosine_pairs(store: Store, shard: int) -> NDArray[Any]:
    """All pairs above the threshold whose later row is in this shard. Memory: two shards of embeddings."""
    own = np.load(store.path("embed", shard, ".npy"))
    rows = np.load(store.path("embed", shard, ".rows.npy"))
    found = []
    for before in range(shard + 1):
        others = np.load(store.path("embed", before, ".npy"))
        other_rows = np.load(store.path("embed", before, ".rows.npy"))
        later, earlier = np.nonzero(own @ others.T > store.settings.alike)
        pairs = np.zeros(len(later), PAIR)
        pairs["later"], pairs["earlier"] = rows[later], other_rows[earlier]
        found.append(pairs[pairs["earlier"] < pairs["later"]])
    return np.sort(np.concatenate(found), order=("later", "earlier"))
