"""Tasks and problems in words, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .. import tasks
from ..envs import env_ids
from ..tasks import Problem, Task


def task_text(name: str) -> str:
    """A registered task: what it is in a sentence, its levels, and the ids of its environments, a line each.

    A task that cannot be made as it is, for want of a library say, is told with the reason.
    """
    try:
        task = tasks.make(name)
    except (ImportError, OSError, TypeError, ValueError) as error:
        lines = [f"cannot be made: {error}"]
    else:
        sentence = " ".join((type(task).__doc__ or "").partition("\n\n")[0].split()).partition(". ")[0]
        levels = [f"{level} ({spelled(knobs)})" if knobs else level for level, knobs in task.levels.items()]
        lines = [f"{sentence.removesuffix('.')}.", *(["levels: " + ", ".join(levels)] if levels else [])]
    return "\n    ".join([name, *lines, "ids: " + " ".join(env_ids(name))])


def problem_text(task: Task[Any, Any], problem: Problem) -> str:
    """The question, where it comes from, and what is known about it."""
    state = task.start(problem)
    distance, value = task.distance(state), task.value(state)
    facts = {}
    if problem.seed is not None:
        facts["address"] = f"seed {problem.seed}, index {problem.index}, split {problem.split}"
    if problem.difficulty:
        facts["difficulty"] = spelled(problem.difficulty)
    if problem.solve_rate is not None:
        facts["solve rate"] = f"{problem.solve_rate:.2%} of people or models"
    facts |= {name: f"{number:g}" for name, number in task.attributes(problem).items()}
    if task.enumerable:
        facts["steps"] = f"{len(task.steps(state))} legal at the start"
    known = {None: "not known", math.inf: "no solution"}
    facts["distance"] = known.get(distance, f"{distance} steps to a solution")
    facts["value"] = "not known" if value is None else f"{value:g}, of the start state, without backtracking"
    width = max(map(len, facts))
    return "\n".join([task.ask(problem), "", *(f"{name:<{width}}  {fact}" for name, fact in facts.items())])


def spelled(knobs: Mapping[str, Any]) -> str:
    """Knobs as the command line takes them."""
    return " ".join(f"{knob}={value}" for knob, value in knobs.items())
