"""What the errors of a process reward model cost: its error on held-out states, and the nodes a search needs with it.

    python examples/prm_quality.py                       three tasks, two seeds, a plot in prm_quality.html
    python examples/prm_quality.py --tasks maze --seeds 5

The small value network is trained on 50 to 5,000 problems, and on 800 with a share of the labels turned round. Its
error is the mean distance from the exact value on states of held-out problems that no training problem reaches: is the
state solvable, or in mazes, where each is, 0.95 ** distance. A problem gives few states, so that there is something to
learn from more of them. Searches are best-first, beam search whose width is doubled until it finds a solution (all
nodes count), and MCTS; the same held-out problems for all.

Intervals are 95% bootstrap intervals over held-out problems, of means over the seeds; those of rank correlations are
over the models. A seed decides training problems, weights and which labels are wrong.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from metacot import tasks
from metacot.agents.evaluation.charts import Line, line_chart
from metacot.agents.evaluation.page import figures_page
from metacot.agents.evaluation.stats import Interval, interval, paired_difference, rank_correlation
from metacot.agents.search import beam, best_first, mcts
from metacot.agents.tracking import NullTracker
from metacot.agents.training.prm import PRMSettings, train_network
from metacot.agents.training.prm_data import Met, states_met
from metacot.rewards import OracleValue, make_value
from metacot.rewards.features import encode_states
from metacot.rewards.labels import Label, with_noise
from metacot.rewards.prm import FaceReader, LearnedPRM
from metacot.rewards.stable import uniform


class Family(NamedTuple):
    """Problems of a task. width, states: gathered at each depth of a training problem, and of these kept in all.
    updates: optimizer steps of a model; with much fewer what is learned is not limited by the data."""

    difficulty: dict[str, Any]
    width: int
    states: int
    updates: int


TASKS = {
    "game24": Family({"high": 25, "solvable": "mixed"}, 4, 6, 1500),
    "countdown": Family({}, 4, 6, 1500),
    "maze": Family({"size": 12, "generator": "wilson"}, 1, 1, 250),
}
SIZES = (50, 100, 200, 400, 800, 1600, 3200, 5000)
NOISES, NOISY = (0.1, 0.2, 0.4), 800
"""Shares of wrong labels, and at how many problems."""

JUDGED, HELD_STATES = 100, 20
"""Held-out problems whose states are judged, and how many of each."""

BUDGET, EXPLORATION = 4000, 0.1
"""Nodes that a search may visit, which is what a failure counts, and the exploration of MCTS."""

SEARCHES = ("best-first", "beam", "MCTS")


class Judged(NamedTuple):
    """errors: (problems,) mean absolute error on the states of each. nodes: (searched problems, 3), as SEARCHES."""

    errors: np.ndarray
    nodes: np.ndarray


class Field:
    """One task: what models of it are trained and judged on."""

    def __init__(self, name: str, searched: int):
        self.task, self.family = tasks.make(name), TASKS[name]
        problems = [self.task.problem(0, index, "test", **self.family.difficulty) for index in range(JUDGED)]
        self.held = [self.ahead(problem, HELD_STATES, HELD_STATES) for problem in problems]
        solvable = [problem for problem in problems if self.task.value(self.task.start(problem))]
        self.searched = solvable[:searched]
        met = states_met(self.task, self.searched)
        self.asked = [one.state for one in met.values() if self.task.steps(one.state)]

    def ahead(self, problem: tasks.Problem, width: int, count: int) -> dict[Any, Met]:
        """Some states of a problem that a search may ask for: not its start, none that is solved or at an end."""
        found = {
            key: one
            for key, one in states_met(self.task, [problem], width).items()
            if one.depth and not self.task.solved(one.state) and self.task.steps(one.state)
        }
        return {key: found[key] for key in sorted(found, key=lambda key: uniform(key, "kept"))[:count]}

    def training(self, problems: int, seed: int) -> list[dict[Any, Met]]:
        """The states of each training problem; those of fewer problems are the first of those of more."""
        posed = (self.task.problem(seed, index, **self.family.difficulty) for index in range(problems))
        return [self.ahead(problem, self.family.width, self.family.states) for problem in posed]

    def judge(self, value: Any, left_out: frozenset[Any] = frozenset()) -> Judged:
        """left_out: keys of states that are not judged, since a model may have seen them."""
        kept = [[one.state for key, one in met.items() if key not in left_out] for met in self.held]
        errors = [
            np.abs(np.subtract(value.values(self.task, states), OracleValue().values(self.task, states))).mean()
            for states in kept
            if states
        ]
        value.values(self.task, self.asked)  # a learned value remembers: one batch in place of many small ones
        return Judged(np.array(errors), np.array([self._nodes(problem, value) for problem in self.searched]))

    def _nodes(self, problem: tasks.Problem, value: Any) -> list[int]:
        first = best_first(self.task, problem, value, BUDGET)
        tree = mcts(self.task, problem, value, BUDGET, exploration=EXPLORATION)
        width, total, found = 1, 0, False
        while not found and total < BUDGET:
            level = beam(self.task, problem, value, BUDGET - total, width=width)
            width, total, found = 2 * width, total + len(level.tree) - 1, level.success
        return [
            len(first.tree) - 1 if first.success else BUDGET,
            total if found else BUDGET,
            len(tree.tree) - 1 if tree.success else BUDGET,
        ]


def taught(field: Field, met: Sequence[Met], noise: float, updates: int, seed: int) -> LearnedPRM:
    """A network trained on the exact values of states, a share of them turned round."""
    states = [one.state for one in met]
    labels = [Label("exact", value) for value in OracleValue().values(field.task, states)]
    labels = with_noise(labels, [field.task.key(state) for state in states], noise, seed)
    settings = PRMSettings(updates=updates, rows=96, width=32, save_every=updates, log_every=updates)
    with TemporaryDirectory() as folder:
        network = train_network(
            encode_states(field.task, states),
            [label.target for label in labels],
            [one.depth for one in met],
            settings,
            Path(folder),
            tracker=NullTracker(),
            seed=seed,
        )
    return LearnedPRM(FaceReader(network), field.task.name)


Setting = tuple[int, float]
"""Problems trained on, and the share of wrong labels."""


def models(
    field: Field, sizes: Sequence[int], noises: Sequence[float], updates: int, seeds: int
) -> Iterator[tuple[Setting, list[Judged]]]:
    """Each setting with what its models are worth, one a seed; those of fewer problems first, then the noisy ones."""
    gathered = [field.training(max(sizes), seed) for seed in range(seeds)]
    left_out = frozenset(key for own in gathered for met in own for key in met)  # the same states for all models
    settings = [(size, 0.0) for size in sizes]
    noisy = NOISY if NOISY in sizes else sizes[-1]
    for size, noise in [*settings, *((noisy, noise) for noise in noises)]:
        found = []
        for seed, own in enumerate(gathered):
            met = {key: one for states in own[:size] for key, one in states.items()}
            found.append(field.judge(taught(field, list(met.values()), noise, updates, seed), left_out))
        yield (size, noise), found


def of_search(found: Interval, place: int) -> Interval:
    """The interval of one search, of an interval whose parts are arrays over the searches."""
    return Interval(*(part[place] for part in found))


def shown(found: Interval, digits: int = 1) -> str:
    return f"{found.mean:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def row(title: str, noise: str, judged: Sequence[Judged], change: str = "") -> str:
    """A line of the table: means over the seeds, intervals over problems."""
    errors = interval(np.mean([one.errors for one in judged], axis=0))
    nodes = interval(np.mean([one.nodes for one in judged], axis=0))
    cells = [shown(of_search(nodes, place)) for place in range(len(SEARCHES))]
    return f"{title:>10}{noise:>7}{shown(errors, 4):>26}{change:>13}" + "".join(f"{cell:>26}" for cell in cells)


def steps(rows: dict[Setting, list[Judged]], sizes: Sequence[int]) -> tuple[list[Interval], list[list[Interval]]]:
    """How the error and the nodes of each search change from each size to the next, on the same problems."""
    errors, nodes = [], []
    for before, after in pairwise(sizes):
        old, new = (
            [np.mean([one[part] for one in rows[size, 0.0]], axis=0) for part in (0, 1)] for size in (before, after)
        )
        errors.append(paired_difference(new[0], old[0]))
        found = paired_difference(new[1], old[1])
        nodes.append([of_search(found, place) for place in range(len(SEARCHES))])
    return errors, nodes


def counted(differences: Sequence[Interval]) -> str:
    """Of differences: how many are below zero, and of those how many beyond doubt; the same above."""
    down = [one for one in differences if one.mean < 0]
    up = [one for one in differences if one.mean > 0]
    sure = [sum(one.word == word for one in differences) for word in ("below zero", "above zero")]
    return f"fell {len(down)} times ({sure[0]} with an interval below zero), rose {len(up)} times ({sure[1]} above)"


def study(name: str, options: argparse.Namespace) -> list[str]:
    """Everything about one task: prints its tables and returns its charts."""
    field = Field(name, options.searched)
    title = f"{name}: seeds 0 to {options.seeds - 1}, {len(field.searched)} problems searched"
    print(title)
    print(f"{'problems':>10}{'noise':>7}{'error':>26}{'change':>13}" + "".join(f"{s + ' nodes':>26}" for s in SEARCHES))
    thumb = "closest" if name != "maze" else "heuristic"
    for spelling in ("oracle", thumb, "random"):
        print(row(spelling, "", [field.judge(make_value(spelling, field.task))]), flush=True)
    rows: dict[Setting, list[Judged]] = {}
    sizes, updates, last = options.sizes, options.updates or field.family.updates, None
    for (size, noise), judged in models(field, sizes, options.noises, updates, options.seeds):
        rows[size, noise] = judged
        errors = np.mean([one.errors for one in judged], axis=0)
        change = "" if last is None or noise else f"{paired_difference(errors, last).mean:+.4f}"
        last = errors
        print(row(str(size), f"{noise:.1f}", judged, change), flush=True)
    fallen, cost = steps(rows, sizes)
    print(f"from each size to the next, the error {counted(fallen)}")
    clean = [one for (_, noise), judged in rows.items() if not noise for one in judged]
    every = [one for judged in rows.values() for one in judged]
    for place, search in enumerate(SEARCHES):
        print(f"{search}: nodes {counted([step[place] for step in cost])}")
        for kind, own in (("without noise", clean), ("with noise too", every)):
            if len(own) > 2:
                found = rank_correlation([o.errors.mean() for o in own], [o.nodes[:, place].mean() for o in own])
                print(f"    rank correlation of error and nodes, {kind}: {shown(found, 2)}, {len(own)} models")
    return charts(name, rows, sizes)


def charts(name: str, rows: dict[Setting, list[Judged]], sizes: Sequence[int]) -> list[str]:
    """Nodes by error for each search, with a dashed line for wrong labels; and the error by the number of problems."""
    means = {
        key: (np.mean([one.errors.mean() for one in judged]), np.mean([one.nodes.mean(0) for one in judged], axis=0))
        for key, judged in rows.items()
    }
    clean = [means[size, 0.0] for size in sizes]
    noisy = [mean for (_, noise), mean in means.items() if noise]
    lines = []
    for place, search in enumerate(SEARCHES):
        for label, own, dashed in ((search, clean, False), (f"{search}, wrong labels", noisy, True)):
            points = sorted((float(error), float(nodes[place])) for error, nodes in own)
            xs, ys = [error for error, _ in points], [nodes for _, nodes in points]
            lines.append(Line(label, xs, ys, place + 1, dashed=dashed, dots=True))
    found = [interval(np.mean([one.errors for one in rows[size, 0.0]], axis=0)) for size in sizes]
    mean, low, high = (list(part) for part in zip(*found, strict=True))
    curve = Line("error", sizes, mean, 4, low, high)
    return [
        line_chart(lines, title=f"{name}: what errors cost", x="mean absolute error", y="nodes to the solution"),
        line_chart(
            [curve], title=f"{name}: learning", x="problems", y="mean absolute error", log_x=True, x_ticks=sizes
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="problems trained on, rising")
    parser.add_argument("--noises", type=float, nargs="*", default=list(NOISES), help="shares of wrong labels")
    parser.add_argument(
        "--updates", type=int, help="optimizer steps of each model, by default as many as the task needs"
    )
    parser.add_argument("--searched", type=int, default=30, help="problems searched, of those held out")
    parser.add_argument("--out", type=Path, default=Path("prm_quality.html"), help="the plot")
    options = parser.parse_args()

    began = time.perf_counter()
    figures = [chart for name in options.tasks for chart in study(name, options)]
    options.out.write_text(figures_page("Process reward models: error and search", figures), encoding="utf-8")
    print(f"{time.perf_counter() - began:.0f} s; the plot is {options.out}")


if __name__ == "__main__":
    main()
