"""`Task`: a family of reasoning problems and the pure rules of one step. Everything else is derived from it.

Left out on purpose: rewards, budgets, backtracking and search. They are the same for every task and live elsewhere.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .errors import IllegalStep, NotEnumerable
from .problem import Problem, Verdict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from .pictures import Picture

State = TypeVar("State", bound=Hashable)
Step = TypeVar("Step", bound=Hashable)
Knobs = TypeVar("Knobs", bound="DataclassInstance")

SPLITS = ("train", "val", "test")

BUDGET = 32
"""Steps of an episode where a task says nothing else."""

UNKNOWN = Verdict(None, "it is not known whether this problem has a solution")
UNSOLVABLE = Verdict(True, "the problem has no solution")
SOLVABLE = Verdict(False, "the problem has a solution")
"""The judgements of giving up."""


class Task(ABC, Generic[State, Step]):
    """The contract of a reasoning domain. States and steps are immutable and hashable; every method is pure.

    Class attributes a task sets:
        name: registry name, lower case.
        enumerable: can `steps` list the legal steps?
        dead_ends: are there reachable states from which no solution can be reached?
        verifiable: can answers be judged? Where not, `check` says None to every text, and rewards judge in other ways.
        horizon: the longest path from a start state that never repeats a state, None where unbounded.
        levels: named difficulties, easiest first ("easy", "medium", "hard"), each the knobs it stands for.
        words: every word, sign or mark that its texts use besides whole numbers; closed tokenizers are built from it.
        phrases: ways to speak of a step in prose after the words "let me"; "{step}" stands for its text.
        n_actions, shape, dtype, low, high: the numeric face, see `index` and `observe`.
    """

    name: str
    enumerable: bool = True
    dead_ends: bool = True
    verifiable: bool = True
    horizon: int | None = None
    levels: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ("try {step}", "look at {step}", "go for {step}")
    splits: tuple[str, ...] = SPLITS
    n_actions: int = 0
    shape: tuple[int, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    dtype: type[np.generic] = np.float32

    # problems -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        """The problem at an address: a pure function, the same on every machine.

        Raises IndexError past the end of a finite family, ValueError for an unknown split or difficulty.
        """

    @abstractmethod
    def pose(self, *data: Any) -> Problem:
        """An explicit problem. Raises ValueError where `data` is no problem of this task."""

    def problem_key(self, problem: Problem) -> Hashable:
        """Equal keys = the same problem in disguise; splits are disjoint in it."""
        return problem.data

    def count(self, split: str = "train", **difficulty: Any) -> int | None:
        """How many problems the family has; None = no end."""
        return None

    def knobs(self, difficulty: str | Mapping[str, Any] | None) -> dict[str, Any]:
        """What `problem` is given for a difficulty: the knobs of a named level, or the knobs themselves.

        Raises ValueError, with the names of the levels, for a level that this task does not have.
        """
        if not isinstance(difficulty, str):
            return dict(difficulty or {})
        if difficulty not in self.levels:
            known = ", ".join(self.levels) or "none"
            raise ValueError(f"{self.name} has no level {difficulty!r}; levels: {known}")
        return dict(self.levels[difficulty])

    def budget(self, **difficulty: Any) -> int:
        """Steps that an episode may cost where nobody says otherwise, 1 or more: enough for a shortest solution of a
        problem of this difficulty, and some ways back. Environments and exams take it; nothing here depends on it."""
        return BUDGET

    def attributes(self, problem: Problem) -> dict[str, float]:
        """Named measures of how hard this problem is."""
        return {}

    # rules --------------------------------------------------------------------------------------------------------

    @abstractmethod
    def start(self, problem: Problem) -> State:
        """The state before the first step."""

    @abstractmethod
    def steps(self, state: State) -> Sequence[Step]:
        """The legal steps in a fixed order, except those `off_menu`; empty at a dead end or where nothing is left.

        Raises NotEnumerable where steps are free text.
        """

    def off_menu(self, state: State, step: Step) -> bool:
        """Is this a legal step that `steps` leaves out, because it has no number: free text beside a menu?"""
        return False

    @abstractmethod
    def apply(self, state: State, step: Step) -> State:
        """The state after `step`. Raises IllegalStep with the reason."""

    @abstractmethod
    def solved(self, state: State) -> bool:
        """Is this a goal state?"""

    # text ---------------------------------------------------------------------------------------------------------

    @abstractmethod
    def ask(self, problem: Problem) -> str:
        """The question in words."""

    @abstractmethod
    def show(self, state: State) -> str:
        """The whole state as text; a block for grids."""

    @abstractmethod
    def write(self, state: State, step: Step) -> str:
        """A step as one line of text; `read` is its inverse. `grammar` says what it must not look like."""

    @abstractmethod
    def read(self, state: State, text: str) -> Step:
        """The step that `text` names in `state`, legal or not. Raises UnreadableStep."""

    def brief(self, state: State) -> str:
        """The part of the state that changes, in one line of at most 120 characters."""
        return " ".join(self.show(state).split())[:120]

    def rules(self) -> str:
        """The rules of the task in plain words, for language models that have never seen it."""
        return (type(self).__doc__ or "").strip().partition("\n\n")[0]

    # derived, with working defaults -------------------------------------------------------------------------------

    def key(self, state: State) -> Hashable:
        """Equal keys = semantically the same state."""
        return state

    def expand(self, state: State) -> list[tuple[Step, State, Hashable, float]]:
        """All children as (step, state, key, cost). May be overridden for speed; must equal the pure methods."""
        children = ((step, self.apply(state, step)) for step in self.steps(state))
        return [(step, child, self.key(child), 1.0) for step, child in children]

    def relax(
        self, state: State, cost: float, cheapest: dict[Hashable, float]
    ) -> tuple[list[tuple[Step, State, Hashable, float, float]], int]:
        """The children that are reached cheaper through `state` than by any path before, and how many there are in all.

        cost: of the path to `state`. cheapest: {key: cost of the cheapest path known}, in which the new paths are
        noted. A child is (step, state, key, cost of its path, heuristic). May be overridden for speed: what A* does for
        every node that it visits.
        """
        rows = self.expand(state)
        found = []
        for step, child, key, by in rows:
            through = cost + by
            if through < cheapest.get(key, math.inf):
                cheapest[key] = through
                found.append((step, child, key, through, self.heuristic(child)))
        return found, len(rows)

    def heuristic(self, state: State) -> float:
        """An admissible estimate of the cost to go, so 0.0 in a solved state; 0.0 where none is known."""
        return 0.0

    def distance(self, state: State) -> int | float | None:
        """Exact number of steps to the nearest solution without backtracking.

        math.inf = proved unsolvable from here; None = not known within the node limit.
        """
        return None

    def value(self, state: State, left: int | None = None) -> float | None:
        """1.0 where a solution is at most `left` steps away (None: reachable at all), else 0.0; None = not known.

        The value of the state itself: backtracking out of it does not count.
        """
        distance = self.distance(state)
        if distance is None:
            return None
        return 1.0 if distance <= (math.inf if left is None else left) and distance < math.inf else 0.0

    @abstractmethod
    def answer(self, problem: Problem, steps: Sequence[Step]) -> str:
        """The clean answer a path stands for. Total: an unfinished path gives text that `check` refuses."""

    @abstractmethod
    def check(self, problem: Problem, answer: str) -> Verdict:
        """Judges any text (or object) without ever executing it or raising.

        `check(problem, answer(problem, path))` is correct for every solved path.
        """

    def solution(self, problem: Problem) -> Sequence[Step] | None:
        """The steps of a reference solution that came with the problem; None where there is none. Worked examples need
        it only where no exact distances lead to one."""
        return None

    def check_give_up(self, problem: Problem) -> Verdict:
        """Judges giving up: right where the problem is proved unsolvable, wrong where it has a solution."""
        distance = self.distance(self.start(problem))
        return UNKNOWN if distance is None else UNSOLVABLE if distance == math.inf else SOLVABLE

    def picture(self, state: State) -> Picture:
        """The state as a drawing, the one place to describe what it looks like; see `metacot.tasks.pictures`.

        All states of one problem give pictures of one size. The default shows the text of the state.
        """
        from .pictures import text_picture

        return text_picture(self.show(state))

    def draw(self, state: State) -> str:
        """`picture` as SVG (text of one `<svg>` element)."""
        return self.picture(state).svg()

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: State) -> NDArray[Any]:
        """The state as numbers: array of `shape` and `dtype`, entries in [`low`, `high`]."""
        raise NotEnumerable(f"{self.name} has no numeric face")

    def index(self, state: State, step: Step) -> int:
        """The number of a legal step, in [0, n_actions); of several spellings of one step the lowest counts.

        Raises NotEnumerable for a step that is `off_menu`.
        """
        raise NotEnumerable(f"{self.name} has no numeric face")

    def step_at(self, state: State, index: int) -> Step:
        """Left inverse of `index`. Raises IllegalStep where `index` is not legal here."""
        for step in self.steps(state):
            if self.index(state, step) == index:
                return step
        raise IllegalStep(f"action {index} is not legal here")

    def move(self, state: State, index: int) -> tuple[Step, State]:
        """`step_at` and `apply` in one: (step, child). May be overridden for speed. Raises IllegalStep."""
        step = self.step_at(state, index)
        return step, self.apply(state, step)

    def face(self, state: State) -> tuple[NDArray[Any], NDArray[np.int8], bool]:
        """`observe`, `mask` and `solved` in one, which nobody writes to. May be overridden for speed."""
        return self.observe(state), self.mask(state), self.solved(state)

    def mask(self, state: State) -> NDArray[np.int8]:
        """(n_actions,) int8, 1 where `step_at` is legal."""
        mask = np.zeros(self.n_actions, np.int8)
        for step in self.steps(state):
            mask[self.index(state, step)] = 1
        return mask

    # addresses ----------------------------------------------------------------------------------------------------

    def rng(self, seed: int, index: int, split: str) -> np.random.Generator:
        """The generator of one address: never a stream, never shared, the same on every machine."""
        return np.random.default_rng((crc32(self.name.encode()), crc32(split.encode()), seed, index))


def read_knobs(kind: type[Knobs], difficulty: Mapping[str, Any]) -> Knobs:
    """The knobs of a family, a frozen dataclass, from the keyword arguments of `Task.problem`; the same object again
    for the same arguments.

    Raises ValueError that names an unknown knob and all those there are; what `kind` raises for a bad value as it is.
    """
    try:
        knobs: Knobs = _read(kind, **difficulty)
    except TypeError:  # a value that cannot be remembered, such as a list; `kind` judges it
        knobs = _read.__wrapped__(kind, **difficulty)
    return knobs


@lru_cache(maxsize=256, typed=True)
def _read(kind: type[Knobs], /, **difficulty: Any) -> Knobs:
    known = [field.name for field in fields(kind)]
    if unknown := sorted(difficulty.keys() - set(known)):
        raise ValueError(f"there is no difficulty {', '.join(map(repr, unknown))} here; known: {', '.join(known)}")
    return kind(**difficulty)


def bucket(salt: str, key: Hashable) -> int:
    """A stable number in 0..99 for a split axis key; independent of seed, process and platform."""
    digest = _salted(salt).copy()
    digest.update(repr(key).encode())
    return int.from_bytes(digest.digest(), "big") % 100


@lru_cache(maxsize=64)
def _salted(salt: str) -> blake2b:
    return blake2b(digest_size=8, salt=salt.encode()[:16])


TEST, VAL = 21, 3


def split_of(salt: str, key: Hashable, test: int = TEST, val: int = VAL) -> str:
    """The split of a key: `test` percent of all keys are held out, then `val` percent; the rest is for training."""
    place = bucket(salt, key)
    return "test" if place < test else "val" if place < test + val else "train"


def splits_of(salt: str, keys: Iterable[Hashable]) -> Iterator[str]:
    """`split_of` of many keys, faster."""
    copy, number = _salted(salt).copy, int.from_bytes
    splits = ["test"] * TEST + ["val"] * VAL + ["train"] * (100 - TEST - VAL)
    for key in keys:
        digest = copy()
        digest.update(repr(key).encode())
        yield splits[number(digest.digest(), "big") % 100]
