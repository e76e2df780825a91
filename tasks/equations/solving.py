"""The exact distance of a case: the fewest steps of the menu after which nothing of it is left open.

A split makes several cases, each of which has to be closed; they do not touch each other, so their costs add up. The
search is iterative deepening over such and/or trees, with a table of what is proved: the first depth at which a case
can be closed is its distance. `estimate` never says more than that.
"""

from __future__ import annotations

from functools import lru_cache

from .algebra.expressions import Sum, variables
from .cases import Case, closed, values_of
from .estimates import estimate
from .menu import menu

DEPTH = 24
"""Cases that need more steps have no known distance."""
NODES = 20_000
"""Cases looked into for one distance. Ordinary problems need a few dozen; see docs/equations.md."""
REMEMBERED = 200_000
"""The table begins again when it holds so many cases."""


class Exhausted(Exception):
    """The node limit was reached."""


class _Table:
    """What is proved about cases: exact distances, and bounds below which there is no solution."""

    def __init__(self) -> None:
        self.exact: dict[Case, int] = {}
        self.least: dict[Case, int] = {}
        self.nodes = 0

    def distance(self, case: Case) -> int | None:
        if len(self.least) > REMEMBERED:
            self.exact.clear()
            self.least.clear()
        self.nodes = 0
        try:
            return self.within(case, DEPTH)
        except Exhausted:
            return None

    def bound(self, case: Case) -> int:
        """The distance, or the best bound known below it."""
        if (known := self.exact.get(case)) is None and (known := self.least.get(case)) is None:
            known = self.least[case] = estimate(case)
        return known

    def within(self, case: Case, limit: int) -> int | None:
        """The distance, where it is at most `limit`."""
        if closed(case):
            return 0
        if (known := self.exact.get(case)) is not None:
            return known if known <= limit else None
        for depth in range(self.bound(case), limit + 1):
            if self.closes(case, depth):
                self.exact[case] = depth
                return depth
            self.least[case] = depth + 1
        return None

    def closes(self, case: Case, depth: int) -> bool:
        """Can it be closed with `depth` steps, where fewer are known not to be enough?"""
        self.nodes += 1
        if self.nodes > NODES:
            raise Exhausted
        for _, _, children in menu(case):
            left = depth - 1
            rest = sum(map(self.bound, children))
            for child in children:
                if rest > left:
                    break
                rest -= self.bound(child)
                if (cost := self.within(child, left - rest)) is None:
                    break
                left -= cost
            else:
                if rest <= left:
                    return True
        return False


_table = _Table()


@lru_cache(maxsize=1 << 16)
def distance(case: Case) -> int | None:
    """Exact; None where it is not known within `DEPTH` and `NODES`."""
    return _table.distance(case)


def unknowns(case: Case) -> frozenset[str]:
    return frozenset().union(*(variables(side) for one in case.equations for side in one))


Solution = tuple[tuple[str, Sum], ...]
"""(name, value) of every unknown, sorted by name."""


@lru_cache(maxsize=1 << 12)
def solutions(case: Case) -> frozenset[Solution]:
    """All solutions, found by walking a shortest way. Raises ValueError where none is known."""
    if closed(case):
        return frozenset([tuple(sorted((values_of(case) or {}).items()))])
    here = distance(case)
    for _, _, children in menu(case):
        costs = [distance(child) for child in children]
        if here is not None and None not in costs and sum(cost or 0 for cost in costs) == here - 1:
            return frozenset().union(*map(solutions, children))
    raise ValueError("no way to solve this is known")
