"""A bank of problems from a file or the hub: who is held out, how hard each is, and the order of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np

from ..data import Record, stream
from ..data.sources import SOURCES
from ..task import SPLITS, split_of
from .lines import normal

SALT = "word-problems"


@dataclass(frozen=True)
class Share:
    """Difficulty of a family: its part of the order from easy to hard, as two shares in [0, 1]."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if not (isinstance(low, int | float) and isinstance(high, int | float) and 0 <= low < high <= 1):
            raise ValueError(f"shares from easy to hard satisfy 0 <= low < high <= 1, got low={low!r}, high={high!r}")


ALL = Share()


@dataclass(frozen=True)
class Bank:
    """Different problems of a data set (of repeated ones the first), cut into splits.

    records: in the order of the source. held_out: problems that are the whole test split; empty: 21% of the records
    are, by the hash of the question. Training and validation never hold a question of the test split.
    """

    records: tuple[Record, ...]
    held_out: tuple[Record, ...] = ()

    @cached_property
    def splits(self) -> dict[str, list[Record]]:
        """split -> its records."""
        test = {normal(record.problem): record for record in self.held_out}
        cut: dict[str, list[Record]] = {split: [] for split in SPLITS}
        cut["test"] += test.values()
        seen = set(test)
        for record in self.records:
            if (key := normal(record.problem)) not in seen:
                seen.add(key)
                split = split_of(SALT, key)
                cut["train" if test and split == "test" else split].append(record)
        return cut

    @cached_property
    def graded(self) -> bool:
        """Does every record say how hard it is?"""
        return all(hardness(record) is not None for records in self.splits.values() for record in records)

    def family(self, split: str, share: Share = ALL) -> list[Record]:
        """The records of a split whose place in the order from easy to hard is in a share of it.

        Raises ValueError for an unknown split, and where a share is asked for and some record has no difficulty.
        """
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")
        records = self.splits[split]
        if share == ALL:
            return records
        if not self.graded:
            raise ValueError("these problems do not all have a difficulty or a solve rate: low and high mean nothing")
        ordered = sorted(records, key=lambda record: hardness(record) or 0.0)
        return ordered[round(share.low * len(ordered)) : round(share.high * len(ordered))]


def hardness(record: Record) -> float | None:
    """The larger, the harder, within one data set: its difficulty, else the share of tries that fail."""
    if record.difficulty is not None or record.solve_rate is None:
        return record.difficulty
    return 1 - record.solve_rate


@lru_cache(maxsize=8)
def open_bank(data: str, held_out: str | None, name: str, answered: bool) -> Bank:
    """The bank of files or hub names; `answered`: only problems with an answer, else those with a
    solution. Raises what `stream` raises, and
    ValueError where nothing is left."""
    return Bank(_records(data, name, answered), () if held_out is None else _records(held_out, name, answered))


def _records(data: str, name: str, answered: bool) -> tuple[Record, ...]:
    if Path(data).exists() or not (data in SOURCES or "/" in data.strip("./")):
        items = stream(name, data)
    else:
        items = stream(data)
    kept = tuple(item for item in items if isinstance(item, Record) and (item.answer if answered else item.solution))
    if not kept:
        raise ValueError(f"{data} holds no problem with {'an answer' if answered else 'a solution'}")
    return kept


@lru_cache(maxsize=64)
def order(name: str, split: str, seed: int, count: int) -> Sequence[int]:
    """The seeded permutation that turns an index into a place in the family."""
    seeds = crc32(name.encode()), crc32(split.encode()), seed
    return np.random.default_rng(seeds).permutation(count).tolist()


def signs(bank: Bank) -> tuple[str, ...]:
    """The characters beyond ASCII in a bank: an environment's text space names them."""
    found: set[str] = set()
    for records in bank.splits.values():
        for record in records:
            found.update(record.problem, record.solution or "")
    return tuple(sorted(sign for sign in found if not sign.isascii()))
