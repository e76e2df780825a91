"""What a folder of traces is made with: a frozen, JSON-able description that decides every byte of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...rewards.values import make_value
from ...tasks import Task, Tree
from ...tasks.styles import STYLES
from ..linearizers import linearize
from ..search import ALGORITHMS

ORDERS = ("address", "difficulty")
"""Rows by the number of their problem; or the problems that cost the search fewest nodes first."""


@dataclass(frozen=True)
class SynthesisSettings:
    """problems: how many are searched; a finite family is dealt again in another order when it is through.

    search, value, budget: of the search, see `agents.search`; "{n}" in `value` stands for the problem's number, so
        that every search errs on other states. value None: what the search takes by itself. budget: nodes.
    linearizer: its spelling, such as "ancestor_hops:branches=3". values: are noted values written down?
    style: of the text, one of `tasks.styles.STYLES`.
    max_tokens, max_backtracks: longer traces lose whole wrong branches; those whose solution alone is too long are
        left out and counted.
    order: one of ORDERS. seed, split, difficulty: which problems; the seed also decides all else that is drawn.
    shard_rows: problems a file.
    """

    problems: int
    search: str = "best_first"
    value: str | None = None
    budget: int = 1000
    linearizer: str = "visit_order"
    values: bool = False
    style: str = "suite"
    max_tokens: int | None = None
    max_backtracks: int | None = None
    order: str = "address"
    seed: int = 0
    split: str = "train"
    difficulty: Mapping[str, Any] = field(default_factory=dict)
    shard_rows: int = 2000

    def __post_init__(self) -> None:
        for name, least in (("problems", 1), ("budget", 0), ("seed", 0), ("shard_rows", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}")
        for name in ("max_tokens", "max_backtracks"):
            if (limit := getattr(self, name)) is not None and limit < 0:
                raise ValueError(f"{name} must not be negative, got {limit!r}")
        for name, known in (("search", ALGORITHMS), ("style", STYLES), ("order", ORDERS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")

    @property
    def shards(self) -> int:
        """How many shards the problems are cut into."""
        return -(-self.problems // self.shard_rows)

    def numbers(self, shard: int) -> range:
        """The numbers of the problems of a shard."""
        return range(shard * self.shard_rows, min((shard + 1) * self.shard_rows, self.problems))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self), sort_keys=True))
        return found

    def check(self, task: Task[Any, Any]) -> None:
        """Raises ValueError or IndexError where `task` has no such value, split, difficulty or linearizer's knob."""
        if self.value is not None:
            make_value(self.spelled_value(0) or "", task)
        linearize(Tree(task, task.problem(self.seed, 0, self.split, **self.difficulty)), self.linearizer)

    def spelled_value(self, number: int) -> str | None:
        """The value for the problem with this number."""
        return None if self.value is None else self.value.replace("{n}", str(self.seed * self.problems + number))
