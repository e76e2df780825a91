"""Language models as reasoners: a model with its tokenizer, lockstep sampling, and rollouts in text environments.

Importing it loads no torch and no transformers; making or loading a model does.
"""

from .environments import TrialSettings, text_environment, trial_environment
from .lockstep import LockstepSession
from .model import LanguageModel, ModelConfig, load_model, new_model
from .rollout import Rollout, RolloutSettings, roll_out
from .tokenizer import closed_tokenizer

__all__ = [
    "LanguageModel",
    "LockstepSession",
    "ModelConfig",
    "Rollout",
    "RolloutSettings",
    "TrialSettings",
    "closed_tokenizer",
    "load_model",
    "new_model",
    "roll_out",
    "text_environment",
    "trial_environment",
]
