"""The small value network, computed with NumPy alone: whoever only scores needs no PyTorch.

    h = max over the parts of relu(parts layers)      (0 where a state has no parts)
    logit = head layers([face, h])

The maximum says that one good operation is enough, whatever the others are. Training: `metacot.agents.training.prm`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import Encoded

Floats = NDArray[np.float32]
Layer = tuple[Floats, Floats]
"""Weights (out, in) and bias (out,)."""


@dataclass(frozen=True)
class Network:
    """parts, head: their layers, with relu between them (of the parts also after the last)."""

    parts: tuple[Layer, ...]
    head: tuple[Layer, ...]

    def logits(self, states: Encoded) -> NDArray[np.float64]:
        """(n,): above 0 is promising. In float64, so that a state gets the same logit in every batch, but for the last
        bits of that, which nobody keeps."""
        inputs = states.faces.astype(np.float64)
        if self.parts:
            hidden = states.parts.astype(np.float64)
            for weights, bias in self.parts:
                hidden = np.maximum(hidden @ weights.T + bias, 0.0)
            best = np.zeros((len(inputs), self.parts[-1][1].size))
            some = np.flatnonzero(states.counts)
            if some.size:
                starts = (np.cumsum(states.counts) - states.counts)[some]
                best[some] = np.maximum.reduceat(hidden, starts, axis=0)
            inputs = np.concatenate([inputs, best], axis=1)
        for weights, bias in self.head[:-1]:
            inputs = np.maximum(inputs @ weights.T + bias, 0.0)
        weights, bias = self.head[-1]
        return (inputs @ weights.T + bias)[:, 0]

    def arrays(self) -> dict[str, Floats]:
        """Every array by name, as they are kept on disk."""
        named: dict[str, Floats] = {}
        for block in ("parts", "head"):
            for place, (weights, bias) in enumerate(getattr(self, block)):
                named |= {f"{block}.{place}.weight": weights, f"{block}.{place}.bias": bias}
        return named

    @classmethod
    def from_arrays(cls, named: Mapping[str, Any]) -> Network:
        """Inverse of `arrays`. Raises KeyError where a layer is only half there."""

        def layers(block: str) -> tuple[Layer, ...]:
            count = sum(name.startswith(f"{block}.") and name.endswith(".weight") for name in named)
            return tuple(
                (np.asarray(named[f"{block}.{i}.weight"]), np.asarray(named[f"{block}.{i}.bias"])) for i in range(count)
            )

        return cls(layers("parts"), layers("head"))
