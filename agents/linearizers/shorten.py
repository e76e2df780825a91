"""Traces cut to a length: whole branches go, the way to the answer and the ending stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ...tasks import Backtrack, Step, Submit, Task, Trace, Tree


def shorten(trace: Trace, task: Task, fits: Callable[[Trace], bool]) -> Trace | None:
    """The trace without as many of its wrong branches, the largest first (of equal ones the earliest), as it takes
    until `fits` says yes; None where even the way to the answer does not fit.

    fits: a limit that leaving out a branch never makes harder to keep: on tokens, lines, backtracks.

    A branch is all that hangs on one step that leaves the way to the answer (where the trace has no answer: that
    leaves the start). `source["dropped_branches"]` of the result says how many were dropped. Raises ValueError where
    a trace that does not fit has other actions than steps and backtracks before its ending.
    """
    whole = replace(trace, source={**trace.source, "dropped_branches": 0})
    if fits(whole):
        return whole
    tree = Tree(task, trace.problem)
    visits, ending = [], []
    for action in trace.actions:
        event = tree.do(action)
        if isinstance(action, Step):
            visits.append((event.node, action))
        elif event.kind in ("submit", "give_up"):
            ending.append(action)
        elif not isinstance(action, Backtrack):
            raise ValueError(f"a trace with {action} cannot be shortened")
    way = set(tree.path(_answered(tree, trace)))
    roots = [0] * len(tree)
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        roots[node] = 0 if node in way else node if parent in way else roots[parent]
    sizes = Counter(root for root in roots if root)
    order = sorted(sizes, key=lambda root: (-sizes[root], root))

    def without(count: int) -> Trace:
        dropped = set(order[:count])
        kept = [(node, step) for node, step in visits if roots[node] not in dropped]
        actions = (*_actions(tree, kept, way), *ending)
        return replace(trace, actions=actions, source={**trace.source, "dropped_branches": count})

    if not order or not fits(without(len(order))):
        return None
    least, most = 0, len(order)  # does not fit, fits
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if fits(without(middle)) else (middle, most)
    return without(most)


def _answered(tree: Tree, trace: Trace) -> int:
    """The node that the answer of the trace stands for: a goal with this answer, or else the cursor at the end; the
    start where there is no answer."""
    last = trace.actions[-1] if trace.actions else None
    if not isinstance(last, Submit):
        return 0
    goals = (node for node in range(len(tree)) if tree.task.solved(tree.states[node]))
    return next((node for node in goals if last.answer == tree.answer(node)), tree.cursor)


def _actions(tree: Tree, visits: list[tuple[int, Step]], way: set[int]) -> list[Step | Backtrack]:
    """The visits with the backtracks they need, and nodes numbered anew. A walk of the way that its wrong branch has
    been taken from is left out where the same steps are walked again later."""
    walks: list[list[tuple[int, Step]]] = []
    for place, (node, step) in enumerate(visits):
        if not place or tree.parents[node] != visits[place - 1][0]:
            walks.append([])
        walks[-1].append((node, step))
    later: set[int] = set()
    needed = []
    for walk in reversed(walks):
        nodes = {node for node, _ in walk}
        if not (nodes <= way and nodes <= later):
            needed.append(walk)
        later |= nodes
    places, cursor = {0: 0}, 0
    actions: list[Step | Backtrack] = []
    for node, step in (visit for walk in reversed(needed) for visit in walk):
        if (parent := tree.parents[node]) != cursor:
            actions.append(Backtrack(places[parent]))
        places.setdefault(node, len(places))
        actions.append(step)
        cursor = node
    return actions
