"""The rules of mazes as a `Task`. The board is in `boards.py`, its text and picture in `views.py`, and which mazes are
dealt in `families.py`."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from operator import index as as_index
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep, UnreadableStep
from ..pictures import Picture
from ..problem import Problem, Verdict
from ..task import BUDGET, SOLVABLE, UNSOLVABLE, Task, read_knobs
from . import views
from .boards import MAX_SIZE, STEPS, UNREACHED, Board, board_of, symmetric, whole
from .families import DEFAULT, LEVELS, WINDING, Block, Knobs, draw_block

LONGEST = 20_000
"""Longer answers are refused unread (characters)."""


class Place(NamedTuple):
    """Where one is: the board, and the number of the cell, row by row from 0."""

    board: Board
    cell: int


class Maze(Task[Place, str]):
    """Find a way through a maze, from @ to the goal G. Each step goes up, right, down or left to the next cell, if no
    wall is between: # is a wall as large as a cell, - and | are walls between cells, _ is free.

    Problems: boards of n x n cells, n = `size` (default 8, at most 40). `generator` is "walls" (30 to 50% of the cells
    are walls, or between `low` and `high`), or one of mazes without cycles, with walls between the cells:
    "depth_first", "prim" and "wilson". A shortest way has at least n steps.
    Splits are disjoint by maze, whichever way it is mirrored or turned: 21% are held out as `test`, 3% as `val`.

    Args:
        board: what observations show. 0: what is seen from the cell. n: that, and then the walls of the whole board,
            of n x n cells; the problems must be of this size.
    """

    name = "maze"
    enumerable = True
    dead_ends = False  # every step can be undone
    levels: Mapping[str, Mapping[str, Any]] = LEVELS
    words = (
        *(*STEPS, *views.GLYPHS, "find", "a", "way", "from", "to", "row", "column", ","),
        *("there", "is", "wall", "the", "edge", "of", "maze", "goal", "reached"),
    )
    phrases = ("go {step}", "try going {step}", "take a step {step}")
    n_actions = len(STEPS)
    low = float(1 - MAX_SIZE)
    high = float(MAX_SIZE - 1)
    dtype = np.int8

    def __init__(self, board: int = 0):
        if not (type(board) is int and (board == 0 or 2 <= board <= MAX_SIZE)):
            raise ValueError(f"board must be 0 or a whole number in 2..{MAX_SIZE}, got {board!r}")
        self.board = board
        self.shape = (8 + 2 * board * board,)

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        self._known(split)
        if index < 0:
            raise IndexError(f"an index is 0 or more, got {index}")
        return Problem(self.name, self.data(seed, index, split, knobs), seed, index, split, difficulty)

    def data(self, seed: int, index: int, split: str, knobs: Knobs) -> tuple[int, str, int, int]:
        """The data of the problem at an address."""
        block, place = divmod(index, knobs.block)
        return _block(seed, block, split, knobs)[place]

    def run(self, seed: int, first: int, count: int, split: str, knobs: Knobs) -> tuple[str, list[int]]:
        """The passages of the problems first, first + 1 and so on, end to end, and their starts and goals by turns."""
        texts: list[str] = []
        ends: list[int] = []
        for block in range(first // knobs.block, (first + count - 1) // knobs.block + 1):
            before = block * knobs.block
            text, pairs = _block(seed, block, split, knobs).run(range(max(first - before, 0), first + count - before))
            texts.append(text)
            ends += pairs
        return "".join(texts), ends

    def pose(self, *data: Any) -> Problem:
        """`pose(text)` with a maze as `show` writes it, or `pose(size, passages, start, goal)`, see `Board`."""
        match data:
            case (str(text),):
                return Problem(self.name, views.parse(text))
            case (int(), str(), int(), int()):
                return Problem(self.name, whole(*data))
        raise ValueError(f"a maze is a text, or (size, passages, start, goal), got {str(data)[:80]}")

    def problem_key(self, problem: Problem) -> Hashable:
        """(size, passages, start, goal) of the least of the eight mirrored and turned forms."""
        return problem.data[0], *min(symmetric(*problem.data))

    def count(self, split: str = "train", **difficulty: Any) -> None:
        """Mazes have no end. Raises ValueError for an unknown split or difficulty."""
        read_knobs(Knobs, difficulty)
        self._known(split)

    def budget(self, **difficulty: Any) -> int:
        """32, or more where shortest ways are longer: 4 steps for each cell of a side, and as many as there are cells
        where corridors wind ("depth_first" and "wilson")."""
        knobs = read_knobs(Knobs, difficulty)
        return max(BUDGET, knobs.size * (knobs.size if knobs.generator in WINDING else 4))

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`plan`: steps of a shortest way, infinite where there is none; `size`; `crossings`: the share of cells with
        three or four open sides."""
        board = board_of(*problem.data)
        crossings = sum(digit in "7bdef" for digit in board.passages)
        plan = self.distance(self.start(problem))
        return {"plan": float(plan), "size": float(board.size), "crossings": crossings / board.size**2}

    def _known(self, split: str) -> None:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Place:
        board = board_of(*problem.data)
        return _new(Place, (board, board.start))

    def steps(self, state: Place) -> Sequence[str]:
        board, cell = state
        return [step for step, _ in board.moves[board.exits[cell]]]

    def apply(self, state: Place, step: str) -> Place:
        board, cell = state
        for open_step, by in board.moves[board.exits[cell]]:
            if open_step == step:
                return _new(Place, (board, cell + by))
        raise IllegalStep(_why_not(state, step))

    def solved(self, state: Place) -> bool:
        return state.cell == state.board.goal

    def key(self, state: Place) -> Hashable:
        return state.board.base + state.cell

    def expand(self, state: Place) -> list[tuple[str, Place, Hashable, float]]:
        board, cell = state
        base = board.base + cell
        return [(step, _new(Place, (board, cell + by)), base + by, 1.0) for step, by in board.moves[board.exits[cell]]]

    def relax(
        self, state: Place, cost: float, cheapest: dict[Hashable, float]
    ) -> tuple[list[tuple[str, Place, Hashable, float, float]], int]:
        board, cell = state
        base, ahead, moves = board.base, board.ahead, board.moves[board.exits[cell]]
        cost += 1.0
        found: list[tuple[str, Place, Hashable, float, float]] = []
        for step, by in moves:
            there = cell + by
            key = base + there
            if key not in cheapest or cost < cheapest[key]:
                cheapest[key] = cost
                found.append((step, _new(Place, (board, there)), key, cost, ahead[there]))
        return found, len(moves)

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        start = self.start(problem)
        goal = Place(start.board, start.board.goal)
        return f"find a way from {_named(start)} to {_named(goal)}\n{self.show(start)}"

    def show(self, state: Place) -> str:
        return views.text(state.board, state.cell)

    def brief(self, state: Place) -> str:
        return _named(state)

    def write(self, state: Place, step: str) -> str:
        return step

    def read(self, state: Place, text: str) -> str:
        if (step := text.strip()) not in STEPS:
            raise UnreadableStep("a step is up, right, down or left")
        return step

    def rules(self) -> str:
        return (
            "Find a way through the maze from @ to the goal G. Each step is one word: up, right, down or left. It goes "
            "to the next cell if no wall is between. Free cells are _ and a wall as large as a cell is #. Where walls "
            "are lines, - and | are walls between two cells and _ is an open side. Rows and columns are counted from 1 "
            "from the upper left corner. The answer is all steps of a way, in order, with spaces between them."
        )

    # judging ------------------------------------------------------------------------------------------------------

    def heuristic(self, state: Place) -> float:
        return state.board.ahead[state.cell]

    def distance(self, state: Place) -> int | float:
        away = state.board.away[state.cell]
        return math.inf if away == UNREACHED else away

    def check_give_up(self, problem: Problem) -> Verdict:
        # Every maze that is dealt has a way; only those posed by hand need a look.
        return SOLVABLE if problem.index is not None or board_of(*problem.data).solvable else UNSOLVABLE

    def answer(self, problem: Problem, steps: Sequence[str]) -> str:
        return " ".join(steps)

    def check(self, problem: Problem, answer: str) -> Verdict:
        """Right is every way from the start that ends at the goal, however long."""
        if not isinstance(answer, str) or len(answer) > LONGEST:
            return Verdict(False, f"an answer is a text of at most {LONGEST} characters")
        words = answer.split()
        if not words or not _SET_OF_STEPS.issuperset(words):
            return Verdict(False, "an answer is the steps of a way: up, right, down or left, with spaces between")
        understood = " ".join(words)
        board, cell = self.start(problem)
        exits, ways = board.exits, board.ways
        for number, step in enumerate(words, 1):
            bit, by = ways[step]
            if not exits[cell] & bit:
                return Verdict(False, f"step {number}, {step}: {_why_not(Place(board, cell), step)}", understood)
            cell += by
        if cell == board.goal:
            return Verdict(True, "the way leads to the goal", understood)
        return Verdict(False, f"the way ends at {_named(Place(board, cell))}, not at the goal", understood)

    def picture(self, state: Place) -> Picture:
        return views.picture(state.board, state.cell)

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Place) -> NDArray[np.int8]:
        """(8,) int8: row and column from 0, rows and columns to the goal (down and to the right), and whether up,
        right, down and left are open (none at the goal). With `board=n` another 2 * n * n: whether the right side of
        each cell is open, then the same of each lower side."""
        board, cell = state
        size = board.size
        row, column = divmod(cell, size)
        goal_row, goal_column = divmod(board.goal, size)
        seen = _SEEN.pack(row, column, goal_row - row, goal_column - column) + _OPEN[board.exits[cell]]
        if not self.board:
            return np.frombuffer(seen, np.int8)
        if size != self.board:
            raise ValueError(f"observations show boards of side {self.board}, this one has {size}")
        return np.concatenate([np.frombuffer(seen, np.int8), board.sides])

    def index(self, state: Place, step: str) -> int:
        """0 up, 1 right, 2 down, 3 left."""
        if step not in self.steps(state):
            self.apply(state, step)  # raises the reason
        return STEPS.index(step)

    def step_at(self, state: Place, index: int) -> str:
        return self.move(state, index)[0]

    def move(self, state: Place, index: int) -> tuple[str, Place]:
        board, cell = state
        if 0 <= index < len(STEPS) and board.exits[cell] >> index & 1:
            step, by = board.every[index]
            return step, _new(Place, (board, cell + by))
        raise IllegalStep(f"action {index} is not legal here")

    def face(self, state: Place) -> tuple[NDArray[np.int8], NDArray[np.int8], bool]:
        board, cell = state
        exits, size, goal = board.exits[cell], board.size, board.goal
        if self.board:
            return self.observe(state), _MASKS[exits], cell == goal
        row, column = divmod(cell, size)
        goal_row, goal_column = divmod(goal, size)
        seen = _SEEN.pack(row, column, goal_row - row, goal_column - column) + _OPEN[exits]
        return np.frombuffer(seen, np.int8), _MASKS[exits], cell == goal

    def mask(self, state: Place) -> NDArray[np.int8]:
        return _MASKS[state.board.exits[state.cell]]


@lru_cache(maxsize=1024)
def _block(seed: int, block: int, split: str, knobs: Knobs) -> Block:
    """As many are kept as vector environments may have seeds."""
    return draw_block(Maze().rng(seed, block, split), split, knobs)


def _why_not(place: Place, step: str) -> str:
    """What is wrong with an illegal step."""
    board, cell = place
    if cell == board.goal:
        return "the goal is reached"
    if step not in STEPS:
        return "a step is up, right, down or left"
    row, column = divmod(cell, board.size)
    at_edge = {
        "up": row == 0,
        "down": row == board.size - 1,
        "left": column == 0,
        "right": column == board.size - 1,
    }
    return "there is the edge of the maze" if at_edge[step] else "there is a wall"


def _named(place: Place) -> str:
    row, column = divmod(place.cell, place.board.size)
    return f"row {row + 1} column {column + 1}"


_SET_OF_STEPS = frozenset(STEPS)
_new = tuple.__new__  # what `Place(...)` ends in, without the way there
_SEEN = Struct("=4b")
_OPEN = [bytes(exits >> k & 1 for k in range(4)) for exits in range(16)]
_MASKS = [np.frombuffer(seen, np.int8) for seen in _OPEN]  # read-only
