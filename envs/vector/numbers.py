"""Number games on arrays: a state is a hand, sorted, of fractions that are not reduced."""

from __future__ import annotations

import math
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
            first=np.full((envs, self.ahead, layout.width), -1, np.float32),
            legal=_legal(layout),
            moves=np.array(layout.moves),
            whole=difficulty.get("rules") == "integer",
            spare=difficulty.get("use") == "any",
            left=np.zeros((envs, nodes), np.int64),
            numbers=np.zeros((envs, nodes, 3, layout.size)),
            rows=self.rows,
        )
        if layout.rules:
            self._hands.first[:, :, -2:] = self._hands.whole, self._hands.spare
        self._settle = compiled(settle_hands)

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, self.ahead, self._split, **self._difficulty)
        # As in single environments: the log1p of NumPy may differ in the last bit.
        logs = np.reshape([math.log1p(number) for number in dealt.ravel().tolist()], dealt.shape)
        size, hand = self._game.layout.size, dealt.shape[1] - 1
        for table, filled in ((self._hands.dealt, dealt), (self._hands.first, logs)):
            table[env, :, :hand], table[env, :, size] = filled[:, :-1], filled[:, -1]

    def settle(self, trees: Trees) -> None:
        self._settle(trees, self._hands)


def _legal(layout: Layout) -> NDArray[np.int16]:
    """The table of `Hands.legal`."""
    legal = np.full((3**layout.size, layout.n_actions), REFUSED, np.int16)
    for equal, mask in layout.legal.items():
        code = sum((1 + same) * 3**k for k, same in enumerate(equal))
        legal[code] = np.where(mask, FRESH, REFUSED)
    return legal
