"""The verb `prm`: train a process reward model, judge one, and score files with one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def add_prm(verb: argparse.ArgumentParser, whole: Callable[[str], int], positive: Callable[[str], int]) -> None:
    """The three things to do, and their arguments."""
    deeds = verb.add_subparsers(dest="deed", required=True, metavar="train|eval|score")
    train = deeds.add_parser("train", help="train one into a folder; the same command resumes")
    train.add_argument("task", metavar="TASK", help="name of a task, see `metacot list`")
    train.add_argument("--out", type=Path, required=True, help="folder of the model")
    train.add_argument("--model", choices=("mlp", "lm", "implicit"), default="mlp", help="(default: %(default)s)")
    train.add_argument(
        "--label",
        choices=("exact", "graded", "soft", "hard", "progress"),
        help="of states (default: exact where the task has dead ends, else graded)",
    )
    train.add_argument("--k", type=positive, default=16, help="rollouts a state for labels (default: %(default)s)")
    train.add_argument("--noise", type=float, default=0.0, help="share of wrong labels (default: %(default)s)")
    train.add_argument("--problems", type=positive, help="of the training split (default: all, 300 without an end)")
    train.add_argument("--difficulty", nargs="+", default=[], metavar="LEVEL|KNOB=VALUE", help="of the problems")
    train.add_argument("--updates", type=positive, help="optimizer steps")
    train.add_argument("--rows", type=positive, help="states or texts an update")
    train.add_argument("--lr", type=float, help="peak step size")
    train.add_argument("--width", type=positive, help="hidden units of the mlp")
    train.add_argument("--pretrained", metavar="MODEL", help="language model to start from (default: a small new one)")
    train.add_argument("--lora", type=positive, metavar="RANK", help="train adapters of this rank alone")
    train.add_argument("--data", metavar="NAME", help="judged chains in place of states, such as math_shepherd")
    train.add_argument("--path", metavar="FILE", help="of --data")
    train.add_argument("--seed", type=whole, default=0, help="(default: 0)")
    judge = deeds.add_parser("eval", help="judge one by exact values, rollouts and searches; draws reliability.svg")
    judge.add_argument("folder", type=Path, metavar="DIR", help="folder of the model")
    judge.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    judge.add_argument("--problems", type=positive, help="of the test split (default: all, 100 without an end)")
    judge.add_argument("--k", type=positive, default=128, help="rollouts a state to compare with (default: 128)")
    judge.add_argument("--searched", type=positive, default=60, help="problems to search (default: %(default)s)")
    judge.add_argument("--data", metavar="NAME", help="judge on judged chains, such as processbench")
    judge.add_argument("--path", metavar="FILE", help="of --data")
    score = deeds.add_parser("score", help="score the steps of a file, a JSON object a line")
    score.add_argument("folder", type=Path, metavar="DIR", help="folder of the model")
    score.add_argument("file", type=Path, metavar="FILE", help='JSON lines with "problem" and "steps"')


DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "lm": {"updates": 600, "rows": 32, "lr": 1e-3},
    "implicit": {"updates": 600, "rows": 32, "lr": 1e-3},
}
"""What language models need in place of the defaults of a small network."""


def done(options: argparse.Namespace, knobs: Callable[..., dict[str, Any]]) -> Iterator[str]:
    """Do it; the lines to print. knobs: reads a difficulty."""
    deed = {"train": trained, "eval": judged, "score": scored}[options.deed]
    return deed(options, knobs)


def trained(options: argparse.Namespace, knobs: Callable[..., dict[str, Any]]) -> Iterator[str]:
    """Train one; says where it is."""
    from .. import tasks
    from ..agents.prm import PRMRun, train_prm
    from ..agents.training.prm import PRMSettings
    from ..agents.training.prm_data import Labelling

    task = tasks.make(options.task)
    given = {name: getattr(options, name) for name in ("updates", "rows", "lr", "width", "lora")}
    chosen = DEFAULTS[options.model] | {name: value for name, value in given.items() if value is not None}
    label = options.label or ("exact" if task.dead_ends else "graded")
    run = PRMRun(
        options.task,
        PRMSettings(options.model, **chosen),
        Labelling(label, options.k, options.noise, options.seed),
        difficulty=knobs(task, options.difficulty),
        problems=options.problems,
        pretrained=options.pretrained,
        data=options.data,
        path=options.path,
        seed=options.seed,
    )
    prm = train_prm(run, options.out)
    counts = ", ".join(f"{count} {name}" for name, count in prm.config["counts"].items())
    yield f"{prm.name}: {counts}, temperature {prm.temperature:.3f}"


def judged(options: argparse.Namespace, knobs: object) -> Iterator[str]:
    """Judge one; leaves `eval.json` and `reliability.svg` in its folder."""
    from ..agents.evaluation.prm import evaluate, evaluate_chains, report_text
    from ..agents.files import write_whole
    from ..rewards.prm import load_prm
    from ..tasks.data import Chain, load

    prm = load_prm(options.folder)
    if options.data:
        chains = [row for row in load(options.data, options.path) if isinstance(row, Chain)]
        found = evaluate_chains(prm, chains)
    else:
        found = evaluate(prm, problems=options.problems, k=options.k, searched=options.searched)
    write_whole(options.folder / "eval.json", json.dumps(found.report, indent=1) + "\n")
    write_whole(options.folder / "reliability.svg", found.reliability)
    yield json.dumps(found.report) if options.json else report_text(found.report)


def scored(options: argparse.Namespace, knobs: object) -> Iterator[str]:
    """Score a file, a JSON object a line."""
    from ..agents.prm import score_file
    from ..rewards.prm import load_prm

    for row in score_file(load_prm(options.folder), options.file):
        yield json.dumps(row)
