"""The rules of Game of 24 as a `Task`. Facts about hands are in `hands.py`, which hands are dealt in `families.py`, the
safe answer checker in `answers`."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations as choose
from itertools import product
from math import log1p
from operator import eq
from operator import index as as_index
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..answers import check_arithmetic
from ..errors import IllegalStep, UnreadableStep
from ..pictures import Picture, cards
from ..problem import Problem, Verdict
from ..rationals import Combine, Exact, combinations, combine, exact, show
from ..task import SPLITS, Task, read_knobs
from .families import DEFAULT, Knobs, family_of, order
from .hands import Hand, plays, solvable, without
from .puzzles import PUZZLES, read_puzzles

SIZE = 4
OPERATIONS = 5
PAIRS = tuple(choose(range(SIZE), 2))
SLOT = {pair: slot for slot, pair in enumerate(PAIRS)}
MOVES = tuple((i, j, operation) for i, j in PAIRS for operation in range(OPERATIONS))
"""What an action index means: positions i < j in the sorted hand, and the number of the operation."""

# Twelve digits: with numbers to 25 no reachable fraction comes near, and no text costs more than its length.
_NUMBER = r"(\d{1,12}(?:/\d{1,12})?)"
_STEP = re.compile(rf"{_NUMBER}\s+([-+*/])\s+{_NUMBER}", re.ASCII)
_TIGHT = re.compile(r"(\d{1,12})\s*([-+*/])\s*(\d{1,12})", re.ASCII)


class Numbers(NamedTuple):
    """What is left: the numbers, sorted, and the target they should become."""

    numbers: Hand
    target: int


class Game24(Task[Numbers, Combine]):
    """Combine the numbers with + - * / until one is left and it equals the target. Each step takes two of the
    numbers and puts their result in their place; a difference is written larger - smaller.

    Problems: hands of four numbers in [low, high] (knobs of `problem`, default 1-13) and a `target` (default 24).
    Splits are disjoint by hand for every target and range at once: 21% of all hands are held out as `test`, 3% as
    `val`. `solvable="mixed"` also deals hands that cannot make the target; there giving up is the right answer.
    The seed of an address permutes the hands of a split.

    Args:
        puzzles: path of a CSV file with human solve rates (see `read_puzzles`). It defines the order of every split,
            from easy to hard for people, whatever the seed (hands that it lacks come last), and adds the split
            "puzzles": rows 901-1000, as far as the knobs allow them. Training and validation then leave those hands
            out as well, and problems with target 24 carry the solve rate of their hand.
    """

    name = "game24"
    enumerable = True
    dead_ends = True
    horizon = SIZE - 1
    levels: Mapping[str, Mapping[str, Any]] = {"easy": {"high": 6}, "medium": {}, "hard": {"low": 5, "high": 25}}
    words = (
        *("use", "to", "make", "+", "-", "*", "/", "(", ")", ",", "="),
        *("is", "not", "among", "the", "numbers", "division", "by", "zero", "a", "difference", "larger", "smaller"),
    )
    n_actions = len(PAIRS) * OPERATIONS
    shape = (SIZE + 1,)
    low = -1.0
    high = 64.0

    def __init__(self, puzzles: str | None = None):
        self.puzzles = puzzles
        self.splits = SPLITS if puzzles is None else (*SPLITS, PUZZLES)
        rows = () if puzzles is None else read_puzzles(str(puzzles))
        self._rates = {row.hand: row.solve_rate for row in rows}
        self._ranked = tuple(row.hand for row in rows)

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        family = self._family(split, knobs)
        if not 0 <= index < len(family):
            raise IndexError(f"split {split!r} has {len(family)} hands, there is no index {index}")
        hand = family[index if self.puzzles else order(self.name, split, seed, len(family))[index]]
        rate = self._rates.get(hand) if knobs.target == 24 else None
        return Problem(self.name, (hand, knobs.target), seed, index, split, difficulty, solve_rate=rate)

    def pose(self, *data: Any) -> Problem:
        """`pose((3, 3, 8, 8))` or `pose((1, 2, 3, 4), 10)`."""
        hand, target = (*data, 24)[:2] if len(data) in (1, 2) else (None, None)
        if not isinstance(hand, tuple | list) or len(hand) != SIZE or not all(type(n) is int for n in hand):
            raise ValueError(f"a hand is {SIZE} whole numbers, got {data!r}")
        knobs = Knobs(low=min(hand), high=max(hand), target=target)
        return Problem(self.name, (tuple(sorted(hand)), knobs.target))

    def count(self, split: str = "train", **difficulty: Any) -> int:
        return len(self._family(split, read_knobs(Knobs, difficulty)))

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`solving_share`: share of solving plays among all complete plays; `solvable`: 1.0 or 0.0."""
        total, solving = plays(*problem.data)
        return {"solving_share": solving / total, "solvable": float(solving > 0)}

    def _family(self, split: str, knobs: Knobs) -> tuple[Hand, ...]:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")
        return family_of(split, knobs, self._ranked)

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Numbers:
        return Numbers(*problem.data)

    def steps(self, state: Numbers) -> Sequence[Combine]:
        return [row[0] for row in self.expand(state)]

    def apply(self, state: Numbers, step: Combine) -> Numbers:
        left, sign, right = step
        rest = list(state.numbers)
        for number in (left, right):
            if number not in rest:
                raise IllegalStep(f"{show(number)} is not among the numbers")
            rest.remove(number)
        pair = (left, right) if left <= right else (right, left)
        for _, legal, result in combinations(*pair):
            if legal == step:
                rest.append(result)
                return Numbers(tuple(sorted(rest)), state.target)
        if sign == "/":
            raise IllegalStep("division by zero")
        raise IllegalStep("a difference is larger - smaller" if sign == "-" else "not the canonical spelling")

    def expand(self, state: Numbers) -> list[tuple[Combine, Numbers, Hashable, float]]:
        return list(_children(state)[1]) if len(state.numbers) > 1 else []

    def solved(self, state: Numbers) -> bool:
        return len(state.numbers) == 1 and state.numbers[0] == state.target

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        return f"use {self.show(self.start(problem))}"

    def show(self, state: Numbers) -> str:
        return f"{self.brief(state)} to make {state.target}"

    def brief(self, state: Numbers) -> str:
        return " ".join(map(show, state.numbers))

    def write(self, state: Numbers, step: Combine) -> str:
        return f"{show(step.left)} {step.sign} {show(step.right)}"

    def read(self, state: Numbers, text: str) -> Combine:
        match = _STEP.fullmatch(text.strip()) or _TIGHT.fullmatch(text.strip())
        if not match:
            raise UnreadableStep("a step is: number sign number")
        try:
            left, right = _number(match[1]), _number(match[3])
        except ZeroDivisionError:
            raise UnreadableStep("a step is: number sign number") from None
        sign = match[2]
        if sign in "+*" and left > right:
            left, right = right, left
        return Combine(left, sign, right)

    def rules(self) -> str:
        return (
            "Combine the numbers with + - * / until one is left and it equals the target. Each step takes two of the "
            "numbers and puts their result in their place. A difference is written larger - smaller. The answer is "
            "one expression that uses every number exactly once. Where no play reaches the target, give up."
        )

    # judging ------------------------------------------------------------------------------------------------------

    def key(self, state: Numbers) -> Hashable:
        return state

    def heuristic(self, state: Numbers) -> float:
        return float(len(state.numbers) - 1)

    def distance(self, state: Numbers) -> int | float:
        return len(state.numbers) - 1 if solvable(*state) else math.inf

    def value(self, state: Numbers, left: int | None = None) -> float:
        enough = left is None or left >= len(state.numbers) - 1
        return 1.0 if enough and solvable(*state) else 0.0

    def answer(self, problem: Problem, steps: Sequence[Combine]) -> str:
        texts: list[tuple[Exact, str]] = [(number, show(number)) for number in problem.data[0]]
        state = self.start(problem)
        for step in steps:
            left, right = _take(texts, step.left), _take(texts, step.right)
            state = self.apply(state, step)
            (value,) = _added(state.numbers, [number for number, _ in texts])
            texts.append((value, f"({left} {step.sign} {right})"))
        return ", ".join(_bare(text) for _, text in texts)

    def check(self, problem: Problem, answer: str) -> Verdict:
        return check_arithmetic(answer, problem.data[0], problem.data[1])

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Numbers) -> NDArray[np.float32]:
        """(5,) float32: log(1 + n) of the numbers in order, -1 where used up, and of the target."""
        return _face(state)[0]

    def index(self, state: Numbers, step: Combine) -> int:
        """5 * slot + operation: the slot is the pair of positions in the sorted hand, (0,1) (0,2) ... (2,3); the
        operations are a+b, a*b, b-a, b/a, a/b for the pair a <= b."""
        for index, row in zip(*_children(state), strict=True):
            if row[0] == step:
                return index
        self.apply(state, step)  # raises the reason
        raise AssertionError(f"{step} is legal but not among the children of {state}")

    def step_at(self, state: Numbers, index: int) -> Combine:
        return self.move(state, index)[0]

    def move(self, state: Numbers, index: int) -> tuple[Combine, Numbers]:
        numbers, target = state
        i, j, operation = MOVES[index] if 0 <= index < len(MOVES) else (0, SIZE, 0)
        if j < len(numbers):
            a, b = numbers[i], numbers[j]
            repeated = (i and numbers[i - 1] == a) or (j > i + 1 and numbers[j - 1] == b)
            if not (repeated or (operation == 3 and not a) or (operation == 4 and a == b)):
                if type(a) is type(b) is int:  # few pairs, met again and again
                    _, step, result = combinations(a, b)[operation if operation < 4 else -1]
                else:
                    step, result = combine(operation, a, b)
                return step, _new(Numbers, (without(numbers, i, j, result), target))
        raise IllegalStep(f"action {index} is not legal here")

    def face(self, state: Numbers) -> tuple[NDArray[np.float32], NDArray[np.int8], bool]:
        return _face(state)

    def mask(self, state: Numbers) -> NDArray[np.int8]:
        return _face(state)[1]

    def picture(self, state: Numbers) -> Picture:
        return cards([show(number) for number in state.numbers], SIZE, f"make {state.target}")


@lru_cache(maxsize=1 << 16)
def _children(state: Numbers) -> tuple[tuple[int, ...], tuple[tuple[Combine, Numbers, Hashable, float], ...]]:
    """The index of every legal step, ascending, and (step, child, key, cost); of equal pairs only the lowest slot."""
    numbers, target = state
    seen: set[tuple[Exact, Exact]] = set()
    indices, rows = [], []
    for i, j in choose(range(len(numbers)), 2):
        pair = numbers[i], numbers[j]
        if pair in seen:
            continue
        seen.add(pair)
        slot = SLOT[i, j] * OPERATIONS
        for operation, step, result in combinations(*pair):
            child = Numbers(without(numbers, i, j, result), target)
            indices.append(slot + operation)
            rows.append((step, child, child, 1.0))
    return tuple(indices), tuple(rows)


@lru_cache(maxsize=1 << 16)
def _face(state: Numbers) -> tuple[NDArray[np.float32], NDArray[np.int8], bool]:
    numbers, target = state
    # Faster than np.array(list, np.float32), and read-only as it should be.
    row = np.frombuffer(_FLOATS.pack(*map(log1p, numbers), *_USED[len(numbers)], log1p(target)), _FLOAT)
    return row, _MASKS[tuple(map(eq, (0, *numbers), numbers))], numbers == (target,)


def _legal(equal: tuple[bool, ...]) -> NDArray[np.int8]:
    """The mask of all hands of one pattern: is the lowest number 0, and is each next one equal to the one before?

    Of equal pairs the lowest slot counts, as in `_children`; of equal numbers only one quotient.
    """
    mask = np.zeros((len(PAIRS), OPERATIONS), np.int8)
    for i, j in choose(range(len(equal)), 2):
        if not ((i and equal[i]) or (j > i + 1 and equal[j])):
            mask[SLOT[i, j]] = 1, 1, 1, not (i == 0 and equal[0]), not (j == i + 1 and equal[j])
    flat = mask.reshape(-1)
    flat.flags.writeable = False
    return flat


_MASKS = {equal: _legal(equal) for left in range(SIZE + 1) for equal in product((False, True), repeat=left)}


_new = tuple.__new__  # what `Numbers(...)` ends in, without the way there
_USED = [(-1.0,) * (SIZE - left) for left in range(SIZE + 1)]
_FLOAT = np.dtype(np.float32)
_FLOATS = Struct(f"={SIZE + 1}f")


def _number(text: str) -> Exact:
    """`24` or `8/3`, as `_NUMBER` matches it."""
    top, bar, bottom = text.partition("/")
    return exact(Fraction(int(top), int(bottom))) if bar else int(top)


def _take(texts: list[tuple[Exact, str]], number: Exact) -> str:
    """Removes and returns the text of `number`."""
    for place, (value, text) in enumerate(texts):
        if value == number:
            del texts[place]
            return text
    raise IllegalStep(f"{show(number)} is not among the numbers")


def _added(after: Hand, before: list[Exact]) -> list[Exact]:
    """What `after` holds beyond `before`."""
    rest = list(after)
    for number in before:
        rest.remove(number)
    return rest


def _bare(text: str) -> str:
    """Without the outermost brackets that `answer` puts around every operation."""
    return text[1:-1] if text.startswith("(") else text
