"""What process reward models are trained and judged on: the states of problems, walks through them, and judged chains.

Nothing here depends on the order of anything: a state belongs to a problem, and chance to an address.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...rewards.labels import Label, label_states, with_noise
from ...rewards.readers import state_piece, step_piece
from ...rewards.stable import uniform
from ...tasks import Problem, Task
from ...tasks.data import Chain

DEEPEST = 60
"""Steps from the start up to which states are gathered, in tasks without a horizon."""

WIDE, NARROW, SHORT = 400, 5, 8
"""States of one problem kept at each depth by default: WIDE where plays take at most SHORT steps, which is all there
are in Game of 24, else NARROW, so that deep tasks give no more states than flat ones."""


class Met(NamedTuple):
    """A state, the one before it (None at the start), and its steps from the start."""

    state: Any
    before: Any
    depth: int


def problems_of(
    task: Task[Any, Any], split: str, count: int | None, difficulty: dict[str, Any], seed: int = 0
) -> list[Problem]:
    """The first `count` problems of a split, or all there are. Raises ValueError where both have no end."""
    there = task.count(split, **difficulty)
    if there is None and count is None:
        raise ValueError(f"{task.name} has no end of problems: say how many")
    last = min(limit for limit in (there, count) if limit is not None)
    return [task.problem(seed, index, split, **difficulty) for index in range(last)]


def states_met(
    task: Task[Any, Any], problems: Iterable[Problem], width: int | None = None, seed: int = 0
) -> dict[Hashable, Met]:
    """The states that legal steps reach, by key, each as it was first met: level by level, none beyond a solved one.

    width: of the states of a problem new at one depth so many are kept, by a stable hash of their keys; None = the
    default for the task.
    """
    if width is None:
        width = WIDE if (task.horizon or DEEPEST) <= SHORT else NARROW
    found: dict[Hashable, Met] = {}
    for problem in problems:
        start = task.start(problem)
        level = {task.key(start): Met(start, None, 0)}
        own = dict(level)
        for depth in range(1, (task.horizon or DEEPEST) + 1):
            ahead = {
                key: Met(child, met.state, depth)
                for met in level.values()
                if not task.solved(met.state)
                for _, child, key, _ in task.expand(met.state)
                if key not in own
            }
            if len(ahead) > width:
                kept = sorted(ahead, key=lambda key: uniform(key, "gather", seed))[:width]
                ahead = {key: ahead[key] for key in kept}
            if not ahead:
                break
            own |= ahead
            level = ahead
        for key, met in own.items():
            found.setdefault(key, met)
    return found


@dataclass(frozen=True)
class Labelling:
    """How states are labelled: see `metacot.rewards.labels`. noise: share of wrong labels, in [0, 1]."""

    kind: str = "exact"
    k: int = 16
    noise: float = 0.0
    seed: int = 0

    def __call__(self, task: Task[Any, Any], met: Sequence[Met]) -> list[Label | None]:
        """A label for each; None where the exact value is not known, and for the progress of a start."""
        places = [place for place, one in enumerate(met) if self.kind != "progress" or one.before is not None]
        states, before = [met[place].state for place in places], [met[place].before for place in places]
        labels = label_states(task, states, self.kind, before=before, k=self.k, seed=self.seed)
        known = [which for which, label in enumerate(labels) if label is not None]
        sure = [label for label in labels if label is not None]
        turned = with_noise(sure, [task.key(states[which]) for which in known], self.noise, self.seed)
        found: list[Label | None] = [None] * len(met)
        for which, label in zip(known, turned, strict=True):
            found[places[which]] = label
        return found


class LabelledText(NamedTuple):
    """A text in pieces, with what a model should say at the end of each, in [0, 1]; None where nothing is known."""

    pieces: tuple[str, ...]
    targets: tuple[float | None, ...]


LED = 0.5
"""Share of the steps of a walk that stay solvable where they can; uniform ones hardly ever do."""


def walk(task: Task[Any, Any], problem: Problem, seed: int, led: float = LED, limit: int = DEEPEST) -> list[Met]:
    """A play from the start until nothing is left, with the step from each state to the next in its order.

    led: the share of steps taken among those of the best exact value; the others are uniform.
    """
    state = task.start(problem)
    path = [Met(state, None, 0)]
    for depth in range(1, min(task.horizon or limit, limit) + 1):
        rows = [] if task.solved(state) else task.expand(state)
        if not rows:
            break
        place = (problem.data, seed, depth)
        if uniform(place, "led") < led:
            far = [task.distance(child) for _, child, _, _ in rows]
            known = [distance for distance in far if distance is not None]
            if known:
                rows = [row for row, distance in zip(rows, far, strict=True) if distance == min(known)]
        state = rows[int(uniform(place, "step") * len(rows))][1]
        path.append(Met(state, path[-1].state, depth))
    return path


def walk_texts(task: Task[Any, Any], problems: Sequence[Problem], count: int, label: Labelling) -> list[LabelledText]:
    """`count` walks as texts, each from a state somewhere on its way, since states are read without their past."""
    paths = [walk(task, problems[number % len(problems)], number) for number in range(count)]
    paths = [path[int(uniform(number, "from") * len(path)) :] for number, path in enumerate(paths)]
    labels = iter(label(task, [met for path in paths for met in path]))
    texts = []
    for path in paths:
        targets = [next(labels) for _ in path]
        pieces = [state_piece(task, path[0].state)]
        pieces += [step_piece(task, met.before, _step(task, met), met.state) for met in path[1:]]
        texts.append(LabelledText(tuple(pieces), tuple(None if one is None else one.target for one in targets)))
    return texts


def _step(task: Task[Any, Any], met: Met) -> Any:
    """The first step that leads to a state from the one before it."""
    key = task.key(met.state)
    return next(step for step, _, child, _ in task.expand(met.before) if child == key)


def chain_texts(chains: Iterable[Chain]) -> list[LabelledText]:
    """Judged chains as texts: the problem, then a step a piece with its label. Chains without a label are left out."""
    return [
        LabelledText((f"{chain.problem}\n", *(f"{step}\n" for step in chain.steps)), (None, *chain.labels))
        for chain in chains
        if any(label is not None for label in chain.labels) and chain.problem.strip() and all(chain.steps)
    ]
