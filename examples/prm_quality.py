"""What the errors of a process reward model cost: its error on held-out states, and the nodes a search needs with it.

    python examples/prm_quality.py                       three tasks, two seeds, a plot in prm_quality.html
    python examples/prm_quality.py --tasks maze --seeds 5 --workers 1

The small value network is trained on 50 to 5,000 problems, and on 800 with a share of the labels turned round. Its
errors are distances from the exact value on states of held-out problems that no training problem reaches: is the state
solvable, or in mazes, where each is, 0.95 ** distance. "squared" is their mean square (the Brier score), which is least
for the expected value, what training aims at; "absolute" their mean size, which where few states can be solved is
small for whoever says 0 to all. A problem gives few states, so that there is something to learn from more of them.
Searches are best-first, beam search whose width is doubled until it finds a solution (all nodes count), and MCTS; the
same held-out problems for all.

Intervals are 95% bootstrap intervals over held-out problems, of means over the seeds; those of rank correlations are
over the models. A seed decides training problems, weights and which labels are wrong. Each model is trained and judged
by one of the `--workers` processes; what is printed is the same for any number of them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch

from metacot import tasks
from metacot.agents.engines import LocalEngine
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
from metacot.rewards.prm import FaceReader, LearnedPRM, fit_temperature
from metacot.rewards.stable import uniform


class Family(NamedTuple):
    """Problems of a task, and what the task is made with. width, states: gathered at each depth of a training problem,
    and of these kept in all. updates: optimizer steps of a model; with much fewer what is learned is not limited by the
    data."""

    options: dict[str, Any]
    difficulty: dict[str, Any]
    width: int
    states: int
    updates: int


SIDE = 5
TASKS = {
    "game24": Family({}, {"high": 25, "solvable": "mixed"}, 4, 6, 3000),
    "countdown": Family({}, {"target_low": 100, "target_high": 999}, 4, 6, 3000),
    "maze": Family({"board": SIDE}, {"size": SIDE, "generator": "wilson"}, 4, 4, 2000),
}
"""The network sees all walls of a maze: from a cell alone there is little to learn, from however many problems."""

ROWS = 256
"""States an update."""

SIZES = (50, 100, 200, 400, 800, 1600, 3200, 5000)
NOISES, NOISY = (0.1, 0.2, 0.4), 800
"""Shares of wrong labels, and at how many problems."""

JUDGED, VALIDATED, HELD_STATES = 200, 50, 20
"""Held-out problems whose states are judged, those whose states a temperature is fitted on, and how many of each."""

BUDGET, EXPLORATION = 4000, 0.1
"""Nodes that a search may visit, which is what a failure counts, and the exploration of MCTS."""

SEARCHES = ("best-first", "beam", "MCTS")
ERRORS = ("squared", "absolute")


class Judged(NamedTuple):
    """errors: (problems, 2) means over the states of each, as ERRORS. nodes: (searched problems, 3), as SEARCHES."""

    errors: np.ndarray
    nodes: np.ndarray


class Field:
    """One task: what models of it are trained and judged on."""

    def __init__(self, name: str, searched: int):
        self.family = TASKS[name]
        self.task = tasks.make(name, **self.family.options)
        problems, apart = (
            [self.task.problem(0, index, split, **self.family.difficulty) for index in range(count)]
            for split, count in (("test", JUDGED), ("val", VALIDATED))
        )
        self.held = [self.ahead(problem, HELD_STATES, HELD_STATES) for problem in problems]
        self.exact = [OracleValue().values(self.task, [one.state for one in met.values()]) for met in self.held]
        self.validation = [self.ahead(problem, HELD_STATES, HELD_STATES) for problem in apart]
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
        misses = []
        for met, exact in zip(self.held, self.exact, strict=True):
            kept = [place for place, key in enumerate(met) if key not in left_out]
            if kept:
                states = [one.state for one in met.values()]
                said = value.values(self.task, [states[place] for place in kept])
                misses.append(np.abs(np.subtract(said, [exact[place] for place in kept])))
        errors = [((miss**2).mean(), miss.mean()) for miss in misses]
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


field_of = lru_cache(maxsize=1)(Field)


def taught(
    field: Field, met: Sequence[Met], left_out: frozenset[Any], noise: float, updates: int, seed: int
) -> LearnedPRM:
    """A network trained on the exact values of states, a share of them turned round, with a temperature fitted on
    validation states whose keys are not left out, where as many labels are wrong: as `metacot prm train` does it."""

    def labelled(states: Sequence[Any]) -> list[float]:
        labels = [Label("exact", value) for value in OracleValue().values(field.task, states)]
        keys = [field.task.key(state) for state in states]
        return [label.target for label in with_noise(labels, keys, noise, seed)]

    states = [one.state for one in met]
    settings = PRMSettings(updates=updates, rows=ROWS, save_every=updates, log_every=updates)
    with TemporaryDirectory() as folder:
        network = train_network(
            encode_states(field.task, states),
            labelled(states),
            [one.depth for one in met],
            settings,
            Path(folder),
            tracker=NullTracker(),
            seed=seed,
        )
    reader = FaceReader(network)
    apart = [one.state for met in field.validation for key, one in met.items() if key not in left_out]
    temperature = fit_temperature(reader.logits(field.task, apart), np.array(labelled(apart)))
    return LearnedPRM(reader, field.task.name, temperature)


class Job(NamedTuple):
    """A model to train and judge. task, searched: of the field. most, seeds: of the training problems of all models.
    problems, noise: its own, and updates: its optimizer steps."""

    task: str
    searched: int
    most: int
    seeds: int
    problems: int
    noise: float
    updates: int
    seed: int


@lru_cache(maxsize=1)
def ground(task: str, searched: int, most: int, seeds: int) -> tuple[Field, list[list[dict[Any, Met]]], frozenset[Any]]:
    """The field of a task, the states of the training problems of each seed, and the keys of all of these."""
    field = field_of(task, searched)
    gathered = [field.training(most, seed) for seed in range(seeds)]
    return field, gathered, frozenset(key for own in gathered for met in own for key in met)


def worth(job: Job) -> Judged:
    """What one model is worth, judged on the same states as all others."""
    torch.set_num_threads(1)  # the network is small, and the last bits of a sum depend on how many there are
    field, gathered, left_out = ground(job.task, job.searched, job.most, job.seeds)
    met = {key: one for states in gathered[job.seed][: job.problems] for key, one in states.items()}
    return field.judge(taught(field, list(met.values()), left_out, job.noise, job.updates, job.seed), left_out)


Setting = tuple[int, float]
"""Problems trained on, and the share of wrong labels."""

Mapped = Callable[[Callable[[Job], Judged], Iterable[Job]], Iterator[Judged]]
"""As `map`."""


def models(
    name: str, options: argparse.Namespace, updates: int, mapped: Mapped
) -> Iterator[tuple[Setting, list[Judged]]]:
    """Each setting with what its models are worth, one a seed; those of fewer problems first, then the noisy ones."""
    sizes, seeds = options.sizes, options.seeds
    noisy = NOISY if NOISY in sizes else sizes[-1]
    settings = [*((size, 0.0) for size in sizes), *((noisy, noise) for noise in options.noises)]
    jobs = [
        Job(name, options.searched, max(sizes), seeds, size, noise, updates, seed)
        for size, noise in settings
        for seed in range(seeds)
    ]
    judged = mapped(worth, jobs)
    for setting in settings:
        yield setting, list(islice(judged, seeds))


def column(found: Interval, place: int) -> Interval:
    """The interval of one measure, of an interval whose parts are arrays over the measures."""
    return Interval(*(part[place] for part in found))


def shown(found: Interval, digits: int = 1) -> str:
    return f"{found.mean:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def means(judged: Sequence[Judged], part: str) -> np.ndarray:
    """(problems, measures): means over the seeds."""
    return np.mean([getattr(one, part) for one in judged], axis=0)


def row(title: str, noise: str, judged: Sequence[Judged]) -> str:
    """A line of the table: means over the seeds, intervals over problems."""
    errors, nodes = (interval(means(judged, part)) for part in Judged._fields)
    cells = [shown(column(errors, place), 4) for place in range(len(ERRORS))]
    cells += [shown(column(nodes, place)) for place in range(len(SEARCHES))]
    return f"{title:>10}{noise:>7}" + "".join(f"{cell:>26}" for cell in cells)


def steps(rows: dict[Setting, list[Judged]], sizes: Sequence[int], part: str) -> list[Interval]:
    """How the errors, or the nodes, change from each size to the next, on the same problems."""
    return [
        paired_difference(means(rows[after, 0.0], part), means(rows[before, 0.0], part))
        for before, after in pairwise(sizes)
    ]


def changed(name: str, differences: Sequence[Interval], digits: int) -> str:
    """The changes from each size to the next, and how many are below and above zero, and how many of these beyond
    doubt."""
    down = [one for one in differences if one.mean < 0]
    up = [one for one in differences if one.mean > 0]
    sure = [sum(one.word == word for one in differences) for word in ("below zero", "above zero")]
    return (
        f"{name}, from each size to the next: {', '.join(shown(one, digits) for one in differences)}\n"
        f"    fell {len(down)} times ({sure[0]} with an interval below zero), rose {len(up)} times ({sure[1]} above)"
    )


def study(name: str, options: argparse.Namespace, mapped: Mapped) -> list[str]:
    """Everything about one task: prints its tables and returns its charts."""
    field = field_of(name, options.searched)
    title = f"{name}: seeds 0 to {options.seeds - 1}, {len(field.searched)} problems searched"
    print(title)
    heads = [*(f"{error} error" for error in ERRORS), *(f"{search} nodes" for search in SEARCHES)]
    print(f"{'problems':>10}{'noise':>7}" + "".join(f"{head:>26}" for head in heads))
    thumb = "closest" if name != "maze" else "heuristic"
    for spelling in ("oracle", thumb, "random"):
        print(row(spelling, "", [field.judge(make_value(spelling, field.task))]), flush=True)
    rows: dict[Setting, list[Judged]] = {}
    sizes, updates = options.sizes, options.updates or field.family.updates
    for (size, noise), judged in models(name, options, updates, mapped):
        rows[size, noise] = judged
        print(row(str(size), f"{noise:.1f}", judged), flush=True)
    changes = steps(rows, sizes, "errors")
    for which, error in enumerate(ERRORS):
        print(changed(f"{error} error", [column(change, which) for change in changes], 4))
    correlations(rows, steps(rows, sizes, "nodes"))
    return charts(name, rows, sizes)


def correlations(rows: dict[Setting, list[Judged]], changes: Sequence[Interval]) -> None:
    """How the nodes of each search change from each size to the next, and their rank correlation with the errors."""
    clean = [one for (_, noise), judged in rows.items() if not noise for one in judged]
    every = [one for judged in rows.values() for one in judged]
    for place, search in enumerate(SEARCHES):
        print(changed(f"{search} nodes", [column(change, place) for change in changes], 1))
        for kind, own in (("without noise", clean), ("with noise too", every)):
            if len(own) > 2:
                nodes = [one.nodes[:, place].mean() for one in own]
                found = [
                    f"{error} {shown(rank_correlation([one.errors[:, which].mean() for one in own], nodes), 2)}"
                    for which, error in enumerate(ERRORS)
                ]
                print(f"    rank correlation with the error, {kind}, {len(own)} models: {', '.join(found)}")


def charts(name: str, rows: dict[Setting, list[Judged]], sizes: Sequence[int]) -> list[str]:
    """Nodes by squared error for each search, with a dashed line for wrong labels; and the errors by the number of
    problems."""
    centre = {key: (means(judged, "errors").mean(0)[0], means(judged, "nodes").mean(0)) for key, judged in rows.items()}
    clean = [centre[size, 0.0] for size in sizes]
    noisy = [one for (_, noise), one in centre.items() if noise]
    lines = []
    for place, search in enumerate(SEARCHES):
        for label, own, dashed in ((search, clean, False), (f"{search}, wrong labels", noisy, True)):
            points = sorted((float(error), float(nodes[place])) for error, nodes in own)
            xs, ys = [error for error, _ in points], [nodes for _, nodes in points]
            lines.append(Line(label, xs, ys, place + 1, dashed=dashed, dots=True))
    found = [interval(means(rows[size, 0.0], "errors")) for size in sizes]
    curves = []
    for which, error in enumerate(ERRORS):
        mean, low, high = (list(part) for part in zip(*(column(one, which) for one in found), strict=True))
        curves.append(Line(error, sizes, mean, which + 4, low, high))
    return [
        line_chart(lines, title=f"{name}: what errors cost", x="mean squared error", y="nodes to the solution"),
        line_chart(curves, title=f"{name}: learning", x="problems", y="error", log_x=True, x_ticks=sizes),
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
    parser.add_argument("--searched", type=int, default=60, help="problems searched, of those held out")
    parser.add_argument("--workers", type=int, default=2, help="processes that train and judge")
    parser.add_argument("--out", type=Path, default=Path("prm_quality.html"), help="the plot")
    options = parser.parse_args()

    began = time.perf_counter()
    with ExitStack() as stack:
        mapped = stack.enter_context(LocalEngine(options.workers)).map if options.workers > 1 else map
        figures = [chart for name in options.tasks for chart in study(name, options, mapped)]
    options.out.write_text(figures_page("Process reward models: error and search", figures), encoding="utf-8")
    cpu = sum(os.times()[:4])  # of this process and of the workers, which have ended
    print(f"{time.perf_counter() - began:.0f} s, {cpu:.0f} s of CPU; the plot is {options.out}")


if __name__ == "__main__":
    main()
