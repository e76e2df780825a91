"""Reads a file of puzzles with human solve rates (columns `Rank`, `Puzzles` and, where known, `Solved rate`)."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..numbers import Hand
from .hands import MAX_NUMBER

PUZZLES = "puzzles"
"""The name of the split that a file of puzzles adds."""

HELD_OUT = slice(900, 1000)
"""Rows 901-1000, the slice on which Tree of Thoughts and its successors report."""


class Puzzle(NamedTuple):
    """One row: the hand as sorted numbers, and the share of people in [0, 1] who solved it (None: not given)."""

    hand: Hand
    solve_rate: float | None


@lru_cache(maxsize=4)
def read_puzzles(path: str) -> tuple[Puzzle, ...]:
    """The puzzles of a CSV file in its order. Ranks run 1, 2, 3 and so on, so that a row is its rank.

    Raises FileNotFoundError, or ValueError that names the line and the rule that it breaks.
    """
    puzzles: list[Puzzle] = []
    seen: set[Hand] = set()
    with Path(path).open(newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        try:
            for row in rows:
                puzzle = _puzzle(row, len(puzzles) + 1)
                if puzzle.hand in seen:
                    raise ValueError(f"the hand {row['Puzzles']!r} is here twice")
                seen.add(puzzle.hand)
                puzzles.append(puzzle)
        except (ValueError, csv.Error) as error:
            raise ValueError(f"{path}, line {rows.line_num}: {error}") from error
    if not puzzles:
        raise ValueError(f"{path} holds no puzzles")
    return tuple(puzzles)


def _puzzle(row: dict[str, str | None], rank: int) -> Puzzle:
    """Raises ValueError with the rule that `row` breaks."""
    given, hand, rate = (row.get(column) for column in ("Rank", "Puzzles", "Solved rate"))
    if given is None or hand is None:
        raise ValueError("the columns Rank and Puzzles are needed")
    if given.strip() != str(rank):
        raise ValueError(f"ranks run 1, 2, 3 and so on: expected {rank}, got {given!r}")
    words = hand.split()
    if len(words) != 4 or not all(re.fullmatch("[0-9]{1,3}", word) and 1 <= int(word) <= MAX_NUMBER for word in words):
        raise ValueError(f"a hand is four whole numbers in 1..{MAX_NUMBER}, got {hand!r}")
    return Puzzle(tuple(sorted(map(int, words))), _share(rate))


def _share(rate: str | None) -> float | None:
    """The share that a percentage such as `99.20%` stands for. Raises ValueError."""
    if not rate or not rate.strip():
        return None
    try:
        share = float(rate.strip().removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"a solved rate is a percentage, got {rate!r}")
    return share
