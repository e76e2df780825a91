"""Number games on arrays.

A state is a row of 2 * (size + 2) float64: the numerators 0, n_1 ... n_size, inf and below them the denominators; used
up numbers are inf / 1, at the end. Fractions are not reduced. With hands of up to six numbers to 100 no numerator or
denominator passes 2 ** 45, so they are exact, and two different values differ by more than 2 ** -46 of their size, so
that the quotients, rounded once, are equal or ordered exactly as the fractions are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.numbers import Layout, NumberGame
from ...tasks.numbers.layout import OPERATIONS
from .rules import AHEAD, FRESH, REFUSED, Ints

Floats = NDArray[np.float64]

# From the products a/b of numerators and denominators (p = an * bd, q = bn * ad, ad * bd, an * bn) to the numerator
# and the denominator of a+b, a*b, b-a, b/a, a/b.
_COEFFICIENTS = np.array(
    [
        [[1, 1, 0, 0], [0, 0, 1, 0]],
        [[0, 0, 0, 1], [0, 0, 1, 0]],
        [[-1, 1, 0, 0], [0, 0, 1, 0]],
        [[0, 1, 0, 0], [1, 0, 0, 0]],
        [[1, 0, 0, 0], [0, 1, 0, 0]],
    ],
    float,
)


class NumberRules:
    """See `metacot.envs.vector.rules.Rules`."""

    def __init__(self, game: NumberGame, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._game, self._split, self._difficulty = game, split, difficulty
        layout = game.layout
        self.size = size = layout.size
        self.solvable = difficulty.get("solvable") != "mixed"
        self._states = np.zeros((envs * nodes, 2 * (size + 2)))
        self.rows = np.zeros((envs * nodes, layout.width), np.float32)
        self.solved = np.zeros(envs * nodes, bool)
        self._aims = np.zeros((envs, layout.width - size), np.float32)  # the end of an observation
        self._targets = np.zeros((envs, 1))
        self._whole = difficulty.get("rules") == "integer"
        self._spare = difficulty.get("use") == "any"
        # Problems as their first states, their targets, and the end of their observations.
        self._dealt = np.zeros((envs * AHEAD, 2 * (size + 2) + 1 + self._aims.shape[1]))
        self._dealt[:, 1 : size + 2] = np.inf
        self._dealt[:, size + 2 : 2 * (size + 2)] = 1
        if layout.rules:
            self._dealt[:, -2:] = self._whole, self._spare
        self._pick, self._insert = _gathers(layout)
        self._compute = np.stack([_COEFFICIENTS[operation] for _, _, operation in layout.moves])
        self._legal = _legal_rows(layout)
        self._powers = 1 << np.arange(size, dtype=np.int8)
        self._lower = np.array([i + 1 for i, _ in layout.pairs])
        self._upper = np.array([j + 1 for _, j in layout.pairs])
        self._offsets = np.arange(envs)[:, None] * self._pick.shape[1]

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, AHEAD, self._split, **self._difficulty)
        hand, width = dealt.shape[1] - 1, self.size + 2
        rows = self._dealt[env * AHEAD : (env + 1) * AHEAD]
        rows[:, 1 : hand + 1] = dealt[:, :-1]
        rows[:, 2 * width] = dealt[:, -1]
        rows[:, 2 * width + 1] = [math.log1p(target) for target in dealt[:, -1].tolist()]

    def settle(self, source: Ints, action: Ints, target: Ints, env: Ints, slots: Ints) -> NDArray[np.int16]:
        states = self._grown(source, action)
        if slots.size:
            width, begun = self._states.shape[1], env[len(source) :]
            starts = self._dealt.take(slots, axis=0)
            self._targets[begun] = starts[:, width : width + 1]
            self._aims[begun] = starts[:, width + 1 :]
            states = np.concatenate((states, starts[:, :width]))
        size, half = self.size, self.size + 2
        values = states[:, : half - 1] / states[:, half:-1]
        numbers = values[:, 1:]
        there = numbers < np.inf
        left = there.sum(1)
        code = (numbers == values[:, :-1]).view(np.int8) @ self._powers
        seen = np.log1p(numbers)
        seen[~there] = -1
        self._states[target] = states
        self.rows[target, :size] = seen
        self.rows[target, size:] = self._aims.take(env, axis=0)
        hit = numbers == self._targets.take(env, axis=0)
        self.solved[target] = hit.any(1) if self._spare else hit[:, 0] & (left == 1)
        legal = self._legal.take(left * (1 << size) + code, axis=0)
        if self._whole:
            low, high = values.take(self._lower, axis=1), values.take(self._upper, axis=1)
            with np.errstate(invalid="ignore"):  # by zero, and of what is used up
                legal[:, 3::OPERATIONS][np.fmod(high, low) != 0] = REFUSED
                legal[:, 4::OPERATIONS][np.fmod(low, high) != 0] = REFUSED
        return legal

    def _grown(self, source: Ints, action: Ints) -> Floats:
        """The states that actions lead to, with the result put in its place."""
        size, width = self.size, self._states.shape[1]
        parts = self._states.reshape(-1).take(self._pick.take(action, axis=0) + (source * width)[:, None])
        products = parts[:, :4] * parts[:, 4:8]
        result = (self._compute.take(action, axis=0) @ products[:, :, None])[:, :, 0]
        last = 8 + size
        parts[:, last], parts[:, -1] = result[:, 0], result[:, 1]
        values = parts[:, 10 : last + 1] / parts[:, 10 + size :]
        place = (values[:, :-1] < values[:, -1:]).sum(1)
        return parts.reshape(-1).take(self._insert.take(place, axis=0) + self._offsets[: len(source)])


def _gathers(layout: Layout) -> tuple[Ints, Ints]:
    """Which columns of a state an action takes, and how its parts make up the next state.

    The parts are the left and the right sides of the four products, then 0, inf, the numerators of the numbers that
    stay and of the result, then 1, their denominators, and that of the result. The second table has a row for each
    number of those that stay below the result.
    """
    size, half = layout.size, layout.size + 2
    pick = []
    for i, j, _ in layout.moves:
        an, bn, ad, bd = 1 + i, 1 + j, half + 1 + i, half + 1 + j
        stay = [1 + k for k in range(size) if k not in (i, j)]
        pick.append([an, bn, ad, an, bd, ad, bd, bn, 0, size + 1, *stay, 0, half, *(half + k for k in stay), half])
    zero, used, one = 8, 9, 9 + size
    insert = []
    for below in range(size - 1):
        numbers = list(range(10, 8 + size))
        numbers.insert(below, 8 + size)
        insert.append([zero, *numbers, used, used, one, *(column + size for column in numbers), one, one])
    return np.array(pick), np.array(insert)


def _legal_rows(layout: Layout) -> NDArray[np.int16]:
    """((size + 1) * 2 ** size, n_actions): the legal row of a hand of so many numbers and of one pattern, whose bit
    k says that number k is equal to the one before (for the first: to 0); so is all that is used up but its first."""
    size = layout.size
    legal = np.full(((size + 1) << size, layout.n_actions), REFUSED, np.int16)
    for equal, mask in layout.legal.items():
        bits = sum(1 << k for k in range(size) if (equal[k] if k < len(equal) else k > len(equal)))
        legal[(len(equal) << size) + bits] = np.where(mask, FRESH, REFUSED)
    return legal
