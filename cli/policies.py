"""What verbs that ask a policy have in common, and the verb `eval`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import positive

if TYPE_CHECKING:
    from ..agents.policies import Exam, Policy
    from ..tasks import Problem, Task

NODES = 100
"""Default budget of a search on a policy's proposals: every node costs requests."""


def add_policy(verb: argparse.ArgumentParser, *, required: bool) -> None:
    """Which policy, and how it is asked."""
    verb.add_argument(
        "--policy", required=required, help="openai:URL[#MODEL], vllm:MODEL[#raw], hf:FOLDER[#raw] or script:FILE"
    )
    verb.add_argument("--style", default="full", help="of the instructions: none, short or full (default: %(default)s)")
    verb.add_argument("--temperature", type=_number, default=1.0, help="0 = greedy (default: %(default)s)")
    verb.add_argument("--timeout", type=_seconds, default=60.0, help="seconds for a request (default: %(default)s)")
    verb.add_argument("--tries", type=positive, default=4, help="of a request that fails (default: %(default)s)")
    verb.add_argument("--concurrency", type=positive, default=8, help="requests at a time (default: %(default)s)")


def add_exam(verb: argparse.ArgumentParser) -> None:
    """The arguments of `eval` besides those of problems and policies."""
    verb.add_argument("--n", type=positive, default=20, help="problems, from --index on (default: %(default)s)")
    verb.add_argument("--budget", type=positive, help="steps an episode (default: the task's for this difficulty)")
    verb.add_argument("--feedback", default="state", help="state, none or random (default: %(default)s)")
    verb.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _number(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"a number, 0 or more, is needed, got {text}")
    return number


def _seconds(text: str) -> float:
    if not _number(text):
        raise argparse.ArgumentTypeError("more than 0 seconds are needed")
    return float(text)


def opened(options: argparse.Namespace) -> Policy:
    """The policy that the command line names."""
    from ..agents.policies import make_policy

    return make_policy(options.policy, timeout=options.timeout, tries=options.tries, concurrency=options.concurrency)


def examined(options: argparse.Namespace, task: Task[Any, Any], problems: list[Problem]) -> Exam:
    """The exam; progress goes to stderr."""
    from ..agents.policies import ExamSettings, examine

    settings = ExamSettings(
        budget=options.budget,
        style=options.style,
        feedback=options.feedback,
        temperature=options.temperature,
        seed=options.seed,
    )
    ended = 0

    def progress(more: int) -> None:
        nonlocal ended
        ended += more
        if sys.stderr.isatty():
            print(f"\r{ended} of {len(problems)} episodes", end="\n" if ended == len(problems) else "", file=sys.stderr)

    return examine(opened(options), task, problems, settings, progress)


def first(task: Task[Any, Any], options: argparse.Namespace, difficulty: Mapping[str, Any]) -> list[Problem]:
    """The first problems from the address on, as many as there are."""
    count = task.count(options.split, **difficulty)
    last = options.index + options.n if count is None else min(options.index + options.n, count)
    return [task.problem(options.seed, place, options.split, **difficulty) for place in range(options.index, last)]


def tell(exam: Exam, as_json: bool) -> int:
    """Print what came of an exam; returns the exit status."""
    print(json.dumps(exam.to_dict()) if as_json else exam.text())
    if exam.lost:
        asked = len(exam.lost) + len(exam.episodes)
        print(f"metacot eval: {len(exam.lost)} of {asked} episodes were lost: {exam.lost[-1]}", file=sys.stderr)
    return 1 if exam.lost else 0
