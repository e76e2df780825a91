"""Word problems (`math`): steps are free lines of text, answers are verified."""

from .stories import tell
from .task import MathProblems

__all__ = ["MathProblems", "tell"]
