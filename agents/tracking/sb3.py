"""The callback of Stable-Baselines3. Importing this module needs the extra `sb3`."""

from __future__ import annotations

from ...tasks.extras import require
from .episodes import Episodes
from .hacking import HackingMonitor
from .tracker import Tracker

_callbacks = require("stable_baselines3.common.callbacks", "sb3")


class SB3Exploration(_callbacks.BaseCallback):  # type: ignore[name-defined]
    """Logs how the agent explores, `model.learn(..., callback=SB3Exploration(tracker))`: at the end of every rollout
    the means over the episodes that ended in it, with the number of environment steps so far as the step.

    The environments have to be wrapped in `RecordExploration`:
    `make_vec_env(env_id, n_envs=8, wrapper_class=RecordExploration)`. The tracker is left open.

    monitor: looks on, and says when the shaped return parts from success.
    """

    def __init__(self, tracker: Tracker, verbose: int = 0, monitor: HackingMonitor | None = None):
        super().__init__(verbose)
        self.tracker = tracker
        self.monitor = monitor
        self.episodes = Episodes()

    def _on_step(self) -> bool:
        self.episodes.add(self.locals["infos"])
        if self.monitor is not None:
            self.monitor.record(self.locals["infos"], self.num_timesteps)
        return True

    def _on_rollout_end(self) -> None:
        if metrics := self.episodes.means():
            self.tracker.log(metrics, self.num_timesteps)
