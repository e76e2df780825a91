"""The rules for single rows, over one shard: what they keep, what they drop and why, and hashes for what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ...tasks.data import SOURCES, Columns, Record
from ..files import write_whole
from .against import HeldOut
from .choices import reformulated
from .filters import BASE
from .minhash import BANDS, bands, shingles
from .store import BAND, CONTAMINATED, KEY, UNREADABLE, Settings, Store, line, save
from .strict import STRICT
from .text import fingerprint, hashes, numbers_of, tokens

BATCH = 256
"""Problems whose bands are computed together; it bounds memory."""


def sift(store: Store, shard: int) -> dict[str, int]:
    """Sift one shard; returns how many rows it has and how many are kept."""
    settings = store.settings
    held_out = _held_out(store.folder / "against.npz") if settings.against else None
    kept, dropped = [], []
    rows, starts, keys, signed = [], [], [], _Bands()
    place = total = 0
    raw = store.path("raw", shard, ".jsonl")
    for number, text in zip(store.rows_of(shard), _lines(raw), strict=False):
        total += 1
        row, record, why = _read(text, settings)
        words: list[str] = []
        if record is not None:
            record, row, why = judge(record, row, settings.strict)
        if record is not None:
            words = tokens(record.problem)
            if held_out is not None and (problem := held_out.contains(hashes(words))) is not None:
                why, record = (CONTAMINATED, f"held-out problem {problem}"), None
        if record is None:
            assert why is not None, "a row that is not kept was dropped by a rule"
            dropped.append(line({"row": number, "rule": why[0], "why": why[1]}))
            continue
        rows.append(number)
        starts.append(place)
        kept.append(text if row is None else line(row))
        place += len(kept[-1])
        keys.append((*fingerprint(words), number))
        if settings.strict and not settings.embed:
            signed.add(number, words)
    write_whole(store.path("sift", shard, ".jsonl"), b"".join(kept))
    write_whole(store.path("sift", shard, ".dropped.jsonl"), b"".join(dropped))
    save(store.path("sift", shard, ".index.npy"), np.array([rows, starts], np.int64))
    save(store.path("sift", shard, ".bands.npy"), signed.sorted())
    save(store.path("sift", shard, ".keys.npy"), np.sort(np.array(keys, KEY)))
    counts = {"rows": total, "kept": len(kept)}
    write_whole(store.path("sift", shard, ".json"), json.dumps(counts))
    return counts


def judge(
    record: Record, row: dict[str, Any] | None, strict: bool
) -> tuple[Record | None, dict[str, Any] | None, tuple[str, str] | None]:
    """(the record or None, its changed row or None, the rule that drops it and why) after the rules for single rows."""
    for name, rule in BASE.items():
        if why := rule(record):
            return None, None, (name, why)
    if not strict:
        return record, None, None
    changed = None
    if (opened := reformulated(record)) is not None:
        assert row is not None, "a record comes from a row"
        changed = {**row, "problem": opened.problem, "answer": opened.answer}
        changed["reformulated_from"] = {"problem": record.problem, "answer": record.answer}
        record = opened
    for name, rule in STRICT.items():
        if why := rule(record):
            return None, None, (name, why)
    return record, changed, None


def _read(text: bytes, settings: Settings) -> tuple[dict[str, Any] | None, Record | None, tuple[str, str] | None]:
    """(the row, its record, why there is none)"""
    source = SOURCES[settings.source]
    try:
        row = json.loads(text)
        if not isinstance(row, dict):
            return None, None, (UNREADABLE, "no JSON object")
        [record] = source.read(row, source, Columns())
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        why = "no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else "no such row"
        return None, None, (UNREADABLE, why)
    return row, record, None


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        yield from lines


class _Bands:
    """Collects (band hash, row) of the problems of a shard."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._shingles: list[Any] = []
        self._numbers: list[int] = []
        self._done: list[Any] = []

    def add(self, row: int, words: list[str]) -> None:
        self._rows.append(row)
        self._shingles.append(shingles(hashes(words)))
        self._numbers.append(numbers_of(words))
        if len(self._rows) == BATCH:
            self._flush()

    def _flush(self) -> None:
        found = np.zeros((len(self._rows), BANDS), BAND)
        found["key"] = bands(self._shingles, self._numbers)
        found["row"] = np.array(self._rows, np.int64)[:, None]
        self._done.append(found.reshape(-1))
        self._rows, self._shingles, self._numbers = [], [], []

    def sorted(self) -> Any:
        if self._rows or not self._done:
            self._flush()
        return np.sort(np.concatenate(self._done))


@lru_cache(maxsize=1)
def _held_out(path: Path) -> HeldOut:
    return HeldOut.read(path)
