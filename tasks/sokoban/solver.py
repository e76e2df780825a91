"""Exact distances in steps of the player. One sweep a board, backwards from the solution, answers for all its states.

The sweep goes layer by layer through states from which the level can be solved, pulling boxes instead of pushing them.
The player's cells under one arrangement of the boxes are bits of one int, so that a layer of all of them costs one
node. Small boards are swept to the end: then what was not found is proved unsolvable. On larger ones the sweep stops at
the node limit, and A* over pushes goes forward from the state that is asked about until it meets the swept layers.

What is answered depends on the state and the limit alone, never on what was asked before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heappop, heappush

from .board import Board, Level, cells_of
from .deadlocks import deadlock

MATCHED = 6
"""Up to so many boxes are matched to goals one to one; more are each sent to the nearest."""


class Oracle:
    """Distances on one board. `limit`: nodes of the sweep, and about as many of each search that goes beyond it."""

    def __init__(self, board: Board, limit: int):
        self.board = board
        self.limit = limit
        self._depths: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[tuple[int, int], int | float | None] = {}
        self._matched: dict[int, float] = {}
        self.depth, self.complete = self._sweep()

    def distance(self, boxes: int, player: int) -> int | float | None:
        """Fewest steps to the solution; math.inf = proved unsolvable, None = not known within the limit."""
        known = self._swept(boxes, player)
        if known is not None:
            return known
        if self.complete:
            return math.inf
        state = boxes, player
        if state not in self._found:
            self._found[state] = self._search(boxes, player)[0]
        return self._found[state]

    def plan(self, boxes: int, player: int) -> str | None:
        """A shortest solution as letters of `DIRECTIONS`; None where there is none or none is known."""
        ahead = ""
        if self._swept(boxes, player) is None:
            if self.complete:
                return None
            _, path = self._search(boxes, player)
            if path is None:
                return None
            ahead, boxes, player = path
        return ahead + self._descend(boxes, player)

    # backwards ----------------------------------------------------------------------------------------------------

    def _sweep(self) -> tuple[int, bool]:
        """Fills `_depths`: for each arrangement of the boxes, (steps to the solution, cells of the player) ascending.
        Returns (the last layer that is whole, is there nothing beyond it?)."""
        board = self.board
        floor, width, depths = board.floor, board.width, self._depths
        seen: dict[int, int] = {}
        frontier = {board.goals: floor & ~board.goals}
        nodes = depth = 0
        while frontier:
            nodes += len(frontier)
            if nodes > self.limit:
                return depth - 1, False
            onward: dict[int, int] = {}
            for boxes, players in frontier.items():
                seen[boxes] = seen.get(boxes, 0) | players
                depths.setdefault(boxes, []).append((depth, players))
            for boxes, players in frontier.items():
                free = floor & ~boxes
                walked = (players << 1 | players >> 1 | players << width | players >> width) & free & ~seen[boxes]
                if walked:
                    onward[boxes] = onward.get(boxes, 0) | walked
                for delta in (1, width):
                    # Pulled back and forth along one axis: (cells from which a box ahead can be drawn along, its side).
                    forward = players & boxes >> delta & free << delta
                    backward = players & boxes << delta & free >> delta
                    for cells, ahead in ((forward, delta), (backward, -delta)):
                        while cells:
                            cell = cells & -cells
                            cells ^= cell
                            box, behind = (
                                (cell << delta, cell >> delta) if ahead > 0 else (cell >> delta, cell << delta)
                            )
                            pulled = boxes ^ box | cell
                            if not seen.get(pulled, 0) & behind:
                                onward[pulled] = onward.get(pulled, 0) | behind
            frontier = onward
            depth += 1
        return depth - 1, True

    def _swept(self, boxes: int, player: int) -> int | None:
        for depth, players in self._depths.get(boxes, ()):
            if players >> player & 1:
                return depth
        return None

    def _descend(self, boxes: int, player: int) -> str:
        """The letters from a swept state to the solution."""
        path = ""
        depth = self._swept(boxes, player)
        while depth:
            depth -= 1
            for letter, delta in zip("udlr", self.board.deltas, strict=True):
                after = pushed(self.board, boxes, player, delta)
                if after is not None and self._swept(after, player + delta) == depth:
                    boxes, player, path = after, player + delta, path + letter
                    break
        return path

    # forwards -----------------------------------------------------------------------------------------------------

    def estimate(self, boxes: int, player: int) -> float:
        """Never more than the distance: pushes of boxes matched to goals, and the way to the nearest box; math.inf
        where a deadlock is seen."""
        if boxes == self.board.goals:
            return 0.0
        if boxes not in self._matched:
            lost = deadlock(Level(self.board, boxes, player)) is not None
            self._matched[boxes] = math.inf if lost else matching(self.board, boxes)
        width = self.board.width
        row, column = divmod(player, width)
        way = min(abs(cell // width - row) + abs(cell % width - column) for cell in cells_of(boxes)) - 1
        return self._matched[boxes] + way

    def _search(self, boxes: int, player: int) -> tuple[int | float | None, tuple[str, int, int] | None]:
        """A* over pushes, a push with the walk before it being one edge. Returns the distance and, where it is finite,
        (the letters, boxes, player) of the way into the swept layers."""
        board, beyond = self.board, self.depth + 1
        start = boxes, player
        costs: dict[tuple[int, int], int] = {start: 0}
        before: dict[tuple[int, int], tuple[tuple[int, int], int, int]] = {}
        # (bound on the whole, known exactly?, cost so far, state): of equal bounds what is exact comes first.
        waiting = [(max(self.estimate(boxes, player), beyond), 1, 0, start)]
        nodes = 0
        while waiting:
            bound, open_end, cost, state = heappop(waiting)
            if bound == math.inf:
                break
            if cost > costs[state]:
                continue
            if not open_end:
                return int(bound), (self._letters(before, state), *state)
            if nodes > self.limit:
                return None, None
            boxes, player = state
            free = board.floor & ~boxes
            for steps, cells in enumerate(board.walks(player, free)):
                for delta in board.deltas:
                    near = boxes >> delta if delta > 0 else boxes << -delta
                    for cell in cells_of(cells & near):
                        after = pushed(board, boxes, cell, delta)
                        if after is None:
                            continue
                        child, total = (after, cell + delta), cost + steps + 1
                        if total >= costs.get(child, total + 1):
                            continue
                        nodes += 1
                        costs[child] = total
                        before[child] = state, cell, delta
                        known = self._swept(*child)
                        ahead = max(self.estimate(*child), beyond) if known is None else known
                        if ahead < math.inf:
                            heappush(waiting, (total + ahead, int(known is None), total, child))
        return math.inf, None

    def _letters(self, before: dict[tuple[int, int], tuple[tuple[int, int], int, int]], state: tuple[int, int]) -> str:
        """The letters of the way to `state`."""
        path = ""
        while state in before:
            earlier, cell, delta = before[state]
            path = self._walk(*earlier, cell) + self._letter(delta) + path
            state = earlier
        return path

    def _walk(self, boxes: int, player: int, goal: int) -> str:
        """The letters of a shortest walk from `player` to `goal` between the boxes."""
        layers = []
        for layer in self.board.walks(player, self.board.floor & ~boxes):
            layers.append(layer)
            if layer >> goal & 1:
                break
        path = ""
        for layer in reversed(layers[:-1]):
            delta = next(delta for delta in self.board.deltas if layer >> (goal - delta) & 1)
            path, goal = self._letter(delta) + path, goal - delta
        return path

    def _letter(self, delta: int) -> str:
        return "udlr"[self.board.deltas.index(delta)]


def pushed(board: Board, boxes: int, player: int, delta: int) -> int | None:
    """The boxes after the player steps by `delta`, None where he cannot."""
    there = player + delta
    if boxes >> there & 1:
        beyond = there + delta
        if not board.floor >> beyond & 1 or boxes >> beyond & 1:
            return None
        return boxes ^ (1 << there | 1 << beyond)
    return boxes if board.floor >> there & 1 else None


def matching(board: Board, boxes: int) -> float:
    """The fewest pushes that send the boxes to different goals, each as if it were alone; for more than `MATCHED`
    boxes, each to its nearest goal. math.inf where a box has none."""
    cells = list(cells_of(boxes))
    if len(cells) > MATCHED:
        return sum(board.nearest[cell] for cell in cells)
    return assigned([[row.get(cell, math.inf) for row in board.pushes] for cell in cells])


def assigned(costs: Sequence[Sequence[float]]) -> float:
    """The least sum of one entry from each row, all from different columns; of more than `MATCHED` rows, of the least
    entry of each."""
    if len(costs) > MATCHED:
        return sum(map(min, costs))
    best = {0: 0.0}  # columns taken by the rows so far -> sum
    for row in costs:
        onward: dict[int, float] = {}
        for taken, cost in best.items():
            for column, more in enumerate(row):
                if not taken >> column & 1:
                    key, total = taken | 1 << column, cost + more
                    if total < onward.get(key, math.inf):
                        onward[key] = total
        best = onward
    return min(best.values(), default=math.inf)
