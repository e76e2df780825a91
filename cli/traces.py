"""The verb `traces`: its arguments, and what it does with them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import positive, whole

if TYPE_CHECKING:
    from ..tasks import Task


def add_traces(verb: argparse.ArgumentParser) -> None:
    """The arguments of `traces`."""
    verb.add_argument("task", metavar="TASK", help="name of a task, see `metacot list`")
    verb.add_argument("--out", type=Path, required=True, help="a new folder, or one to go on in")
    verb.add_argument("--n", type=positive, required=True, help="problems to search; each makes one row")
    verb.add_argument("--search", default="best_first", help="see `metacot solve` (default: %(default)s)")
    verb.add_argument(
        "--value",
        help="who values states, such as noisy:0.2; noisy:0.2:{n} errs on other states in every search (default: that "
        "of the search)",
    )
    verb.add_argument("--budget", type=whole, default=1000, help="nodes a search may visit (default: %(default)s)")
    verb.add_argument(
        "--linearizer",
        default="visit_order",
        metavar="NAME[:KNOB=VALUE,...]",
        help="such as pruned:rate=0.3, ancestor_hops:branches=3, inserted_errors:rate=0.2 (default: %(default)s)",
    )
    verb.add_argument("--values", action="store_true", help="write down the values noted for states")
    verb.add_argument("--style", default="suite", help="suite, stream, create_close or prose (default: %(default)s)")
    verb.add_argument("--max-tokens", type=positive, help="longer traces lose whole wrong branches")
    verb.add_argument("--max-backtracks", type=whole, help="traces with more lose whole wrong branches")
    verb.add_argument(
        "--order", choices=("address", "difficulty"), default="address", help="of the rows (default: %(default)s)"
    )
    verb.add_argument("--difficulty", nargs="+", default=[], metavar="LEVEL|KNOB=VALUE", help="see `metacot show`")
    verb.add_argument("--seed", type=whole, default=0, help="of problems, searches and words (default: %(default)s)")
    verb.add_argument("--split", default="train", help="of the problems (default: %(default)s)")
    verb.add_argument("--shard-rows", type=positive, default=2000, help="problems a file (default: %(default)s)")
    verb.add_argument("--engine", choices=("local", "ray"), default="local", help="(default: %(default)s)")
    verb.add_argument("--workers", type=positive, default=1, help="processes (default: %(default)s)")
    verb.add_argument("--address", help="of a running Ray cluster (default: start one here)")


def traced(options: argparse.Namespace, task: Task[Any, Any], difficulty: dict[str, Any]) -> str:
    """Make the traces; returns what there is to say about them. Progress goes to stderr."""
    from tqdm import tqdm

    from ..agents.synthesis import SynthesisSettings, synthesize

    names = "search value budget linearizer values style max_tokens max_backtracks order seed split shard_rows"
    settings = SynthesisSettings(
        problems=options.n, difficulty=difficulty, **{name: getattr(options, name) for name in names.split()}
    )
    with tqdm(total=options.n, desc="traces", unit="problem", dynamic_ncols=True, file=sys.stderr) as bar:
        manifest = synthesize(
            task,
            settings,
            options.out,
            engine=options.engine,
            workers=options.workers,
            address=options.address,
            progress=lambda problems: bar.update(problems) and None,
        )
    tokens = manifest["counts"]["tokens"]
    return "\n".join(
        [
            f"{manifest['rows']:,} traces of {manifest['problems']:,} problems in {len(manifest['files'])} files",
            f"verified success: {manifest['success']:,} ({manifest['success_rate']:.2%})",
            *([f"too long: {manifest['too_long']:,}"] if manifest["too_long"] else []),
            *([f"tokens: {tokens['mean']:,} a trace, at most {tokens['max']:,}"] if tokens else []),
            f"card: {options.out / 'README.md'}",
        ]
    )
