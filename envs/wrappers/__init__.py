"""Wrappers: record how a problem was explored, move the difficulty, set a budget."""

from .budgets import StepBudget, TokenBudget
from .curriculum import Curriculum
from .exploration import RecordExploration, explorations

__all__ = ["Curriculum", "RecordExploration", "StepBudget", "TokenBudget", "explorations"]
