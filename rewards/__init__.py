"""How reasoning is judged: values of states, and the protocols that searches ask of them."""

from .protocols import Proposal, Proposer, ValueFunction
from .rollouts import RolloutValue, UniformProposer
from .values import ConstantValue, NoisyOracle, OracleValue, make_value

__all__ = [
    "ConstantValue",
    "NoisyOracle",
    "OracleValue",
    "Proposal",
    "Proposer",
    "RolloutValue",
    "UniformProposer",
    "ValueFunction",
    "make_value",
]
