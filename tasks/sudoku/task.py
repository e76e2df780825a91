"""The rules of sudoku as a `Task`. The solver is in `solver.py`, which grids are dealt in `families.py`."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import index as as_index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep, UnreadableStep
from ..pictures import Picture
from ..problem import Problem, Verdict
from ..task import BUDGET, Task, read_knobs
from .families import DEFAULT, LEVELS, Knobs, canonical, draw
from .solver import BOXES, guesses, peers_of, solutions

SIDE = 9
"""The largest grid. Smaller ones lie in its upper left corner, so that a step has one number in grids of all sizes."""

STEPS = SIDE**3
ORDERS = ("reading", "any")

LONGEST = 1000
"""Longer texts are refused unread (characters)."""

INK, SHADE, GIVEN, FILLED = "#3b4754", "#eef2f7", "#1d2b3a", "#2f6fb3"

_STEP = re.compile(r"row\s+([1-9])\s+column\s+([1-9])\s+is\s+([1-9])", re.ASCII)


class Givens:
    """What never changes in a grid: its first digits. Immutable; equal givens are equal.

    size: 4, 6 or 9. digits: row by row, 0 where empty. filled, open: of the first state, see `Grid`.
    keep: for each step the steps that are left open by it, as bits.
    blanks: the empty cells in reading order, as bits of all their steps.
    """

    __slots__ = ("_solution", "blanks", "digits", "filled", "keep", "open", "size")

    def __init__(self, digits: str):
        self.digits = digits
        self.size = math.isqrt(len(digits))
        self.keep = keep_of(self.size)
        self.filled = 0
        self.open = 0
        for cell in cells_of(self.size):
            self.open |= every_digit(self.size) << cell
        blanks = []
        for cell, sign in zip(cells_of(self.size), digits, strict=True):
            if sign == "0":
                blanks.append(every_digit(self.size) << cell)
            else:
                step = cell + int(sign) - 1
                self.filled |= 1 << step
                self.open &= self.keep[step]
        self.blanks = tuple(blanks)
        self._solution: int | None = None

    def __hash__(self) -> int:
        return hash(self.digits)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Givens) and self.digits == other.digits)

    def __reduce__(self) -> tuple[object, ...]:
        return givens_of, (self.digits,)

    def __repr__(self) -> str:
        return f"Givens({self.digits!r})"

    @property
    def solution(self) -> int:
        """All steps of the only solution and all givens, as bits."""
        if self._solution is None:
            (digits,) = solutions(self.size, self.digits)
            cells = zip(cells_of(self.size), digits, strict=True)
            self._solution = sum(1 << cell + int(sign) - 1 for cell, sign in cells)
        return self._solution


class Grid(NamedTuple):
    """A state. Bit 81 * row + 9 * column + digit - 1 (rows and columns from 0) of `filled` says that the digit is in
    the cell, and of `open` that it may go there: the cell is empty, and its row, column and box lack the digit."""

    givens: Givens
    filled: int
    open: int


class Sudoku(Task[Grid, int]):
    """Fill the empty cells _ of the grid, so that every row, every column and every box holds every digit once. Each
    step writes one digit into the first empty cell; it must not be in the row, the column or the box of the cell
    already. What was written stays, so that a wrong digit ends in a cell for which no digit is left.

    Problems: grids with exactly one solution, of `size` 4, 6 (default) or 9, with `blanks` empty cells (default 8, 18
    or 45). Splits are disjoint by grid, up to the names of digits, mirroring and turning: 21% are held out as `test`,
    3% as `val`. A step is its number, 81 * row + 9 * column + digit - 1, with rows and columns from 0.

    Args:
        order: which cell a step may fill: the first empty one in "reading" order, or "any". With the first, every
            grid is met on one path alone, and wrong branches are exhausted; with the second, k cells can be filled in
            k! orders, so that only a good choice of the cell helps.
    """

    name = "sudoku"
    enumerable = True
    dead_ends = True
    horizon = 64  # no grid with fewer than 17 digits has one solution
    levels: Mapping[str, Mapping[str, Any]] = LEVELS
    words = (
        *("fill", "the", "grid", "row", "column", "is", "_", "|", "+", "-", "filled", "already", "has", "box"),
        *("next", "empty", "cell", "there", "no", "such", "or", "digit"),
    )
    phrases = ("say that {step}", "suppose that {step}", "try whether {step}")
    n_actions = STEPS
    shape = (SIDE * SIDE,)
    low = -1.0
    high = float(SIDE)
    dtype = np.int8

    def __init__(self, order: str = "reading"):
        if order not in ORDERS:
            raise ValueError(f"order must be one of {', '.join(ORDERS)}, got {order!r}")
        self.order = order

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        self._known(split)
        if index < 0:
            raise IndexError(f"an index is 0 or more, got {index}")
        givens = draw(self.rng(seed, index, split), split, knobs)
        return Problem(self.name, (givens,), seed, index, split, difficulty)

    def pose(self, *data: Any) -> Problem:
        """`pose(text)`: a grid as `show` writes it, or its digits row by row, with `_`, `.` or `0` for empty cells."""
        (text,) = data if len(data) == 1 else (None,)
        if not isinstance(text, str) or len(text) > LONGEST:
            raise ValueError(f"a grid is a text of at most {LONGEST} characters")
        digits = re.sub(r"[\s|+\-]", "", text).replace("_", "0").replace(".", "0")
        size = math.isqrt(len(digits))
        if size not in BOXES or size * size != len(digits) or not set(digits) <= set("0123456789"[: size + 1]):
            raise ValueError("a grid has 4 x 4, 6 x 6 or 9 x 9 cells with digits up to its side, or _ where empty")
        found = solutions(size, digits)
        if len(found) != 1 or "0" not in digits:
            why = "no solution" if not found else "more than one solution" if len(found) > 1 else "no empty cell"
            raise ValueError(f"a grid has exactly one solution and an empty cell, this one has {why}")
        return Problem(self.name, (digits,))

    def problem_key(self, problem: Problem) -> Hashable:
        """The least of the forms that come of renaming digits, mirroring and turning. (Grids that differ by exchanged
        rows or columns count as different.)"""
        (digits,) = problem.data
        return canonical(math.isqrt(len(digits)), digits)

    def count(self, split: str = "train", **difficulty: Any) -> None:
        """Grids have no end here. Raises ValueError for an unknown split or difficulty."""
        read_knobs(Knobs, difficulty)
        self._known(split)

    def budget(self, **difficulty: Any) -> int:
        """32, or two steps for each empty cell."""
        return max(BUDGET, 2 * read_knobs(Knobs, difficulty).empty)

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`size`; `blanks`: empty cells; `branching`: the mean number of steps open for one at the start; `guesses`:
        cells at which a solver that writes what must be must guess, until it knows that there is one solution."""
        givens = givens_of(*problem.data)
        blanks = len(givens.blanks)
        guessed = guesses(givens.size, givens.digits)
        branching = givens.open.bit_count() / blanks
        return {"size": givens.size, "blanks": blanks, "branching": branching, "guesses": guessed}

    def _known(self, split: str) -> None:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Grid:
        givens = givens_of(*problem.data)
        return Grid(givens, givens.filled, givens.open)

    def _legal(self, state: Grid) -> int:
        """The legal steps as bits."""
        givens, filled, legal = state
        if self.order == "any" or not legal:
            return legal
        # Cells were filled in order, so their number says which is next.
        place = filled.bit_count() - givens.filled.bit_count()
        return legal & givens.blanks[place]

    def steps(self, state: Grid) -> Sequence[int]:
        return list(_bits(self._legal(state)))

    def apply(self, state: Grid, step: int) -> Grid:
        givens, filled, legal = state
        if 0 <= step < STEPS and self._legal(state) >> step & 1:
            return Grid(givens, filled | 1 << step, legal & givens.keep[step])
        raise IllegalStep(self._why_not(state, step))

    def _why_not(self, state: Grid, step: int) -> str:
        size = state.givens.size
        row, column, digit = _parts(step) if 0 <= step < STEPS else (size, size, size)
        if max(row, column, digit) >= size:
            return "there is no such cell or digit"
        rows = [_digits(state)[start : start + size] for start in range(0, size * size, size)]
        if rows[row][column] != "0":
            return "the cell is filled already"
        sign = str(digit + 1)
        if sign in rows[row]:
            return f"the row has {sign} already"
        if sign in [other[column] for other in rows]:
            return f"the column has {sign} already"
        if not state.open >> step & 1:
            return f"the box has {sign} already"
        place = "".join(rows).index("0")
        return f"the next empty cell is row {place // size + 1} column {place % size + 1}"

    def solved(self, state: Grid) -> bool:
        givens, filled, _ = state
        return filled.bit_count() == givens.size * givens.size

    def key(self, state: Grid) -> Hashable:
        return state.filled

    def expand(self, state: Grid) -> list[tuple[int, Grid, Hashable, float]]:
        givens, filled, legal = state
        keep = givens.keep
        children: list[tuple[int, Grid, Hashable, float]] = []
        for step in _bits(self._legal(state)):
            child = _new(Grid, (givens, filled | 1 << step, legal & keep[step]))
            children.append((step, child, child[1], 1.0))
        return children

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        return f"fill the grid\n{self.show(self.start(problem))}"

    def show(self, state: Grid) -> str:
        """Digits with spaces between, _ for empty cells, and lines between boxes."""
        size = state.givens.size
        high, wide = BOXES[size]
        digits = _digits(state).replace("0", "_")
        line = " + ".join([" ".join("-" * wide)] * (size // wide))
        lines = []
        for row in range(size):
            if row and row % high == 0:
                lines.append(line)
            parts = (digits[start : start + wide] for start in range(row * size, (row + 1) * size, wide))
            lines.append(" | ".join(" ".join(part) for part in parts))
        return "\n".join(lines)

    def brief(self, state: Grid) -> str:
        """The digits of each row, 0 for empty cells."""
        return _rows(_digits(state), state.givens.size)

    def write(self, state: Grid, step: int) -> str:
        row, column, digit = _parts(step)
        return f"row {row + 1} column {column + 1} is {digit + 1}"

    def read(self, state: Grid, text: str) -> int:
        if (found := _STEP.fullmatch(text.strip())) is None:
            raise UnreadableStep("a step is: row R column C is D")
        row, column, digit = map(int, found.groups())
        return (row - 1) * SIDE * SIDE + (column - 1) * SIDE + digit - 1

    def rules(self) -> str:
        which = "any empty cell" if self.order == "any" else "the first empty cell, row by row,"
        return (
            "Fill the empty cells _ of the grid, so that every row, every column and every box between the lines holds "
            f"every digit from 1 to the side of the grid once. Each step fills {which} and is written: row R column C "
            "is D. Rows and columns are counted from 1 from the upper left corner. A digit that the row, the column or "
            "the box has already is refused; other wrong digits show only later, so go back when a cell has no digit "
            "left. The state is written row by row with 0 for empty cells, and so is the answer: the full grid."
        )

    # judging ------------------------------------------------------------------------------------------------------

    def heuristic(self, state: Grid) -> float:
        return float(state.givens.size**2 - state.filled.bit_count())

    def distance(self, state: Grid) -> int | float:
        """The number of empty cells, as long as every digit written is that of the only solution."""
        givens, filled, _ = state
        return math.inf if filled & ~givens.solution else givens.size**2 - filled.bit_count()

    def answer(self, problem: Problem, steps: Sequence[int]) -> str:
        state = self.start(problem)
        for step in steps:
            state = self.apply(state, step)
        return self.brief(state)

    def check(self, problem: Problem, answer: str) -> Verdict:
        """Right is the full grid, row by row; spaces and line ends do not matter."""
        givens = givens_of(*problem.data)
        size = givens.size
        if not isinstance(answer, str) or len(answer) > LONGEST:
            return Verdict(False, f"an answer is a text of at most {LONGEST} characters")
        digits = "".join(answer.split())
        if len(digits) != size * size or not set(digits) <= set("0123456789"[: size + 1]):
            return Verdict(False, f"an answer is the {size * size} digits of the full grid, row by row")
        understood = _rows(digits, size)
        for cell, (sign, given) in enumerate(zip(digits, givens.digits, strict=True)):
            if given not in ("0", sign):
                where = f"row {cell // size + 1} column {cell % size + 1}"
                return Verdict(False, f"{where} is {given} from the start, not {sign}", understood)
        if "0" in digits:
            return Verdict(False, f"{digits.count('0')} cells are empty", understood)
        if solutions(size, digits, 1):
            return Verdict(True, "every row, column and box holds every digit once", understood)
        return Verdict(False, "a row, a column or a box holds a digit twice", understood)

    def picture(self, state: Grid) -> Picture:
        """Given digits are black, written ones blue."""
        size, side, edge = state.givens.size, 36, 3
        high, wide = BOXES[size]
        drawn = Picture(size * side + 2 * edge, size * side + 2 * edge)
        digits = _digits(state)
        for cell, (sign, given) in enumerate(zip(digits, state.givens.digits, strict=True)):
            row, column = divmod(cell, size)
            x, y = edge + column * side, edge + row * side
            if (row // high + column // wide) % 2:
                drawn.rect(x, y, side, side, SHADE)
            if sign != "0":
                colour = FILLED if given == "0" else GIVEN
                drawn.text(x + side / 2, y + side / 2 + 7, sign, 20, colour, anchor="middle", bold=given != "0")
        for place in range(size + 1):
            along = edge + place * side
            for step, ends in ((wide, ((along, edge), (along, edge + size * side))), (high, None)):
                thick = 3 if place % step == 0 else 1
                drawn.line(ends or ((edge, along), (edge + size * side, along)), INK, thick=thick)
        return drawn

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Grid) -> NDArray[np.int8]:
        """(81,) int8: the digits of a 9 x 9 grid row by row, 0 where empty, -1 outside of a smaller grid."""
        size = state.givens.size
        seen = np.full((SIDE, SIDE), -1, np.int8)
        seen[:size, :size] = (np.frombuffer(_digits(state).encode(), np.int8) - ord("0")).reshape(size, size)
        return seen.reshape(-1)

    def index(self, state: Grid, step: int) -> int:
        """The step itself: 81 * row + 9 * column + digit - 1, rows and columns from 0, in grids of all sizes."""
        if not (0 <= step < STEPS and self._legal(state) >> step & 1):
            raise IllegalStep(self._why_not(state, step))
        return step

    def step_at(self, state: Grid, index: int) -> int:
        if not (0 <= index < STEPS and self._legal(state) >> index & 1):
            raise IllegalStep(f"action {index} is not legal here")
        return index

    def mask(self, state: Grid) -> NDArray[np.int8]:
        packed = np.frombuffer(self._legal(state).to_bytes((STEPS + 7) // 8, "little"), np.uint8)
        return np.unpackbits(packed, count=STEPS, bitorder="little").view(np.int8)


@lru_cache(maxsize=1024)
def givens_of(digits: str) -> Givens:
    """The latest are kept, with their solutions."""
    return Givens(digits)


def every_digit(size: int) -> int:
    """The steps of the first cell, as bits."""
    return (1 << size) - 1


@lru_cache(maxsize=len(BOXES))
def cells_of(size: int) -> tuple[int, ...]:
    """The first step of each cell, row by row."""
    return tuple(SIDE * (SIDE * row + column) for row in range(size) for column in range(size))


@lru_cache(maxsize=len(BOXES))
def keep_of(size: int) -> dict[int, int]:
    """For each step all bits but those of the steps that it rules out: others in its cell, and its digit in the same
    row, column and box."""
    cells, peers = cells_of(size), peers_of(size)
    keep = {}
    for place, cell in enumerate(cells):
        seen = sum(1 << other for there, other in enumerate(cells) if peers[place] >> there & 1)
        for digit in range(size):
            keep[cell + digit] = ~(every_digit(size) << cell | seen << digit)
    return keep


def _bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, ascending."""
    while number:
        bit = number & -number
        yield bit.bit_length() - 1
        number ^= bit


def _parts(step: int) -> tuple[int, int, int]:
    """Row, column and digit of a step, all from 0."""
    cell, digit = divmod(step, SIDE)
    return *divmod(cell, SIDE), digit


def _digits(state: Grid) -> str:
    """All digits row by row, 0 where empty."""
    size = state.givens.size
    signs = ["0"] * (size * size)
    for step in _bits(state.filled):
        row, column, digit = _parts(step)
        signs[row * size + column] = str(digit + 1)
    return "".join(signs)


def _rows(digits: str, size: int) -> str:
    return " ".join(digits[start : start + size] for start in range(0, size * size, size))


_new = tuple.__new__  # what `Grid(...)` ends in, without the way there
