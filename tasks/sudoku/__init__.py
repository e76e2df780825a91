"""Sudoku with 4 x 4, 6 x 6 and 9 x 9 cells: the domain in which a wrong step shows late."""

from .families import Knobs
from .solver import solutions
from .task import Grid, Sudoku

__all__ = ["Grid", "Knobs", "Sudoku", "solutions"]
