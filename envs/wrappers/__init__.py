"""Wrappers: record how a problem was explored, move the difficulty, set a budget, shape the reward."""

from .budgets import StepBudget, TokenBudget
from .curriculum import Curriculum
from .exploration import RecordExploration, explorations
from .shaped import Shaped

__all__ = ["Curriculum", "RecordExploration", "Shaped", "StepBudget", "TokenBudget", "explorations"]
