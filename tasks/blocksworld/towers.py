"""Exact facts about arrangements of blocks: how many moves apart two of them are, and which are the same renamed.

An arrangement says for each block what it stands on, the number of a block or `TABLE`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

TABLE = -1

Arrangement = tuple[int, ...]


def towers(on: Arrangement) -> list[list[int]]:
    """The blocks of each tower, from the top down, in the order of the blocks at the bottom."""
    above = {below: block for block, below in enumerate(on) if below != TABLE}
    found = []
    for bottom, below in enumerate(on):
        if below == TABLE:
            tower = [bottom]
            while tower[-1] in above:
                tower.append(above[tower[-1]])
            found.append(tower[::-1])
    return found


def is_arrangement(on: Arrangement) -> bool:
    """Does every block stand on the table, at the end, and at most one on each block?"""
    blocks = range(len(on))
    standing = [below for below in on if below != TABLE]
    fits = set(standing) <= set(blocks) and len(set(standing)) == len(standing)
    return fits and sum(map(len, towers(on))) == len(on)


def misplaced(on: Arrangement, goal: Arrangement) -> frozenset[int]:
    """The blocks that do not stand as in the goal, all the way down to the table. Each has to move."""
    wrong: set[int] = set()
    for tower in towers(on):
        for place, block in enumerate(reversed(tower)):
            if on[block] != goal[block]:
                wrong.update(tower[: len(tower) - place])
                break
    return frozenset(wrong)


@lru_cache(maxsize=1 << 16)
def moves_apart(on: Arrangement, goal: Arrangement) -> int:
    """The least number of moves from one arrangement to another.

    Every misplaced block moves once, straight to where it belongs, or twice, by way of the table; no other block moves
    (Gupta and Nau 1992, "On the complexity of blocks-world planning"). So what is asked for is the least set of blocks
    that move twice such that the moves can be put in order.
    """
    wrong = misplaced(on, goal)
    above = {below: block for block, below in enumerate(on) if below != TABLE}
    for twice in range(len(wrong) + 1):
        for waiting in combinations(sorted(wrong), twice):
            if _can_be_ordered(wrong, frozenset(waiting), above, goal):
                return len(wrong) + twice
    raise AssertionError("by way of the table every arrangement is reached")


def _can_be_ordered(wrong: frozenset[int], waiting: frozenset[int], above: dict[int, int], goal: Arrangement) -> bool:
    """Is there an order of the moves if the `waiting` blocks go to the table first? Move `b` is the first of block b,
    and `b + n` its last where it has two."""
    n = len(goal)
    last = {block: block + n if block in waiting else block for block in wrong}
    before: dict[int, set[int]] = {move: set() for block in wrong for move in (block, last[block])}
    for block in wrong:
        if last[block] != block:
            before[last[block]].add(block)
        if block in above:  # what stands on it goes first
            before[block].add(above[block])
        below = goal[block]
        if below in wrong:  # what it goes onto stands there already
            before[last[block]].add(last[below])
        elif below in above:  # and is clear
            before[last[block]].add(above[below])
    while before:
        free = [move for move, earlier in before.items() if not earlier]
        if not free:
            return False
        for move in free:
            del before[move]
        for earlier in before.values():
            earlier.difference_update(free)
    return True


def nameless(on: Arrangement, goal: Arrangement) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Equal for two problems exactly where one is the other with the blocks renamed.

    From one block all blocks that hang together with it are numbered by going down and up in both arrangements, which
    leaves no choice; of all blocks to begin with the one that gives the least description counts.
    """
    ways = [on, _above(on), goal, _above(goal)]
    parts: list[tuple[tuple[int, ...], ...]] = []
    left = set(range(len(on)))
    while left:
        together = _numbered(min(left), ways)
        left -= set(together)
        parts.append(min(_described(_numbered(first, ways), ways) for first in together))
    return tuple(sorted(parts))


def _above(on: Arrangement) -> Arrangement:
    """For each block the one that stands on it, else TABLE."""
    above = {below: block for block, below in enumerate(on)}
    return tuple(above.get(block, TABLE) for block in range(len(on)))


def _numbered(first: int, ways: list[Arrangement]) -> dict[int, int]:
    """Block -> number, in the order in which blocks are met."""
    numbers = {first: 0}
    for block in (waiting := [first]):
        for way in ways:
            if (other := way[block]) != TABLE and other not in numbers:
                numbers[other] = len(numbers)
                waiting.append(other)
    return numbers


def _described(numbers: dict[int, int], ways: list[Arrangement]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(numbers.get(way[block], TABLE) for way in ways) for block in numbers)
