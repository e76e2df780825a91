"""What a process reward model is taught: labels of states, each kind kept apart by its name.

    exact     1 where the problem can still be solved from here, 0 where it cannot
    graded    GAMMA ** distance, exact; 0 where no solution can be reached
    soft      the share of k rollouts that reach a solution (Math-Shepherd, arXiv 2312.08935, soft estimation)
    hard      1 where at least one of the k rollouts does, else 0 (the same, hard estimation)
    progress  soft value of the state less that of the state before it, in [-1, 1] (PAV, arXiv 2410.08146)

The first two are of the state itself, whoever plays; the others depend on who makes the rollouts.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..tasks import Task
from .protocols import Proposer
from .rollouts import RolloutValue, UniformProposer
from .stable import uniform
from .values import GAMMA

KINDS = ("exact", "graded", "soft", "hard", "progress")
BY_ROLLOUTS = ("soft", "hard", "progress")

K_TRAINING, K_EVALUATION = 16, 128
"""Rollouts a state: for labels that are trained on, and for estimates that are compared with."""

BATCH = 256
"""States whose rollouts are made side by side."""


@dataclass(frozen=True, slots=True)
class Label:
    """kind: one of KINDS. value: in [0, 1], of progress in [-1, 1]. n: the rollouts it rests on, None where exact."""

    kind: str
    value: float
    n: int | None = None

    @property
    def target(self) -> float:
        """What a model with an output in [0, 1] is trained towards: the value, of progress (1 + value) / 2."""
        return (1.0 + self.value) / 2 if self.kind == "progress" else self.value


def label_states(
    task: Task[Any, Any],
    states: Sequence[Any],
    kind: str,
    *,
    before: Sequence[Any] | None = None,
    k: int = K_TRAINING,
    seed: int = 0,
    proposer: Proposer | None = None,
) -> list[Label | None]:
    """A label a state, in their order; None where the exact value is not known within the task's limits.

    before: the state before each of them, which only progress needs. k, seed, proposer: of the rollouts (default:
    uniform play); the same state gets the same rollouts in any order and batch.

    Raises ValueError for an unknown kind, and for progress without the states before.
    """
    if kind not in KINDS:
        raise ValueError(f"a label is one of {', '.join(KINDS)}, got {kind!r}")
    if kind not in BY_ROLLOUTS:
        return [_exact(task, state, kind) for state in states]
    prover = RolloutValue(k, seed, proposer=proposer or UniformProposer())
    values = rollout_values(task, states, prover)
    if kind == "soft":
        return [Label(kind, value, k) for value in values]
    if kind == "hard":
        return [Label(kind, float(value > 0), k) for value in values]
    if before is None or len(before) != len(states):
        raise ValueError("progress needs the state before each state")
    earlier = rollout_values(task, before, prover)
    return [Label(kind, value - old, k) for value, old in zip(values, earlier, strict=True)]


def rollout_values(task: Task[Any, Any], states: Sequence[Any], value: RolloutValue) -> list[float]:
    """The values of any number of states, of equal ones once, `BATCH` at a time so that memory stays bounded."""
    keys = [task.key(state) for state in states]
    fresh = dict(zip(keys, states, strict=True))
    names, waiting = list(fresh), list(fresh.values())
    found: list[float] = []
    for start in range(0, len(waiting), BATCH):
        found += value.values(task, waiting[start : start + BATCH])
    known = dict(zip(names, found, strict=True))
    return [known[key] for key in keys]


def _exact(task: Task[Any, Any], state: Any, kind: str) -> Label | None:
    if kind == "exact":
        value = task.value(state)
        return None if value is None else Label(kind, value)
    distance = task.distance(state)
    return None if distance is None else Label(kind, GAMMA**distance)


def with_noise(labels: Sequence[Label], keys: Sequence[Hashable], rate: float, seed: int = 0) -> list[Label]:
    """A share `rate` of the labels turned round: 1 - value, of progress -value.

    Which ones is decided by the key and the seed alone, as in `NoisyOracle`, and nested across rates.
    Raises ValueError unless `rate` is in [0, 1].
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a share of wrong labels is in [0, 1], got {rate!r}")
    return [
        _turned(label) if uniform(key, "label", seed) < rate else label for label, key in zip(labels, keys, strict=True)
    ]


def _turned(label: Label) -> Label:
    return replace(label, value=-label.value if label.kind == "progress" else 1.0 - label.value)


# the first error ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstError:
    """place: of the first wrong step, None where there is none. rollouts: what finding it cost; exact ones cost 0."""

    place: int | None
    rollouts: int = 0


def exact_first_error(task: Task[Any, Any], path: Sequence[Any]) -> FirstError:
    """The first step after which the problem cannot be solved any more.

    path: the states after each step, the start left out. Raises ValueError where an exact value is not known.
    """
    for place, state in enumerate(path):
        value = task.value(state)
        if value is None:
            raise ValueError(f"{task.name} does not know the exact value of: {task.brief(state)}")
        if not value:
            return FirstError(place)
    return FirstError(None)


def search_first_errors(task: Task[Any, Any], paths: Sequence[Sequence[Any]], value: RolloutValue) -> list[FirstError]:
    """The first errors by binary search, in the manner of OmegaPRM (arXiv 2406.06592): a state is taken for good where
    one of its rollouts reaches a solution, so that a path of T steps costs about log2(T) + 1 states and not T.

    paths: of each the states after its steps; starts are taken for solvable. All searches go on side by side, so that
    their rollouts are one batch a round. What it says is wrong where k rollouts miss the way out.
    """
    ranges = [(-1, len(path)) for path in paths]  # the last place that is good, the first that is not
    cost = [0] * len(paths)
    looks = [len(path) - 1 for path in paths]  # the end first: most right paths are done with it
    while True:
        asked = [which for which, (good, bad) in enumerate(ranges) if bad - good > 1]
        if not asked:
            break
        values = rollout_values(task, [paths[which][looks[which]] for which in asked], value)
        for which, found in zip(asked, values, strict=True):
            good, bad = ranges[which]
            cost[which] += value.k
            good, bad = (looks[which], bad) if found > 0 else (good, looks[which])
            ranges[which] = good, bad
            looks[which] = (good + bad) // 2
    return [
        FirstError(bad if bad < len(path) else None, spent)
        for (_, bad), path, spent in zip(ranges, paths, cost, strict=True)
    ]


def agreement(found: Sequence[FirstError], exact: Sequence[FirstError], lengths: Sequence[int]) -> Mapping[str, int]:
    """How often a labeller names the exact place: counts of `same`, `earlier` and `later` places, and its `rollouts`.

    lengths: steps of each path; no error counts as one behind the last step.
    """
    counts = {"same": 0, "earlier": 0, "later": 0, "rollouts": sum(one.rollouts for one in found)}
    for one, true, length in zip(found, exact, lengths, strict=True):
        said, right = (length if error.place is None else error.place for error in (one, true))
        counts["same" if said == right else "earlier" if said < right else "later"] += 1
    return counts
