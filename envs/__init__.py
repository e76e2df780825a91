"""The Gymnasium face: every task as an environment with numbers or with text. Importing it registers the ids."""

from .instructions import instructions
from .reasoning import ReasoningEnv
from .registration import env_ids
from .text import TextReasoning
from .trial import Trial
from .wrappers import Curriculum, RecordExploration, StepBudget, TokenBudget, explorations

__all__ = [
    "Curriculum",
    "ReasoningEnv",
    "RecordExploration",
    "StepBudget",
    "TextReasoning",
    "TokenBudget",
    "Trial",
    "env_ids",
    "explorations",
    "instructions",
]
