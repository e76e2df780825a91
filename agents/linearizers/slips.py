"""The linearizer that stumbles: the visits of a search, with lines in between that lead nowhere.

A model trained on searches alone has never read a refusal. Its first one takes it away from what it knows, and more are
likely to follow than not. Here refusals and repetitions stand between the visits, and what should have been written
comes next: learning to recover by reading mistakes, as in Ye et al. 2024 (arXiv 2408.16293). Objective "path" of
`training.examples` leaves them out of the loss; `agents.reading` predicts them like all other text.
"""

from __future__ import annotations

from random import Random
from typing import Any

from ...tasks import Action, Backtrack, Refused, Step, Task, Trace, Tree
from ...tasks.grammar import perform
from ..search.common import visit_actions
from .common import Searched, as_trace, chance, check_rate, tree_of

MOST = 0.5
"""The highest rate of slips: one of two lines."""


def visit_order_slips(result: Searched, rate: float = 0.1, seed: int = 0) -> Trace:
    """`visit_order`, with slips before its lines: a step that is legal at another node only, a line with a word too
    many or too few, the way back to a node that does not exist, or a wrong step again, with the way back from it.

    rate: how likely each line that is written is a slip, in [0, 0.5]; nested, the slips of 0.1 are among those of 0.2.
    Raises ValueError for a rate out of range.
    """
    check_rate(rate, MOST)
    searched = tree_of(result)
    right = set(searched.path(len(searched) - 1))  # what objective "path" imitates
    tree = Tree(searched.task, searched.problem)
    actions: list[Action] = []
    for place, action in enumerate(visit_actions(searched)):
        rng = chance(searched, seed, "slips", place)
        while rng.random() < rate:
            actions += rng.choice(_SLIPS)(tree, right, rng)
        tree.do(action)
        actions.append(action)
    return as_trace(result, actions, "visit_order_slips", slip_rate=rate, slip_seed=seed)


def _elsewhere(tree: Tree, right: set[int], rng: Random) -> list[Action]:
    """A step of another node."""
    return _refused(tree, _line(tree.task, tree.states[rng.randrange(len(tree))], rng))


def _garbled(tree: Tree, right: set[int], rng: Random) -> list[Action]:
    """A step with one word left out or said twice."""
    words = _line(tree.task, tree.state, rng).split(" ")
    place = rng.randrange(len(words))
    words[place : place + 1] = [words[place]] * (2 if len(words) == 1 else rng.choice((0, 2)))
    return _refused(tree, " ".join(words))


def _unborn(tree: Tree, right: set[int], rng: Random) -> list[Action]:
    return _refused(tree, f"back #{len(tree) + rng.randrange(3)}")


def _again(tree: Tree, right: set[int], rng: Random) -> list[Action]:
    """A step that was tried before, and back."""
    here = tree.cursor
    tried = [node for node in range(1, len(tree)) if tree.parents[node] == here and node not in right]
    return [Step(tree.steps[rng.choice(tried)]), Backtrack(here)] if tried else []


_SLIPS = (_elsewhere, _garbled, _unborn, _again)


def _line(task: Task[Any, Any], state: Any, rng: Random) -> str:
    """A step of a state in words; none where there is no step."""
    steps = task.steps(state)
    return task.write(state, rng.choice(steps)) if steps else ""


def _refused(tree: Tree, line: str) -> list[Action]:
    """The refusal of a line, if it is one."""
    if not line.strip():
        return []
    action, _ = perform(tree.copy(), line)
    return [action] if isinstance(action, Refused) else []
