"""`curate`: a file of problems in, a folder of kept and dropped rows and a report out.

The work is cut into shards and into parts of all hashes; a task is a pure function of files of earlier stages and
writes its own files whole, so that a killed run goes on where it stopped and every engine writes the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ...tasks.data import SOURCES, Columns, read_rows
from ..engines import Engine, make_engine, missing
from ..files import check_unused, clear_halves, write_whole
from .against import HeldOut
from .embeddings import embed
from .filters import BASE
from .groups import group
from .near import measure, propose, settle
from .sift import sift
from .store import COMPARED, CONTAMINATED, UNREADABLE, Settings, Store, line
from .strict import STRICT

RULES = (UNREADABLE, *BASE, *STRICT, CONTAMINATED, *COMPARED)
"""Every rule a row may be dropped by, in the order of the report."""


def curate(
    rows: str | Path,
    out: str | Path,
    settings: Settings | None = None,
    *,
    engine: str = "local",
    workers: int = 1,
    address: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Curate a file or folder of rows into a folder; returns the report, which is also there as `report.json`.

    out: gets `kept/` and `dropped/`, one JSONL file each a shard, in the order of the input. `say` hears of progress.

    Calling it again goes on where a killed run stopped. Raises ValueError where `out` belongs to other rows or
    settings, and what `read_rows` and `make_engine` raise.
    """
    rows, out, settings = Path(rows), Path(out), settings or Settings()
    if settings.source not in SOURCES:
        raise ValueError(f"rows come in the format of one of {', '.join(SOURCES)}, got {settings.source!r}")
    config = {"settings": settings.to_json(), "rows": digest(rows)}
    if settings.against:
        config["against"] = digest(Path(settings.against))
    _claim(out, config)
    if (out / "report.json").exists():
        return _read(out / "report.json")
    clear_halves(out)
    work = out / "work"
    store = _cut(rows, work, settings, say)
    if settings.against and not (work / "against.npz").exists():
        problems = _problems(settings.against)
        half = work / "against.half"
        HeldOut.index(problems).save(half)
        half.replace(work / "against.npz")
    with make_engine(engine, workers, address) as pool:
        _each(pool, store, sift, "sift", ".json", say)
        _each(pool, store, group, "exact", ".npy", say)
        _write_bits(store)
        if settings.strict:
            if settings.embed:
                _each(pool, store, embed, "embed", ".npy", say)
            else:
                _each(pool, store, propose, "pairs", ".npy", say)
            _each(pool, store, measure, "edges", ".npy", say)
            settle(store)
        _each(pool, store, partial(_write, out), "done", ".json", say)
    report = _report(store, settings)
    write_whole(out / "report.json", json.dumps(report, indent=2) + "\n")
    shutil.rmtree(work)
    return report


def _claim(out: Path, config: dict[str, Any]) -> None:
    """The folder is new or belongs to this curation."""
    path = out / "curation.json"
    if path.exists():
        if _read(path) != config:
            raise ValueError(f"{out} holds another curation: other rows or other settings")
        return
    check_unused(out)
    write_whole(path, json.dumps(config))


def digest(path: Path) -> str:
    """The hash of a file, or of the files in a folder with their names. Raises FileNotFoundError."""
    found = blake2b(digest_size=16)
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.is_file():
            found.update(file.name.encode() if path.is_dir() else b"")
            with file.open("rb") as content:
                while piece := content.read(1 << 20):
                    found.update(piece)
    return found.hexdigest()


def _cut(rows: Path, work: Path, settings: Settings, say: Callable[[str], None]) -> Store:
    """Write the input as shards of lines, and how many there are."""
    marker = work / "shards.json"
    if not marker.exists():
        lines, shards = _raw(rows), 0
        while shard := b"".join(islice(lines, settings.shard_rows)):
            write_whole(work / "raw" / f"{shards:05d}.jsonl", shard)
            shards += 1
        if not shards:
            raise ValueError(f"{rows} holds no rows")
        write_whole(marker, json.dumps(shards))
        say(f"cut into {shards} shards")
    return Store(work, settings, _read(marker))


def _raw(rows: Path) -> Iterator[bytes]:
    """The rows as lines. Those of a JSONL file are taken as they are: a broken one is dropped, with a reason, later."""
    if rows.suffix in (".jsonl", ".ndjson"):
        with rows.open("rb") as content:
            for text in content:
                if text.strip():
                    yield text if text.endswith(b"\n") else text + b"\n"
    else:
        for row in read_rows(rows):
            yield json.dumps(row, default=str).encode() + b"\n"


def _problems(path: str) -> list[str]:
    source = SOURCES["rows"]
    return [source.read(row, source, Columns())[0].problem for row in read_rows(path)]


def _each(
    pool: Engine,
    store: Store,
    task: Callable[[Store, int], Any],
    stage: str,
    ending: str,
    say: Callable[[str], None],
) -> None:
    """Carry out a stage for every number that it has not been carried out for."""
    left = missing(range(store.shards), lambda number: store.path(stage, number, ending).exists())
    for done, _ in enumerate(pool.map(partial(task, store), left), store.shards - len(left) + 1):
        say(f"{stage} {done}/{store.shards}")


def _write_bits(store: Store) -> None:
    """One flag a row: dropped by the exact comparison?"""
    flags = np.zeros(store.shards * store.settings.shard_rows, bool)
    for part in range(store.shards):
        flags[np.load(store.path("exact", part, ".npy"))["row"]] = True
    write_whole(store.folder / "exact.bits", np.packbits(flags).tobytes())


def _write(out: Path, store: Store, shard: int) -> None:
    """What is kept and what is dropped of one shard, in the order of the input, and the counts of both."""
    drops = {int(row): (int(rule), int(other)) for row, rule, other in store.of_shard("exact", "row", shard)}
    if store.settings.strict:
        near = np.load(store.path("near", shard, ".npy"))
        drops |= {int(row): (int(rule), int(other)) for row, rule, other in near}
    dropped: list[dict[str, Any]] = [json.loads(text) for text in _lines(store.path("sift", shard, ".dropped.jsonl"))]
    kept: list[bytes] = []
    why: Counter[tuple[str, str]] = Counter()
    sources: Counter[str] = Counter()
    opened = 0
    source = SOURCES[store.settings.source]
    for row, text in store.sifted(shard):
        if row in drops:
            rule, other = drops[row]
            dropped.append({"row": row, "rule": COMPARED[rule], "why": SAID[rule], "other": other})
            continue
        kept.append(text)
        content = json.loads(text)
        opened += "reformulated_from" in content
        sources[source.read(content, source, Columns())[0].source] += 1
    dropped.sort(key=lambda drop: drop["row"])
    for drop in dropped:
        # Which held-out problem it was is for the file of dropped rows; the report counts kinds.
        kind = "a held-out problem" if drop["rule"] == CONTAMINATED else drop["why"]
        why[drop["rule"], kind] += 1
    write_whole(out / "kept" / f"{shard:05d}.jsonl", b"".join(kept))
    write_whole(out / "dropped" / f"{shard:05d}.jsonl", b"".join(map(line, dropped)))
    counts = {
        "kept": len(kept),
        "dropped": [[*name, count] for name, count in sorted(why.items())],
        "sources": dict(sorted(sources.items())),
        "reformulated": opened,
    }
    write_whole(store.path("done", shard, ".json"), json.dumps(counts))


SAID = ("the same problem with another answer", "the same problem and answer", "nearly the same problem")
"""Why a comparison drops a row, in the order of COMPARED."""


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _report(store: Store, settings: Settings) -> dict[str, Any]:
    """Rows, kept rows, and for every rule how many it dropped and why."""
    kept = opened = 0
    rules: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
    sources: Counter[str] = Counter()
    for shard in range(store.shards):
        counts = _read(store.path("done", shard, ".json"))
        kept, opened = kept + counts["kept"], opened + counts["reformulated"]
        sources.update(counts["sources"])
        for rule, why, count in counts["dropped"]:
            rules[rule][why] += count
    dropped = {rule: {"dropped": why.total(), "why": dict(sorted(why.items()))} for rule, why in rules.items()}
    return {
        "rows": kept + sum(why.total() for why in rules.values()),
        "kept": kept,
        "reformulated": opened,
        "rules": dropped,
        "sources": dict(sorted(sources.items())),
        "settings": settings.to_json(),
    }


def report_text(report: dict[str, Any]) -> str:
    """The report as a table for a terminal."""
    lines = [f"{report['kept']} of {report['rows']} rows kept, {report['reformulated']} of them asked openly", ""]
    for rule, entry in report["rules"].items():
        if entry["dropped"]:
            lines.append(f"{rule:22}{entry['dropped']:>9}")
            ordered: Iterable[tuple[str, int]] = sorted(entry["why"].items(), key=lambda item: -item[1])
            lines += [f"  {why:32}{count:>9}" for why, count in ordered]
    return "\n".join(lines)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
