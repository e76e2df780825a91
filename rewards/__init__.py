"""How reasoning is judged: outcomes, credit between episodes, values of states, and the protocols of searches."""

from ..tasks.answers import Conventions, clear_caches, counts, reset_counts, verify, verify_batch, warm_up
from .answers import AnswerReward, answer_reward
from .chat import ChatClient, ChatError, Reply
from .credit import ERL2, RL2, Anneal, Credit, make_credit
from .exploration import MEASURES, explore
from .judge import Judgement, RubricReward, judge_messages, read_judgement
from .labels import Label, label_states
from .likelihood import ModelScorer, ReferenceLikelihood, Scorer
from .outcome import Outcome, Reward, Steps, Transition
from .prm import LearnedPRM, load_prm
from .protocols import Proposal, Proposer, ValueFunction
from .rollouts import RolloutValue, UniformProposer
from .shaping import ClippedDelta, Cut, Delta, Format, Length, MinForm, Potential, Progress, Revisit, Shaping, Sum
from .terms import make_reward
from .values import (
    GAMMA,
    ClosestValue,
    ConstantValue,
    HeuristicValue,
    NoisyOracle,
    OracleValue,
    RandomValue,
    make_value,
)

__all__ = [
    "ERL2",
    "GAMMA",
    "MEASURES",
    "RL2",
    "Anneal",
    "AnswerReward",
    "ChatClient",
    "ChatError",
    "ClippedDelta",
    "ClosestValue",
    "ConstantValue",
    "Conventions",
    "Credit",
    "Cut",
    "Delta",
    "Format",
    "HeuristicValue",
    "Judgement",
    "Label",
    "LearnedPRM",
    "Length",
    "MinForm",
    "ModelScorer",
    "NoisyOracle",
    "OracleValue",
    "Outcome",
    "Potential",
    "Progress",
    "Proposal",
    "Proposer",
    "RandomValue",
    "ReferenceLikelihood",
    "Reply",
    "Revisit",
    "Reward",
    "RolloutValue",
    "RubricReward",
    "Scorer",
    "Shaping",
    "Steps",
    "Sum",
    "Transition",
    "UniformProposer",
    "ValueFunction",
    "answer_reward",
    "clear_caches",
    "counts",
    "explore",
    "judge_messages",
    "label_states",
    "load_prm",
    "make_credit",
    "make_reward",
    "make_value",
    "read_judgement",
    "reset_counts",
    "verify",
    "verify_batch",
    "warm_up",
]
