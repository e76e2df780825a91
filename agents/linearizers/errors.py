"""The linearizer that errs on purpose: the right path with wrong steps put in, each left at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from ...tasks import Action, Backtrack, Step, Task, Trace, Tree
from .common import Searched, as_trace, chance, check_rate, solved_node, tree_of

MOST = 0.5
"""The highest rate of errors: one of two steps."""


def inserted_errors(
    result: Searched, rate: float = 0.1, seed: int = 0, values: bool = False, errors: int | None = None
) -> Trace:
    """The path to the solution; before each of its steps, as long as chance has it, a wrong step and a backtrack.

    rate: how likely each step that is written is a wrong one, in [0, 0.5]; nested, the errors of 0.1 are among those
        of 0.2. errors: exactly so many instead, at places drawn by `seed`, as far as there are so many wrong steps.

    A wrong step does not bring a solution nearer by the task's exact distance; where distances are not known none is
    put in, and in a task without distances every other step that leads to another state counts. No step is put in
    twice at one place. values: write down the values that the search noted, which it did for the states it visited.
    Raises ValueError for a rate or a number of errors out of range.
    """
    check_rate(rate, MOST)
    if errors is not None and errors < 0:
        raise ValueError(f"errors must not be negative, got {errors!r}")
    tree = tree_of(result)
    path = tree.path(solved_node(result) or 0)
    draws = [chance(tree, seed, "errors", place) for place in range(len(path) - 1)]
    candidates = [
        _wrong_steps(tree.task, tree.states[before], tree.states[after], rng)
        for before, after, rng in zip(path, path[1:], draws, strict=False)
    ]
    if errors is None:
        chosen = [_drawn(wrong, rng, rate) for wrong, rng in zip(candidates, draws, strict=True)]
    else:
        chosen = _spread(candidates, chance(tree, seed, "places"), errors)
    visited = {(parent, step): node for node, (parent, step) in enumerate(zip(tree.parents, tree.steps, strict=True))}

    def value(node: int | None) -> int | None:
        return tree.notes[node][0] if values and node in tree.notes else None

    built = Tree(tree.task, tree.problem)
    actions: list[Action] = []
    for before, after, wrong in zip(path, path[1:], chosen, strict=False):
        here = built.cursor
        for step, state in wrong:
            built.grow(step, state)
            actions += [Step(step, value=value(visited.get((before, step)))), Backtrack(here)]
            built.cursor = here
        built.grow(tree.steps[after], tree.states[after])
        actions.append(Step(tree.steps[after], value=value(after)))
    knobs: dict[str, Any] = {"error_rate": rate} if errors is None else {"errors": errors}
    return as_trace(result, actions, "inserted_errors", **knobs, error_seed=seed)


Wrong = Iterator[tuple[Any, Any]]
"""Wrong steps and where they lead, judged as they are asked for: distances may be slow."""


def _wrong_steps(task: Task[Any, Any], state: Any, right: Any, rng: Random) -> Wrong:
    """The wrong steps of a state in a drawn order; `right` is the state that the path goes on to."""
    ranked = [(rng.random(), place, row) for place, row in enumerate(task.expand(state))]
    seen = {task.key(state), task.key(right)}
    wrong = _further(task, state)
    for _, _, (step, child, key, _) in sorted(ranked, key=lambda entry: entry[:2]):
        if key not in seen and not task.solved(child) and wrong(child):
            seen.add(key)
            yield step, child


def _further(task: Task[Any, Any], state: Any) -> Callable[[Any], bool]:
    """Does a child of the state not bring a solution nearer?"""
    if type(task).distance is Task.distance:
        return lambda child: True
    here = task.distance(state)

    def further(child: Any) -> bool:
        there = task.distance(child)
        return here is not None and there is not None and there > here - 1

    return further


def _drawn(wrong: Wrong, rng: Random, rate: float) -> list[tuple[Any, Any]]:
    """As many as chance has it. The draws are made before the steps are, so that they do not depend on the rate."""
    toss = Random(rng.random())
    taken = []
    while toss.random() < rate and (found := next(wrong, None)) is not None:
        taken.append(found)
    return taken


def _spread(candidates: list[Wrong], rng: Random, errors: int) -> list[list[tuple[Any, Any]]]:
    """So many at drawn places, one that has no more wrong steps being drawn no more."""
    chosen: list[list[tuple[Any, Any]]] = [[] for _ in candidates]
    open_places = list(range(len(candidates)))
    while open_places and sum(map(len, chosen)) < errors:
        place = open_places[int(rng.random() * len(open_places))]
        if (found := next(candidates[place], None)) is None:
            open_places.remove(place)
        else:
            chosen[place].append(found)
    return chosen
