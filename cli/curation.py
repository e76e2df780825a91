"""The verb `curate`: its arguments, and what it does with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def add_curation(verb: argparse.ArgumentParser, positive: Callable[[str], int]) -> None:
    """The arguments of `curate`."""
    verb.add_argument("rows", type=Path, metavar="IN", help="JSONL, JSON, CSV or Parquet file, or a folder of them")
    verb.add_argument("out", type=Path, metavar="OUT", help="a new folder, or one to go on in")
    verb.add_argument("--rules", choices=("base", "strict"), default="strict", help="(default: %(default)s)")
    verb.add_argument("--source", default="rows", help="format of the rows, such as gsm8k (default: usual columns)")
    verb.add_argument("--against", metavar="FILE", help="held-out problems, which no kept row may contain")
    verb.add_argument("--similarity", type=float, help="of near-duplicates (default: 0.7, with --embed 0.5)")
    verb.add_argument("--embed", metavar="MODEL", help="compare embeddings of this model instead of word pairs")
    verb.add_argument("--shard-rows", type=positive, default=10_000, help="rows a file (default: %(default)s)")
    verb.add_argument("--engine", choices=("local", "ray"), default="local", help="(default: %(default)s)")
    verb.add_argument("--workers", type=positive, default=1, help="processes (default: %(default)s)")
    verb.add_argument("--address", help="of a running Ray cluster (default: start one here)")


def curated(options: argparse.Namespace) -> str:
    """Curate; returns the report for a terminal. Progress goes to stderr."""
    from ..agents.curation import Settings, curate, report_text

    chosen = {name: getattr(options, name) for name in ("rules", "source", "against", "similarity", "embed")}
    report = curate(
        options.rows,
        options.out,
        Settings(**chosen, shard_rows=options.shard_rows),
        engine=options.engine,
        workers=options.workers,
        address=options.address,
        say=lambda text: print(text, file=sys.stderr),
    )
    return report_text(report)
