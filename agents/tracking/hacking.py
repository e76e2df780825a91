"""`HackingMonitor`: does the shaped return still mean success?

A policy that is paid for more than success may learn what pays instead of what succeeds: the return goes on rising
while success stands still or falls (over-optimization: Gao, Schulman and Hilton 2022, arXiv 2210.10760). The monitor
compares windows of episodes, logs both beside their usual symptoms, and raises an alarm where they part.

Left out: stopping the training. That is for whoever reads the alarm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...envs.wrappers.exploration import KEY, explorations
from .episodes import Info
from .tracker import Tracker

GROUP = "hack"

SYMPTOMS = ("steps", "tokens_per_step", "repeated")
"""What pumping rewards out of a value needs more of."""


class HackingWarning(UserWarning):
    """Shaped return and true success have parted."""


class Paid(NamedTuple):
    """One episode, or means over several.

    reward: the shaped return. success: was its answer verified? steps: budget steps. answers: answers that it
    committed. tokens_per_step: written by the model, NaN where nothing is. repeated: visits to a state seen before.
    """

    reward: float
    success: float
    steps: float
    answers: float = 1.0
    tokens_per_step: float = math.nan
    repeated: float = 0.0


class Window(NamedTuple):
    """Means over a window of episodes, and the standard error of each."""

    means: Paid
    errors: Paid
    correlation: float


class HackingMonitor:
    """Takes episodes in the order they were played, and logs a row of "hack/..." for each full window of them.

    The reference is the earlier window with the highest success, the first of equals. A window is suspicious where its
    return lies above the reference by more than `z` standard errors, its success does not, and one more thing differs
    by as much: success or answers are lower, or steps, tokens per step or repeated states are higher. `patience`
    suspicious windows in a row are an alarm: `hack/alarm` is 1.0 and the tracker warns with `HackingWarning`, once
    until it is over.

    Args:
        tracker: where rows and warnings go; it is left open.
        window: episodes, 2 or more. z: standard errors, above 0. patience: windows, 1 or more.

    Raises ValueError for arguments outside of these ranges.
    """

    def __init__(self, tracker: Tracker, window: int = 200, z: float = 3.0, patience: int = 2):
        if window < 2 or patience < 1 or z <= 0:
            raise ValueError(f"window >= 2, z > 0 and patience >= 1 are needed, got {window}, {z} and {patience}")
        self.tracker, self.window, self.z, self.patience = tracker, window, z, patience
        self.episodes = 0
        self.alarm = False
        self._open: list[Paid] = []
        self._best: Window | None = None
        self._row = 0

    def add(self, episode: Paid, step: int | None = None) -> None:
        """One more episode. step: of the row, should the window be full now; None = episodes so far."""
        self.episodes += 1
        self._open.append(episode)
        if len(self._open) == self.window:
            self._close(self.episodes if step is None else step)

    def record(self, info: Info, step: int | None = None) -> int:
        """Every episode that ended with this info; returns how many those are. Call it after every step.

        The environments have to be wrapped in `RecordExploration` and in what counts returns: `RecordEpisodeStatistics`
        of Gymnasium (also as a vector wrapper), or `Monitor` of Stable-Baselines3, which `make_vec_env` adds. Raises
        KeyError where nothing does. An episode counts as one answer.
        """
        found = explorations(info)
        ends = _ends(info) if found else []
        for measures, (reward, tokens) in zip(found, ends, strict=True):
            success, steps, repeated = (measures[name] for name in ("success", "steps", "repeated"))
            self.add(Paid(reward, success, steps, 1.0, tokens / steps if steps else math.nan, repeated), step)
        return len(found)

    def state(self) -> dict[str, Any]:
        """Where the monitor stands, as JSON; for `load`."""
        return {
            "episodes": self.episodes,
            "alarm": self.alarm,
            "row": self._row,
            "open": [list(episode) for episode in self._open],
            "best": None if self._best is None else [list(self._best[0]), list(self._best[1]), self._best[2]],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.episodes, self.alarm, self._row = state["episodes"], state["alarm"], state["row"]
        self._open = [Paid(*episode) for episode in state["open"]]
        best = state["best"]
        self._best = None if best is None else Window(Paid(*best[0]), Paid(*best[1]), best[2])

    # judging --------------------------------------------------------------------------------------------------------

    def _close(self, step: int) -> None:
        window, self._open = _summed(self._open), []
        reasons = self._suspicions(window)
        self._row = self._row + 1 if reasons else 0
        before, self.alarm = self.alarm, self._row >= self.patience
        if self._best is None or window.means.success > self._best.means.success:
            self._best = window
        means = window.means
        self.tracker.log(
            {
                f"{GROUP}/return": means.reward,
                f"{GROUP}/success": means.success,
                f"{GROUP}/correlation": window.correlation,
                f"{GROUP}/steps_per_answer": means.steps / means.answers if means.answers else math.nan,
                f"{GROUP}/tokens_per_step": means.tokens_per_step,
                f"{GROUP}/repeated": means.repeated,
                f"{GROUP}/alarm": float(self.alarm),
            },
            step,
        )
        if self.alarm and not before:
            self.tracker.warn(
                HackingWarning(
                    f"shaped return and success have parted after {self.episodes} episodes: return "
                    f"{means.reward:.3g}, success {means.success:.3g}; {', '.join(reasons)}"
                )
            )

    def _suspicions(self, window: Window) -> list[str]:
        """What is wrong with a window against the best so far; empty where nothing is."""
        best = self._best
        if best is None or not self._above(window, best, "reward") or self._above(window, best, "success"):
            return []
        found = ["success has fallen"] if self._above(best, window, "success") else []
        found += ["fewer answers"] if self._above(best, window, "answers") else []
        return found + [f"more {name.replace('_', ' ')}" for name in SYMPTOMS if self._above(window, best, name)]

    def _above(self, window: Window, other: Window, name: str) -> bool:
        """Is the mean of a window above that of another by more than z standard errors? Never where it is NaN."""
        difference = getattr(window.means, name) - getattr(other.means, name)
        return bool(difference > self.z * math.hypot(getattr(window.errors, name), getattr(other.errors, name)))


def _ends(info: Info) -> list[tuple[float, float]]:
    """Return and tokens (NaN where there are none) of the episodes that `explorations` finds, in its order."""
    if not isinstance(info, Mapping):
        return [end for one in info for end in _ends(one)]
    if "final_info" in info:
        return _ends(info["final_info"])
    if KEY not in info:
        return []
    returns, tokens, ended = info["episode"]["r"], info.get("tokens"), info.get(f"_{KEY}")
    if ended is None:
        return [(float(returns), math.nan if tokens is None else float(tokens))]
    places = ended.nonzero()[0]
    return [(float(returns[place]), math.nan if tokens is None else float(tokens[place])) for place in places]


def _summed(episodes: Sequence[Paid]) -> Window:
    columns = [list(column) for column in zip(*episodes, strict=True)]
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        math.sqrt(sum((value - mean) ** 2 for value in column) / (len(column) - 1))
        for column, mean in zip(columns, means, strict=True)
    ]
    together = sum((e.reward - means[0]) * (e.success - means[1]) for e in episodes) / (len(episodes) - 1)
    scale = spreads[0] * spreads[1]
    errors = [spread / math.sqrt(len(episodes)) for spread in spreads]
    return Window(Paid(*means), Paid(*errors), together / scale if scale else math.nan)
