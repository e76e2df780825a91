"""Rows in the order of difficulty over all shards, without ever holding more than one file of them.

Every part is sorted. A file of the result is then one slice of each part, and which slices follows from the sort keys
alone: it can be made by anybody, in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tasks.extras import require
from .rows import to_parquet

KEYS = ("search_nodes", "number")
"""What rows are sorted by."""

Slices = tuple[tuple[int, int], ...]
"""For each part, in order, the first of its rows that are taken and the one behind the last."""


def plan(parts: Sequence[Path], rows: int) -> list[Slices]:
    """Which slices of the sorted parts the result's files, of so many rows each, are made of."""
    parquet = require("pyarrow.parquet", "traces")
    tables = [parquet.read_table(part, columns=list(KEYS)) for part in parts]
    nodes, numbers = (np.concatenate([table[key].to_numpy() for table in tables]) for key in KEYS)
    owners = np.repeat(np.arange(len(parts)), [len(table) for table in tables])
    in_order: NDArray[np.int64] = owners[np.lexsort((numbers, nodes))]
    taken = np.zeros(len(parts), np.int64)
    slices = []
    for start in range(0, len(in_order), rows):
        more = taken + np.bincount(in_order[start : start + rows], minlength=len(parts))
        slices.append(tuple(zip(taken.tolist(), more.tolist(), strict=True)))
        taken = more
    return slices


def merge(parts: Sequence[Path], slices: Slices) -> bytes:
    """The Parquet file of these slices, sorted."""
    arrow = require("pyarrow", "traces")
    tables = [_slice(part, *ends) for part, ends in zip(parts, slices, strict=True) if ends[0] < ends[1]]
    return to_parquet(arrow.concat_tables(tables).sort_by([(key, "ascending") for key in KEYS]))


def _slice(part: Path, first: int, last: int) -> Any:
    """Some rows of a file; only the row groups that they lie in are read."""
    with require("pyarrow.parquet", "traces").ParquetFile(part) as file:
        groups, before, skipped = [], 0, 0
        for place in range(file.num_row_groups):
            behind = before + file.metadata.row_group(place).num_rows
            if behind <= first:
                skipped = behind
            elif before < last:
                groups.append(place)
            before = behind
        return file.read_row_groups(groups).slice(first - skipped, last - first)
