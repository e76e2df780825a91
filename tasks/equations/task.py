"""The task `equations`: what is asked, what is legal, what is true. The algebra of one case is in `moves`, its exact
distance in `solving`, the recipes of problems in `families`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from math import log1p
from operator import index as as_index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep, NotEnumerable
from ..pictures import Picture
from ..problem import Problem, Verdict
from ..task import SPLITS, Task, read_knobs, split_of
from . import moves, solving
from .algebra.expressions import BRACKET, VARIABLES, Sum
from .answers import check_solutions, write_solutions
from .cases import Case, closed, key_of, values_of, write_case
from .estimates import estimate
from .families import DEFAULT, Knobs, deal
from .language import read_move, write_move
from .menu import ACTIONS, EQUATIONS, menu
from .moves import Move
from .posing import first_case, pose, problem_of, renamed
from .vocabulary import WORDS

SALT = "equations"
"""Decides which problems are held out."""

MAX_BRIEF = 120

PER_TERM = 9
TERMS = 4
"""An observation holds so many terms of every side, and so many numbers for each of them."""


class Cases(NamedTuple):
    """What is left to solve: any one of the cases may hold. They are worked on from left to right."""

    cases: tuple[Case, ...]


class Equations(Task[Cases, Move]):
    """Find all real solutions of an equation, or of a system of two or three: linear, quadratic, rational and radical
    ones. Each step does one thing to the case that is worked on, and never loses or gains a root.

    A state is a list of cases joined by "or", each a system of equations with the conditions under which it counts.
    The first case that is not closed is the one that steps are for. It is closed once every unknown is isolated and
    its conditions are checked; a false statement, or a root that breaks a condition, ends a case. The state is solved
    when all cases are closed.

    Steps on the menu have a number: move one of the terms, or a whole side, to the other side; clear denominators;
    divide by a common factor or by the coefficient; expand, factor, split a product, take square roots, complete the
    square, square both sides; in systems also solve for an unknown, substitute, eliminate; and the check of roots.
    Text knows more: any term may be added, any factor that cannot be 0 multiplied with, and `rewrite ...` puts any
    equation with the same solutions in the place of the present one. Such steps are legal without a number.

    Problems: see `Knobs`; the recipes begin with a solution. Splits are disjoint up to the names of unknowns, the order
    of equations and of sides: 21% of all problems are held out as `test`, 3% as `val`.
    """

    name = "equations"
    enumerable = True
    dead_ends = False
    horizon = None
    levels: Mapping[str, Mapping[str, Any]] = {
        "easy": {"kinds": "linear system2", "size": 6, "fractions": False},
        "medium": {},
        "hard": {"kinds": "quadratic rational radical system3 nonlinear", "size": 12, "surds": True},
    }
    words = WORDS
    phrases = ("{step}", "try to {step}", "see what happens if I {step}")
    n_actions = ACTIONS
    shape = (3 + EQUATIONS * 2 * TERMS * PER_TERM,)
    low = -32.0
    high = 32.0

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)
        knobs = self._family(split, difficulty)
        rng = self.rng(seed, index, split)
        while True:
            data = problem_of(deal(rng, knobs))
            if data is not None and split_of(SALT, renamed(data)) == split:
                return Problem(self.name, data, seed, index, split, difficulty)

    def count(self, split: str = "train", **difficulty: Any) -> None:
        """There is no end. Raises ValueError for an unknown split or difficulty."""
        self._family(split, difficulty)

    def _family(self, split: str, difficulty: Mapping[str, Any]) -> Knobs:
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(SPLITS)}")
        return read_knobs(Knobs, difficulty) if difficulty else DEFAULT

    def pose(self, *data: Any) -> Problem:
        """`pose("x^2 = 2x + 3")`, `pose("x + y = 5, x - y = 1")` or the equations one by one."""
        return Problem(self.name, pose(*data))

    def problem_key(self, problem: Problem) -> Hashable:
        return renamed(problem.data)

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`unknowns`; `solutions`: how many; `conditions`: what the check of roots has to look at, at the start."""
        (case,) = self.start(problem).cases
        return {
            "unknowns": float(len(case.equations)),
            "solutions": float(len(solving.solutions(case))),
            "conditions": float(len(case.conditions)),
        }

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Cases:
        return Cases((first_case(problem.data),))

    def steps(self, state: Cases) -> Sequence[Move]:
        case = _focus(state)
        return [] if case is None else [move for _, move, _ in menu(case)]

    def apply(self, state: Cases, step: Move) -> Cases:
        case = _focus(state)
        if case is None:
            raise IllegalStep("everything is solved")
        return _replaced(state, moves.apply(case, step))

    def off_menu(self, state: Cases, step: Move) -> bool:
        case = _focus(state)
        if case is None or any(move == step for _, move, _ in menu(case)):
            return False
        return not isinstance(moves.outcome(case, step), str)

    def expand(self, state: Cases) -> list[tuple[Move, Cases, Hashable, float]]:
        case = _focus(state)
        if case is None:
            return []
        children = ((move, _replaced(state, result)) for _, move, result in menu(case))
        return [(move, child, self.key(child), 1.0) for move, child in children]

    def solved(self, state: Cases) -> bool:
        return all(map(closed, state.cases))

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        return f"solve {self.show(self.start(problem))}"

    def show(self, state: Cases) -> str:
        return " or ".join(map(write_case, state.cases)) or "no solution"

    def brief(self, state: Cases) -> str:
        """All cases; where they do not fit, those that wait behind the present one are counted: `or 2 more`."""
        texts = [write_case(case) for case in state.cases]
        for left in range(len(texts), 0, -1):
            more = [f"{len(texts) - left} more"] if left < len(texts) else []
            if len(text := " or ".join(texts[:left] + more)) <= MAX_BRIEF:
                return text
        return texts[0][:MAX_BRIEF] if texts else "no solution"

    def write(self, state: Cases, step: Move) -> str:
        return write_move(_focus(state), step)

    def read(self, state: Cases, text: str) -> Move:
        return read_move(_focus(state), text)

    def rules(self) -> str:
        return RULES

    # judging ------------------------------------------------------------------------------------------------------

    def key(self, state: Cases) -> Hashable:
        return _key(state)

    def heuristic(self, state: Cases) -> float:
        return float(sum(estimate(case) for case in state.cases))

    def distance(self, state: Cases) -> int | None:
        """Steps of the menu; None where a case needs more than `solving.DEPTH` of them, or the search for them more
        than `solving.NODES` nodes. A free rewrite may be shorter."""
        total = 0
        for case in state.cases:
            if (cost := solving.distance(case)) is None:
                return None
            total += cost
        return total

    def answer(self, problem: Problem, steps: Sequence[Move]) -> str:
        state = self.start(problem)
        for step in steps:
            state = self.apply(state, step)
        if not self.solved(state):
            return self.brief(state)
        return write_solutions([values_of(case) or {} for case in state.cases])

    def check(self, problem: Problem, answer: str) -> Verdict:
        (case,) = self.start(problem).cases
        return check_solutions(answer, solving.solutions(case), sorted(solving.unknowns(case)))

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Cases) -> NDArray[np.float32]:
        """(3 + 3 * 2 * 4 * 9,) float32: how many cases are open, closed, and how many conditions the present one has;
        then for every equation of that case, both sides, the first four terms: the coefficient, the exponents of x, y
        and z, those of a bracket and of a root, and the highest three coefficients inside. Numbers n are shown as
        sign(n) log(1 + |n|). A summary: what has no place in it is left out."""
        return _face(state)

    def index(self, state: Cases, step: Move) -> int:
        """25 a equation (`menu.SLOTS`), the check last. Raises NotEnumerable for a legal step that has no number."""
        case = _focus(state)
        for action, move, _ in menu(case) if case is not None else ():
            if move == step:
                return action
        self.apply(state, step)  # raises the reason
        raise NotEnumerable("this step is legal, but not on the menu: it has no number")

    def move(self, state: Cases, index: int) -> tuple[Move, Cases]:
        case = _focus(state)
        for action, move, result in menu(case) if case is not None else ():
            if action == index:
                return move, _replaced(state, result)
        raise IllegalStep(f"action {index} is not legal here")

    def step_at(self, state: Cases, index: int) -> Move:
        return self.move(state, index)[0]

    def mask(self, state: Cases) -> NDArray[np.int8]:
        mask = np.zeros(self.n_actions, np.int8)
        if (case := _focus(state)) is not None:
            mask[[action for action, _, _ in menu(case)]] = 1
        return mask

    def picture(self, state: Cases) -> Picture:
        from .typeset import picture

        return picture(state.cases)


RULES = (
    "Solve the equation, or the system of equations: find all real solutions. Every step does one thing to the first "
    "case that is not finished, and must neither lose nor gain a root. Steps: add T to both sides, subtract T from "
    "both sides, multiply both sides by T, divide both sides by T (T is known not to be 0), expand, factor, split (a "
    "product that is 0 into cases), take square roots, complete the square, square both sides (with one square root "
    "alone on a side), rewrite L = R (an equation with the same solutions), check (try an isolated root in the "
    "conditions, or end a case that says something false). In systems name the equation, as in: add 3 to both sides "
    "of equation 2; and also: solve equation 1 for y, substitute equation 1, eliminate x with equation 2. The answer "
    "lists all solutions, such as: x = -2, x = 5; or: x = 1, y = 2 or x = 2, y = 1; or: no solution."
)


def _focus(state: Cases) -> Case | None:
    """The case that steps are for: the first that is not closed."""
    return next((case for case in state.cases if not closed(case)), None)


def _replaced(state: Cases, result: tuple[Case, ...]) -> Cases:
    """The state with other cases in place of the present one; closed ones that are there already are left out."""
    place = next(place for place, case in enumerate(state.cases) if not closed(case))
    kept = list(state.cases[:place])
    for case in result:
        if not (closed(case) and case in kept):
            kept.append(case)
    return Cases((*kept, *state.cases[place + 1 :]))


@lru_cache(maxsize=1 << 16)
def _key(state: Cases) -> Hashable:
    """Open cases count as often as they are there, in any order: each has to be closed."""
    counts: dict[Hashable, int] = {}
    for case in state.cases:
        key = key_of(case)
        counts[key] = 1 if closed(case) else counts.get(key, 0) + 1
    return frozenset(counts.items())


@lru_cache(maxsize=1 << 14)
def _face(state: Cases) -> NDArray[np.float32]:
    face = np.zeros(Equations.shape, np.float32)
    case = _focus(state)
    done = sum(map(closed, state.cases))
    face[:3] = len(state.cases) - done, done, len(case.conditions) if case else 0
    grid = face[3:].reshape(EQUATIONS, 2, TERMS, PER_TERM)
    for place, one in enumerate(case.equations[:EQUATIONS] if case else ()):
        for side, terms in enumerate(one):
            for slot, (monomial, coefficient) in enumerate(terms[:TERMS]):
                row = grid[place, side, slot]
                row[0] = _squash(float(coefficient))
                for atom, exponent in monomial:
                    if isinstance(atom, str):
                        row[1 + VARIABLES.index(atom)] = exponent
                    else:
                        row[4 if atom[0] == BRACKET else 5] = exponent
                        row[6:9] = _inside(atom[1])
    face.flags.writeable = False
    return face


def _inside(terms: Sum) -> list[float]:
    """The first three coefficients of what stands in a bracket or under a root."""
    return [_squash(float(value)) for _, value in (*terms, *[((), 0)] * 3)[:3]]


def _squash(value: float) -> float:
    return log1p(value) if value >= 0 else -log1p(-value)
