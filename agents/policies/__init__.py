"""Language models as reasoners: policies of any backend, what they propose to searches, lockstep sampling, rollouts.

Importing it loads no torch, no transformers and no vllm; making or loading a model does.
"""

from .attempts import PolicyAttempts
from .backends import OpenAIPolicy, ScriptedPolicy, TransformersPolicy, VLLMPolicy
from .environments import TrialSettings, text_environment, trial_environment
from .exam import Exam, ExamSettings, examine
from .lockstep import LockstepSession
from .model import LanguageModel, ModelConfig, load_model, new_model
from .named import make_policy, trained_model
from .playing import Played, play
from .policy import Line, Policy, Session
from .proposer import PolicyProposer
from .rollout import Rollout, RolloutSettings, roll_out
from .tokenizer import closed_tokenizer

__all__ = [
    "Exam",
    "ExamSettings",
    "LanguageModel",
    "Line",
    "LockstepSession",
    "ModelConfig",
    "OpenAIPolicy",
    "Played",
    "Policy",
    "PolicyAttempts",
    "PolicyProposer",
    "Rollout",
    "RolloutSettings",
    "ScriptedPolicy",
    "Session",
    "TransformersPolicy",
    "TrialSettings",
    "VLLMPolicy",
    "closed_tokenizer",
    "examine",
    "load_model",
    "make_policy",
    "new_model",
    "play",
    "roll_out",
    "text_environment",
    "trained_model",
    "trial_environment",
]
