"""Sokoban: push every box onto a goal. Reads and writes the standard text format."""

from .board import Board, Level
from .deadlocks import deadlock
from .solver import Oracle
from .task import Sokoban
from .text import parse_level, read_levels, render

__all__ = ["Board", "Level", "Oracle", "Sokoban", "deadlock", "parse_level", "read_levels", "render"]
