"""Search traces as training data: problems -> search -> linearized traces, in whole files, by any number of workers.

Why not the Parquet rows of `synthesis`: a run needs several linearizations of each search, only its successes, and the
texts already cut into pieces with and without loss; and what is in the folder of a run is readable without pyarrow.
The workers, the shards and the whole files are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..rewards.values import make_value
from ..tasks import Problem, Task, Trace, emit, parse, replay
from .engines import LocalEngine, missing
from .files import write_whole
from .linearizers import LINEARIZERS
from .problems import Family, Mixture
from .search import search
from .training.examples import pieces

SHARD = 2000
"""Problems a file."""


@dataclass(frozen=True)
class TraceSettings:
    """problems: how many are searched. algorithm, value, budget: of the search; "{n}" in `value` stands for the
    problem's number, so that every search errs on other states. linearizers: one trace each of every success.
    objective, spell_answers: what of a trace carries loss, and how it ends; see `training.examples.pieces`."""

    problems: int
    algorithm: str = "best_first"
    value: str = "noisy:0.1:{n}"
    budget: int = 24
    linearizers: tuple[str, ...] = ("visit_order", "optimal_path")
    objective: str = "path"
    spell_answers: bool = False


def make_shard(
    task: Task[Any, Any], families: Sequence[Family], settings: TraceSettings, seed: int, shard: int
) -> dict[str, str]:
    """File name -> JSON lines of one shard: a pure function of its arguments. Only verified traces are kept.

    For each linearizer a file of traces, and one of the same traces cut into pieces with and without loss.
    """
    mixture = Mixture(task, families, seed)
    files: dict[str, list[str]] = {name: [] for name in _names(settings, shard)}
    for number in range(shard * SHARD, min((shard + 1) * SHARD, settings.problems)):
        value = make_value(settings.value.format(n=seed * settings.problems + number), task)
        result = search(settings.algorithm, task, mixture(number), value, budget=settings.budget, seed=seed + number)
        if not (result.success or result.exhausted):
            continue
        for linearizer in settings.linearizers:
            trace = LINEARIZERS[linearizer](result)
            if replay(task, trace).success:
                files[_name(linearizer, "trace", shard)].append(write_row(task, trace))
                cut = pieces(task, trace, settings.objective, spell_answers=settings.spell_answers)
                files[_name(linearizer, "pieces", shard)].append(json.dumps(cut) + "\n")
    return {name: "".join(lines) for name, lines in files.items()}


def write_row(task: Task[Any, Any], trace: Trace) -> str:
    """One JSON line: the problem, the text of the trace, and who made it."""
    row = {"problem": json.loads(trace.problem.to_json()), "text": emit(task, trace), "source": trace.source}
    return json.dumps(row, sort_keys=True) + "\n"


def read_traces(task: Task[Any, Any], folder: Path, linearizer: str) -> Iterator[Trace]:
    """The traces of a finished folder, in order."""
    for row in _lines(folder, linearizer, "trace"):
        problem = Problem.from_json(json.dumps(row["problem"]))
        yield replace(parse(task, problem, row["text"], strict=True), source=row["source"])


def read_pieces(folder: Path, linearizer: str) -> Iterator[list[tuple[str, bool]]]:
    """The same traces as `pieces`, ready for a tokenizer."""
    for row in _lines(folder, linearizer, "pieces"):
        yield [(text, loss) for text, loss in row]


def make_traces(
    task: Task[Any, Any],
    families: Sequence[Family],
    settings: TraceSettings,
    folder: Path,
    *,
    seed: int,
    workers: int,
) -> Iterator[int]:
    """Write all shards that are not there yet. Yields how many more problems are done, first those done before."""
    shards = range(-(-settings.problems // SHARD))
    sizes = [min(SHARD, settings.problems - shard * SHARD) for shard in shards]
    left = missing(shards, lambda shard: all((folder / name).exists() for name in _names(settings, shard)))
    yield sum(sizes) - sum(sizes[shard] for shard in left)
    with LocalEngine(workers) as engine:
        made = engine.map(partial(make_shard, task, families, settings, seed), left)
        for shard, files in zip(left, made, strict=True):
            for name, text in files.items():
                write_whole(folder / name, text)
            yield sizes[shard]


def _name(linearizer: str, kind: str, shard: int) -> str:
    return f"{linearizer}.{kind}.{shard:05d}.jsonl"


def _names(settings: TraceSettings, shard: int) -> list[str]:
    return [_name(linearizer, kind, shard) for linearizer in settings.linearizers for kind in ("trace", "pieces")]


def _lines(folder: Path, linearizer: str, kind: str) -> Iterator[Any]:
    for path in sorted(folder.glob(f"{linearizer}.{kind}.*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
