"""Monte-Carlo labels against exact values: their bias and variance, by the number of rollouts and by who makes them.

    python examples/rollout_labels.py                     both tasks, a plot in rollout_labels.html
    python examples/rollout_labels.py --tasks countdown --rollouts 512 --seed 1

A soft label is the share of K rollouts that reach a solution, a hard one is 1 where any of them does; the truth is
whether the state can be solved. Rollouts are made by uniform play, by play that a rule of thumb guides (is a number
close to the target?), and by play that the exact value guides with errors on 40, 20 and 5% of the states. Guided play
draws a step with odds exp(value / 0.2) of the state that it leads to.

No rollout leaves a state that has no solution with one, so labels there are always 0, and right. Everything is measured
on states that can be solved, one a held-out problem: there every error is on one side, down. Bias is the mean label
less 1, the deviation that of labels made of other rollouts, intervals are 95% bootstrap intervals over states.

Left out: tasks without dead ends. Every state can be solved there, and rollouts say nothing about the graded value.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Hashable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from metacot import tasks
from metacot.agents.evaluation.charts import Line, line_chart
from metacot.agents.evaluation.page import figures_page
from metacot.agents.evaluation.stats import Interval, interval
from metacot.agents.training.prm_data import states_met
from metacot.rewards import Proposal, Proposer, RolloutValue, UniformProposer, ValueFunction, make_value
from metacot.rewards.stable import uniform

TASKS: dict[str, dict[str, Any]] = {"game24": {}, "countdown": {}}
POLICIES = ("uniform", "closest", "noisy:0.4", "noisy:0.2", "noisy:0.05")
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)
TEMPERATURE = 0.2


class GuidedProposer:
    """Draws a step with odds exp(value of the state it leads to / TEMPERATURE). Remembers the odds of every state."""

    def __init__(self, value: ValueFunction):
        self.value = value
        self._menus: dict[Hashable, tuple[list[Any], np.ndarray, np.ndarray]] = {}

    @property
    def name(self) -> str:
        return self.value.name

    def propose(
        self, task: tasks.Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
    ) -> list[list[Proposal]]:
        found = []
        for state, rng in zip(states, rngs, strict=True):
            steps, summed, logs = self._menu(task, state)
            places = [int(np.searchsorted(summed, rng.random(), side="right")) for _ in range(count)] if steps else []
            found.append([Proposal(steps[place], float(logs[place])) for place in places])
        return found

    def _menu(self, task: tasks.Task[Any, Any], state: Any) -> tuple[list[Any], np.ndarray, np.ndarray]:
        """The steps, and their probabilities, summed up and as logarithms."""
        key = task.key(state)
        if key not in self._menus:
            rows = task.expand(state)
            logits = np.array(self.value.values(task, [row[1] for row in rows])) / TEMPERATURE
            odds = np.exp(logits - logits.max()) if rows else np.ones(0)
            odds /= odds.sum() if rows else 1.0
            self._menus[key] = [row[0] for row in rows], odds.cumsum() / (odds.sum() or 1.0), np.log(odds)
        return self._menus[key]


def proposer(policy: str) -> Proposer:
    return UniformProposer() if policy == "uniform" else GuidedProposer(make_value(policy))


def solvable_states(task: tasks.Task[Any, Any], difficulty: dict[str, Any], problems: int) -> list[Any]:
    """A state that can be solved, and is not, of each held-out problem that has one; starts are left out."""
    found = []
    for index in range(problems):
        met = states_met(task, [task.problem(0, index, "test", **difficulty)])
        names = [k for k, one in met.items() if one.depth and not task.solved(one.state) and task.value(one.state)]
        if names:
            found.append(met[min(names, key=lambda key: uniform(key, "state"))].state)
    return found


def wins_of(task: tasks.Task[Any, Any], states: list[Any], policy: str, rollouts: int, seed: int) -> np.ndarray:
    """(states, rollouts): did it reach a solution? Rollouts of another seed have nothing in common with these."""
    by, first = proposer(policy), seed * rollouts
    columns = [RolloutValue(1, first + number, proposer=by).values(task, states) for number in range(rollouts)]
    return np.array(columns).T


class Spread(NamedTuple):
    """Of one kind of label, over states: bias, and the standard deviation of labels of one state."""

    bias: Interval
    deviation: float


def spread(labels: np.ndarray) -> Spread:
    """labels: (states, repetitions), of states whose true value is 1."""
    return Spread(interval(labels.mean(axis=1) - 1.0), math.sqrt(labels.var(axis=1, ddof=1).mean()))


def labels_of(wins: np.ndarray, k: int) -> tuple[Spread, Spread]:
    """Of soft and of hard labels that rest on k rollouts each; none is used twice."""
    groups = wins.reshape(len(wins), -1, k)
    return spread(groups.mean(axis=2)), spread(groups.max(axis=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--problems", type=int, default=100, help="held-out problems, of each one state")
    parser.add_argument("--rollouts", type=int, default=256, help="of each state, a multiple of 256")
    parser.add_argument("--seed", type=int, default=0, help="of the rollouts")
    parser.add_argument("--out", type=Path, default=Path("rollout_labels.html"), help="the plot")
    options = parser.parse_args()
    if options.rollouts < 1 or options.rollouts % (2 * max(COUNTS)):
        parser.error(f"rollouts are a multiple of {2 * max(COUNTS)}, got {options.rollouts}")

    began, figures = time.perf_counter(), []
    for name in options.tasks:
        task = tasks.make(name)
        states = solvable_states(task, TASKS[name], options.problems)
        print(f"{name}: {len(states)} states, {options.rollouts} rollouts each, seed {options.seed}")
        print(f"{'policy':12}{'K':>5}{'soft: bias':>26}{'deviation':>11}{'hard: bias':>26}{'deviation':>11}")
        kinds: dict[str, list[Line]] = {"bias of hard labels": [], "deviation of soft labels": []}
        for place, policy in enumerate(POLICIES):
            wins = wins_of(task, states, policy, options.rollouts, options.seed)
            found = [labels_of(wins, k) for k in COUNTS]
            for k, (soft, hard) in zip(COUNTS, found, strict=True):
                cells = "".join(f"{shown(one.bias):>26}{one.deviation:>11.3f}" for one in (soft, hard))
                print(f"{policy:12}{k:>5}{cells}", flush=True)
            bias = [hard.bias for _, hard in found]
            drawn = [one.mean for one in bias], place, [one.low for one in bias], [one.high for one in bias]
            kinds["bias of hard labels"].append(Line(policy, COUNTS, *drawn))
            kinds["deviation of soft labels"].append(Line(policy, COUNTS, [soft.deviation for soft, _ in found], place))
        figures += [
            line_chart(lines, title=f"{name}: {title}", x="rollouts a label", y=title, log_x=True, x_ticks=COUNTS)
            for title, lines in kinds.items()
        ]
    options.out.write_text(figures_page("Labels by rollouts", figures), encoding="utf-8")
    print(f"{time.perf_counter() - began:.0f} s; the plot is {options.out}")


def shown(found: Interval) -> str:
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    main()
