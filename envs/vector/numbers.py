"""Number games on arrays.

A state is a row of float64: the target, 1, nan, -1, the numerators n_1 ... n_size, the denominators, 0, the values v_1
... v_size and what is seen of them, log(1 + v); used up numbers are nan / 1, seen as -1, at the end. Fractions are not
reduced. With hands of up to six numbers to 100 no numerator or denominator passes 2 ** 45, so they are exact, and two
different values differ by more than 2 ** -46 of their size, so that the quotients, rounded once, are equal or ordered
exactly as the fractions are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.numbers import Layout, NumberGame
from ...tasks.numbers.layout import OPERATIONS
from .rules import FRESH, REFUSED, Ints

Floats = NDArray[np.float64]

# A result is (p0 + sign * p1) / p2 of three products of numerators n and denominators d of a and b: for each operation
# the six factors, p0 to p2 each, and the sign.
_OPERATIONS: tuple[tuple[str, str, int], ...] = (
    ("an bn ad", "bd ad bd", 1),  # a+b
    ("an an ad", "bn bn bd", 0),  # a*b
    ("bn an ad", "ad bd bd", -1),  # b-a
    ("bn bn an", "ad ad bd", 0),  # b/a
    ("an an bn", "bd bd ad", 0),  # a/b
)


class NumberRules:
    """See `metacot.envs.vector.rules.Rules`."""

    ahead = 64

    def __init__(self, game: NumberGame, split: str, difficulty: Mapping[str, Any], envs: int, nodes: int):
        self._game, self._split, self._difficulty = game, split, difficulty
        layout = game.layout
        self.size = size = layout.size
        self.solvable = difficulty.get("solvable") != "mixed"
        self._whole = difficulty.get("rules") == "integer"
        self._spare = difficulty.get("use") == "any"
        # Problems: their first states, and what is seen of them when all numbers are used up.
        self._values, self._seen = slice(5 + 2 * size, 5 + 3 * size), slice(5 + 3 * size, None)
        self._starts = np.zeros((envs * self.ahead, 5 + 4 * size))
        self._starts[:, 1] = 1
        self._starts[:, 2] = np.nan
        self._starts[:, 3] = -1
        self._starts[:, 4 : 4 + size] = self._starts[:, self._values] = np.nan
        self._starts[:, 4 + size : 4 + 2 * size] = 1
        self._starts[:, self._seen] = -1
        self._aims = np.full((envs * self.ahead, layout.width), -1, np.float32)
        if layout.rules:
            self._aims[:, -2:] = self._whole, self._spare
        self._slot = np.zeros(envs, np.int64)  # of the present problems
        self._states = np.zeros((envs * nodes, self._starts.shape[1]))
        self.rows = np.zeros((envs * nodes, layout.width), np.float32)
        self.solved = np.zeros(envs * nodes, bool)
        self._pick, self._insert = _gathers(layout)
        self._stay = slice(11 + 2 * (size - 2), 11 + 3 * (size - 2))
        self._sign = np.array([float(_OPERATIONS[operation][2]) for _, _, operation in layout.moves])
        self._legal = _legal_rows(layout)
        self._powers = 3.0 ** np.arange(size)
        self._lower, self._upper = np.array(layout.pairs).T
        self._every = np.arange(envs)

    def supply(self, env: int, seed: int, first: int) -> None:
        dealt = self._game.hands(seed, first, self.ahead, self._split, **self._difficulty)
        hand, size = dealt.shape[1] - 1, self.size
        slots = slice(env * self.ahead, (env + 1) * self.ahead)
        starts = self._starts[slots]
        starts[:, 0] = dealt[:, -1]
        starts[:, 4 : 4 + hand] = starts[:, self._values][:, :hand] = dealt[:, :-1]
        # As in single environments: the log1p of NumPy may differ in the last bit.
        logs = np.array([math.log1p(number) for number in dealt.ravel().tolist()]).reshape(dealt.shape)
        starts[:, self._seen][:, :hand] = logs[:, :-1]
        self._aims[slots, size] = logs[:, -1]

    def settle(self, source: Ints, action: Ints, target: Ints, env: Ints, slots: Ints) -> NDArray[np.int16]:
        size = self.size
        states = self._grown(source, action)
        if slots.size:
            self._slot[env[len(source) :]] = slots
            states = np.concatenate((states, self._starts.take(slots, axis=0).T), axis=1)
        numbers = states[self._values]
        there = numbers >= 0
        equal = numbers == states[self._values.start - 1 : self._values.stop - 1]
        seen = self._aims.take(self._slot.take(env), axis=0)
        seen[:, :size] = states[self._seen].T
        self._states[target] = states.T
        self.rows[target] = seen
        hit = numbers == states[0]
        self.solved[target] = hit.any(0) if self._spare else hit[0] > there[1]
        code = self._powers @ np.add(there, equal, dtype=float)
        legal = self._legal.take(code.astype(np.int64), axis=0)
        if self._whole:
            low, high = numbers.take(self._lower, axis=0).T, numbers.take(self._upper, axis=0).T
            with np.errstate(invalid="ignore"):  # by zero, and of what is used up
                legal[:, 3::OPERATIONS][np.fmod(high, low) != 0] = REFUSED
                legal[:, 4::OPERATIONS][np.fmod(low, high) != 0] = REFUSED
        return legal

    def _grown(self, source: Ints, action: Ints) -> Floats:
        """(columns, k): the states that actions lead to, with the result put in its place, one below the other."""
        parts = self._states.take(self._pick.take(action, axis=1) + source * self._states.shape[1])
        products = parts[:3] * parts[3:6]
        products[1] *= self._sign.take(action)
        np.add(products[0], products[1], out=parts[-4])
        parts[-3] = products[2]
        np.divide(parts[-4], products[2], out=parts[-2])
        parts[-1] = [*map(math.log1p, parts[-2].tolist())]
        place = np.add.reduce(parts[self._stay] < parts[-2], axis=0)
        return parts.take(self._insert.take(place, axis=1) * len(source) + self._every[: len(source)])


def _gathers(layout: Layout) -> tuple[Ints, Ints]:
    """Which columns of a state an action takes, and how its parts make up the next state.

    The parts are the left and the right factors of the three products; the target, 1, nan, -1 and 0; the numerators,
    the denominators, the values of the numbers that stay and what is seen of them; and those of the result, last. The
    second table has a column for each number of those that stay below the result.
    """
    size, stays = layout.size, layout.size - 2
    top, bottom, zero = 4, 4 + size, 4 + 2 * size
    pick = []
    for i, j, operation in layout.moves:
        factors = {"an": top + i, "bn": top + j, "ad": bottom + i, "bd": bottom + j}
        left, right, _ = _OPERATIONS[operation]
        kinds = (top, bottom, zero + 1, zero + 1 + size)
        rest = [first + k for first in kinds for k in range(size) if k not in (i, j)]
        pick.append([*(factors[name] for name in f"{left} {right}".split()), 0, 1, 2, 3, zero, *rest, *[zero] * 4])
    target, one, used, unseen, null, stay = 6, 7, 8, 9, 10, 11
    insert = []
    for below in range(stays + 1):
        columns = []
        for kind, filled in enumerate((used, one, used, unseen)):
            first = stay + kind * stays
            columns.append([*range(first, first + stays), filled])
            columns[-1].insert(below, stay + 4 * stays + kind)
        insert.append([target, one, used, unseen, *columns[0], *columns[1], null, *columns[2], *columns[3]])
    return np.array(pick).T.copy(), np.array(insert).T.copy()


def _legal_rows(layout: Layout) -> NDArray[np.int16]:
    """(3 ** size, n_actions): the legal rows of all hands of one pattern, whose digit k is 0 where number k is used up,
    2 where it is equal to the one before (for the first: to 0), else 1."""
    legal = np.full((3**layout.size, layout.n_actions), REFUSED, np.int16)
    for equal, mask in layout.legal.items():
        code = sum((1 + same) * 3**k for k, same in enumerate(equal))
        legal[code] = np.where(mask, FRESH, REFUSED)
    return legal
