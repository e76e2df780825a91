"""The rules of Sokoban as a `Task`. The format of levels is in `text.py`, exact distances in `solver.py`, which levels
are dealt in `families.py`, pictures in `picture.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from operator import index as as_index
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep, UnreadableStep
from ..pictures import Picture
from ..problem import Problem, Verdict
from ..task import BUDGET, SOLVABLE, Task, read_knobs
from . import text as format_
from .board import DIRECTIONS, Board, Level, cells_of
from .deadlocks import deadlock
from .families import Knobs, draw_block
from .picture import level_picture
from .solver import Oracle

LONGEST = 10_000
"""Longer answers are refused unread (characters)."""

WALL, FLOOR, GOAL, BOX, BOX_HOME, PLAYER, PLAYER_ON_GOAL = range(7)
"""What the entries of an observation mean."""

DEFAULT = Knobs()

_DIRECTION = {name: name[0] for name in ("up", "down", "left", "right")} | {letter: letter for letter in DIRECTIONS}
_ANSWER = re.compile(r"[udlrUDLR\s]*", re.ASCII)


class Sokoban(Task[Level, str]):
    """Push every box onto a goal. A step moves the player one cell up, down, left or right, and pushes the box that
    stands there, if the cell behind it is free; boxes cannot be pulled.

    A step is one move of the player, pushing or not, as in the standard notation and in other Sokoban environments: it
    means the same on every board, its legality is seen in two cells, and a distance counts what an answer spells out.
    (Counting pushes alone would make shorter searches, but needs the player's reach to say what is legal.)

    Problems: levels of `size` x `size` cells with `boxes` boxes, made by playing backwards for at most `moves` steps
    from the solution; `walls` is the share of inner walls. So every level has a solution of at most `moves` steps.
    Splits are disjoint up to rotation and reflection: 21% of all levels are held out as `test`, 3% as `val`.

    Args:
        side: rows and columns of the numeric observation; smaller levels are surrounded by wall, larger ones have no
            numeric observation.
        limit: nodes that the exact solver may visit, once a board and again for each state beyond that; more distances
            are known, and asking takes longer, with a higher limit.
    """

    name = "sokoban"
    enumerable = True
    dead_ends = True
    levels: Mapping[str, Mapping[str, Any]] = {
        "easy": {"size": 6, "boxes": 1, "moves": 12},
        "medium": {},
        "hard": {"size": 10, "boxes": 4, "moves": 100, "walls": 0.2},
    }
    words = (
        *("push", "every", "box", "onto", "a", "goal", "player", "boxes", *DIRECTIONS, *DIRECTIONS.upper()),
        *("#", "-", "o", "$", "*", "@", "+", "wall", "is", "in", "the", "way", "what", "behind"),
    )
    phrases = ("move {step}", "try {step}", "see what {step} does")
    n_actions = len(DIRECTIONS)
    low = 0.0
    high = float(PLAYER_ON_GOAL)
    dtype = np.int8

    def __init__(self, side: int = 10, limit: int = 50_000):
        for option, number, least in (("side", side, 1), ("limit", limit, 1)):
            if type(number) is not int or number < least:
                raise ValueError(f"{option} must be a whole number, at least {least}, got {number!r}")
        self.side = side
        self.limit = limit
        self.shape = (side, side)

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")
        if index < 0:
            raise IndexError(f"an index is 0 or more, got {index}")
        block, place = divmod(index, knobs.block(split))
        return Problem(self.name, (_block(seed, block, split, knobs)[place],), seed, index, split, difficulty)

    def pose(self, *data: Any) -> Problem:
        """`pose(text)`: a level in the standard text format."""
        if len(data) != 1 or not isinstance(data[0], str):
            raise ValueError(f"a level is one text, got {data!r:.100}")
        return Problem(self.name, (format_.render(format_.parse_level(data[0])),))

    def problem_key(self, problem: Problem) -> Hashable:
        return format_.canonical(self.start(problem))

    def count(self, split: str = "train", **difficulty: Any) -> None:
        read_knobs(Knobs, difficulty)  # raises where there is no such family; there is no end to those there are

    def budget(self, **difficulty: Any) -> int:
        """32, or five steps for every four of `moves`, within which there is a solution."""
        return max(BUDGET, read_knobs(Knobs, difficulty).moves * 5 // 4)

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`boxes`; `floor`: cells one can stand on; `moves`: of a shortest solution, infinite where there is none, NaN
        where it is not known."""
        level = self.start(problem)
        moves = self.distance(level)
        known = {"boxes": float(level.boxes.bit_count()), "floor": float(level.board.floor.bit_count())}
        return known | {"moves": float("nan") if moves is None else float(moves)}

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Level:
        return format_.parse_level(problem.data[0])

    def steps(self, state: Level) -> Sequence[str]:
        return [letter for letter, legal in zip(DIRECTIONS, self.mask(state).tolist(), strict=True) if legal]

    def apply(self, state: Level, step: str) -> Level:
        place = DIRECTIONS.find(step) if len(step) == 1 else -1
        if place < 0:
            raise IllegalStep("not a direction")
        return _moved(state, place)

    def solved(self, state: Level) -> bool:
        return state.boxes == state.board.goals

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        """The board cell by cell, parted by blanks, in marks that no reader of words loses: `-` floor, `o` goal."""
        rows = format_.grid(self.start(problem))
        marks = str.maketrans(" .", "-o")
        return "\n".join(["push every box onto a goal", *(" ".join(row.translate(marks)) for row in rows)])

    def show(self, state: Level) -> str:
        return format_.render(state)

    def brief(self, state: Level) -> str:
        """Row and column of the player and of the boxes, counted from 0; of very many boxes those that fit."""
        board, boxes, player = state
        text = f"player {player // board.width} {player % board.width} boxes"
        for cell in cells_of(boxes):
            place = f" {cell // board.width} {cell % board.width}"
            if len(text) + len(place) > 120:
                break
            text += place
        return text

    def write(self, state: Level, step: str) -> str:
        """The letter of the direction, as a capital where it pushes a box."""
        there = state.player + state.board.deltas[DIRECTIONS.index(step)]
        return step.upper() if state.boxes >> there & 1 else step

    def read(self, state: Level, text: str) -> str:
        step = _DIRECTION.get(text.strip().lower()) if len(text) < 100 else None
        if step is None:
            raise UnreadableStep("a step is: u, d, l or r")
        return step

    def rules(self) -> str:
        return (
            "Push every box onto a goal. On the board # is a wall, - floor, o a goal, $ a box, * a box on a goal, @ "
            "the player, + the player on a goal. A step is one letter: u, d, l or r walks one cell up, down, left or "
            "right, and U, D, L or R pushes the box that stands there, if the cell behind it is free. Boxes cannot be "
            "pulled. A state names the row and the column of the player and of each box, counted from 0 at the top "
            "left. The answer is the letters of all steps from the start."
        )

    # judging ------------------------------------------------------------------------------------------------------

    def key(self, state: Level) -> Hashable:
        """Boxes are interchangeable, and a state holds only where some box stands: it is its own key."""
        return state

    def heuristic(self, state: Level) -> float:
        return _oracle(state.board, self.limit).estimate(state.boxes, state.player)

    def distance(self, state: Level) -> int | float | None:
        return _oracle(state.board, self.limit).distance(state.boxes, state.player)

    def plan(self, state: Level) -> str | None:
        """A shortest solution, one letter of a step each; None where there is none or none is known."""
        return _oracle(state.board, self.limit).plan(state.boxes, state.player)

    def deadlock(self, state: Level) -> str | None:
        """Why a state is seen to be lost without search: "corner", "dead square" or "freeze"; see `deadlock`."""
        return deadlock(state)

    def answer(self, problem: Problem, steps: Sequence[str]) -> str:
        """The letters of the steps, parted by blanks."""
        state, letters = self.start(problem), []
        for step in steps:
            letters.append(self.write(state, step))
            state = self.apply(state, step)
        return " ".join(letters)

    def check(self, problem: Problem, answer: str) -> Verdict:
        """Plays the letters, with or without blanks between them and without regard to case."""
        if not isinstance(answer, str) or len(answer) > LONGEST:
            return Verdict(False, f"an answer is a text of at most {LONGEST} characters")
        if not _ANSWER.fullmatch(answer):
            return Verdict(False, "an answer is made of the letters u, d, l and r alone")
        state = self.start(problem)
        letters = "".join(answer.split())
        for number, letter in enumerate(letters, 1):
            try:
                state = self.apply(state, letter.lower())
            except IllegalStep as error:
                return Verdict(False, f"step {number} is {letter}, but {error}", letters)
        home = (state.boxes & state.board.goals).bit_count()
        if not self.solved(state):
            return Verdict(False, f"{home} of {state.boxes.bit_count()} boxes end on a goal", letters)
        return Verdict(True, "every box ends on a goal", letters)

    def check_give_up(self, problem: Problem) -> Verdict:
        # Every level of the generator has a solution; it need not be found.
        return SOLVABLE if problem.seed is not None else super().check_give_up(problem)

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Level) -> NDArray[np.int8]:
        """(side, side) int8, the board from its top left, walls beyond it: 0 wall, 1 floor, 2 goal, 3 box, 4 box on a
        goal, 5 player, 6 player on a goal. Raises ValueError for a board that is larger."""
        return _face(state, self.side)[0]

    def index(self, state: Level, step: str) -> int:
        """0 up, 1 down, 2 left, 3 right."""
        self.apply(state, step)  # raises the reason
        return DIRECTIONS.index(step)

    def step_at(self, state: Level, index: int) -> str:
        return self.move(state, index)[0]

    def move(self, state: Level, index: int) -> tuple[str, Level]:
        if not 0 <= index < len(DIRECTIONS):
            raise IllegalStep(f"action {index} is not legal here")
        return DIRECTIONS[index], _moved(state, index)

    def face(self, state: Level) -> tuple[NDArray[np.int8], NDArray[np.int8], bool]:
        return _face(state, self.side)

    def mask(self, state: Level) -> NDArray[np.int8]:
        return _mask(state)

    def picture(self, state: Level) -> Picture:
        return level_picture(state)


def _moved(state: Level, place: int) -> Level:
    """The state after a step in direction number `place`. Raises IllegalStep."""
    board, boxes, player = state
    delta = board.deltas[place]
    there = player + delta
    if boxes >> there & 1:
        beyond = there + delta
        if boxes >> beyond & 1 or not board.floor >> beyond & 1:
            raise IllegalStep("what is behind the box is in the way")
        return _new(Level, (board, boxes ^ (1 << there | 1 << beyond), there))
    if not board.floor >> there & 1:
        raise IllegalStep("a wall is in the way")
    return _new(Level, (board, boxes, there))


_new = tuple.__new__  # what `Level(...)` ends in, without the way there


def _mask(state: Level) -> NDArray[np.int8]:
    board, boxes, player = state
    free = board.floor & ~boxes
    legal, bit = 0, 1
    for delta in board.deltas:
        there = player + delta
        # A neighbour that is free, or a box with a free cell behind it.
        if free >> there & 1 or (boxes >> there & 1 and free >> there + delta & 1):
            legal |= bit
        bit <<= 1
    return _MASKS[legal]


def _row(number: int) -> NDArray[np.int8]:
    mask = np.array([number >> place & 1 for place in range(len(DIRECTIONS))], np.int8)
    mask.flags.writeable = False
    return mask


_INT8 = np.dtype(np.int8)
_MASKS = [_row(number) for number in range(1 << len(DIRECTIONS))]


# The states of one episode are few. What remembers more of them is slower, by what the processor has to fetch.
@lru_cache(maxsize=1 << 7)
def _face(state: Level, side: int) -> tuple[NDArray[np.int8], NDArray[np.int8], bool]:
    board, boxes, player = state
    cells, places = _deserted(board, boxes, side)
    codes = bytearray(cells)
    codes[places[player]] += PLAYER - FLOOR
    # From bytes it is read-only, as it should be.
    picture = np.ndarray((side, side), _INT8, bytes(codes))
    return picture, _mask(state), boxes == board.goals


@lru_cache(maxsize=1 << 6)
def _deserted(board: Board, boxes: int, side: int) -> tuple[bytes, list[int]]:
    """As `_picture`, with the boxes."""
    cells, places = _picture(board, side)
    codes = bytearray(cells)
    for cell in cells_of(boxes):
        codes[places[cell]] += BOX - FLOOR  # as much as from a goal to a box on it
    return bytes(codes), places


_CODES = bytes.maketrans(b"# .", bytes([WALL, FLOOR, GOAL]))


@lru_cache(maxsize=1 << 12)
def _picture(board: Board, side: int) -> tuple[bytes, list[int]]:
    """The codes of an empty board in a square of wall, and where each of its cells lies there."""
    width = board.width
    if width > side or board.height > side:
        size = f"{board.height} x {width}"
        raise ValueError(
            f"a board of {size} does not fit an observation of side {side}: make the task with a larger one"
        )
    places, cut, fill = _places(width, board.height, side)
    codes = bytearray(fill(*cut(board.cells.encode().translate(_CODES))))
    for cell in cells_of(board.outside):
        codes[places[cell]] = WALL
    return bytes(codes), places


@lru_cache(maxsize=1 << 10)
def _places(width: int, height: int, side: int) -> tuple[list[int], Callable[..., Any], Callable[..., bytes]]:
    """(where each cell of a board lies in a square of that side, what cuts a map into rows, what puts those into the
    square and fills it with zeros, which are walls)"""
    places = [row * side + column for row in range(height) for column in range(width)]
    cut, fill = Struct(f"{width}s" * height), Struct(f"{side}s" * height + f"{(side - height) * side}x")
    return places, cut.unpack, fill.pack


@lru_cache(maxsize=1024)
def _block(seed: int, block: int, split: str, knobs: Knobs) -> list[str]:
    """The levels of neighbouring addresses."""
    return draw_block(Sokoban().rng(seed, block, split), split, knobs)


@lru_cache(maxsize=64)
def _oracle(board: Board, limit: int) -> Oracle:
    return Oracle(board, limit)
