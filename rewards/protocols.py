"""What a search asks of whoever values states and whoever proposes steps: two small protocols, nothing else.

Both are asked in batches, because a language model answers a hundred questions for little more than one; whoever
has a single state passes a list of one. Neither may depend on the order or the size of the batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ..tasks import Task


@runtime_checkable
class ValueFunction(Protocol):
    """How promising states are. The value is that of the state itself: backtracking out of it does not count."""

    @property
    def name(self) -> str:
        """Who is speaking, as noted beside values in trees; the JSON spelling where `make_value` knows one."""
        ...

    def values(self, task: Task[Any, Any], states: Sequence[Any]) -> list[float]:
        """One number in [0, 1] a state, in their order."""
        ...


class Proposal(NamedTuple):
    """A step, and the natural logarithm of the probability with which it was drawn."""

    step: Any
    logprob: float


@runtime_checkable
class Proposer(Protocol):
    """Who suggests steps: random play, a language model."""

    @property
    def name(self) -> str: ...

    def propose(
        self, task: Task[Any, Any], states: Sequence[Any], rngs: Sequence[Random], count: int = 1
    ) -> list[list[Proposal]]:
        """`count` independent draws (repeats are possible) for each state; an empty list where nothing is left to do.

        All chance for state i comes from `rngs[i]`, so that a state gets the same proposals in every batch.
        """
        ...
