"""Reading a folder of traces without other libraries than pyarrow, a few rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...tasks import Problem, Task, Trace, parse
from ...tasks.extras import require

MANIFEST = "manifest.json"


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a folder: settings, and when it is finished files and totals. Raises FileNotFoundError."""
    found: dict[str, Any] = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    return found


def read_rows(folder: str | Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a finished folder, in order. columns: only these. Raises ValueError where it is not finished."""
    manifest = read_manifest(folder)
    if not manifest["finished"]:
        raise ValueError(f"{folder} is not finished; the command that makes it goes on where it stopped")
    for file in manifest["files"]:
        yield from rows_of(Path(folder) / file["name"], columns)


def rows_of(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of one file."""
    with require("pyarrow.parquet", "traces").ParquetFile(path) as file:
        for batch in file.iter_batches(columns=None if columns is None else list(columns)):
            yield from batch.to_pylist()


def trace_of(task: Task[Any, Any], row: Mapping[str, Any]) -> Trace:
    """The trace of a row, from its column `actions`."""
    problem = Problem.from_json(row["problem"])
    trace = parse(task, problem, "".join(f"{line}\n" for line in row["actions"]), "none")
    return replace(trace, source=json.loads(row["source"]))
