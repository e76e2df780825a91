"""Blocksworld: planning in words. Towers of blocks are to be rebuilt, one block at a time."""

from .families import Knobs
from .task import Blocks, Blocksworld, Move

__all__ = ["Blocks", "Blocksworld", "Knobs", "Move"]
