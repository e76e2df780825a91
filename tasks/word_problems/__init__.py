"""Word problems (`math`) and proofs (`open_ended`): steps are free lines of text."""

from .open_ended import OpenProblems
from .rubrics import Point, Rubric, read_rubric, read_rubrics
from .stories import tell
from .task import MathProblems

__all__ = ["MathProblems", "OpenProblems", "Point", "Rubric", "read_rubric", "read_rubrics", "tell"]
