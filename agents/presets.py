"""The settings of a whole run, and the presets "smoke", "demo" and "full".

Lengths are given in updates, not minutes, so that a run is a pure function of its settings; the presets are sized for
two cores.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .policies.environments import TrialSettings
from .policies.model import ModelConfig
from .problems import Family
from .reading import ReadingSettings
from .traces import TraceSettings
from .training.rl import RLSettings
from .training.sft import SFTSettings


@dataclass(frozen=True)
class EvalSettings:
    """budget: steps an episode. budgets: those of the table. samples: sampled episodes a problem.

    problems: at most so many held-out problems, None = all. attempts: CoT attempts a problem to draw restarts from.
    """

    budget: int = 32
    budgets: tuple[int, ...] = (3, 8, 16, 32)
    samples: int = 4
    problems: int | None = None
    attempts: int = 24


@dataclass(frozen=True)
class RunSettings:
    """Everything that determines a run, besides its seed and the number of workers.

    reading: of a new model, before it is trained on what to write; 0 updates = none.
    """

    task: str
    families: tuple[Family, ...]
    traces: TraceSettings
    model: ModelConfig
    reading: ReadingSettings
    sft: SFTSettings
    rl: RLSettings
    trial: TrialSettings
    evaluation: EvalSettings
    task_options: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Stable text: two runs with equal text are the same run."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


WIDE: tuple[Family, ...] = ((0.4, {}), (0.6, {"high": 20}))
"""Hands of 1-13, and wider ones: with hands of 1-13 alone, RL learns them by heart."""

WIDER: tuple[Family, ...] = ((0.2, {}), (0.3, {"high": 20}), (0.5, {"high": 25}))
"""For a long run, which learns even the hands of `WIDE` by heart: its warm start solved 95% of those of 1-13 and 78% of
the held-out ones, and RL on them had little left to teach."""

TIDY = {"outcome": 1.0, "format": 2.0, "revisit": 2.0}
"""The outcome, and a charge for each line that is refused or leads to a state seen before; new states stay free. Of
the lines that a warm start writes at the start of a hand a third are such, and the outcome alone is slow to say so."""

DEMO = RunSettings(
    task="game24",
    families=WIDE,
    traces=TraceSettings(problems=48_000),
    model=ModelConfig(),
    reading=ReadingSettings(SFTSettings(updates=400)),
    sft=SFTSettings(updates=800),
    rl=RLSettings(updates=75, micro=32),
    trial=TrialSettings(rewards=TIDY),
    evaluation=EvalSettings(),
)

PRESETS: dict[str, RunSettings] = {
    "smoke": replace(
        DEMO,
        traces=TraceSettings(problems=300),
        model=ModelConfig(width=32, layers=1, heads=2, inner=64),
        reading=ReadingSettings(SFTSettings(updates=10, save_every=5, log_every=5)),
        sft=SFTSettings(updates=30, save_every=10, log_every=5, probe_every=30),
        rl=RLSettings(updates=4, groups=2, generations=4, save_every=2, log_every=1, probe_every=4),
        trial=replace(DEMO.trial, budget=8),
        evaluation=EvalSettings(problems=8, samples=2, attempts=4),
    ),
    "demo": DEMO,
    "full": replace(
        DEMO,
        families=WIDER,
        traces=TraceSettings(problems=120_000),
        reading=ReadingSettings(SFTSettings(updates=1500)),
        sft=SFTSettings(updates=5500, probe_every=1000),
        rl=RLSettings(updates=250, micro=32, decay=0.5, max_tokens=448, probe_every=50),
        trial=replace(DEMO.trial, budget=24),
    ),
}
