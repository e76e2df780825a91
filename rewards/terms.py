"""How reward terms are spelled: texts such as "potential:best:oracle", and mappings from them to weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..tasks import Task
from .outcome import Outcome, Reward, Steps
from .shaping import KINDS, make_shaping
from .shaping import SPELLINGS as SHAPING

Weighted = tuple[Reward, float]

SPELLINGS = f"outcome[:gamma[:steps|tokens]], steps, {SHAPING}"
"""What `make_reward` reads."""


def make_reward(spec: str, task: Task[Any, Any] | None = None) -> Reward:
    """The reward that a text such as "outcome:0.99" or "delta:oracle" spells.

    Raises ValueError for any other text, and where `task` is given and the value inside cannot be used on it.
    """
    kind, *texts = spec.split(":")
    try:
        if kind == "outcome" and len(texts) <= 2:
            gamma, unit = (*texts, *("1.0", "steps")[len(texts) :])
            return Outcome(float(gamma), unit)
        if kind == "steps" and not texts:
            return Steps()
        if kind in KINDS:
            return make_shaping(spec, task)
    except ValueError as error:
        raise ValueError(f"a reward is one of {SPELLINGS}; got {spec!r}: {error}") from error
    raise ValueError(f"a reward is one of {SPELLINGS}; got {spec!r}")


def weighted(
    rewards: Mapping[str, float] | Iterable[tuple[Reward, float]] | None, task: Task[Any, Any] | None = None
) -> tuple[Weighted, ...]:
    """Rewards and their weights from a JSON mapping of spellings to weights, or from pairs; None = the outcome alone.

    Raises ValueError where two terms share a name, and as `make_reward`.
    """
    if rewards is None:
        return ((Outcome(), 1.0),)
    pairs: Iterable[Any] = rewards.items() if isinstance(rewards, Mapping) else rewards
    terms = tuple((make_reward(r, task) if isinstance(r, str) else r, float(weight)) for r, weight in pairs)
    names = [reward.name for reward, _ in terms]
    if len(set(names)) < len(names):
        raise ValueError(f"every reward term needs a name of its own, got {', '.join(names)}")
    return terms
