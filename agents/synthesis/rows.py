"""From a problem's number to its row, and from rows to the bytes of a file: pure functions, whoever calls them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...tasks import Backtrack, Step, Task, Trace, Tree, replay
from ...tasks.extras import require
from ...tasks.grammar import PIECE, write
from ...tasks.styles import Style, make_style, split
from ..linearizers import linearize, shorten
from ..problems import Mixture
from ..search import search
from .settings import SynthesisSettings

COUNTS = {
    "backtracks": "moves of the trace to an earlier node",
    "nodes": "states that the trace visits besides the start",
    "duplicates": "steps of the trace to a state that it has visited before",
    "tokens": "words, numbers, signs and line ends of Z and S, as a closed tokenizer would cut them",
    "search_nodes": "states that the search visited besides the start",
    "search_duplicates": "states that the search generated although it knew them",
    "dropped_branches": "wrong branches left out to keep the limits",
}
"""The counts of a row, by name."""

COLUMNS = {
    "number": ("int64", "the problem's number in this data set, from 0"),
    "task": ("string", "name of the task"),
    "seed": ("int64", "address of the problem"),
    "index": ("int64", "address of the problem"),
    "split": ("string", "address of the problem"),
    "difficulty": ("string", "address of the problem: its knobs, as JSON"),
    "problem": ("string", "the whole problem as JSON, for `Problem.from_json`"),
    "question": ("string", "the problem in words: what a model is asked"),
    "actions": ("list", "the trace action by action, each as one line of the suite's grammar"),
    "z": ("string", "the search text between the think marks, without them"),
    "s": ("string", "what follows: the clean solution and the answer; empty where the search ended without one"),
    "success": ("bool", "was the answer, or giving up, verified as right?"),
    **{name: ("int32", meaning) for name, meaning in COUNTS.items()},
    "source": ("string", "search, value, linearizer and their knobs, as JSON"),
}
"""Each column of a row: its type, and what it is."""

ROW_GROUP = 128
"""Rows that are read together at least."""

_PIECE = re.compile(rf"{PIECE}|\n")


def count_tokens(text: str) -> int:
    """How many words, numbers, node marks, signs and line ends a text has."""
    return len(_PIECE.findall(text))


def make_row(task: Task[Any, Any], settings: SynthesisSettings, mixture: Mixture, number: int) -> dict[str, Any] | None:
    """The row of the problem with this number; None where even its solution alone is over a limit."""
    problem, seed = mixture(number), settings.seed + number
    result = search(settings.search, task, problem, settings.spelled_value(number), budget=settings.budget, seed=seed)
    trace = linearize(result, settings.linearizer, seed=seed, values=settings.values)
    style = make_style(settings.style, seed)
    short = shorten(trace, task, lambda trace: _fits(task, style, settings, trace))
    if short is None:
        return None
    text = style.emit(task, short)
    z, s = split(text)
    done = replay(task, short)
    source = {**short.source, "style": settings.style, "style_seed": seed}
    return {
        "number": number,
        "task": problem.task,
        "seed": problem.seed,
        "index": problem.index,
        "split": problem.split,
        "difficulty": json.dumps(dict(problem.difficulty), sort_keys=True),
        "problem": problem.to_json(),
        "question": task.ask(problem),
        "actions": lines_of(task, short),
        "z": z,
        "s": s,
        "success": done.success,
        "backtracks": _backtracks(short),
        "nodes": len(done.tree) - 1,
        "duplicates": _repeats(task, short),
        "tokens": count_tokens(text),
        "search_nodes": len(result.tree) - 1,
        "search_duplicates": result.duplicates,
        "dropped_branches": source.pop("dropped_branches"),
        "source": json.dumps(source, sort_keys=True),
    }


def lines_of(task: Task[Any, Any], trace: Trace) -> list[str]:
    """The actions, each as its line of the suite's grammar."""
    tree, lines = Tree(task, trace.problem), []
    for action in trace.actions:
        lines.append(write(tree, action))
        tree.do(action)
    return lines


def _fits(task: Task[Any, Any], style: Style, settings: SynthesisSettings, trace: Trace) -> bool:
    if settings.max_backtracks is not None and _backtracks(trace) > settings.max_backtracks:
        return False
    return settings.max_tokens is None or count_tokens(style.emit(task, trace)) <= settings.max_tokens


def _backtracks(trace: Trace) -> int:
    return sum(isinstance(action, Backtrack) for action in trace.actions)


def _repeats(task: Task[Any, Any], trace: Trace) -> int:
    """Steps to a state, known by its key, that was visited before."""
    tree = Tree(task, trace.problem)
    known, repeats = {task.key(tree.state)}, 0
    for action in trace.actions:
        if isinstance(action, Step | Backtrack):
            tree.do(replace(action, claim=None) if isinstance(action, Step) else action)
        if isinstance(action, Step):
            key = task.key(tree.state)
            repeats += key in known
            known.add(key)
    return repeats


def make_shard(task: Task[Any, Any], settings: SynthesisSettings, shard: int) -> bytes:
    """The Parquet file of one shard. Sorted within where the rows are to be in order of difficulty."""
    mixture = Mixture(task, [(1.0, settings.difficulty)], settings.seed, settings.split)
    rows = [make_row(task, settings, mixture, number) for number in settings.numbers(shard)]
    kept = [row for row in rows if row is not None]
    if settings.order == "difficulty":
        kept.sort(key=lambda row: (row["search_nodes"], row["number"]))
    return to_parquet(kept)


def to_parquet(rows: Sequence[Mapping[str, Any]] | Any) -> bytes:
    """A Parquet file of rows, or of an Arrow table of such rows: the same bytes for the same rows."""
    arrow, parquet = require("pyarrow", "traces"), require("pyarrow.parquet", "traces")
    types = {"list": arrow.list_(arrow.string()), "bool": arrow.bool_()}
    schema = arrow.schema([(name, types.get(kind) or getattr(arrow, kind)()) for name, (kind, _) in COLUMNS.items()])
    table = rows if isinstance(rows, arrow.Table) else arrow.Table.from_pylist(rows, schema)
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=ROW_GROUP, compression="zstd")
    return buffer.getvalue()
