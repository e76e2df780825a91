"""Monte-Carlo tree search with standard UCT; a value estimate takes the place of simulation.

Selection maximises Q(s, a) + c * sqrt(log N(s) / N(s, a)), from Kocsis and Szepesvari 2006. (The Meta-CoT paper prints
the bonus with the two counts exchanged.) Expansion adds all children at once; a child's Q starts at its value estimate,
which counts as its first visit. Backup is the incremental mean, of the visited node's own estimate: of 1 where it is a
verified solution, of 0 where nothing is left below it.
"""

from __future__ import annotations

from math import log, sqrt
from typing import Any

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Row, SearchResult

ITERATIONS_A_NODE = 10
"""How many iterations may be spent for each node of the budget, where no number of iterations is given: revisits of
finished branches cost iterations, but no nodes."""


SQRT_LOG, RSQRT = [0.0], [0.0]
"""sqrt(log n) and 1 / sqrt(n) by n; grown to the largest number of iterations asked for."""


class _Node:
    """A visited node. Its children's statistics lie here, in lists side by side, since selection reads them together.

    number: its place in the tree. worth: what a visit that ends here backs up. rows: its children, as generated.
    q: mean value. n: visits, the estimate included. r: 1 / sqrt(n). below: the child once visited, else None.
    """

    __slots__ = ("below", "n", "number", "q", "r", "rows", "worth")

    def __init__(self, number: int, worth: float):
        self.number = number
        self.worth = worth
        self.rows = self.q = self.n = self.r = self.below = NOTHING

    def grow(self, rows: list[Row], values: list[float]) -> None:
        """Give it children, if there are any."""
        if rows:
            self.rows = rows
            self.q = values
            self.n = [1] * len(rows)
            self.r = [1.0] * len(rows)
            self.below = [None] * len(rows)


NOTHING: Any = ()
"""The children of a node without any, one for all: half of the nodes of a search are leaves."""


def mcts(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int = BUDGET,
    seed: int | None = 0,
    *,
    dedupe: bool = True,
    iterations: int | None = None,
    exploration: float = 1.0,
    stop: bool = True,
) -> SearchResult:
    """Grow the tree one visited node an iteration, balancing mean values against visit counts.

    budget: nodes visited besides the start. seed: which of several equal children comes first (None: the task's order).
    iterations: how often to select, expand, evaluate and back up; None allows 10 for each node of the budget. Passing
    through finished branches again counts as an iteration and adds no node. exploration: c, at least 0.
    stop: end at the first verified solution? If not, all iterations are made as long as the budget of nodes lasts.
    """
    if exploration < 0:
        raise ValueError(f"exploration must not be negative, got {exploration!r}")
    search = Explorer(task, problem, value, budget, seed, dedupe=dedupe)
    limit = ITERATIONS_A_NODE * budget if iterations is None else iterations
    _extend_tables(limit + 3)
    sqrt_log, rsqrt = SQRT_LOG, RSQRT
    solved = 0 if search.solves(0) else None
    root = _Node(0, 1.0)
    if solved is None:
        root.grow(*search.expand(0, claim=True))
    waiting = len(root.q)
    done = 0

    while done < limit and not (stop and (solved is not None or not waiting)):
        node: _Node | None = root
        visits = done + 1
        path = []
        while node is not None and node.q:
            bonus = exploration * sqrt_log[visits]
            scores = [q + bonus * r for q, r in zip(node.q, node.r)]  # noqa: B905  # the innermost loop of all
            place = scores.index(max(scores))
            path.append((node, place))
            visits = node.n[place]
            node = node.below[place]
        if node is None:
            if search.full:
                break
            parent, place = path[-1]
            estimate = parent.q[place]
            number = search.visit(parent.number, parent.rows[place], estimate)
            node = _Node(number, estimate)
            if search.solves(number):
                solved, node.worth = number if solved is None else solved, 1.0
            else:
                node.grow(*search.expand(number, claim=True))
                if not node.q:
                    node.worth = 0.0
            parent.below[place] = node
            waiting += len(node.q) - 1
        worth = node.worth
        for parent, place in path:
            n = parent.n[place] = parent.n[place] + 1
            parent.q[place] += (worth - parent.q[place]) / n
            parent.r[place] = rsqrt[n]
        done += 1

    return search.result(
        "mcts",
        solved,
        exhausted=not waiting,
        iterations=done,
        visits=_visits(root, done),
        exploration=exploration,
        stop=stop,
    )


def _extend_tables(size: int) -> None:
    for n in range(len(RSQRT), size):
        SQRT_LOG.append(sqrt(log(n)))
        RSQRT.append(1 / sqrt(n))


def _visits(root: _Node, iterations: int) -> tuple[int, ...]:
    """How many iterations went through each node, in the order of the tree."""
    found = {0: iterations}
    stack = [root]
    while stack:
        node = stack.pop()
        for below, n in zip(node.below, node.n, strict=True):
            if below is not None:
                found[below.number] = n - 1
                stack.append(below)
    return tuple(found[number] for number in range(len(found)))
