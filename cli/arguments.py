"""Arguments that several verbs share, and how numbers on the command line are read."""

from __future__ import annotations

import argparse


def whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, is needed, got {text}")
    return number


def positive(text: str) -> int:
    if not whole(text):
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return int(text)


PUZZLES_HELP = "file of Game of 24 puzzles with human solve rates; its rows 901-1000 are held out (split puzzles)"


def problem_arguments(split: str) -> argparse.ArgumentParser:
    """Which problem; by default one of this split."""
    problem = argparse.ArgumentParser(add_help=False)
    problem.add_argument("task", metavar="TASK", help="name of a task, see `metacot list`")
    problem.add_argument("--problem", metavar="TEXT", help='a problem of your own, such as "3 3 8 8"')
    problem.add_argument("--seed", type=whole, default=0, help="address of a problem (default: 0)")
    problem.add_argument("--index", type=whole, default=0, help="address of a problem (default: 0)")
    problem.add_argument("--split", default=split, help="train, val, test or one of the task (default: %(default)s)")
    problem.add_argument(
        "--difficulty",
        nargs="+",
        default=[],
        metavar="LEVEL|KNOB=VALUE",
        help="easy, medium or hard, or knobs such as high=20 target=36",
    )
    problem.add_argument("--puzzles", metavar="CSV", help=PUZZLES_HELP)
    return problem
