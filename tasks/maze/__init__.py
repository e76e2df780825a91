"""Mazes: find a way through an n x n board, from the start to the goal."""

from .boards import Board
from .families import Knobs
from .task import Maze, Place

__all__ = ["Board", "Knobs", "Maze", "Place"]
