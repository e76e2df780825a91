"""The verb `compare`, and what `solve` does besides searching: its options, the picture of the tree."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import positive, whole

if TYPE_CHECKING:
    from ..agents.search import SearchResult
    from ..tasks import Task


def add_comparison(verb: argparse.ArgumentParser) -> None:
    """The arguments of `compare`."""
    verb.add_argument("task", metavar="TASK", help="name of a task, see `metacot list`")
    verb.add_argument("--searches", nargs="+", default=["all"], metavar="NAME", help="which ones (default: all)")
    verb.add_argument("--values", nargs="+", metavar="VALUE", help="such as oracle noisy:0.2:{n} (default: their own)")
    verb.add_argument("--budget", type=positive, default=200, help="nodes a problem (default: %(default)s)")
    verb.add_argument("--n", type=positive, default=200, help="how many problems (default: %(default)s)")
    verb.add_argument("--seed", type=whole, default=0, help="of the problems and the searches (default: 0)")
    verb.add_argument("--split", default="train", help="train, val, test or one of the task (default: %(default)s)")
    verb.add_argument("--difficulty", nargs="+", default=[], metavar="LEVEL|KNOB=VALUE", help="as for `solve`")
    verb.add_argument("--plot", type=Path, metavar="HTML", help="the curves (default: runs/compare_TASK.html)")


def compared(options: argparse.Namespace, task: Task[Any, Any], knobs: dict[str, Any]) -> str:
    """Search every problem in every way, and write the page; returns the table for a terminal."""
    from ..agents.evaluation import compare_searches, searches_page, searches_text
    from ..agents.files import write_whole
    from ..agents.search import ALGORITHMS

    problems = [task.problem(options.seed, index, options.split, **knobs) for index in range(options.n)]
    names = list(ALGORITHMS) if options.searches == ["all"] else options.searches
    rows = [*compare_searches(task, problems, names, options.values or [None], options.budget, options.seed)]
    plot = options.plot or Path("runs") / f"compare_{options.task}.html"
    write_whole(plot, searches_page(rows, options.task, len(problems), options.budget))
    said = f"{len(problems)} problems, at most {options.budget} nodes, 95% intervals; curves in {plot}"
    return f"{searches_text(rows)}\n{said}"


def search_options(words: list[str]) -> dict[str, Any]:
    """NAME=VALUE, the values as JSON where they are JSON, else as text. Raises ValueError for another form, and for the
    options that the command line has words of their own for."""
    from ..tasks.problem import as_tuples

    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in ("value", "budget", "seed", "proposer"):
            raise ValueError(f"an option of a search is NAME=VALUE, such as width=3, got {word!r}")
        try:
            found[name] = as_tuples(json.loads(value))
        except ValueError:
            found[name] = value
    return found


def save_picture(task: Task[Any, Any], result: SearchResult, path: Path) -> None:
    """The tree of a search as an SVG file."""
    from ..agents.evaluation.tree_svg import story, tree_file
    from ..agents.files import write_whole

    write_whole(path, tree_file(story(task, result.trace())))
