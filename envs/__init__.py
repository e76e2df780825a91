"""The Gymnasium face: every task as an environment with numbers or with text. Importing it registers the ids."""

from .contract import ContractError, check_task
from .instructions import instructions
from .reasoning import ReasoningEnv
from .registration import env_ids
from .single import SingleAttempt
from .text import TextReasoning
from .trial import Trial
from .vector import VectorReasoning
from .wrappers import Curriculum, RecordExploration, Shaped, StepBudget, TokenBudget, explorations

__all__ = [
    "ContractError",
    "Curriculum",
    "ReasoningEnv",
    "RecordExploration",
    "Shaped",
    "SingleAttempt",
    "StepBudget",
    "TextReasoning",
    "TokenBudget",
    "Trial",
    "VectorReasoning",
    "check_task",
    "env_ids",
    "explorations",
    "instructions",
]
