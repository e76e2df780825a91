"""Identical problems: of those that agree in their answers the first is kept, those that disagree are all dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.answers import verify
from ...tasks.data import SOURCES, Columns
from .store import COMPARED, DROP, Store, save

CONFLICT, DUPLICATE = (COMPARED.index(name) for name in ("conflicting_answers", "exact_duplicate"))


def group(store: Store, part: int) -> int:
    """Compare the problems of one part of all keys; returns how many rows are dropped."""
    keys = np.sort(store.part("sift", ".keys.npy", part), order=("key", "key2", "row"))
    dropped = [drop for rows in runs(keys) for drop in _judge(store, rows)]
    save(store.path("exact", part, ".npy"), np.sort(np.array(dropped, DROP), order="row"))
    return len(dropped)


def runs(keys: NDArray[Any]) -> Iterator[list[int]]:
    """The rows of every group of two and more, in order; `keys` is sorted."""
    if len(keys) < 2:
        return
    same = (keys["key"][1:] == keys["key"][:-1]) & (keys["key2"][1:] == keys["key2"][:-1])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2):
        yield keys["row"][start : stop + 1].tolist()


def _judge(store: Store, rows: Sequence[int]) -> list[tuple[int, int, int]]:
    source = SOURCES[store.settings.source]
    answers = [source.read(store.row(row), source, Columns())[0].answer for row in rows]
    for row, answer in zip(rows, answers, strict=True):
        if not same_answer(answers[0], answer):
            # The first row is told the row that contradicts it, the others are told the first.
            return [(rows[0], CONFLICT, row), *((other, CONFLICT, rows[0]) for other in rows[1:])]
    return [(row, DUPLICATE, rows[0]) for row in rows[1:]]


def same_answer(first: str, second: str) -> bool:
    """Do two gold answers agree? Where that cannot be judged they do not: such a problem is no use as a reward."""
    if "".join(first.split()) == "".join(second.split()):
        return True
    return verify(second, first).correct is True and verify(first, second).correct is True
