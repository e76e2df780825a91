"""The interface of all trackers, the one that keeps nothing, and several at once.

Left out on purpose: pictures, tables and model files.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType

from ...envs import explorations
from ..metrics import stage_of
from .episodes import Info, row


class Tracker(ABC):
    """Takes the metrics of a run. As a context manager it finishes on the way out."""

    _episodes = 0  # logged by `log_episode`

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics of one stage at one of its steps.

        metrics: names of METRICS, all of one group; "time/..." may go with any. step: 0 or more, counted per stage;
        several calls may share it.

        Raises KeyError for an unknown name, ValueError for metrics of no or of several stages and for a bad step.
        """
        if not isinstance(step, int) or isinstance(step, bool) or step < 0:
            raise ValueError(f"step must be a whole number of 0 or more, got {step!r}")
        stage = stage_of(frozenset(metrics))
        self._log(stage, step, {name: float(value) for name, value in metrics.items()})

    def log_episode(self, info: Info, step: int | None = None) -> int:
        """Record how the episodes that ended with `info` were explored, a row of "explore/..." each.

        info: what a step of an environment in `metacot.envs.RecordExploration` returned, or of a vector of them; call
        this after every step, since nothing is logged where no episode ended. step: of the rows; None numbers the
        episodes logged so, from 0 on.

        Returns how many episodes ended.
        """
        found = explorations(info)
        for measures in found:
            self.log(row(measures), self._episodes if step is None else step)
            self._episodes += 1
        return len(found)

    @abstractmethod
    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        """`log` after all checks."""

    def warn(self, warning: Warning) -> None:
        """Tell whoever watches the run; the metrics beside it are for whoever reads it later."""
        warnings.warn(warning, stacklevel=3)

    def rewind(self, stage: str, step: int) -> None:  # noqa: B027 (doing nothing is right where nothing is kept)
        """Forget what `stage` logged at `step` and later, because it is about to be done again."""

    def finish(self) -> None:  # noqa: B027
        """Close what is open; nothing can be logged afterwards. Finishing twice is harmless."""

    def __enter__(self) -> Tracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish()


class NullTracker(Tracker):
    """Checks the names and keeps nothing."""

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        pass


class Trackers(Tracker):
    """Passes everything on to several trackers, in order."""

    def __init__(self, *trackers: Tracker):
        self.trackers = trackers

    def _log(self, stage: str, step: int, metrics: dict[str, float]) -> None:
        for tracker in self.trackers:
            tracker._log(stage, step, metrics)

    def rewind(self, stage: str, step: int) -> None:
        for tracker in self.trackers:
            tracker.rewind(stage, step)

    def finish(self) -> None:
        with ExitStack() as stack:  # each one is finished, even where another fails
            for tracker in reversed(self.trackers):
                stack.callback(tracker.finish)
