"""The rules of Game of 24 as a `Task`. Facts about hands are in `hands.py`, which hands are dealt in `families.py`, the
safe answer checker in `answers`."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index as as_index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numbers import Hand, Layout, NumberGame
from ..numbers.game import as_hand
from ..problem import Problem
from ..task import SPLITS, read_knobs
from .families import DEFAULT, Knobs, family_of, order, table_of
from .hands import plays
from .puzzles import PUZZLES, read_puzzles

SIZE = 4


class Game24(NumberGame):
    """Combine the numbers with + - * / until one is left and it equals the target. Each step takes two of the
    numbers and puts their result in their place; a difference is written larger - smaller.

    Problems: hands of four numbers in [low, high] (knobs of `problem`, default 1-13) and a `target` (default 24).
    Splits are disjoint by hand for every target and range at once: 21% of all hands are held out as `test`, 3% as
    `val`. `solvable="mixed"` also deals hands that cannot make the target; there giving up is the right answer.
    The seed of an address permutes the hands of a split.

    Args:
        puzzles: path of a CSV file with human solve rates (see `read_puzzles`). It adds the split "puzzles", rows
            901-1000 as far as the knobs allow them, and defines the order of all splits that one is judged on, from
            easy to hard for people, whatever the seed (hands that it lacks come last). Training stays shuffled, and
            like validation leaves those hundred hands out. Problems with target 24 carry the solve rate of their hand.
    """

    name = "game24"
    horizon = SIZE - 1
    levels: Mapping[str, Mapping[str, Any]] = {"easy": {"high": 6}, "medium": {}, "hard": {"low": 5, "high": 25}}
    layout = Layout(SIZE, rules=False)
    n_actions = layout.n_actions
    shape = (layout.width,)

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
        hand = family[index if self._ordered(split) else order(self.name, split, seed, len(family))[index]]
        rate = self._rates.get(hand) if knobs.target == 24 else None
        return Problem(self.name, (hand, knobs.target), seed, index, split, difficulty, solve_rate=rate)

    def pose(self, *data: Any) -> Problem:
        """`pose((3, 3, 8, 8))` or `pose((1, 2, 3, 4), 10)`."""
        hand, target = (*data, 24)[:2] if len(data) in (1, 2) else (None, None)
        hand = as_hand(hand, range(SIZE, SIZE + 1))
        knobs = Knobs(low=hand[0], high=hand[-1], target=target)
        return Problem(self.name, (hand, knobs.target))

    def count(self, split: str = "train", **difficulty: Any) -> int:
        return len(self._family(split, read_knobs(Knobs, difficulty)))

    def attributes(self, problem: Problem) -> dict[str, float]:
        """`solving_share`: share of solving plays among all complete plays; `solvable`: 1.0 or 0.0."""
        total, solving = plays(*problem.data)
        return {"solving_share": solving / total, "solvable": float(solving > 0)}

    def hands(self, seed: int, first: int, count: int, split: str, **difficulty: Any) -> NDArray[np.int16]:
        knobs = read_knobs(Knobs, difficulty)
        rows = table_of(self._family(split, knobs), knobs.target)
        places: NDArray[np.integer] = np.arange(first, first + count) % len(rows)
        if not self._ordered(split):
            places = order(self.name, split, seed, len(rows)).take(places)
        return rows.take(places, axis=0)

    def _ordered(self, split: str) -> bool:
        """Is this split in the order of a file? A learner that met the easy hands first, pass after pass, would spend
        most of a short run on hands that it solves anyway."""
        return self.puzzles is not None and split != "train"

    def _family(self, split: str, knobs: Knobs) -> tuple[Hand, ...]:
        if split not in self.splits:
            raise ValueError(f"unknown split {split!r}; splits are {', '.join(self.splits)}")
        return family_of(split, knobs, self._ranked)

    def rules(self) -> str:
        return (
            "Combine the numbers with + - * / until one is left and it equals the target. Each step takes two of the "
            "numbers and puts their result in their place. A difference is written larger - smaller. The answer is "
            "one expression that uses every number exactly once. Where no play reaches the target, give up."
        )
