"""Credit between the episodes of a trial: which of them are paid, and what the tokens of each are credited with.

A trial is K episodes on one problem in one context. With r_k the reward of episode k and s_k the budget steps used up
to its end, all earlier episodes included:

    paid_k    = w_k * gamma ** s_k * r_k            w_k = 1 for all k (RL²), only for the last (E-RL²), alpha between
    returns_k = paid_k + paid_{k+1} + ... + paid_K  what the tokens of episode k are credited with

RL² (Duan et al. 2016, arXiv 1611.02779) maximises the sum over all episodes, and turns greedy where every episode
already pays. E-RL² (Stadie et al. 2018, arXiv 1803.01118; the meta-RL objective of Meta-CoT, arXiv 2501.04682) pays
the last one alone: the episodes before it are free to explore, and its reward flows back to them. Annealing between
the two is in the manner of SCoRe (Kumar et al. 2024, arXiv 2409.12917). gamma is the discount of the length of the
search Z (Meta-CoT), counted in budget steps or in tokens: s_k is then the tokens written so far.

Shaping (`shaping.py`) is no part of r_k: it is paid with the step it falls on, whatever the credit, so that it can
guide episodes that are not paid themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from .outcome import UNITS


@dataclass(frozen=True)
class Credit(ABC):
    """How the episodes of a trial are paid.

    gamma: discount per unit, in (0, 1]; 1.0 = none. Use it here or in `Outcome`, not in both.
    unit: "steps" of the budget, or "tokens".
    """

    gamma: float = field(default=1.0, kw_only=True)
    unit: str = field(default="steps", kw_only=True)

    def __post_init__(self) -> None:
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must be in (0, 1], got {self.gamma!r}")
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {self.unit!r}")

    @property
    @abstractmethod
    def name(self) -> str:
        """The JSON spelling: `make_credit(credit.name) == credit`."""

    @abstractmethod
    def weight(self, last: bool) -> float:
        """The share of its reward that an episode is paid."""

    def pay(self, reward: float, steps: int, last: bool) -> float:
        """What one episode is paid, so many steps (or tokens, as `unit` says) into the trial."""
        return self.weight(last) * self.gamma**steps * reward

    def paid(self, rewards: Sequence[float], steps: Sequence[int] | None = None) -> list[float]:
        """What each episode is paid.

        rewards: one a episode, in order. steps: budget steps, or tokens, used in each; needed where gamma < 1.
        Raises ValueError where `steps` is missing or of another length.
        """
        if steps is None and self.gamma < 1:
            raise ValueError(f"a discount of {self.gamma} needs the {self.unit} of every episode")
        used = 0
        paid = []
        for episode, (reward, more) in enumerate(zip(rewards, steps or [0] * len(rewards), strict=True), start=1):
            used += more
            paid.append(self.pay(reward, used, episode == len(rewards)))
        return paid

    def returns(self, rewards: Sequence[float], steps: Sequence[int] | None = None) -> list[float]:
        """The return from each episode on: what the tokens written in it are credited with."""
        ahead = 0.0
        returns = []
        for paid in reversed(self.paid(rewards, steps)):
            ahead += paid
            returns.append(ahead)
        return returns[::-1]

    def _spell(self, head: str) -> str:
        if self.unit != "steps":
            return f"{head}:{self.gamma!r}:{self.unit}"
        return head if self.gamma == 1 else f"{head}:{self.gamma!r}"


@dataclass(frozen=True)
class RL2(Credit):
    """Every episode is paid."""

    @property
    def name(self) -> str:
        return self._spell("rl2")

    def weight(self, last: bool) -> float:
        return 1.0


@dataclass(frozen=True)
class ERL2(Credit):
    """Only the last episode is paid, and its reward flows back to all."""

    @property
    def name(self) -> str:
        return self._spell("erl2")

    def weight(self, last: bool) -> float:
        return 1.0 if last else 0.0


@dataclass(frozen=True)
class Anneal(Credit):
    """Between the two: the last episode is paid in full, earlier ones by the share alpha.

    alpha: in [0, 1]; 0.0 is E-RL², 1.0 is RL². A schedule makes a new object for every value.
    """

    alpha: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be in [0, 1], got {self.alpha!r}")

    @property
    def name(self) -> str:
        return self._spell(f"anneal:{self.alpha!r}")

    def weight(self, last: bool) -> float:
        return 1.0 if last else self.alpha


SPELLINGS = "rl2[:gamma[:unit]], erl2[:gamma[:unit]], anneal:alpha[:gamma[:unit]]"
"""What `make_credit` reads."""


def make_credit(spec: str | Credit) -> Credit:
    """The credit that a text such as "anneal:0.3" spells; an object is handed back. Raises ValueError."""
    if isinstance(spec, Credit):
        return spec
    kind, *texts = spec.split(":") if isinstance(spec, str) else ("",)
    most = 2 if kind == "anneal" else 1
    unit = texts.pop() if len(texts) == most + 1 else "steps"
    try:
        numbers = list(map(float, texts))
        if kind == "anneal" and 1 <= len(numbers) <= most:
            return Anneal(numbers[0], gamma=(*numbers, 1.0)[1], unit=unit)
        if kind in ("rl2", "erl2") and len(numbers) <= most:
            return (RL2 if kind == "rl2" else ERL2)(gamma=(*numbers, 1.0)[0], unit=unit)
    except ValueError as error:
        raise ValueError(f"a credit is one of {SPELLINGS}; got {spec!r}: {error}") from error
    raise ValueError(f"a credit is one of {SPELLINGS}; got {spec!r}")
