"""`check_task`: all rules of the contract, one after the other, up to the first that is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...tasks import Task, make
from . import elsewhere
from .copies import COPIED
from .elsewhere import ELSEWHERE
from .exam import Exam
from .numbers import NUMBERS, no_numbers
from .play import PLAY
from .problems import BEFORE_STATES, pickling
from .states import STATES, expand, steps
from .text import TEXT, words

_ORDER = (*BEFORE_STATES, steps, pickling, *STATES, *TEXT, *NUMBERS, no_numbers, *ELSEWHERE, *PLAY, *COPIED)

RULES: dict[str, str] = {rule.__name__: (rule.__doc__ or "").strip() for rule in _ORDER}
"""Every rule and what it says, in the order in which they are tried."""


@dataclass(frozen=True)
class Passed:
    """What a task was found to be that breaks no rule.

    task: its name. difficulty: the knobs of the problems. problems, states: how many were looked at.
    known_share: share of the states tried for which the distance and those of all children are known, in [0, 1];
        None where steps cannot be listed.
    longest: steps of the longest of the shortest solutions played, 0 where steps cannot be listed. In an environment
        with a smaller budget there are problems that nobody can solve.
    rules: the names of the rules that were tried, in order.
    """

    task: str
    difficulty: Mapping[str, Any]
    problems: int
    states: int
    known_share: float | None
    longest: int
    rules: tuple[str, ...]


def check_task(
    task: str | Task[Any, Any],
    problems: int = 200,
    *,
    difficulty: str | Mapping[str, Any] | None = None,
    seed: int = 0,
    known: float = 0.95,
) -> Passed:
    """Try every rule of the contract on a task and its environments. Nothing is skipped in silence: `Passed.rules`
    names what was tried, which is all of `RULES`, but for the numeric face of a task that has none, and `expand` and
    `words` where steps are free text.

    Args:
        task: a registered task by its name, or one made with options of its own.
        problems: training problems to look at; fewer where the family is smaller.
        difficulty: a level or knobs, None for the default.
        seed: of the problems and of all play.
        known: least share, in [0, 1], of states whose distance and whose children's distances must be known.

    Raises:
        ContractError: naming the first rule broken, and what was seen.
        ValueError: for a difficulty that the task does not have. KeyError: for a name that is not registered.
    """
    if elsewhere.started_by_a_check:
        raise RuntimeError(
            "this module calls check_task when it is imported; put the call under __name__ == '__main__'"
        )
    task = make(task) if isinstance(task, str) else task
    exam = Exam(task, task.knobs(difficulty), problems, seed, known)
    without = {no_numbers} if exam.numeric else set(NUMBERS)
    if not task.enumerable:  # there is nothing to expand, and who writes free text uses words of their own
        without |= {expand, words}
    rules = [rule for rule in _ORDER if rule not in without]
    for rule in rules:
        with exam.trying(rule.__name__):
            rule(exam)
    return Passed(
        task=task.name,
        difficulty=exam.knobs,
        problems=len(exam.problems),
        states=len(exam.nodes),
        known_share=exam.known_share,
        longest=exam.longest,
        rules=tuple(rule.__name__ for rule in rules),
    )
