"""What the errors of a process reward model cost: best-first search beside other values, best-of-N, and beam search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from ...rewards.prm import LearnedPRM
from ...rewards.protocols import Proposal, ValueFunction
from ...rewards.rollouts import UniformProposer
from ...rewards.stable import stable_uint64
from ...rewards.values import ClosestValue, HeuristicValue, OracleValue, RandomValue
from ...tasks import Problem, Task
from ...tasks.numbers import NumberGame
from ..search.beam import beam
from ..search.best_first import best_first
from ..search.common import SearchResult
from ..search.sampling import AGGREGATES

NS = (1, 2, 4, 8, 16, 32, 64)

BUDGET = 4000
"""Nodes a best-first search may visit: more than a hand of Game of 24 has, so that success is equal there."""

WIDTH, PROPOSALS = 5, 4
"""Of beam search: states a level keeps, and steps drawn for each."""

LONGEST = 60
"""Steps of a sampled attempt in tasks without a horizon."""


def guided(prm: LearnedPRM, task: Task[Any, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    """`search`: success and mean value calls of best-first search by value. `beam`: accuracy, nodes and tokens.
    `best_of_n`: accuracy by rule and N, and tokens by N. All on the problems that have a solution, and nothing where
    there is none. Tokens are the words of all steps that were drawn, a mean over problems."""
    solvable = [problem for problem in problems if task.value(task.start(problem))]
    if not solvable or not task.enumerable:
        return {}
    thumb: ValueFunction = ClosestValue() if isinstance(task, NumberGame) else HeuristicValue()
    known: list[ValueFunction] = [prm, OracleValue(unknown=0.0), RandomValue(), thumb]
    searches = {
        "prm" if value is prm else value.name.partition(":")[0]: _cost(
            [best_first(task, problem, value, BUDGET) for problem in solvable]
        )
        for value in known
    }
    drawn = [beam(task, problem, prm, width=WIDTH, proposer=Writer(), proposals=PROPOSALS) for problem in solvable]
    tokens = sum(result.tokens for result in drawn) / len(drawn)
    beams = {**_cost(drawn), "tokens": tokens}
    return {"search": searches, "beam": beams, "best_of_n": best_of_n_curves(prm, task, solvable)}


class Writer:
    """Uniform play that counts the words of the steps it draws, as if they had been written."""

    name = "uniform"

    def __init__(self) -> None:
        self.tokens = 0

    def propose(
        self, task: Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
    ) -> list[list[Proposal]]:
        found = UniformProposer().propose(task, states, rngs, count)
        for state, proposals in zip(states, found, strict=True):
            self.tokens += sum(_words(task, state, proposal.step) for proposal in proposals)
        return found


def _words(task: Task[Any, Any], state: Any, step: Any) -> int:
    return len(task.write(state, step).split())


def _cost(results: Sequence[SearchResult]) -> dict[str, float]:
    count = len(results)
    return {
        "success": sum(result.success for result in results) / count,
        "value_calls": sum(result.value_calls for result in results) / count,
        "nodes": sum(len(result.tree) - 1 for result in results) / count,
    }


def best_of_n_curves(
    prm: LearnedPRM, task: Task[Any, Any], problems: Sequence[Problem], ns: Sequence[int] = NS
) -> dict[str, dict[int, float]]:
    """The share of problems whose chosen attempt is right, for each rule and each N; attempts are uniform play, and
    the first 8 of 16 are the 8. `tokens`: words of N attempts, a mean over problems.

    Rules: the model's values along an attempt, aggregated in four ways; the answer given most often; and an oracle,
    right where any attempt is. The model is asked what it thinks of solved states as well, in place of the rules, which
    would tell it.
    """
    rules = [*AGGREGATES, "majority", "oracle"]
    counted = {rule: dict.fromkeys(ns, 0) for rule in [*rules, "tokens"]}
    for problem in problems:
        plays = [_attempt(task, problem, number) for number in range(max(ns))]
        states = [state for states, _ in plays for state in states]
        values = iter(prm.probabilities(task, states))
        valued = [[next(values) for _ in states] for states, _ in plays]
        answers = [task.answer(problem, steps) for _, steps in plays]
        words = [_attempted(task, problem, play) for play in plays]
        solved = [bool(states) and task.solved(states[-1]) for states, _ in plays]
        for n in ns:
            for rule, judge in AGGREGATES.items():
                worth = [judge(row) if row else 0.0 for row in valued[:n]]
                counted[rule][n] += solved[worth.index(max(worth))]
            common = Counter(answers[:n]).most_common(1)[0][0]
            counted["majority"][n] += solved[answers.index(common)]
            counted["oracle"][n] += any(solved[:n])
            counted["tokens"][n] += sum(words[:n])
    return {name: {n: count / len(problems) for n, count in own.items()} for name, own in counted.items()}


def _attempt(task: Task[Any, Any], problem: Problem, number: int) -> tuple[list[Any], list[Any]]:
    """The states after the steps of a uniform play, and the steps."""
    state, states, steps = task.start(problem), [], []
    for _ in range(task.horizon or LONGEST):
        if task.solved(state):
            break
        rng = Random(stable_uint64(task.key(state), "attempt", number))
        drawn = UniformProposer().propose(task, [state], [rng])[0]
        if not drawn:
            break
        steps.append(drawn[0].step)
        state = task.apply(state, drawn[0].step)
        states.append(state)
    return states, steps


def _attempted(task: Task[Any, Any], problem: Problem, play: tuple[list[Any], list[Any]]) -> int:
    """The words of the steps of an attempt."""
    states, steps = play
    before = [task.start(problem), *states]
    return sum(_words(task, state, step) for state, step in zip(before, steps, strict=False))
