"""How good a process reward model is: against exact values, against rollouts, and by what its errors cost.

States are judged once each, by key, without those that are solved or at an end, where the rules say everything. Those
that a training problem reaches as well (*leaked*) are shown apart: a model may have learned them by heart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from ... import tasks
from ...rewards.labels import K_EVALUATION, K_TRAINING, FirstError, agreement, rollout_values, search_first_errors
from ...rewards.labels import exact_first_error as exact_first
from ...rewards.prm import LearnedPRM
from ...rewards.readers import TextReader
from ...rewards.rollouts import RolloutValue
from ...rewards.stable import uniform
from ...rewards.values import GAMMA
from ...tasks import Problem, Task
from ...tasks.data import Chain
from ..prm import ENDLESS, PRMRun, chain_values
from ..training.prm_data import Met, chain_texts, problems_of, states_met, walk
from .prm_search import guided
from .value_measures import best_threshold, bins_of, first_error_f1, measures, reliability_svg

KEYS = ("auroc", "ece", "mae", "brier", "first_error_f1")
"""What every report has."""

SAMPLE = 300
"""States compared with rollouts."""

PLAYS = 400
"""Plays of each of two kinds, led and uniform, for the first error."""


@dataclass(frozen=True)
class Judged:
    """What `evaluate` finds. report: JSON. reliability: a diagram as SVG."""

    report: dict[str, Any]
    reliability: str


def evaluate(prm: LearnedPRM, *, problems: int | None = None, k: int = K_EVALUATION, searched: int = 60) -> Judged:
    """Judge a model on the held-out problems of its task, at the difficulty it was trained at and at each level.

    problems: of the test split (None = all, or 100 where there is no end of them). k: rollouts a state in the
    comparison with rollouts. searched: problems that searches and best-of-N are tried on.
    """
    run = PRMRun.from_config(prm.config)
    task = tasks.make(prm.task)
    trained = states_met(task, run.training_problems(task), run.width, run.seed).keys()
    test = run.split(task, "test", problems)
    met = _ahead(task, states_met(task, test, run.width, run.seed))
    fresh = {key: one for key, one in met.items() if key not in trained}
    states = _Judge(prm, task)
    values, truth, kept = states(list(fresh.values()))
    by_depth = _by_depth(kept, values, truth)
    overall = measures(values, truth)
    if overall is None:
        raise ValueError("no state is left to judge on: every one is reached from a training problem as well")
    plays = _plays(task, test, 0) if task.dead_ends else []
    before = _plays(task, run.split(task, "val"), 1) if task.dead_ends else []
    report: dict[str, Any] = {
        **overall._asdict(),
        "first_error_f1": None,
        "truth": "solvable" if task.dead_ends else f"{GAMMA} ** distance",
        "unknown": states.unknown,
        "problems": len(test),
        "depths": {str(depth): _rounded(measures(*pair)) for depth, pair in by_depth.items()},
        "leaked": {
            str(depth): _rounded(measures(*pair))
            for depth, pair in _by_depth(*states.ordered([one for key, one in met.items() if key in trained])).items()
        },
        "levels": _levels(states, task, run, trained, problems or ENDLESS["test"]),
        "rollouts": _against_rollouts(prm, task, list(fresh.values()), k),
    }
    if plays and before:
        report |= _first_errors(prm, task, before, plays)
    report |= guided(prm, task, test[:searched])
    report["hit_rate"] = prm.hit_rate
    return Judged(_clean(report), reliability_svg({f"depth {d}": bins_of(*pair) for d, pair in by_depth.items()}))


def evaluate_chains(prm: LearnedPRM, chains: Sequence[Chain]) -> Judged:
    """Judge a model that reads text on chains judged by others, such as ProcessBench; the threshold of the first error
    is chosen on every second problem, and tried on the others. Raises ValueError for a model that reads no text."""
    if not isinstance(prm.reader, TextReader):
        raise ValueError("chains are free text, and this model reads the numeric face of states")
    texts = chain_texts(chains)
    said = chain_values(prm, prm.reader, [list(text.pieces) for text in texts])
    labels = [text.targets[1:] for text in texts]
    pairs = [
        (value, label)
        for row, own in zip(said, labels, strict=True)
        for value, label in zip(row, own, strict=True)
        if label is not None
    ]
    values, truth = [value for value, _ in pairs], [label for _, label in pairs]
    overall = measures(values, truth)
    if overall is None:
        raise ValueError("no step of these chains has a label")
    errors = [next((place for place, label in enumerate(own) if label == 0.0), None) for own in labels]
    half = [uniform(text.pieces[0], "threshold") < 0.5 for text in texts]
    chosen, tried = ([place for place, own in enumerate(half) if own is kind] for kind in (True, False))
    threshold = best_threshold([said[place] for place in chosen], [errors[place] for place in chosen])
    found = first_error_f1([said[place] for place in tried], [errors[place] for place in tried], threshold)
    report = {**overall._asdict(), "first_error_f1": found.f1, "first_error": found._asdict(), "chains": len(texts)}
    return Judged(_clean(report), reliability_svg({"steps": bins_of(values, truth)}))


class _Judge:
    """Values and the truth of states; those whose truth is not known are counted and left out."""

    def __init__(self, prm: LearnedPRM, task: Task[Any, Any]):
        self.prm, self.task, self.unknown = prm, task, 0

    def __call__(self, met: Sequence[Met]) -> tuple[list[float], list[float], list[Met]]:
        exact = self._solvable if self.task.dead_ends else self._graded
        truth = [exact(one.state) for one in met]
        known = [place for place, value in enumerate(truth) if value is not None]
        self.unknown += len(met) - len(known)
        values = self.prm.values(self.task, [met[place].state for place in known])
        return values, [value for value in truth if value is not None], [met[place] for place in known]

    def ordered(self, met: Sequence[Met]) -> tuple[list[Met], list[float], list[float]]:
        """The same, as `_by_depth` takes it."""
        values, truth, kept = self(met)
        return kept, values, truth

    def _solvable(self, state: Any) -> float | None:
        return self.task.value(state)

    def _graded(self, state: Any) -> float | None:
        distance = self.task.distance(state)
        return None if distance is None else GAMMA**distance


Pairs = dict[int, tuple[list[float], list[float]]]


def _by_depth(met: Sequence[Met], values: Sequence[float], truth: Sequence[float]) -> Pairs:
    rows = sorted(zip((one.depth for one in met), values, truth, strict=True), key=lambda row: row[0])
    groups = ((depth, list(own)) for depth, own in groupby(rows, key=lambda row: row[0]))
    return {depth: ([row[1] for row in own], [row[2] for row in own]) for depth, own in groups}


def _ahead(task: Task[Any, Any], met: Mapping[Any, Met]) -> dict[Any, Met]:
    """The states from which there is still something to do."""
    return {key: one for key, one in met.items() if not task.solved(one.state) and task.steps(one.state)}


def _levels(states: _Judge, task: Task[Any, Any], run: PRMRun, trained: Any, count: int) -> dict[str, Any]:
    """The measures at each named difficulty, on at most `count` problems each."""
    found = {}
    for level in task.levels:
        knobs = {**run.difficulty, **task.knobs(level)}
        test = problems_of(task, "test", count, knobs, run.seed)
        met = _ahead(task, states_met(task, test, run.width, run.seed))
        values, truth, _ = states([one for key, one in met.items() if key not in trained])
        found[level] = _rounded(measures(values, truth))
    return found


def _against_rollouts(prm: LearnedPRM, task: Task[Any, Any], met: Sequence[Met], k: int) -> dict[str, Any]:
    """Errors against what uniform play gets, which is another truth: it is lower wherever play can go wrong."""
    chosen = sorted((one.state for one in met), key=lambda state: uniform(task.key(state), "rollouts"))[:SAMPLE]
    said, played = np.array(prm.values(task, chosen)), np.array(rollout_values(task, chosen, RolloutValue(k)))
    found = measures(said, played)
    assert found is not None
    return {"n": found.n, "k": k, "mae": found.mae, "brier": found.brier, "mean": float(played.mean())}


Play = tuple[list[Any], FirstError]


def _plays(task: Task[Any, Any], problems: Sequence[Problem], seed: int) -> list[Play]:
    """Plays of solvable problems and their first errors: half of them led by the exact values all the way, so that
    there are right ones. Those whose truth is not known are left out."""
    found: list[Play] = []
    solvable = [problem for problem in problems if task.value(task.start(problem))]
    for number in range(2 * PLAYS if solvable else 0):
        met = walk(task, solvable[number // 2 % len(solvable)], 2 * number + seed, led=float(number % 2))
        path = [one.state for one in met[1:]]
        if path and all(task.value(state) is not None for state in path):
            found.append((path, exact_first(task, path)))
    return found


def _first_errors(prm: LearnedPRM, task: Task[Any, Any], before: list[Play], plays: list[Play]) -> dict[str, Any]:
    """F1 of the first error, its threshold chosen on validation plays; and the binary search for it, counted."""

    def said(own: list[Play]) -> list[list[float]]:
        flat = iter(prm.values(task, [state for path, _ in own for state in path]))
        return [[next(flat) for _ in path] for path, _ in own]

    def true(own: list[Play]) -> list[int | None]:
        return [error.place for _, error in own]

    threshold = best_threshold(said(before), true(before))
    found = first_error_f1(said(plays), true(plays), threshold)
    paths, exact = [path for path, _ in plays], [error for _, error in plays]
    searched = search_first_errors(task, paths, RolloutValue(K_TRAINING))
    counts = agreement(searched, exact, [len(path) for path in paths])
    counts = {**counts, "paths": len(paths), "rollouts_of_all_steps": K_TRAINING * sum(map(len, paths))}
    return {"first_error_f1": found.f1, "first_error": found._asdict(), "binary_search": counts}


def _rounded(found: Any) -> dict[str, Any] | None:
    return None if found is None else found._asdict()


def _clean(report: Any) -> Any:
    """Numbers with six digits, which is more than they are good for, as JSON."""
    if isinstance(report, Mapping):
        return {str(name): _clean(value) for name, value in report.items()}
    if isinstance(report, list | tuple):
        return [_clean(value) for value in report]
    return round(float(report), 6) if isinstance(report, float | np.floating) else report


def report_text(report: Mapping[str, Any]) -> str:
    """The report for a terminal."""
    lines = [f"{report['n']} states, {report.get('truth', 'labels of steps')}"]
    lines += [f"{name:<16}{_shown(report[name])}" for name in (*KEYS, "auprc")]
    columns = ("n", "positives", "auroc", "auprc", "ece", "mae", "brier")
    tables: list[tuple[str, str]] = [("depth", "depths"), ("leaked", "leaked"), ("level", "levels")]
    for title, key in tables:
        if rows := {name: row for name, row in report.get(key, {}).items() if row}:
            lines += ["", f"{title:<10}" + "".join(f"{column:>10}" for column in columns)]
            lines += [f"{name:<10}" + "".join(f"{_shown(row[c]):>10}" for c in columns) for name, row in rows.items()]
    for key in ("first_error", "binary_search", "rollouts", "search", "beam", "best_of_n"):
        if key in report:
            lines += ["", key.replace("_", " ")]
            lines += [f"  {name:<26}{_shown(value)}" for name, value in report[key].items()]
    if "hit_rate" in report:
        lines += ["", f"cache hit rate  {_shown(report['hit_rate'])}"]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return "-" if value is None else f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
