"""The callback of transformers and TRL. Importing this module needs the extra `lm`."""

from __future__ import annotations

from typing import Any

from ...tasks.extras import require
from .episodes import GROUP, Episodes, Info
from .hacking import HackingMonitor
from .tracker import Tracker

_transformers = require("transformers", "lm")


class TrainerExploration(_transformers.TrainerCallback):  # type: ignore[name-defined]
    """Logs how a language model explores while `transformers` or TRL trains it: whenever the trainer logs, the means
    over the episodes recorded since it last did, with its global step as the step.

    A trainer does not see environments. Whoever plays the episodes, a reward function or a rollout function, hands
    their infos over: `callback.record(info)` after every step of an environment wrapped in `RecordExploration`. Of
    several processes the first logs, and it knows the episodes that were played in it. A run that is resumed takes
    back what it will log again. The tracker is left open.

    monitor: looks on, and says when the shaped return parts from success; the environments have to count their returns
        (`HackingMonitor.record`).
    """

    def __init__(self, tracker: Tracker, monitor: HackingMonitor | None = None):
        self.tracker = tracker
        self.monitor = monitor
        self.episodes = Episodes()

    def record(self, info: Info) -> int:
        """Takes every episode that ended with this info; returns how many those are."""
        if self.monitor is not None:
            self.monitor.record(info)
        return self.episodes.add(info)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Takes back the rows after the update that training goes on from."""
        if state.is_world_process_zero:
            self.tracker.rewind(GROUP, state.global_step + 1)

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """One row, where an episode has ended."""
        if (metrics := self.episodes.means()) and state.is_world_process_zero:
            self.tracker.log(metrics, state.global_step)
