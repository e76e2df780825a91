"""Monte-Carlo tree search; a value estimate takes the place of simulation.

Selection maximises Q(s, a) + a bonus, of which there are three:
    uct: c * sqrt(log N(s) / N(s, a)), Kocsis and Szepesvari 2006; the default.
    printed: c * sqrt(log N(s, a) / N(s)), as the Meta-CoT paper prints it, with the two counts exchanged. It rewards
        what was visited already, so the search repeats itself; kept to show just that.
    puct: c * P(a | s) * sqrt(N(s)) / (1 + N(s, a)), Silver et al. 2017; P is the proposer's prior, uniform without one.
Progressive widening (Coulom 2007) looks at the first ceil(k * N(s) ** alpha) children only, the most promising first.
Expansion adds all children at once; a child's Q starts at its value estimate,
which counts as its first visit. Backup is the incremental mean, of the visited node's own estimate: of 1 where it is a
verified solution, of 0 where nothing is left below it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log, sqrt
from typing import Any, Unpack

from ...rewards.protocols import ValueFunction
from ...tasks import Problem, Task
from .common import BUDGET, Explorer, Limits, Options, Row, SearchResult

ITERATIONS_A_NODE = 10
"""How many iterations may be spent for each node of the budget, where no number of iterations is given: revisits of
finished branches cost iterations, but no nodes."""


SQRT_LOG, RSQRT = [0.0], [0.0]
"""sqrt(log n) and 1 / sqrt(n) by n; grown to the largest number of iterations asked for."""


class _Node:
    """A visited node. Its children's statistics lie here, in lists side by side, since selection reads them together.

    number: its place in the tree. worth: what a visit that ends here backs up. rows: its children, as generated.
    q: mean value. p: priors, where a bonus needs them. Once it is gone through: n: visits, the estimate included.
    r: 1 / sqrt(n). below: the child once visited, else None.
    """

    __slots__ = ("below", "n", "number", "p", "q", "r", "rows", "worth")

    def __init__(self, number: int, worth: float):
        self.number = number
        self.worth = worth
        self.rows = self.q = self.n = self.r = self.p = self.below = NOTHING

    def grow(self, rows: list[Row], values: list[float], priors: list[float] | None = None) -> None:
        """Give it children, if there are any."""
        if rows:
            self.p = priors
            self.rows = rows
            self.q = values

    def open(self) -> None:
        """Begin to count: most nodes of a search are never gone through, and need no counts."""
        self.n = [1] * len(self.q)
        self.r = [1.0] * len(self.q)
        self.below = [None] * len(self.q)


NOTHING: Any = ()
"""The children of a node without any, one for all: half of the nodes of a search are leaves."""


def mcts(
    task: Task[Any, Any],
    problem: Problem,
    value: ValueFunction,
    budget: int | Limits = BUDGET,
    seed: int | None = 0,
    *,
    iterations: int | None = None,
    exploration: float = 1.0,
    bonus: str = "uct",
    widening: tuple[float, float] | None = None,
    stop: bool = True,
    **options: Unpack[Options],
) -> SearchResult:
    """Grow the tree one visited node an iteration, balancing mean values against visit counts.

    budget: nodes visited besides the start. seed: which of several equal children comes first (None: the task's order).
    iterations: how often to select, expand, evaluate and back up; None allows 10 for each node of the budget. Passing
    through finished branches again counts as an iteration and adds no node. exploration: c, at least 0.
    bonus: "uct", "printed" or "puct". widening: (k, alpha), None looks at all children.
    stop: end at the first verified solution? If not, all iterations are made as long as the budget of nodes lasts.
    """
    if exploration < 0:
        raise ValueError(f"exploration must not be negative, got {exploration!r}")
    if bonus not in BONUSES:
        raise ValueError(f"bonus is one of {', '.join(BONUSES)}, got {bonus!r}")
    if widening is not None and not (widening[0] > 0 and 0 <= widening[1] <= 1):
        raise ValueError(f"widening needs k > 0 and alpha in [0, 1], got {widening!r}")
    plain = bonus == "uct" and widening is None
    search = Explorer(task, problem, value, budget, seed, **options)
    limit = ITERATIONS_A_NODE * search.budget if iterations is None else iterations
    _extend_tables(limit + 3)
    sqrt_log, rsqrt = SQRT_LOG, RSQRT
    plant, notes, noted = search.tree.plant, search.tree.notes, search.notices
    generate, is_goal, every = search.generate, task.solved, not task.enumerable
    last, limited = search.budget, not search.only_nodes
    number = 0
    solved = 0 if search.solves(0) else None
    root = _Node(0, 1.0)
    if solved is None:
        root.grow(*search.expand(0, claim=True), search.priors)
    waiting = len(root.q)
    done = 0

    while done < limit and not (stop and (solved is not None or not waiting)):
        node: _Node | None = root
        visits = done + 1
        path = []
        while node is not None and (means := node.q):
            if not node.n:
                node.open()
            if plain:
                factor = exploration * sqrt_log[visits]
                scores = [q + factor * r for q, r in zip(means, node.r)]  # noqa: B905  # the innermost loop of all
            else:
                scores = BONUSES[bonus](node, visits, exploration)
                if widening is not None:
                    del scores[max(1, ceil(widening[0] * visits ** widening[1])) :]
            place = scores.index(max(scores))
            path.append((node, place))
            visits = node.n[place]
            node = node.below[place]
        if node is None:
            if number >= last or (limited and search.full):
                break
            number += 1
            parent, place = path[-1]
            estimate = parent.q[place]
            step, state, _, _ = parent.rows[place]
            plant(parent.number, step, state)
            notes[number] = noted[estimate]
            node = _Node(number, estimate)
            if (every or is_goal(state)) and search.solves(number):
                solved, node.worth = number if solved is None else solved, 1.0
            else:
                search.expanded += 1
                if rows := generate(state):
                    node.grow(*search.rank(rows, claim=True), search.priors)
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
        bonus=bonus,
        widening=widening,
        stop=stop,
    )


def _uct(node: _Node, visits: int, c: float) -> list[float]:
    factor = c * SQRT_LOG[visits]
    return [q + factor * r for q, r in zip(node.q, node.r, strict=True)]


def _printed(node: _Node, visits: int, c: float) -> list[float]:
    factor = c * RSQRT[visits]
    return [q + factor * SQRT_LOG[n] for q, n in zip(node.q, node.n, strict=True)]


def _puct(node: _Node, visits: int, c: float) -> list[float]:
    """A child's estimate does not count as a visit here: N(s, a) = n - 1."""
    factor = c * sqrt(visits)
    priors = node.p or [1 / len(node.q)] * len(node.q)
    return [q + factor * p / n for q, p, n in zip(node.q, priors, node.n, strict=True)]


BONUSES: dict[str, Callable[[_Node, int, float], list[float]]] = {"uct": _uct, "printed": _printed, "puct": _puct}
"""Mean value plus bonus of every child, by the bonus's name."""


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
