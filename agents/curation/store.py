"""The files of a curation while it runs: where everything lies, and rows found again by their number.

Sorted arrays on disk are the only index. A stage that works on a part of all hashes reads that part of every shard's
array, so that its memory depends on the size of the part and not on that of the input.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_whole

KEY = np.dtype([("key", "<u8"), ("key2", "<u8"), ("row", "<i8")])
"""What makes a problem identical to another, and the number of its row."""

BAND = np.dtype([("key", "<u8"), ("row", "<i8")])
PAIR = np.dtype([("later", "<i8"), ("earlier", "<i8")])
DROP = np.dtype([("row", "<i8"), ("rule", "u1"), ("other", "<i8")])
"""A row that a comparison drops: the rule by its place in RULES, and the row it was compared with."""

COMPARED = ("conflicting_answers", "exact_duplicate", "near_duplicate")
"""The rules that compare rows."""

UNREADABLE, CONTAMINATED = "unreadable", "contaminated"


@dataclass(frozen=True)
class Settings:
    """What a curation does; a folder belongs to one.

    rules: "base" or "strict". source: the format of the rows, see `metacot.tasks.data.SOURCES`.
    against: file of held-out problems. similarity: of near-duplicates, Jaccard in (0, 1]; with `embed` the cosine.
    embed: name or folder of a model whose embeddings say what is nearly the same; None = MinHash.
    shard_rows: rows a shard. It decides how the result is cut into files, and nothing else.
    """

    rules: str = "strict"
    source: str = "rows"
    against: str | None = None
    similarity: float | None = None
    embed: str | None = None
    shard_rows: int = 10_000

    def __post_init__(self) -> None:
        if self.rules not in ("base", "strict"):
            raise ValueError(f"rules are 'base' or 'strict', got {self.rules!r}")
        if self.similarity is not None and not 0 < self.similarity <= 1:
            raise ValueError(f"similarity must be in (0, 1], got {self.similarity!r}")
        if self.shard_rows < 1:
            raise ValueError(f"a shard has at least one row, got {self.shard_rows}")

    @property
    def strict(self) -> bool:
        return self.rules == "strict"

    @property
    def alike(self) -> float:
        """From which similarity on two problems are near-duplicates."""
        return self.similarity if self.similarity is not None else 0.5 if self.embed else 0.7

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Store:
    """The working folder of one curation and how it is cut. shards: how many; also how many parts all hashes have."""

    folder: Path
    settings: Settings
    shards: int

    def path(self, stage: str, number: int, ending: str) -> Path:
        return self.folder / stage / f"{number:05d}{ending}"

    def rows_of(self, shard: int) -> range:
        """The numbers of the rows of a shard."""
        size = self.settings.shard_rows
        return range(shard * size, (shard + 1) * size)

    def part(self, stage: str, ending: str, part: int) -> NDArray[Any]:
        """The records of all shards whose key is in one part of all keys."""
        low, high = (np.uint64((2**64 * end // self.shards) % 2**64) for end in (part, part + 1))
        found = []
        for shard in range(self.shards):
            array = np.load(self.path(stage, shard, ending), mmap_mode="r")
            start = np.searchsorted(array["key"], low)
            stop = len(array) if part == self.shards - 1 else np.searchsorted(array["key"], high)
            found.append(np.array(array[start:stop]))
        return np.concatenate(found)

    def of_shard(self, stage: str, field: str, shard: int) -> NDArray[Any]:
        """The records of all parts of a stage whose row is in one shard, sorted."""
        rows, found = self.rows_of(shard), []
        for part in range(self.shards):
            array = np.load(self.path(stage, part, ".npy"), mmap_mode="r")
            start, stop = np.searchsorted(array[field], (rows.start, rows.stop))
            found.append(np.array(array[start:stop]))
        return np.unique(np.concatenate(found))

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """Which rows the exact comparison has dropped: one flag a row."""
        return _flags(self.folder / "exact.bits")

    def row(self, number: int) -> dict[str, Any]:
        """A row that the rules for single rows have kept."""
        shard = number // self.settings.shard_rows
        rows, starts = _index(self.path("sift", shard, ".index.npy"))
        with self.path("sift", shard, ".jsonl").open("rb") as lines:
            lines.seek(int(starts[np.searchsorted(rows, number)]))
            row: dict[str, Any] = json.loads(lines.readline())
        return row

    def sifted(self, shard: int) -> Iterator[tuple[int, bytes]]:
        """(number, line) of the rows of a shard that the rules for single rows have kept."""
        rows, _ = _index(self.path("sift", shard, ".index.npy"))
        with self.path("sift", shard, ".jsonl").open("rb") as lines:
            yield from zip(map(int, rows), lines, strict=True)


@lru_cache(maxsize=1)
def _flags(path: Path) -> NDArray[np.bool_]:
    return np.unpackbits(np.fromfile(path, np.uint8)).astype(bool)


@lru_cache(maxsize=16)
def _index(path: Path) -> NDArray[np.int64]:
    """(2, rows): the numbers of the kept rows, and where their lines start."""
    return np.asarray(np.load(path))


def save(path: Path, array: NDArray[Any]) -> None:
    """Write an array, whole or not at all."""
    out = io.BytesIO()
    np.save(out, array)
    write_whole(path, out.getvalue())


def line(row: dict[str, Any]) -> bytes:
    """A row as one line of JSON; ASCII, so that every text can be written."""
    return json.dumps(row).encode() + b"\n"
