"""How reasoning is judged: outcomes, credit between episodes, values of states, and the protocols of searches."""

from ..tasks.answers import Conventions, clear_caches, counts, reset_counts, verify, verify_batch, warm_up
from .answers import AnswerReward, answer_reward
from .chat import ChatClient, ChatError, Reply
from .credit import ERL2, RL2, Anneal, Credit, make_credit
from .exploration import MEASURES, explore
from .judge import Judgement, RubricReward, judge_messages, read_judgement
from .likelihood import ModelScorer, ReferenceLikelihood, Scorer
from .outcome import Outcome, Reward, Steps, Transition
from .protocols import Proposal, Proposer, ValueFunction
from .rollouts import RolloutValue, UniformProposer
from .shaping import ClippedDelta, Cut, Delta, Format, Length, MinForm, Potential, Progress, Shaping, Sum
from .terms import make_reward
from .values import GAMMA, ConstantValue, HeuristicValue, NoisyOracle, OracleValue, make_value

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
    "ConstantValue",
    "Conventions",
    "Credit",
    "Cut",
    "Delta",
    "Format",
    "HeuristicValue",
    "Judgement",
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
    "ReferenceLikelihood",
    "Reply",
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
    "make_credit",
    "make_reward",
    "make_value",
    "read_judgement",
    "reset_counts",
    "verify",
    "verify_batch",
    "warm_up",
]
