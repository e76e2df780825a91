"""Number games on arrays: a state is a hand, sorted, of fractions that are not reduced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.numbers import Layout, NumberGame
from .kernels import Hands, compiled, step_hands


class NumberRules:
    """See `metacot.envs.vector.rules.Rules`."""

    ahead = 64

    def __init__(self, game: NumberGame, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._game, self._split, self._difficulty = game, split, difficulty
        self.solvable = difficulty.get("solvable") != "mixed"
        layout, hand = game.layout, game.hands(0, 0, 1, split, **difficulty).shape[1] - 1
        self.rows = np.zeros((envs, nodes, layout.width), np.float32)
        self.states = Hands(
            dealt=np.full((envs, self.ahead, layout.size + 1), -1, np.int16),
            legal=_legal(layout),
            moves=np.array(layout.moves),
            whole=difficulty.get("rules") == "integer",
            spare=difficulty.get("use") == "any",
            target=np.zeros(envs),
            left=np.zeros((envs, nodes), np.int8),
            numbers=np.zeros((envs, nodes, hand, 2)),
            rows=self.rows,
        )
        self.step = compiled(step_hands)

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, self.ahead, self._split, **self._difficulty)
        hand = dealt.shape[1] - 1
        self.states.dealt[env, :, :hand] = dealt[:, :hand]
        self.states.dealt[env, :, -1] = dealt[:, -1]


def _legal(layout: Layout) -> NDArray[np.int64]:
    """The table of `Hands.legal`."""
    legal = np.zeros((3**layout.size, 64 * -(-layout.n_actions // 64)), np.int8)
    for equal, mask in layout.legal.items():
        code = sum((1 + same) * 3**k for k, same in enumerate(equal))
        legal[code, : layout.n_actions] = mask
    return np.packbits(legal, axis=1, bitorder="little").view("<i8").astype(np.int64)
