"""What number games share: a state, the rules of one step, the numeric face, and exact facts about hands."""

from .game import NumberGame
from .layout import Layout
from .solving import distance, solutions, solvable
from .state import Hand, Numbers, without

__all__ = ["Hand", "Layout", "NumberGame", "Numbers", "distance", "solutions", "solvable", "without"]
