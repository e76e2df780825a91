"""`NumberGame`: the rules, texts and faces of games that combine numbers with + - * / into a target."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..answers import check_arithmetic
from ..errors import IllegalStep, UnreadableStep
from ..pictures import Picture, cards
from ..problem import Problem, Verdict
from ..rationals import SIGNS, Combine, Exact, combine, exact, show
from ..task import Task
from .children import children
from .layout import Layout
from .solving import distance, solvable
from .state import Numbers

# Fifteen digits: with six numbers to 100 no reachable fraction comes near, and no text costs more than its length.
_NUMBER = r"(\d{1,15}(?:/\d{1,15})?)"
_STEP = re.compile(rf"{_NUMBER}\s+([-+*/])\s+{_NUMBER}", re.ASCII)
_TIGHT = re.compile(r"(\d{1,15})\s*([-+*/])\s*(\d{1,15})", re.ASCII)


class NumberGame(Task[Numbers, Combine]):
    """Combine numbers with + - * / into a target. Each step takes two of the numbers and puts their result in their
    place; a difference is written larger - smaller.

    The data of a problem are what `Numbers` is made of. A game sets `layout`, and with it its numeric face.
    """

    layout: ClassVar[Layout]
    enumerable = True
    dead_ends = True
    words: tuple[str, ...] = (
        *("use", "to", "make", "+", "-", "*", "/", "(", ")", ",", "="),
        *("is", "not", "among", "the", "numbers", "division", "by", "zero", "a", "difference", "larger", "smaller"),
    )
    phrases = ("compute {step}", "try {step}", "work out {step}")
    low = -1.0
    high = 64.0

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "layout" in cls.__dict__:  # called at every step: without a call in between
            cls.expand = staticmethod(children)  # type: ignore[method-assign,assignment]
            cls.move = staticmethod(cls.layout.move)  # type: ignore[method-assign,assignment]
            cls.face = staticmethod(cls.layout.face)  # type: ignore[method-assign,assignment]

    @abstractmethod
    def hands(self, seed: int, first: int, count: int, split: str, **difficulty: Any) -> NDArray[np.int16]:
        """(count, numbers + 1): the sorted hands and the targets of `problem(seed, index, split, **difficulty)` for the
        indices first, first + 1 and so on; past the end of a finite family the same order begins again."""

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Numbers:
        return Numbers(*problem.data)

    def steps(self, state: Numbers) -> Sequence[Combine]:
        return [row[0] for row in self.expand(state)]

    def apply(self, state: Numbers, step: Combine) -> Numbers:
        left, _, right = step
        rest = list(state.numbers)
        for number in (left, right):
            if number not in rest:
                raise IllegalStep(f"{show(number)} is not among the numbers")
            rest.remove(number)
        rest.append(_result(step, state.whole))
        return state._replace(numbers=tuple(sorted(rest)))

    def expand(self, state: Numbers) -> list[tuple[Combine, Numbers, Hashable, float]]:
        return children(state)

    def solved(self, state: Numbers) -> bool:
        numbers, target, _, spare = state
        if spare:
            return target in numbers
        return len(numbers) == 1 and numbers[0] == target

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        return f"use {self.show(self.start(problem))}"

    def show(self, state: Numbers) -> str:
        return f"{self.brief(state)} to make {state.target}"

    def brief(self, state: Numbers) -> str:
        numbers = state[0]
        return str(numbers[0]) if len(numbers) == 1 else " ".join(map(str, numbers))

    def write(self, state: Numbers, step: Combine) -> str:
        left, sign, right = step
        return f"{left} {sign} {right}"

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

    # judging ------------------------------------------------------------------------------------------------------

    def heuristic(self, state: Numbers) -> float:
        return float(not self.solved(state)) if state.spare else float(len(state.numbers) - 1)

    def distance(self, state: Numbers) -> int | float:
        numbers, target, whole, spare = state
        if spare:
            return distance(numbers, target, whole)
        return len(numbers) - 1 if solvable(numbers, target, whole) else math.inf

    def value(self, state: Numbers, left: int | None = None) -> float:
        numbers, target, whole, spare = state
        if spare:
            return float(distance(numbers, target, whole) < (math.inf if left is None else left + 1))
        enough = left is None or left >= len(numbers) - 1
        return 1.0 if enough and solvable(numbers, target, whole) else 0.0

    def answer(self, problem: Problem, steps: Sequence[Combine]) -> str:
        numbers, target, whole, spare = self.start(problem)
        texts: list[tuple[Exact, str]] = [(number, str(number)) for number in numbers]
        for step in steps:
            left, right = _take(texts, step.left), _take(texts, step.right)
            texts.append((_result(step, whole), f"({left} {step.sign} {right})"))
        if spare:
            texts = [(value, text) for value, text in texts if value == target][:1] or texts
        return ", ".join(_bare(text) for _, text in texts)

    def check(self, problem: Problem, answer: str) -> Verdict:
        numbers, target, whole, spare = self.start(problem)
        hand = [int(number) for number in numbers]
        return check_arithmetic(answer, hand, target, use_all=not spare, whole=whole)

    # faces --------------------------------------------------------------------------------------------------------

    def observe(self, state: Numbers) -> NDArray[np.float32]:
        """(width,) float32: log(1 + n) of the numbers in order, -1 where used up, and of the target; then, where the
        layout says so, `whole` and `spare` as 0 or 1."""
        return self.layout.face(state)[0]

    def index(self, state: Numbers, step: Combine) -> int:
        """5 * slot + operation: the slot is the pair of positions in the sorted hand, (0,1) (0,2) ... ; the
        operations are a+b, a*b, b-a, b/a, a/b for the pair a <= b."""
        self.apply(state, step)  # raises the reason where it is illegal
        operation, low, high = _operation(step)
        first = state.numbers.index(low)
        return self.layout.slot[first, state.numbers.index(high, first + 1)] + operation

    def step_at(self, state: Numbers, index: int) -> Combine:
        return self.layout.move(state, index)[0]

    def mask(self, state: Numbers) -> NDArray[np.int8]:
        return self.layout.face(state)[1]

    def picture(self, state: Numbers) -> Picture:
        return cards([show(number) for number in state.numbers], self.layout.size, self._caption(state))

    def _caption(self, state: Numbers) -> str:
        return f"make {state.target}"


def as_hand(numbers: Any, sizes: range) -> tuple[int, ...]:
    """Whole numbers, a tuple or list of a size in `sizes`, as a sorted hand. Raises ValueError for anything else."""
    if not isinstance(numbers, tuple | list) or len(numbers) not in sizes or not all(type(n) is int for n in numbers):
        size = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        raise ValueError(f"a hand is {size} whole numbers, got {numbers!r}")
    return tuple(sorted(numbers))


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


def _operation(step: Combine) -> tuple[int, Exact, Exact]:
    """The number of a step's operation, as in SIGNS, and its pair, the smaller first. Raises IllegalStep."""
    left, sign, right = step
    if sign == "/":
        if not right:
            raise IllegalStep("division by zero")
        return (3, right, left) if left >= right else (4, left, right)
    if sign == "-":
        if left < right:
            raise IllegalStep("a difference is larger - smaller")
        return 2, right, left
    if left > right or sign not in ("+", "*"):
        raise IllegalStep("not the canonical spelling")
    return SIGNS.index(sign), left, right


def _result(step: Combine, whole: bool) -> Exact:
    """What a step makes of its two numbers. Raises IllegalStep."""
    _, result = combine(*_operation(step))
    if whole and type(result) is not int:
        raise IllegalStep(f"{show(result)} is not a whole number")
    return result


def _bare(text: str) -> str:
    """Without the outermost brackets that `answer` puts around every operation."""
    return text[1:-1] if text.startswith("(") else text
