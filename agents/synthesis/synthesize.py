"""`synthesize`: settings in, a folder of Parquet files out, by any number of workers, resumed where it was killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from ... import __version__
from ...tasks import Task
from ...tasks.extras import require
from ..engines import Engine, make_engine, missing
from ..files import check_unused, clear_halves, write_whole
from .card import Totals, card
from .order import merge, plan
from .reading import MANIFEST, read_manifest, rows_of
from .rows import COLUMNS, COUNTS, make_shard
from .settings import SynthesisSettings

PARTS = "parts"
"""The folder of what is not in order yet."""

Item = TypeVar("Item")


def synthesize(
    task: Task[Any, Any],
    settings: SynthesisSettings,
    out: str | Path,
    *,
    engine: str = "local",
    workers: int = 1,
    address: str | None = None,
    progress: Callable[[int], None] = lambda problems: None,
) -> dict[str, Any]:
    """Search the problems and write their traces; returns the manifest, which is also there as `manifest.json`.

    out: gets `SPLIT-00000-of-00050.parquet` and so on, a manifest and a dataset card, `README.md`. What is in them does
        not depend on the engine, on how many workers there are, or on how often it was interrupted.
    engine, workers, address: see `agents.engines`. progress: is told how many more problems are done, first of all
        those done before.

    Calling it again goes on where a killed run stopped. Raises ValueError where `out` holds something else, where
    `task` does not have what the settings name, and what `make_engine` raises.
    """
    out = Path(out)
    arrow = require("pyarrow", "traces")
    settings.check(task)
    opened = make_engine(engine, workers, address)
    manifest = _claim(out, task, settings)
    if manifest["finished"] and all((out / file["name"]).exists() for file in manifest["files"]):
        progress(settings.problems)
        return manifest
    clear_halves(out)
    require("pyarrow.parquet", "traces")
    arrow.array([""])  # loads what takes pyarrow a second, once and not in every worker, where those are copies of us
    with opened as pool:
        files = _make(pool, task, settings, out, progress)
    totals = Totals(settings.problems)
    for file in files:
        for row in rows_of(file, ["success", *COUNTS]):
            totals.add(row)
    manifest |= {
        "finished": True,
        "problems": settings.problems,
        "rows": totals.rows,
        "too_long": settings.problems - totals.rows,
        "success": totals.success,
        "success_rate": totals.success / settings.problems,
        "counts": {name: totals.summary(name) for name in COUNTS},
        "files": [_described(file) for file in files],
    }
    write_whole(out / "README.md", card(task, manifest, totals))
    write_whole(out / MANIFEST, _json(manifest))
    if (out / PARTS).exists():
        shutil.rmtree(out / PARTS)
    return manifest


def _claim(out: Path, task: Task[Any, Any], settings: SynthesisSettings) -> dict[str, Any]:
    """The manifest of the folder, which is new or belongs to these settings."""
    begun = {
        "task": task.name,
        "settings": settings.to_json(),
        "metacot": __version__,
        "columns": {name: {"type": kind, "meaning": meaning} for name, (kind, meaning) in COLUMNS.items()},
    }
    if (out / MANIFEST).exists():
        found = read_manifest(out)
        if {name: found.get(name) for name in begun} != begun:
            raise ValueError(f"{out} holds other traces: another task, settings or version; choose another folder")
        return found
    check_unused(out)
    manifest = {**begun, "finished": False}
    write_whole(out / MANIFEST, _json(manifest))
    return manifest


def _make(
    pool: Engine, task: Task[Any, Any], settings: SynthesisSettings, out: Path, progress: Callable[[int], None]
) -> list[Path]:
    """Make all files that are not there; returns all of them, in order."""
    sizes = [len(settings.numbers(shard)) for shard in range(settings.shards)]
    folder = out / PARTS if settings.order == "difficulty" else out
    files = [folder / _name(settings, shard, settings.shards) for shard in range(settings.shards)]
    _each(pool, partial(make_shard, task, settings), list(range(settings.shards)), files, sizes, progress)
    if settings.order != "difficulty":
        return files
    slices = plan(files, settings.shard_rows)
    ordered = [out / _name(settings, place, len(slices)) for place in range(len(slices))]
    _each(pool, partial(merge, files), slices, ordered, [0] * len(slices), progress)
    return ordered


def _each(
    pool: Engine,
    function: Callable[[Item], bytes],
    items: Sequence[Item],
    files: Sequence[Path],
    sizes: Sequence[int],
    progress: Callable[[int], None],
) -> None:
    """The file of each item, where it is not there yet."""
    left = missing(range(len(items)), lambda place: files[place].exists())
    progress(sum(sizes) - sum(sizes[place] for place in left))
    made: Iterable[bytes] = pool.map(function, [items[place] for place in left])
    for place, content in zip(left, made, strict=True):
        write_whole(files[place], content)
        progress(sizes[place])


def _name(settings: SynthesisSettings, place: int, count: int) -> str:
    return f"{settings.split}-{place:05d}-of-{count:05d}.parquet"


def _described(file: Path) -> dict[str, Any]:
    """A file for the manifest."""
    data = file.read_bytes()
    with require("pyarrow.parquet", "traces").ParquetFile(file) as opened:
        rows = opened.metadata.num_rows
    return {"name": file.name, "rows": rows, "bytes": len(data), "blake2b": blake2b(data, digest_size=16).hexdigest()}


def _json(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=1) + "\n"
