"""The rules of blocksworld as a `Task`. Exact facts are in `towers.py`, which problems are dealt in `families.py`."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from operator import index as as_index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep, TaskError, UnreadableStep
from ..pictures import Picture
from ..problem import Problem, Verdict
from ..task import Task, read_knobs
from .families import COLOURS, DEFAULT, LEVELS, MOST, Knobs, draw
from .towers import TABLE, Arrangement, is_arrangement, misplaced, moves_apart, nameless, towers

LONGEST = 10_000
"""Longer answers and descriptions are refused unread (characters)."""

NUMBER = {colour: block for block, colour in enumerate(COLOURS)}

PAINT = ("#d9534f", "#3b6fb5", "#3f9e5b", "#e7c23c", "#e58a2e", "#8b5bb0", "#f4f4f0", "#333a42")
INK, GROUND = "#3b4754", "#b9a58a"

_STEP = re.compile(rf"put\s+({'|'.join(COLOURS)})\s+on\s+({'|'.join(COLOURS)}|table)", re.ASCII)


class Move(NamedTuple):
    """Put a block onto another, or onto the table (`to` = -1)."""

    block: int
    to: int


class Blocks(NamedTuple):
    """What each block stands on, now and in the goal: the number of a block, or -1 for the table."""

    on: Arrangement
    goal: Arrangement


class Blocksworld(Task[Blocks, Move]):
    """Rebuild towers of blocks, one block at a time. Each step takes a block that nothing stands on, and puts it onto
    another such block or onto the table, which has room for all.

    Problems: two arrangements of `blocks` blocks, 4 to 8 (default 6), at least one move fewer apart. Splits are
    disjoint by problem up to the names of the blocks: 21% are held out as `test`, 3% as `val`.
    """

    name = "blocksworld"
    enumerable = True
    dead_ends = False  # every step can be undone
    levels: Mapping[str, Mapping[str, Any]] = LEVELS
    words = (
        *(*COLOURS, "put", "on", "table", ",", ":", "build", "these", "towers", "now", "goal", "is", "there", "no"),
        *("block", "stands", "cannot", "stand", "itself", "already", "the", "reached", "of", "that", "colour"),
    )
    phrases = ("{step}", "try to {step}", "see what happens if I {step}")
    n_actions = MOST * MOST
    shape = (2 * MOST,)
    low = -1.0
    high = float(MOST)
    dtype = np.int8

    # problems -----------------------------------------------------------------------------------------------------

    def problem(self, seed: int, index: int, split: str = "train", **difficulty: Any) -> Problem:
        seed, index = as_index(seed), as_index(index)  # plain ints, which JSON knows
        knobs = read_knobs(Knobs, difficulty) if difficulty else DEFAULT
        self._known(split)
        if index < 0:
            raise IndexError(f"an index is 0 or more, got {index}")
        return Problem(self.name, draw(self.rng(seed, index, split), split, knobs), seed, index, split, difficulty)

    def pose(self, *data: Any) -> Problem:
        """`pose("red on blue, green", "green on red, blue")`: start and goal as `brief` writes them. The blocks are the
        first two to eight of red, blue, green, yellow, orange, purple, white and black."""
        if len(data) != 2:
            raise ValueError(f"a problem is a start and a goal, got {len(data)} things")
        start, goal = (_arranged(part) if isinstance(part, str) else part for part in data)
        for on in (start, goal):
            if not (isinstance(on, tuple | list) and all(type(below) is int for below in on)):
                raise ValueError("an arrangement is a text such as 'red on blue, green', or what each block stands on")
            if not (2 <= len(on) <= MOST and len(on) == len(start) and is_arrangement(tuple(on))):
                raise ValueError(f"start and goal are arrangements of the same 2 to {MOST} blocks")
        if tuple(start) == tuple(goal):
            raise ValueError("start and goal are the same arrangement")
        return Problem(self.name, (tuple(start), tuple(goal)))

    def problem_key(self, problem: Problem) -> Hashable:
        """Equal exactly where the blocks are renamed."""
        return nameless(*problem.data)

    def count(self, split: str = "train", **difficulty: Any) -> None:
        """Addresses have no end. Raises ValueError for an unknown split or difficulty."""
        read_knobs(Knobs, difficulty)
        self._known(split)

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`blocks`; `plan`: moves of a shortest plan; `detours`: how many of them are by way of the table alone."""
        plan = moves_apart(*problem.data)
        return {"blocks": len(problem.data[0]), "plan": plan, "detours": plan - len(misplaced(*problem.data))}

    def _known(self, split: str) -> None:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")

    # rules --------------------------------------------------------------------------------------------------------

    def start(self, problem: Problem) -> Blocks:
        return Blocks(*problem.data)

    def steps(self, state: Blocks) -> Sequence[Move]:
        on, goal = state
        if on == goal:
            return []
        clear = [block for block in range(len(on)) if block not in on]
        # In the order of `index`: the table has the place of the block itself.
        places = ((block, TABLE if to == block else to) for block in clear for to in clear)
        return [Move(block, to) for block, to in places if to != TABLE or on[block] != TABLE]

    def apply(self, state: Blocks, step: Move) -> Blocks:
        on, goal = state
        block, to = step
        if on == goal:
            raise IllegalStep("the goal is reached")
        for named in (block, to):
            if not (0 <= named < len(on) or named == TABLE == to):
                raise IllegalStep("there is no block of that colour")
        if block == to:
            raise IllegalStep(f"{COLOURS[block]} cannot stand on itself")
        if on[block] == to:
            raise IllegalStep(f"{COLOURS[block]} stands on {_called(to)} already")
        for named in (block, to):
            if named != TABLE and named in on:
                raise IllegalStep(f"{COLOURS[on.index(named)]} stands on {COLOURS[named]}")
        return Blocks((*on[:block], to, *on[block + 1 :]), goal)

    def solved(self, state: Blocks) -> bool:
        return state.on == state.goal

    # text ---------------------------------------------------------------------------------------------------------

    def ask(self, problem: Problem) -> str:
        return f"build these towers\n{self.show(self.start(problem))}"

    def show(self, state: Blocks) -> str:
        return f"now: {_described(state.on)}\ngoal: {_described(state.goal)}"

    def brief(self, state: Blocks) -> str:
        """The towers, each from the top down: `red on blue, green`."""
        return _described(state.on)

    def write(self, state: Blocks, step: Move) -> str:
        return f"put {COLOURS[step.block]} on {_called(step.to)}"

    def read(self, state: Blocks, text: str) -> Move:
        if (found := _STEP.fullmatch(text.strip())) is None:
            raise UnreadableStep("a step is: put BLOCK on BLOCK, or put BLOCK on table")
        return Move(NUMBER[found[1]], NUMBER.get(found[2], TABLE))

    def rules(self) -> str:
        return (
            "Rebuild the towers of blocks until they stand as in the goal. Towers are described from the top down with "
            "commas between: red on blue, green means that red stands on blue, and blue and green on the table. Each "
            "step moves one block that nothing stands on, onto another such block (put red on green) or onto the table "
            "(put red on table). The answer is all steps in order, with commas between."
        )

    # judging ------------------------------------------------------------------------------------------------------

    def heuristic(self, state: Blocks) -> float:
        """The number of misplaced blocks."""
        return float(len(misplaced(*state)))

    def distance(self, state: Blocks) -> int:
        return moves_apart(*state)

    def answer(self, problem: Problem, steps: Sequence[Move]) -> str:
        state = self.start(problem)
        return ", ".join(self.write(state, step) for step in steps)

    def check(self, problem: Problem, answer: str) -> Verdict:
        """Right is every sequence of legal steps that ends at the goal, however long."""
        if not isinstance(answer, str) or len(answer) > LONGEST:
            return Verdict(False, f"an answer is a text of at most {LONGEST} characters")
        state, read = self.start(problem), []
        for number, part in enumerate(answer.split(","), 1):
            try:
                read.append(self.read(state, part))
                state = self.apply(state, read[-1])
            except TaskError as error:
                return Verdict(False, f"step {number}: {error}")
        understood = self.answer(problem, read)
        if self.solved(state):
            return Verdict(True, "the towers stand as in the goal", understood)
        return Verdict(False, f"the towers are {_described(state.on)}", understood)

    def picture(self, state: Blocks) -> Picture:
        """The towers now, and below them those of the goal."""
        blocks, side, gap = len(state.on), 40, 8
        wide, high = (side + gap) * blocks + gap, (side // 2) * blocks + 2 * gap
        drawn = Picture(wide, 2 * high)
        for base, on, caption in ((high, state.on, "now"), (2 * high, state.goal, "goal")):
            drawn.rect(0, base - gap, wide, gap, GROUND)
            drawn.text(wide - gap, base - high + 16, caption, 12, INK, anchor="end")
            for place, tower in enumerate(towers(on)):
                for level, block in enumerate(reversed(tower)):
                    x, y = gap + place * (side + gap), base - gap - (level + 1) * side // 2
                    drawn.rect(x, y, side, side // 2, PAINT[block], line=INK)
        return drawn

    # numeric face -------------------------------------------------------------------------------------------------

    def observe(self, state: Blocks) -> NDArray[np.int8]:
        """(16,) int8: what each of eight blocks stands on, now and then in the goal: 0 the table, k + 1 block k, and -1
        for blocks that the problem does not have."""
        seen = np.full((2, MOST), -1, np.int8)
        seen[:, : len(state.on)] = np.array(state, np.int8) + 1
        return seen.reshape(-1)

    def index(self, state: Blocks, step: Move) -> int:
        """8 * block + the block that it goes onto; in the place of the block itself, the table."""
        self.apply(state, step)  # raises the reason where the step is not legal
        return MOST * step.block + (step.block if step.to == TABLE else step.to)

    def step_at(self, state: Blocks, index: int) -> Move:
        return self.move(state, index)[0]

    def move(self, state: Blocks, index: int) -> tuple[Move, Blocks]:
        block, to = divmod(index, MOST)
        step = Move(block, TABLE if to == block else to)
        try:
            return step, self.apply(state, step)
        except IllegalStep:
            raise IllegalStep(f"action {index} is not legal here") from None


def _called(block: int) -> str:
    return "table" if block == TABLE else COLOURS[block]


def _described(on: Arrangement) -> str:
    return ", ".join(" on ".join(COLOURS[block] for block in tower) for tower in towers(on))


def _arranged(text: str) -> Arrangement:
    """The inverse of `_described`. Raises ValueError."""
    found: dict[int, int] = {}
    for tower in text[:LONGEST].split(","):
        blocks = [NUMBER.get(name.strip(), MOST) for name in tower.split(" on ")]
        for block, below in zip(blocks, [*blocks[1:], TABLE], strict=True):
            if block == MOST or block in found:
                raise ValueError(f"towers are described as 'red on blue, green', each block once, got {text[:80]!r}")
            found[block] = below
    if set(found) != set(range(len(found))):
        raise ValueError(f"the blocks of a problem are the first ones of {', '.join(COLOURS)}, got {text[:80]!r}")
    return tuple(found[block] for block in range(len(found)))
