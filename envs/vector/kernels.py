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

MOVED, BLOCKED, UNPAID, SUBMITTED, GAVE_UP, BEGUN = range(6)
"""What comes of an action. The first two are paid for; an episode that has BEGUN asked for none."""
NOBODY = -1
BLOCK = 64
"""So many environments are gone through at once: what a step touches of them stays in the cache of a core."""


SEARCH = np.dtype(
    [
        ("kind", np.int32),  # what came of the last action, MOVED to BEGUN
        ("born", np.int32),  # the node that it added: 0 where an episode began, NOBODY where none
        ("cursor", np.int32),
        ("nodes", np.int32),  # born
        ("steps", np.int32),  # paid for
        ("place", np.int32),  # of the present problem among those drawn ahead
        ("dealt", np.int64),  # problems since the seed was given
        ("reached", np.bool_),  # was a goal visited?
        ("over", np.bool_),  # is the episode?
    ],
    align=True,
)
"""Where the search of an environment stands."""


class Trees(NamedTuple):
    """The searches of E environments, of at most N nodes each, with S steps.

    What a step reads and writes is most of its time where there are many environments: nothing is kept for each of the
    S steps but a bit, and a child is looked for among the nodes.
    """

    searches: NDArray[Any]  # (E,) SEARCH
    parent: NDArray[np.int32]  # (E, N) -1 for node 0 and where unborn
    via: NDArray[np.int16]  # (E, N) the step from the parent; anything for node 0 and where unborn
    solved: Bools  # (E, N) is it a goal?
    legal: Ints  # (E, N, ceil(S / 64)) bit k % 64 of number k // 64: is step k legal?

    @classmethod
    def empty(cls, envs: int, nodes: int, steps: int) -> Trees:
        """Trees before their first episode."""
        return cls(
            searches=np.zeros(envs, SEARCH),
            parent=np.full((envs, nodes), -1, np.int32),
            via=np.zeros((envs, nodes), np.int16),
            solved=np.zeros((envs, nodes), np.bool_),
            legal=np.zeros((envs, nodes, -(-steps // 64)), np.int64),
        )


class Seen(NamedTuple):
    """What a step returns of E environments; N, S as for `Trees`, d observed numbers a state."""

    flags: Bools  # (4, E) terminated, truncated, success, reached
    mask: NDArray[np.int8]  # (E, S + N + 2)
    cursor: NDArray[Any]  # (E, d)
    cursor_index: Ints  # (E,)
    steps_left: Ints  # (E,)
    visited: NDArray[np.int8]  # (E, N)

    @classmethod
    def empty(cls, rows: NDArray[Any], steps: int) -> Seen:
        """New arrays, to be filled by `see`."""
        envs, nodes, width = rows.shape
        return cls(
            flags=np.empty((4, envs), np.bool_),
            mask=np.empty((envs, steps + nodes + 2), np.int8),
            cursor=np.empty((envs, width), rows.dtype),
            cursor_index=np.empty(envs, np.int64),
            steps_left=np.empty(envs, np.int64),
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
    """Hands of H numbers, in a game of at most M, for E environments, A drawn ahead for each.

    Fractions are not reduced. With hands of up to six numbers to 100 no numerator or denominator passes 2 ** 45, so
    that two different fractions differ by more than 2 ** -46 of their size, and their values, rounded once, are equal
    or ordered exactly as they are.
    """

    dealt: NDArray[np.int16]  # (E, A, M + 1) sorted hands, filled up with -1, then the target
    legal: Ints  # (3 ** M, ceil(S / 64)) as in `Trees`, of all hands of one pattern, see `settle_hands`
    moves: Ints  # (S, 3) what a step means: two positions, and which operation
    whole: bool  # may only whole numbers occur?
    spare: bool  # may numbers be left over?
    target: NDArray[np.float64]  # (E,) of the present problem
    left: NDArray[np.int8]  # (E, N) so many numbers are left
    numbers: NDArray[np.float64]  # (E, N, H, 2) numerator and denominator of each, sorted by value
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
    _link()
    try:
        return numba.njit(kernel, cache=True)
    except RuntimeError:  # no folder for a cache can be written to: every process makes its own
        return numba.njit(kernel)


@cache
def _link() -> None:
    """Let compiled functions call those of this file."""
    jitable = require("numba.extending", "vector").register_jitable
    for part in (act, settle_mazes, settle_hands, see):
        jitable(part)


def step_mazes(actions: Ints, trees: Trees, mazes: Mazes, seen: Seen, budget: int, ends: bool, ahead: int) -> int:
    """Do an action in each environment and fill in what is seen then.

    Where an episode is over, the next one begins. Returns how many will need new problems to be drawn for that.
    """
    dry = 0
    for first in range(0, len(actions), BLOCK):
        last = min(first + BLOCK, len(actions))
        act(first, last, actions, trees, seen, budget, ends, ahead)
        settle_mazes(first, last, trees, mazes)
        dry += see(first, last, trees, mazes.rows, seen, budget, ends, ahead)
    return dry


def step_hands(actions: Ints, trees: Trees, hands: Hands, seen: Seen, budget: int, ends: bool, ahead: int) -> int:
    """As `step_mazes`."""
    dry = 0
    for first in range(0, len(actions), BLOCK):
        last = min(first + BLOCK, len(actions))
        act(first, last, actions, trees, seen, budget, ends, ahead)
        settle_hands(first, last, trees, hands)
        dry += see(first, last, trees, hands.rows, seen, budget, ends, ahead)
    return dry


def act(first: int, last: int, actions: Ints, trees: Trees, seen: Seen, budget: int, ends: bool, ahead: int) -> None:
    """Do what is wanted, but for the looks of new nodes, which `settle_mazes` or `settle_hands` fill in."""
    nodes = trees.parent.shape[1]
    submit = seen.mask.shape[1] - 2
    steps = submit - nodes
    for env in range(first, last):
        search, action = trees.searches[env], actions[env]
        cursor, count = search.cursor, search.nodes
        search.born = NOBODY
        if search.over:
            search.kind = BEGUN
            search.place = search.dealt % ahead
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
            target = NOBODY
            if 0 <= action < steps:
                if trees.legal[env, cursor, action >> 6] >> (action & 63) & 1:
                    target = count
                    for node in range(cursor + 1, count):
                        if trees.parent[env, node] == cursor and trees.via[env, node] == action:
                            target = node
                    if target == count:
                        trees.parent[env, count], trees.via[env, count] = cursor, action
                        search.born = count
                        search.nodes += 1
            elif steps <= action < steps + count and action != steps + cursor:
                target = action - steps
            search.steps += 1
            search.kind = BLOCKED if target == NOBODY else MOVED
            if target != NOBODY:
                search.cursor = target


def settle_mazes(first: int, last: int, trees: Trees, mazes: Mazes) -> None:
    """Fill in the new nodes."""
    size = round(math.sqrt(mazes.exits.shape[2]))
    by = (-size, 1, size, -1)
    for env in range(first, last):
        search = trees.searches[env]
        node, place = search.born, search.place
        if node == NOBODY:
            continue
        if node == 0:
            mazes.rows[env] = 0
            cell = mazes.starts[env, place]
        else:
            cell = mazes.cells[env, trees.parent[env, node]] + by[trees.via[env, node]]
        goal, exits = mazes.goals[env, place], mazes.exits[env, place, cell]
        mazes.cells[env, node] = cell
        trees.solved[env, node], trees.legal[env, node, 0] = cell == goal, exits
        row = mazes.rows[env, node]
        row[0], row[1] = cell // size, cell % size
        row[2], row[3] = goal // size - row[0], goal % size - row[1]
        for step in range(4):
            row[4 + step] = exits >> step & 1
        if mazes.sides.size:
            row[8:] = mazes.sides[env, place]


def settle_hands(first: int, last: int, trees: Trees, hands: Hands) -> None:
    """Fill in the new nodes.

    Legal steps are looked up by the pattern of a hand: digit k of its code is 0 where number k is used up, 2 where it
    is equal to the one before (for the first: to 0), else 1.
    """
    most = hands.dealt.shape[2] - 1
    for env in range(first, last):
        search = trees.searches[env]
        node, place = search.born, search.place
        if node == NOBODY:
            continue
        rows, numbers = hands.rows[env], hands.numbers[env, node]
        left = 0
        if node == 0:
            hands.target[env] = hands.dealt[env, place, most]
            rows[:] = 0
            rows[0, :most] = -1
            rows[0, most] = math.log1p(hands.target[env])
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
            i, j, operation = hands.moves[trees.via[env, node]]
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
                # Without a branch: what i and j leave in the place of another is written over afterwards.
                above = before[k, 0] / before[k, 1] >= value
                spot += (not above) & (k != i) & (k != j)
                there = k - (k > i) - (k > j) + above
                numbers[there, 0], numbers[there, 1] = before[k, 0], before[k, 1]
                rows[node, there] = rows[parent, k]
            numbers[spot, 0], numbers[spot, 1] = top, bottom
            rows[node, spot] = math.log1p(value)
            rows[node, left] = -1
            for k in range(left + 1, rows.shape[1]):
                rows[node, k] = rows[parent, k]
        hands.left[env, node] = left
        target, solved = hands.target[env], False
        pattern, power, lower = 0, 1, 0.0
        for k in range(left):
            value = numbers[k, 0] / numbers[k, 1]
            solved |= (hands.spare or left == 1) and value == target
            pattern += power * (2 if value == lower else 1)
            power *= 3
            lower = value
        trees.solved[env, node] = solved
        for word in range(hands.legal.shape[1]):
            trees.legal[env, node, word] = hands.legal[pattern, word]
        if hands.whole:
            for step in range(len(hands.moves)):
                i, j, operation = hands.moves[step]
                if operation >= 3 and j < left:
                    low, high = numbers[i, 0] / numbers[i, 1], numbers[j, 0] / numbers[j, 1]
                    above, below = (high, low) if operation == 3 else (low, high)
                    if below == 0 or above % below != 0:
                        trees.legal[env, node, step >> 6] &= ~(1 << (step & 63))


def see(
    first: int, last: int, trees: Trees, rows: NDArray[Any], seen: Seen, budget: int, ends: bool, ahead: int
) -> int:
    """Fill in what is seen after a step. Returns how many need new problems for the next one."""
    dry = 0
    nodes = trees.parent.shape[1]
    steps = seen.mask.shape[1] - nodes - 2
    for env in range(first, last):
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
        seen.flags[0, env], seen.flags[1, env] = terminated, truncated
        seen.flags[2, env], seen.flags[3, env] = success, search.reached
        seen.cursor_index[env], seen.steps_left[env] = cursor, budget - search.steps
        paying = search.steps < budget
        for word in range(trees.legal.shape[2]):
            bits = trees.legal[env, cursor, word] if paying else 0
            some = seen.mask[env, 64 * word : min(64 * word + 64, steps)]
            for step in range(len(some)):
                some[step] = bits >> step & 1
        others, visited = seen.mask[env, steps:], seen.visited[env]
        for node in range(nodes):
            visited[node] = node < count
            others[node] = visited[node] & paying
        others[cursor] = 0
        others[nodes] = solved or not ends
        others[nodes + 1] = 1
        for k in range(rows.shape[2]):
            seen.cursor[env, k] = rows[env, cursor, k]
        dry += search.over and search.dealt % ahead == 0
    return dry
