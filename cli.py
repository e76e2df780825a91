"""The `metacot` command, one thin function per verb."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; returns the exit status."""
    options = parser().parse_args(arguments)
    return int(options.verb(options) or 0)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="metacot", description=__doc__)
    verbs = top.add_subparsers(required=True, metavar="VERB")

    demo = verbs.add_parser("demo", help="search -> SFT -> meta-RL -> evaluation -> report, resumable")
    demo.set_defaults(verb=run_demo)
    demo.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder of the run (default: %(default)s)")
    demo.add_argument("--preset", choices=("smoke", "demo", "full"), default="demo", help="size of the run")
    demo.add_argument("--seeds", type=int, nargs="+", default=[0], help="one run each (default: 0)")
    demo.add_argument("--model", help="name or folder of a pretrained model, instead of a small one from scratch")
    demo.add_argument("--puzzles", help="CSV file of puzzles with human solve rates; rows 901-1000 are held out")
    demo.add_argument("--wandb", metavar="PROJECT", help="also log to this Weights & Biases project")
    demo.add_argument("--workers", type=int, help="processes for making traces (default: one a core)")
    return top


def run_demo(options: argparse.Namespace) -> None:
    """The whole pipeline, once a seed."""
    from .agents.pipeline import run
    from .agents.presets import PRESETS

    settings = PRESETS[options.preset]
    if options.model:
        settings = replace(settings, model=replace(settings.model, name=options.model))
    if options.puzzles:
        settings = replace(settings, task_options={"puzzles": options.puzzles})
    for seed in options.seeds:
        out = options.out if len(options.seeds) == 1 else options.out / f"seed{seed}"
        run(settings, out, seed, workers=options.workers)


if __name__ == "__main__":
    raise SystemExit(main())
