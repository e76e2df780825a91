"""Game of 24: combine four numbers with + - * / into 24, using each exactly once."""

from ..numbers import Numbers, solvable
from .hands import hands
from .puzzles import read_puzzles
from .task import Game24

__all__ = ["Game24", "Numbers", "hands", "read_puzzles", "solvable"]
