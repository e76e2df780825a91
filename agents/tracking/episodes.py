"""From the info of environments to metrics of the group "explore"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...envs import explorations

Info = Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""What `metacot.envs.explorations` reads: of one environment, of a Gymnasium vector, or of an SB3 vector."""

GROUP = "explore"


def row(measures: Mapping[str, float], episodes: int = 1) -> dict[str, float]:
    """Measures of one episode, or their means over several, as metrics."""
    return {**{f"{GROUP}/{name}": value for name, value in measures.items()}, f"{GROUP}/episodes": float(episodes)}


class Episodes:
    """Collects the explorations of episodes and gives out their means: one row of metrics for many episodes."""

    def __init__(self) -> None:
        self._found: list[dict[str, float]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, info: Info) -> int:
        """Takes every episode that ended with this info; returns how many those are. Call it after every step."""
        found = explorations(info)
        self._found += found
        return len(found)

    def means(self) -> dict[str, float]:
        """The metrics of all episodes since the last call, each over those where it is defined (NaN where it is in
        none); empty where no episode ended."""
        found, self._found = self._found, []
        return row({name: _mean([one[name] for one in found]) for name in found[0]}, len(found)) if found else {}


def _mean(values: list[float]) -> float:
    defined = [value for value in values if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else math.nan
