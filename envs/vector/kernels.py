"""A step of many searches as loops over arrays: plain functions, of which `compiled` makes machine code.

All are in this file, with the tuples and numbers that they share: Numba's cache is renewed when the file of a function
changes, whatever becomes of the files that it imports from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...tasks.extras import require

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REFUSED, FRESH = -1, np.iinfo(np.int16).max
"""Where a step leads, if not to a node that exists: it is illegal, or the node is not born yet."""
MOVED, BLOCKED, UNPAID, SUBMITTED, GAVE_UP, BEGUN = range(6)
"""What comes of an action. The first two are paid for; an episode that has BEGUN asked for none."""
NOBODY = -1


SEARCH = np.dtype(
    [
        ("action", np.int64),  # what is wanted; any number
        ("kind", np.int64),  # and what came of it, MOVED to BEGUN
        ("born", np.int64),  # the node that this step adds: 0 where an episode begins, NOBODY where none
        ("cursor", np.int64),
        ("nodes", np.int64),  # born
        ("steps", np.int64),  # paid for
        ("dealt", np.int64),  # problems since the seed was given
        ("place", np.int64),  # of the present problem among those drawn ahead
        ("reached", np.bool_),  # was a goal visited?
        ("over", np.bool_),  # is the episode?
    ],
    align=True,
)
"""Where the search of an environment stands."""


class Trees(NamedTuple):
    """The searches of E environments, of at most N nodes each, with S steps."""

    searches: NDArray[Any]  # (E,) SEARCH
    parent: NDArray[np.int32]  # (E, N) -1 for node 0 and where unborn
    solved: Bools  # (E, N) is it a goal?
    child: NDArray[np.int16]  # (E, N, S) the node that each step leads to, FRESH or REFUSED

    @classmethod
    def empty(cls, envs: int, nodes: int, steps: int) -> Trees:
        """Trees before their first episode."""
        return cls(
            searches=np.zeros(envs, SEARCH),
            parent=np.full((envs, nodes), -1, np.int32),
            solved=np.zeros((envs, nodes), np.bool_),
            child=np.full((envs, nodes, steps), REFUSED, np.int16),
        )


class Seen(NamedTuple):
    """What a step returns of E environments; N, S as for `Trees`, d observed numbers a state."""

    terminated: Bools  # (E,)
    truncated: Bools  # (E,)
    success: Bools  # (E,)
    reached: Bools  # (E,)
    mask: NDArray[np.int8]  # (E, S + N + 2)
    cursor: NDArray[Any]  # (E, d)
    visited: NDArray[np.int8]  # (E, N)

    @classmethod
    def empty(cls, trees: Trees, rows: NDArray[Any]) -> Seen:
        """New arrays, to be filled by `see`."""
        envs, nodes, steps = trees.child.shape
        return cls(
            terminated=np.empty(envs, np.bool_),
            truncated=np.empty(envs, np.bool_),
            success=np.empty(envs, np.bool_),
            reached=np.empty(envs, np.bool_),
            mask=np.empty((envs, steps + nodes + 2), np.int8),
            cursor=np.empty((envs, rows.shape[2]), rows.dtype),
            visited=np.empty((envs, nodes), np.int8),
        )


class Mazes(NamedTuple):
    """Mazes of C cells for E environments, A drawn ahead for each."""

    exits: NDArray[np.uint8]  # (E, A, C) bit k: is step k open? 0 at the goal
    starts: Ints  # (E, A) cells
    goals: Ints  # (E, A) cells
    sides: NDArray[np.int8]  # (E, A, 2 * C), or nothing where boards are not shown
    cells: Ints  # (E, N) where one is
    rows: NDArray[np.int8]  # (E, N, d) what is seen there


class Hands(NamedTuple):
    """Hands of at most M numbers for E environments, A drawn ahead for each.

    Fractions are not reduced. With hands of up to six numbers to 100 no numerator or denominator passes 2 ** 45, so
    that two different fractions differ by more than 2 ** -46 of their size, and their values, rounded once, are equal
    or ordered exactly as they are.
    """

    dealt: Ints  # (E, A, M + 1) sorted hands, filled up with -1, then the target
    legal: NDArray[np.int16]  # (3 ** M, S) FRESH and REFUSED of all hands of one pattern, see `settle_hands`
    moves: Ints  # (S, 3) what a step means: two positions, and which operation
    whole: bool  # may only whole numbers occur?
    spare: bool  # may numbers be left over?
    left: Ints  # (E, N) so many numbers are left
    numbers: NDArray[np.float64]  # (E, N, M, 2) numerator and denominator of each, sorted by value
    rows: NDArray[np.float32]  # (E, N, d) what is seen of a hand: log(1 + value), -1 where used up, and the target's


@cache
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code, made at its first call and kept in Numba's cache on disk.

    Raises ImportError without Numba.
    """
    try:
        numba = require("numba", "vector")
    except ImportError as error:
        raise ImportError(f"{error}; or use vectorization_mode='sync'", name=error.name) from error
    try:
        return numba.njit(kernel, cache=True)
    except RuntimeError:  # no folder for a cache can be written to: every process makes its own
        return numba.njit(kernel)


def act(trees: Trees, budget: int, ends: bool, ahead: int) -> int:
    """Do what is wanted, but for the looks of new nodes, which `settle_mazes` or `settle_hands` fill in.

    Where an episode is over, the next one begins. Returns how many of those need problems to be drawn first.
    """
    _, nodes, steps = trees.child.shape
    submit = steps + nodes
    dry = 0
    for env in range(len(trees.searches)):
        search = trees.searches[env]
        action, cursor, count = search.action, search.cursor, search.nodes
        search.born = NOBODY
        if search.over:
            search.kind = BEGUN
            search.place = search.dealt % ahead
            dry += search.place == 0
            search.dealt += 1
            search.born = search.cursor = search.steps = 0
            search.nodes = 1
            search.reached = False
            trees.parent[env] = -1
        elif action == submit + 1:
            search.kind = GAVE_UP
        elif action == submit and (trees.solved[env, cursor] or not ends):
            search.kind = SUBMITTED
        elif search.steps >= budget:
            search.kind = UNPAID
        else:
            target = REFUSED
            if 0 <= action < steps:
                target = trees.child[env, cursor, action]
                if target == FRESH:
                    target = count
                    trees.child[env, cursor, action] = search.born = count
                    trees.parent[env, count] = cursor
                    search.nodes += 1
            elif steps <= action < steps + count and action != steps + cursor:
                target = action - steps
            search.steps += 1
            search.kind = BLOCKED if target == REFUSED else MOVED
            if target != REFUSED:
                search.cursor = target
    return dry


def settle_mazes(trees: Trees, mazes: Mazes) -> None:
    """Fill in the new nodes."""
    size = round(math.sqrt(mazes.exits.shape[2]))
    by = (-size, 1, size, -1)
    for env in range(len(trees.searches)):
        search = trees.searches[env]
        node, place = search.born, search.place
        if node == NOBODY:
            continue
        if node == 0:
            mazes.rows[env] = 0
            cell = mazes.starts[env, place]
        else:
            cell = mazes.cells[env, trees.parent[env, node]] + by[search.action]
        goal, exits = mazes.goals[env, place], mazes.exits[env, place, cell]
        mazes.cells[env, node] = cell
        trees.solved[env, node] = cell == goal
        row = mazes.rows[env, node]
        row[0], row[1] = cell // size, cell % size
        row[2], row[3] = goal // size - row[0], goal % size - row[1]
        for step in range(4):
            row[4 + step] = exits >> step & 1
            trees.child[env, node, step] = FRESH if exits >> step & 1 else REFUSED
        if mazes.sides.size:
            row[8:] = mazes.sides[env, place]


def settle_hands(trees: Trees, hands: Hands) -> None:
    """Fill in the new nodes.

    Legal steps are looked up by the pattern of a hand: digit k of its code is 0 where number k is used up, 2 where it
    is equal to the one before (for the first: to 0), else 1.
    """
    most = hands.numbers.shape[2]
    for env in range(len(trees.searches)):
        search = trees.searches[env]
        node, place = search.born, search.place
        if node == NOBODY:
            continue
        rows, numbers, target = hands.rows[env], hands.numbers[env, node], hands.dealt[env, place, most]
        left = 0
        if node == 0:
            rows[:] = 0
            rows[0, :most] = -1
            rows[0, most] = math.log1p(target)
            if rows.shape[1] > most + 1:
                rows[0, most + 1], rows[0, most + 2] = hands.whole, hands.spare
            while left < most and hands.dealt[env, place, left] >= 0:
                number = hands.dealt[env, place, left]
                numbers[left, 0], numbers[left, 1] = number, 1
                rows[0, left] = math.log1p(number)
                left += 1
        else:
            parent = trees.parent[env, node]
            left = hands.left[env, parent] - 1
            i, j, operation = hands.moves[search.action]
            before = hands.numbers[env, parent]
            a, b, below_a, below_b = before[i, 0], before[j, 0], before[i, 1], before[j, 1]
            bottom = below_a * below_b
            if operation == 0:  # a + b
                top = a * below_b + b * below_a
            elif operation == 1:  # a * b
                top = a * b
            elif operation == 2:  # b - a
                top = b * below_a - a * below_b
            elif operation == 3:  # b / a
                top, bottom = b * below_a, a * below_b
            else:  # a / b
                top, bottom = a * below_b, b * below_a
            value = top / bottom
            spot = 0  # of the result among the numbers that stay
            for k in range(left + 1):
                spot += k != i and k != j and before[k, 0] / before[k, 1] < value
            rows[node] = rows[parent]
            rows[node, left] = -1
            old = 0
            for k in range(left):
                if k == spot:
                    numbers[k, 0], numbers[k, 1] = top, bottom
                    rows[node, k] = math.log1p(value)
                    continue
                while old in (i, j):
                    old += 1
                numbers[k, 0], numbers[k, 1] = before[old, 0], before[old, 1]
                rows[node, k] = rows[parent, old]
                old += 1
        hands.left[env, node] = left
        solved = False
        pattern, power, last = 0, 1, 0.0
        for k in range(left):
            value = numbers[k, 0] / numbers[k, 1]
            solved |= (hands.spare or left == 1) and value == target
            pattern += power * (2 if value == last else 1)
            power *= 3
            last = value
        trees.solved[env, node] = solved
        trees.child[env, node] = hands.legal[pattern]
        if hands.whole:
            for step in range(len(hands.moves)):
                i, j, operation = hands.moves[step]
                if operation >= 3 and j < left:
                    low, high = numbers[i, 0] / numbers[i, 1], numbers[j, 0] / numbers[j, 1]
                    above, below = (high, low) if operation == 3 else (low, high)
                    if below == 0 or above % below != 0:
                        trees.child[env, node, step] = REFUSED


def see(trees: Trees, rows: NDArray[Any], seen: Seen, budget: int, ends: bool) -> None:
    """Fill in what is seen after a step."""
    _, nodes, steps = trees.child.shape
    for env in range(len(trees.searches)):
        search = trees.searches[env]
        kind, cursor, count = search.kind, search.cursor, search.nodes
        solved = trees.solved[env, cursor]
        terminated = kind in (SUBMITTED, GAVE_UP)
        success = solved and kind == SUBMITTED
        truncated = kind == UNPAID
        if kind in (MOVED, BLOCKED, BEGUN) and solved:
            search.reached = True
            if ends and kind == MOVED:
                terminated = success = True
        elif kind in (MOVED, BLOCKED):  # at a solution one may still submit, which is free
            truncated = search.steps >= budget
        search.over = terminated or truncated
        seen.terminated[env], seen.truncated[env] = terminated, truncated
        seen.success[env], seen.reached[env] = success, search.reached
        paying = search.steps < budget
        for step in range(steps):
            seen.mask[env, step] = paying and trees.child[env, cursor, step] != REFUSED
        for node in range(nodes):
            seen.mask[env, steps + node] = paying and node < count
            seen.visited[env, node] = node < count
        seen.mask[env, steps + cursor] = 0
        seen.mask[env, steps + nodes] = solved or not ends
        seen.mask[env, steps + nodes + 1] = 1
        seen.cursor[env] = rows[env, cursor]
