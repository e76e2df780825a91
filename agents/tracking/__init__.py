"""Where the numbers of a run go: a JSONL file, Weights & Biases through the same interface, or nowhere; how any loop
logs exploration: `Tracker.log_episode`, a callback of Stable-Baselines3, a callback of transformers and TRL; and a
monitor that says when a shaped return has parted from success.

The libraries behind the callbacks are imported when a callback is asked for, and no sooner.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .episodes import Episodes
from .hacking import HackingMonitor, HackingWarning, Paid
from .jsonl import JsonlTracker, MetricsRow, read_metrics
from .tracker import NullTracker, Tracker, Trackers
from .wandb_run import WandbTracker

if TYPE_CHECKING:
    from .sb3 import SB3Exploration
    from .trainer import TrainerExploration

__all__ = [
    "Episodes",
    "HackingMonitor",
    "HackingWarning",
    "JsonlTracker",
    "MetricsRow",
    "NullTracker",
    "Paid",
    "SB3Exploration",
    "Tracker",
    "Trackers",
    "TrainerExploration",
    "WandbTracker",
    "read_metrics",
]

_CALLBACKS = {"SB3Exploration": "sb3", "TrainerExploration": "trainer"}


def __getattr__(name: str) -> Any:
    if name in _CALLBACKS:
        return getattr(import_module(f"{__name__}.{_CALLBACKS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
