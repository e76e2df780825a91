"""What the small value network sees of a state: its numeric face, and in number games its operations' exact results.

In number games each *part* is one legal kind of operation on one pair of the numbers: its exact result and the numbers
left beside it, each as a multiple of the target, as a logarithm, and with two marks: is it whole, is it the target?
That is one operation ahead and no more. With two numbers left it is therefore all there is to know, by construction;
with three, the network has to learn which pairs of numbers make the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..tasks import Task
from ..tasks.numbers import NumberGame

Floats = NDArray[np.float32]

CODE = 5
"""Numbers that stand for one number: is it there, multiple, logarithm, is it whole, is it the target."""

LARGEST, STEEPEST = 5.0, 6.0
"""Multiples of the target and logarithms are cut off here."""

EXACT = 1e-9
"""Results that differ by less are equal: they are computed as floats here, and exact ones differ by far more."""


class Encoded(NamedTuple):
    """n states as numbers.

    faces: (n, width). parts: (m, part width), those of a state behind each other; counts: (n,) how many each has.
    """

    faces: Floats
    parts: Floats
    counts: NDArray[np.int64]

    def take(self, places: NDArray[np.int64]) -> Encoded:
        """The states at `places`, in that order."""
        counts = self.counts[places]
        starts = (np.cumsum(self.counts) - self.counts)[places]
        inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return Encoded(self.faces[places], self.parts[np.repeat(starts, counts) + inside], counts)


def encode_states(task: Task[Any, Any], states: Sequence[Any]) -> Encoded:
    """The states as the network sees them. Raises NotEnumerable where the task has no numeric face."""
    if isinstance(task, NumberGame):
        return _numbers(task.layout.size, states)
    faces = np.array([np.asarray(task.observe(state), np.float32).reshape(-1) for state in states], np.float32)
    return Encoded(faces, np.zeros((0, 0), np.float32), np.zeros(len(states), np.int64))


def _numbers(size: int, states: Sequence[Any]) -> Encoded:
    table = np.full((len(states), size), np.nan)
    for row, state in enumerate(states):
        table[row, : len(state.numbers)] = [float(number) for number in state.numbers]
    targets = np.array([[state.target] for state in states], float).reshape(-1, 1)
    rules = np.array([[state.whole, state.spare] for state in states], float).reshape(-1, 2)
    faces = np.concatenate([_codes(table, targets), np.log(targets), rules], axis=1).astype(np.float32)
    parts: list[Floats] = [np.zeros((0, CODE * (size - 1)), np.float32)]
    owners: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for i, j in combinations(range(size), 2):
        rows = np.flatnonzero(~np.isnan(table[:, j]))
        a, b, rest = table[rows, i], table[rows, j], np.delete(table[rows], [i, j], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            results = a + b, a * b, b - a, np.where(a > 0, b / a, np.nan), np.where(b > 0, a / b, np.nan)
        for result in results:
            fraction = np.abs(result - np.rint(result)) > EXACT
            legal = ~np.isnan(result) & ~((rules[rows, 0] > 0) & fraction)
            numbers = np.concatenate([result[legal, None], rest[legal]], axis=1)
            parts.append(_codes(numbers, targets[rows[legal]]).astype(np.float32))
            owners.append(rows[legal])
    owner = np.concatenate(owners)
    return Encoded(
        faces, np.concatenate(parts)[np.argsort(owner, kind="stable")], np.bincount(owner, minlength=len(states))
    )


def _codes(numbers: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, m) numbers, NaN where there is none -> (n, CODE * m)."""
    there = ~np.isnan(numbers)
    known = np.where(there, numbers, 0.0)
    logs = np.clip(np.log(np.maximum(known, EXACT) / targets), -STEEPEST, STEEPEST)
    codes = [
        there,
        8 * np.minimum(known / targets, LARGEST),
        np.where(there, 2 * logs, 0.0),
        there & (np.abs(known - np.rint(known)) < EXACT),
        there & (np.abs(known - targets) < EXACT),
    ]
    return np.stack([np.asarray(code, float) for code in codes], axis=-1).reshape(len(numbers), CODE * numbers.shape[1])
