"""Number games on arrays: a state is a hand, sorted, of fractions that are not reduced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.numbers import Layout, NumberGame
from .kernels import FRESH, REFUSED, Hands, Trees, compiled, settle_hands


class NumberRules:
    """See `metacot.envs.vector.rules.Rules`."""

    ahead = 64

    def __init__(self, game: NumberGame, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._game, self._split, self._difficulty = game, split, difficulty
        self.solvable = difficulty.get("solvable") != "mixed"
        layout = game.layout
        self.rows = np.zeros((envs, nodes, layout.width), np.float32)
        self._hands = Hands(
            dealt=np.full((envs, self.ahead, layout.size + 1), -1),
            legal=_legal(layout),
            moves=np.array(layout.moves),
            whole=difficulty.get("rules") == "integer",
            spare=difficulty.get("use") == "any",
            left=np.zeros((envs, nodes), np.int64),
            numbers=np.zeros((envs, nodes, layout.size, 2)),
            rows=self.rows,
        )
        self._settle = compiled(settle_hands)

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, self.ahead, self._split, **self._difficulty)
        hand = dealt.shape[1] - 1
        self._hands.dealt[env, :, :hand] = dealt[:, :hand]
        self._hands.dealt[env, :, -1] = dealt[:, -1]

    def settle(self, trees: Trees) -> None:
        self._settle(trees, self._hands)


def _legal(layout: Layout) -> NDArray[np.int16]:
    """The table of `Hands.legal`."""
    legal = np.full((3**layout.size, layout.n_actions), REFUSED, np.int16)
    for equal, mask in layout.legal.items():
        code = sum((1 + same) * 3**k for k, same in enumerate(equal))
        legal[code] = np.where(mask, FRESH, REFUSED)
    return legal
