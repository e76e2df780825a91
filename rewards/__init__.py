"""How reasoning is judged: outcomes, credit between episodes, values of states, and the protocols of searches."""

from ..tasks.answers import Conventions, clear_caches, counts, reset_counts, verify, verify_batch, warm_up
from .answers import AnswerReward, answer_reward
from .credit import ERL2, RL2, Anneal, Credit, make_credit
from .exploration import MEASURES, explore
from .outcome import Outcome, Reward, Steps, Transition, make_reward
from .protocols import Proposal, Proposer, ValueFunction
from .rollouts import RolloutValue, UniformProposer
from .values import GAMMA, ConstantValue, HeuristicValue, NoisyOracle, OracleValue, make_value

__all__ = [
    "ERL2",
    "GAMMA",
    "MEASURES",
    "RL2",
    "Anneal",
    "AnswerReward",
    "ConstantValue",
    "Conventions",
    "Credit",
    "HeuristicValue",
    "NoisyOracle",
    "OracleValue",
    "Outcome",
    "Proposal",
    "Proposer",
    "Reward",
    "RolloutValue",
    "Steps",
    "Transition",
    "UniformProposer",
    "ValueFunction",
    "answer_reward",
    "clear_caches",
    "counts",
    "explore",
    "make_credit",
    "make_reward",
    "make_value",
    "reset_counts",
    "verify",
    "verify_batch",
    "warm_up",
]
