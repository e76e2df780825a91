"""Verified outcome as a reward, and what every reward is given to judge: one transition of an attempt.

A reward that cannot judge says None, which is not 0.0: the environments count it as nothing and say so in
`info["judged"]`. Left out: values and shaping, which are rewards of the same kind with a model of value inside, and
credit between the episodes of a trial (`credit.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from ..tasks import Tree, Verdict


class Transition(NamedTuple):
    """One action and what came of it.

    tree: after the action; its `task`, `problem` and `cursor` are those of the attempt.
    kind: what the action did, in the words of `metacot.tasks.Event`.
    before: the cursor before the action.
    cost: budget steps that it cost, 0 or 1.
    steps: budget steps used in the episode, this action included.
    ended: did the attempt end here, in whatever way?
    verdict: the judgement with which it ended, None where there is none (an action in between, a spent budget).
    """

    tree: Tree
    kind: str
    before: int
    cost: int
    steps: int
    ended: bool
    verdict: Verdict | None


@runtime_checkable
class Reward(Protocol):
    """A named judge of transitions.

    final: True where it is 0.0 for every transition that does not end an attempt, so that it need not be asked.
    """

    @property
    def name(self) -> str: ...

    @property
    def final(self) -> bool: ...

    def __call__(self, transition: Transition) -> float | None:
        """The reward of one transition; None = cannot judge."""
        ...


@dataclass(frozen=True)
class Outcome:
    """gamma ** steps where the attempt ended with a verified right answer (or a verified right giving up), else 0.0.

    gamma: in (0, 1]; 1.0 pays 1.0 however long the search was. The paper's discount of the length of Z, in steps.
    """

    gamma: float = 1.0
    name: ClassVar[str] = "outcome"
    final: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must be in (0, 1], got {self.gamma!r}")

    def __call__(self, transition: Transition) -> float | None:
        verdict = transition.verdict
        if not transition.ended or verdict is None:
            return 0.0
        if verdict.correct is None:
            return None
        return float(self.gamma**transition.steps) if verdict.correct else 0.0


@dataclass(frozen=True)
class Steps:
    """1.0 for every action that costs a budget step; give it a negative weight."""

    name: ClassVar[str] = "steps"
    final: ClassVar[bool] = False

    def __call__(self, transition: Transition) -> float | None:
        return float(transition.cost)


Weighted = tuple[Reward, float]

SPELLINGS = "outcome[:gamma], steps"
"""What `make_reward` reads."""


def make_reward(spec: str) -> Reward:
    """The reward that a text such as "outcome:0.99" spells. Raises ValueError for any other text."""
    kind, *texts = spec.split(":")
    try:
        if kind == "outcome" and len(texts) <= 1:
            return Outcome(*map(float, texts))
        if kind == "steps" and not texts:
            return Steps()
    except ValueError as error:
        raise ValueError(f"a reward is one of {SPELLINGS}; got {spec!r}: {error}") from error
    raise ValueError(f"a reward is one of {SPELLINGS}; got {spec!r}")


def weighted(rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None) -> tuple[Weighted, ...]:
    """Rewards and their weights from a JSON mapping of spellings to weights, or from pairs; None = the outcome alone.

    Raises ValueError where two terms share a name.
    """
    if rewards is None:
        return ((Outcome(), 1.0),)
    pairs: Iterable[Any] = rewards.items() if isinstance(rewards, Mapping) else rewards
    terms = tuple((make_reward(r) if isinstance(r, str) else r, float(weight)) for r, weight in pairs)
    names = [reward.name for reward, _ in terms]
    if len(set(names)) < len(names):
        raise ValueError(f"every reward term needs a name of its own, got {', '.join(names)}")
    return terms
