"""One examination of a task: the problems and states that all rules are tried on.

States are gathered by the pure methods alone, from the start, along a shortest solution where exact distances lead
to one, and on random walks that leave it. Every choice is drawn from a generator of the examination, so that a rule
that breaks, breaks again.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from ...tasks import IllegalStep, Problem, Task, UnreadableStep
from .hostile import PLAIN

WALK = 6
"""The longest random walk, in steps, that leaves a solution."""

CHILDREN = 64
"""Of a state with more legal steps, so many are looked at one by one. (`mask`, `expand` and `distance` see all.)"""


class ContractError(AssertionError):
    """A rule of the contract is broken.

    rule: its name, a key of `metacot.envs.contract.RULES`. why: what was seen.
    """

    def __init__(self, rule: str, why: str):
        super().__init__(rule, why)
        self.rule = rule
        self.why = why

    def __str__(self) -> str:
        return f"{self.rule}: {self.why}"


class Broken(Exception):
    """What a rule raises where it is broken, with what was seen."""


@dataclass(frozen=True, slots=True)
class Node:
    """A state of a problem and a path to it."""

    problem: Problem
    path: tuple[Any, ...]
    state: Any


class Exam:
    """A task at one difficulty.

    Attributes:
        task, knobs, seed, known: what `check_task` was asked for.
        problems: training problems, in the order of their indices.
        reasons: what refusals said, to be looked at by the rule `words`.
        known_share: share of the states tried whose distance and whose children's distances are known.
        longest: steps of the longest of the shortest solutions played.
        rule: the rule being tried.
    """

    def __init__(self, task: Task[Any, Any], knobs: dict[str, Any], problems: int, seed: int, known: float):
        self.task = task
        self.knobs = knobs
        self.seed = seed
        self.known = known
        self.size = problems
        self.reasons: set[str] = set()
        self.known_share: float | None = None
        self.longest = 0
        self.rule = ""
        self._distances: dict[Hashable, int | float | None] = {}

    @contextmanager
    def trying(self, rule: str) -> Iterator[None]:
        """Whatever goes wrong in here breaks this rule. Raises ContractError."""
        self.rule = rule
        try:
            yield
        except Broken as broken:
            raise ContractError(rule, str(broken)) from broken.__cause__
        except Exception as error:
            raise ContractError(rule, f"raised {error!r}") from error

    @property
    def numeric(self) -> bool:
        """Is there a numeric face to be tried?"""
        return self.task.enumerable and self.task.n_actions > 0

    def rng(self) -> Random:
        """The chance of the present rule: what one rule draws changes nothing for the others."""
        return Random(f"{self.rule} {self.seed}")

    @cached_property
    def problems(self) -> list[Problem]:
        count = self.task.count("train", **self.knobs)
        size = self.size if count is None else min(count, self.size)
        return [self.task.problem(self.seed, index, "train", **self.knobs) for index in range(size)]

    @cached_property
    def nodes(self) -> list[Node]:
        """States of every problem, its start first."""
        rng = self.rng()
        walk = self._walk if self.task.enumerable else self._talk
        return [node for problem in self.problems for node in walk(problem, rng)]

    @cached_property
    def starts(self) -> list[Node]:
        """The start of every problem."""
        return [node for node in self.nodes if not node.path]

    def some(self, number: int) -> list[Problem]:
        """At most so many problems, spread over all."""
        return self.problems[:: max(1, math.ceil(len(self.problems) / number))]

    def distance(self, state: Any) -> int | float | None:
        """`task.distance`, asked once a state."""
        if state not in self._distances:
            self._distances[state] = self.task.distance(state)
        return self._distances[state]

    def solution(self, state: Any) -> list[tuple[Any, Any]] | None:
        """(step, state after it) along a shortest solution; None where the distances lead to none."""
        task, left = self.task, self.distance(state)
        if left is None or not 0 <= left < math.inf:
            return None
        path: list[tuple[Any, Any]] = []
        while not task.solved(state):
            left -= 1
            rows = ((step, task.apply(state, step)) for step in task.steps(state))
            onward = next((row for row in rows if self.distance(row[1]) == left), None)
            if onward is None:
                return None
            path.append(onward)
            state = onward[1]
        return path

    def sample(self, steps: Sequence[Any], rng: Random) -> Sequence[Any]:
        """The steps, or where there are very many some of them."""
        return steps if len(steps) <= CHILDREN else rng.sample(list(steps), CHILDREN)

    def _walk(self, problem: Problem, rng: Random) -> Iterator[Node]:
        """The start, the end of a shortest solution, and two states of a random walk that leaves it."""
        task, start = self.task, self.task.start(problem)
        yield Node(problem, (), start)
        try:
            solution = self.solution(start) or []
        except Exception:  # what is wrong with distances, the rule `distance` will say
            solution = []
        if solution:
            yield Node(problem, tuple(step for step, _ in solution), solution[-1][1])
        leave = rng.randrange(len(solution)) if solution else 0
        path = [step for step, _ in solution[:leave]]
        state = solution[leave - 1][1] if leave else start
        seen = {task.key(start), *(task.key(after) for _, after in solution[:leave])}
        walked: list[Node] = []
        for _ in range(WALK):
            steps = task.steps(state)
            if not steps:
                break
            step = steps[rng.randrange(len(steps))]
            state = task.apply(state, step)
            if task.key(state) in seen:
                break
            seen.add(task.key(state))
            path.append(step)
            walked.append(Node(problem, tuple(path), state))
        yield from walked[:: max(1, len(walked) - 1)]

    def _talk(self, problem: Problem, rng: Random) -> Iterator[Node]:
        """The start, and where plain lines of text lead; for tasks that cannot list their steps."""
        task, path, state = self.task, [], self.task.start(problem)
        yield Node(problem, (), state)
        for text in rng.sample(PLAIN, len(PLAIN)):
            try:
                step = task.read(state, text)
                state = task.apply(state, step)
            except (UnreadableStep, IllegalStep):
                continue
            path.append(step)
            yield Node(problem, tuple(path), state)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_SHORT.maxtuple = _SHORT.maxlist = _SHORT.maxdict = 20


def short(thing: object) -> str:
    """The text of anything, for messages."""
    return _SHORT.repr(thing)
