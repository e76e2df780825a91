"""The parts of training a process reward model that are made of PyTorch: the network, its batches, the trainer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import Trainer

from ...rewards.features import Encoded
from ...rewards.networks import Network
from ...rewards.readers import padded, token_logits

NO_TARGET = -1.0

LEAST = 0.03
"""The smallest share of a depth in a batch, before all shares are made to add up to 1."""


class ValueNetwork(nn.Module):
    """`metacot.rewards.networks.Network` with gradients; its parameters have the names of the arrays there."""

    def __init__(self, face: int, part: int, width: int):
        super().__init__()
        parts = [(part, width), (width, width), (width, width)] if part else []
        self.parts = nn.ModuleList(nn.Linear(*sizes) for sizes in parts)
        self.head = nn.ModuleList([nn.Linear(face + (width if part else 0), width), nn.Linear(width, 1)])

    def forward(self, faces: Any, parts: Any, counts: Any, targets: Any) -> dict[str, Any]:
        """Shapes as in `Encoded`; targets (n,) in [0, 1]. The loss is the mean binary cross-entropy."""
        if len(self.parts):
            for layer in self.parts:
                parts = layer(parts).relu()
            owners = torch.repeat_interleave(torch.arange(len(faces), device=faces.device), counts)
            best = parts.new_zeros(len(faces), parts.shape[1])
            best = best.scatter_reduce(0, owners[:, None].expand_as(parts), parts, "amax")
            faces = torch.cat([faces, best], dim=1)
        for layer in self.head[:-1]:
            faces = layer(faces).relu()
        logits = self.head[-1](faces)[:, 0]
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, targets), "logits": logits}

    def network(self) -> Network:
        """A copy without gradients."""
        return Network.from_arrays({name: p.detach().cpu().numpy().copy() for name, p in self.state_dict().items()})

    @classmethod
    def of(cls, network: Network) -> ValueNetwork:
        """A copy with gradients."""
        arrays = {name: torch.from_numpy(array.copy()) for name, array in network.arrays().items()}
        width = network.head[0][0].shape[0]
        part = network.parts[0][0].shape[1] if network.parts else 0
        module = cls(network.head[0][0].shape[1] - (width if part else 0), part, width)
        module.load_state_dict(arrays)
        return module


def state_batch(states: Encoded, targets: Any, places: Any) -> dict[str, Any]:
    """The arguments of `ValueNetwork.forward` for some of the states."""
    taken = states.take(places)
    arrays = {**taken._asdict(), "targets": np.asarray(targets, np.float32)[places]}
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


class StateBatches(torch.utils.data.Dataset[dict[str, Any]]):
    """Batch u holds `rows` states, decided by (seed, u) alone, so that a resumed run sees what it would have seen.

    Each depth has a share that grows with its number of states and the spread of their labels (Neyman's allocation),
    but LEAST at least: most states lie deep, where nearly all labels are alike and little is left to learn.
    """

    def __init__(self, states: Encoded, targets: Any, depths: Sequence[int], rows: int, updates: int, seed: int):
        self.states, self.targets = states, np.asarray(targets, np.float32)
        self.rows, self.updates, self.seed = rows, updates, seed
        kinds = np.asarray(depths)
        self.levels = [np.flatnonzero(kinds == depth) for depth in np.unique(kinds)]
        spread = np.array([len(level) * self.targets[level].std() for level in self.levels], float)
        shares = np.maximum(spread / (spread.sum() or 1.0), LEAST)
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return self.updates

    def __getitem__(self, update: int) -> dict[str, Any]:
        rng = np.random.default_rng((self.seed, update))
        counts = rng.multinomial(self.rows, self.shares)
        drawn = [level[rng.integers(len(level), size=count)] for level, count in zip(self.levels, counts, strict=True)]
        places = np.concatenate(drawn)
        return state_batch(self.states, self.targets, places)


class TextBatches(torch.utils.data.Dataset[dict[str, Any]]):
    """Batch u holds the texts at `order[u]`.

    ids: of each text. targets: of each text as many, -1 where there is none. order: (updates, rows).
    """

    def __init__(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[float]], order: Any):
        self.ids, self.targets, self.order = ids, targets, order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, update: int) -> dict[str, Any]:
        places = self.order[update]
        ids, mask = padded([self.ids[place] for place in places], "cpu")
        targets = torch.full(ids.shape, NO_TARGET)
        for row, place in enumerate(places):
            targets[row, : len(self.targets[place])] = torch.tensor(self.targets[place])
        return {"input_ids": ids, "attention_mask": mask, "targets": targets}


class ReaderTrainer(Trainer):
    """Soft binary cross-entropy where there is a target, on what `token_logits` says there."""

    def __init__(self, *arguments: Any, reference: Any = None, beta: float = 0.0, **more: Any):
        super().__init__(*arguments, **more)
        self.reference, self.beta = reference, beta

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **more: Any) -> Any:
        """Called by the trainer for every batch."""
        return reader_loss(model, self.reference, self.beta, **inputs)


def reader_loss(model: Any, reference: Any, beta: float, input_ids: Any, attention_mask: Any, targets: Any) -> Any:
    """The mean over all targets of a batch."""
    logits = token_logits(model, reference, beta, input_ids, attention_mask).float()
    known = targets != NO_TARGET
    return nn.functional.binary_cross_entropy_with_logits(logits[known], targets[known])
