"""The Gymnasium face: every task as an environment with numbers or with text. Importing it registers the ids."""

from .instructions import instructions
from .reasoning import ReasoningEnv
from .registration import env_ids
from .text import TextReasoning
from .trial import Trial

__all__ = ["ReasoningEnv", "TextReasoning", "Trial", "env_ids", "instructions"]
