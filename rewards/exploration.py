"""How a problem was explored: measures of one episode, taken from its trace and nothing else.

Left out on purpose: tokens, time and whatever else depends on who reasons, and the verdict on the answer, which the
environment has given already.
"""

from __future__ import annotations

import math
from typing import Any

from ..tasks import Backtrack, NewAttempt, Refused, Step, Task, Trace, Tree
from .values import GAMMA

MEASURES: dict[str, str] = {
    "steps": "budget steps used: steps, moves to earlier nodes and refusals (count)",
    "distinct": "states with different keys visited, the start included (count, at least 1)",
    "repeated": "steps that led to a state whose key had been visited before (count)",
    "backtracks": "moves of the cursor to another node without a step (count)",
    "depth": "steps from the start to the deepest node (count)",
    "first_solution": "budget steps used when a solved state was first reached (count); undefined where none was",
    "branching": "children per node that has any: (nodes - 1) / such nodes (at least 1); undefined where no step was",
    "illegal": "refused lines or actions (count)",
    "regret": (
        "value lost per step: mean over the steps taken where the best value is above 0 of best - taken, exact values "
        "of the children, in [0, 1]; undefined where there is no such step or no exact value"
    ),
}
"""Each measure of one episode: what it is, its unit and its range."""


def explore(task: Task[Any, Any], trace: Trace, *, regret: bool = True) -> dict[str, float]:
    """The MEASURES of an episode, all float; what is undefined is NaN. A trial counts as one episode.

    The value of a state s is exact and without backtracking, as everywhere: 1 or 0, solvable or not, where the task has
    dead ends, else GAMMA ** distance(s). The best child of s is then worth as much as s, or GAMMA ** (distance(s) - 1),
    because it is one step closer. Steps from solved states are not judged.

    regret: False spares the exact values, which cost more than all the rest in tasks that search for them.
    """
    tree = Tree(task, trace.problem)
    keys, depths = {task.key(tree.state)}, [0]
    steps = repeated = backtracks = illegal = 0
    first = 0.0 if tree.solved else math.nan
    lost: list[float] = []
    for action in trace.actions:
        before = tree.cursor
        match action:
            case Step():
                steps += 1
                if tree.do(action).kind == "new":
                    depths.append(depths[before] + 1)
                key = task.key(tree.state)
                repeated += key in keys
                keys.add(key)
                if math.isnan(first) and tree.solved:
                    first = float(steps)
                if regret and (loss := _lost(task, tree.states[before], tree.state)) is not None:
                    lost.append(loss)
            case Backtrack():
                steps += 1
                backtracks += 1
                tree.do(action)
            case Refused():
                steps += 1
                illegal += 1
            case NewAttempt():
                tree.do(action)
    parents = len(set(tree.parents[1:]))
    return {
        "steps": float(steps),
        "distinct": float(len(keys)),
        "repeated": float(repeated),
        "backtracks": float(backtracks),
        "depth": float(max(depths)),
        "first_solution": first,
        "branching": (len(tree) - 1) / parents if parents else math.nan,
        "illegal": float(illegal),
        "regret": sum(lost) / len(lost) if lost else math.nan,
    }


def _lost(task: Task[Any, Any], state: Any, child: Any) -> float | None:
    """Value lost by the step from `state` to `child`; None where it cannot be judged."""
    if task.solved(state):
        return None
    if task.dead_ends:
        best, taken = task.value(state), task.value(child)
    else:
        best, taken = _graded(task, state, -1), _graded(task, child)
    if not best or taken is None:
        return None
    return max(0.0, best - taken)  # a step that is not listed may do better than the best of those that are


def _graded(task: Task[Any, Any], state: Any, steps: int = 0) -> float | None:
    """GAMMA ** (distance + steps); None where the distance is not known."""
    distance = task.distance(state)
    return None if distance is None else GAMMA ** (distance + steps)
