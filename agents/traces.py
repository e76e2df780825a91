"""Search traces as training data: problems -> search -> linearized traces, in whole files, by any number of workers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..rewards.values import make_value
from ..tasks import Problem, Task, Trace, emit, parse, replay
from .files import write_whole
from .linearizers import LINEARIZERS
from .problems import Family, Mixture
from .search import search

SHARD = 2000
"""Problems a file."""


@dataclass(frozen=True)
class TraceSettings:
    """problems: how many are searched. algorithm, value, budget: of the search; "{n}" in `value` stands for the
    problem's number, so that every search errs on other states. linearizers: one trace each of every success."""

    problems: int
    algorithm: str = "best_first"
    value: str = "noisy:0.1:{n}"
    budget: int = 24
    linearizers: tuple[str, ...] = ("visit_order", "optimal_path")


def make_shard(
    task: Task[Any, Any], families: Sequence[Family], settings: TraceSettings, seed: int, shard: int
) -> dict[str, str]:
    """JSON lines for each linearizer of one shard: a pure function of its arguments. Only verified traces are kept."""
    mixture = Mixture(task, families, seed)
    lines: dict[str, list[str]] = {name: [] for name in settings.linearizers}
    for number in range(shard * SHARD, min((shard + 1) * SHARD, settings.problems)):
        value = make_value(settings.value.format(n=seed * settings.problems + number), task)
        result = search(
            settings.algorithm, task, mixture(number), value, budget=settings.budget, seed=seed + number
        )
        if not (result.success or result.exhausted):
            continue
        for name in settings.linearizers:
            trace = LINEARIZERS[name](result)
            if replay(task, trace).success:
                lines[name].append(write_row(task, trace))
    return {name: "".join(rows) for name, rows in lines.items()}


def write_row(task: Task[Any, Any], trace: Trace) -> str:
    """One JSON line: the problem, the text of the trace, and who made it."""
    row = {"problem": json.loads(trace.problem.to_json()), "text": emit(task, trace), "source": trace.source}
    return json.dumps(row, sort_keys=True) + "\n"


def read_rows(task: Task[Any, Any], folder: Path, linearizer: str) -> Iterator[Trace]:
    """The traces of a finished folder, in order."""
    for path in sorted(folder.glob(f"{linearizer}-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            problem = Problem.from_json(json.dumps(row["problem"]))
            yield parse(task, problem, row["text"], strict=True)


def make_traces(
    task: Task[Any, Any],
    families: Sequence[Family],
    settings: TraceSettings,
    folder: Path,
    *,
    seed: int,
    workers: int,
) -> Iterator[tuple[int, int]]:
    """Write all shards that are not there yet. Yields (problems done, traces kept) after every shard."""
    shards = range(-(-settings.problems // SHARD))
    missing = [shard for shard in shards if not all(path.exists() for path in _paths(folder, settings, shard).values())]
    done = settings.problems - sum(min(SHARD, settings.problems - shard * SHARD) for shard in missing)
    yield done, 0
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(make_shard, task, families, settings, seed, shard) for shard in missing]
        for shard, job in zip(missing, jobs, strict=True):
            made = job.result()
            for name, path in _paths(folder, settings, shard).items():
                write_whole(path, made[name])
            yield min(SHARD, settings.problems - shard * SHARD), made[settings.linearizers[0]].count("\n")


def _paths(folder: Path, settings: TraceSettings, shard: int) -> dict[str, Path]:
    return {name: folder / f"{name}-{shard:05d}.jsonl" for name in settings.linearizers}
