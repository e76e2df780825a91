"""Verified outcome as a reward, and what every reward is given to judge: one transition of an attempt.

A reward that cannot judge says None, which is not 0.0: the environments count it as nothing and say so in
`info["judged"]`. Left out: shaping, which are rewards of the same kind with a value inside (`shaping.py`), how terms
are spelled (`terms.py`), and credit between the episodes of a trial (`credit.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from ..tasks import Tree, Verdict

UNITS = ("steps", "tokens")
"""What a length of thought is counted in."""


class Transition(NamedTuple):
    """One action and what came of it.

    tree: after the action; its `task`, `problem` and `cursor` are those of the attempt.
    kind: what the action did, in the words of `metacot.tasks.Event`.
    before: the cursor before the action.
    cost: budget steps that it cost, 0 or 1.
    steps: budget steps used in the episode, this action included.
    ended: did the attempt end here, in whatever way?
    verdict: the judgement with which it ended, None where there is none (an action in between, a spent budget).
    budget: steps that the episode, or the whole trial, may cost.
    first: nodes that there were when the attempt began: 1, but for later attempts of a trial.
    tokens, written: tokens used in the episode so far, and since the transition before; None and 0 where nothing is
        written.
    """

    tree: Tree
    kind: str
    before: int
    cost: int
    steps: int
    ended: bool
    verdict: Verdict | None
    budget: int = 1
    first: int = 1
    tokens: int | None = None
    written: int = 0


@runtime_checkable
class Reward(Protocol):
    """A named judge of transitions.

    final: True where it is 0.0 for every transition that does not end an attempt, so that it need not be asked.

    One more attribute is optional, `stepwise`: True where a trial pays it with the step it falls on, as all shaping is,
    instead of with its episode as the credit says.
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
    """gamma ** length where the attempt ended with a verified right answer (or a verified right giving up), else 0.0.

    gamma: in (0, 1]; 1.0 pays 1.0 however long the search was. The paper's discount of the length of Z.
    unit: what the length is counted in: budget "steps", or "tokens" (None where there are none, on the numeric face).
    """

    gamma: float = 1.0
    unit: str = "steps"
    name: ClassVar[str] = "outcome"
    final: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must be in (0, 1], got {self.gamma!r}")
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {self.unit!r}")

    def __call__(self, transition: Transition) -> float | None:
        verdict = transition.verdict
        if not transition.ended or verdict is None:
            return 0.0
        length = transition.steps if self.unit == "steps" else transition.tokens
        if verdict.correct is None or length is None:
            return None
        return float(self.gamma**length) if verdict.correct else 0.0


@dataclass(frozen=True)
class Steps:
    """1.0 for every action that costs a budget step; give it a negative weight."""

    name: ClassVar[str] = "steps"
    final: ClassVar[bool] = False

    def __call__(self, transition: Transition) -> float | None:
        return float(transition.cost)
