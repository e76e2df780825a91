"""Number games on arrays.

A state is a row of float64: the target, 1, nan, the numerators n_1 ... n_size, the denominators, 0 and the values v_1
... v_size; used up numbers are nan / 1, at the end. Fractions are not reduced. With hands of up to six numbers to 100
no numerator or denominator passes 2 ** 45, so they are exact, and two different values differ by more than 2 ** -46 of
their size, so that the quotients, rounded once, are equal or ordered exactly as the fractions are.
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
        self._whole = difficulty.get("rules") == "integer"
        self._spare = difficulty.get("use") == "any"
        # Problems: their first states, and what is seen of them when all numbers are used up.
        self._starts = np.zeros((envs * AHEAD, 4 + 3 * size))
        self._starts[:, 1] = 1
        self._starts[:, 2 : 3 + size] = np.nan
        self._starts[:, 3 + size : 3 + 2 * size] = 1
        self._starts[:, 4 + 2 * size :] = np.nan
        self._aims = np.full((envs * AHEAD, layout.width), -1, np.float32)
        if layout.rules:
            self._aims[:, -2:] = self._whole, self._spare
        self._slot = np.zeros(envs, np.int64)  # of the present problems
        self._states = np.zeros((envs * nodes, self._starts.shape[1]))
        self.rows = np.zeros((envs * nodes, layout.width), np.float32)
        self.solved = np.zeros(envs * nodes, bool)
        self._pick, self._insert = _gathers(layout)
        self._compute = np.stack([_COEFFICIENTS[operation] for _, _, operation in layout.moves])
        self._legal = _legal_rows(layout)
        self._powers = 3.0 ** np.arange(size)
        self._lower, self._upper = np.array(layout.pairs).T
        self._offsets = np.arange(envs)[:, None] * self._pick.shape[1]

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, AHEAD, self._split, **self._difficulty)
        hand, size = dealt.shape[1] - 1, self.size
        slots = slice(env * AHEAD, (env + 1) * AHEAD)
        starts = self._starts[slots]
        starts[:, 0] = dealt[:, -1]
        starts[:, 3 : 3 + hand] = starts[:, 4 + 2 * size : 4 + 2 * size + hand] = dealt[:, :-1]
        self._aims[slots, size] = [math.log1p(target) for target in dealt[:, -1].tolist()]

    def settle(self, source: Ints, action: Ints, target: Ints, env: Ints, slots: Ints) -> NDArray[np.int16]:
        states = self._grown(source, action)
        if slots.size:
            self._slot[env[len(source) :]] = slots
            states = np.concatenate((states, self._starts.take(slots, axis=0)))
        numbers = states[:, -self.size :]
        there = numbers >= 0
        equal = numbers == states[:, -self.size - 1 : -1]
        seen = self._aims.take(self._slot.take(env), axis=0)
        np.log1p(numbers, out=seen[:, : self.size], where=there)
        self._states[target] = states
        self.rows[target] = seen
        hit = numbers == states[:, :1]
        self.solved[target] = hit.any(1) if self._spare else hit[:, 0] > there[:, 1]
        code = np.add(there, equal, dtype=float) @ self._powers
        legal = self._legal.take(code.astype(np.int64), axis=0)
        if self._whole:
            low, high = numbers.take(self._lower, axis=1), numbers.take(self._upper, axis=1)
            with np.errstate(invalid="ignore"):  # by zero, and of what is used up
                legal[:, 3::OPERATIONS][np.fmod(high, low) != 0] = REFUSED
                legal[:, 4::OPERATIONS][np.fmod(low, high) != 0] = REFUSED
        return legal

    def _grown(self, source: Ints, action: Ints) -> Floats:
        """The states that actions lead to, with the result put in its place."""
        columns = self._pick.take(action, axis=0)
        columns += (source * self._states.shape[1])[:, None]
        parts = self._states.take(columns)
        products = parts[:, :4] * parts[:, 4:8]
        result = (self._compute.take(action, axis=0) @ products[:, :, None])[:, :, 0]
        parts[:, -3:-1] = result
        np.divide(result[:, 0], result[:, 1], out=parts[:, -1])
        place = (parts[:, -self.size - 1 : -3] < parts[:, -1:]).sum(1)
        return parts.take(self._insert.take(place, axis=0) + self._offsets[: len(source)])


def _gathers(layout: Layout) -> tuple[Ints, Ints]:
    """Which columns of a state an action takes, and how its parts make up the next state.

    The parts are the left and the right sides of the four products; the target, 1, nan and 0; the numerators, the
    denominators and the values of the numbers that stay; and those of the result, last. The second table has a row for
    each number of those that stay below the result.
    """
    size, stays = layout.size, layout.size - 2
    top, bottom, zero = 3, 3 + size, 3 + 2 * size
    pick = []
    for i, j, _ in layout.moves:
        an, bn, ad, bd = top + i, top + j, bottom + i, bottom + j
        rest = [first + k for first in (top, bottom, zero + 1) for k in range(size) if k not in (i, j)]
        pick.append([an, bn, ad, an, bd, ad, bd, bn, 0, 1, 2, zero, *rest, zero, zero, zero])
    target, one, used, null, stay = 8, 9, 10, 11, 12
    insert = []
    for below in range(stays + 1):
        columns = []
        for kind in range(3):
            first = stay + kind * stays
            columns.append([*range(first, first + stays), one if kind == 1 else used])
            columns[-1].insert(below, stay + 3 * stays + kind)
        insert.append([target, one, used, *columns[0], *columns[1], null, *columns[2]])
    return np.array(pick), np.array(insert)


def _legal_rows(layout: Layout) -> NDArray[np.int16]:
    """(3 ** size, n_actions): the legal rows of all hands of one pattern, whose digit k is 0 where number k is used up,
    2 where it is equal to the one before (for the first: to 0), else 1."""
    legal = np.full((3**layout.size, layout.n_actions), REFUSED, np.int16)
    for equal, mask in layout.legal.items():
        code = sum((1 + same) * 3**k for k, same in enumerate(equal))
        legal[code] = np.where(mask, FRESH, REFUSED)
    return legal
