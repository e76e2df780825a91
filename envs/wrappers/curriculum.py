"""`Curriculum`: problems get harder while they are solved, and easier while they are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from ..base import TaskEnv


class Curriculum(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Deals problems of one level, and moves to the next or the previous one by the success of recent episodes.

    With s = successes / window over the last `window` episodes on the present level, at the end of an episode:
    s >= `up` moves one level up, s <= `down` one level down. A move empties the window, so that it takes at least
    `window` episodes to the next one; that, and the gap between `down` and `up`, keep it from swinging to and fro.
    Of a trial the last attempt counts. Episodes on a problem given by hand (`options={"problem": ...}`), and those
    given up by an early reset, do not count. Nothing is random: the same successes lead to the same levels. The address
    of the next problem goes on as ever, so the level is all that changes.

    `info["curriculum"]`, at every reset and at the end of every episode: `level` (int, 0 = the first), `success`
    (float, s of the episodes counted so far, 0.0 where there are none) and `episodes` (int, how many those are).

    In a vector each environment has a curriculum of its own.

    Args:
        levels: easiest first: names of the task's levels, or knobs such as `{"high": 20}`. None: all levels of the task
            in order.
        window: episodes, 1 or more. up: in (0, 1]. down: in [0, up), or None to never go back.
        start: the place of the first level in `levels`.

    Raises ValueError for arguments outside of these ranges and levels that the task does not have, TypeError where no
    environment of this suite is inside.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        levels: Sequence[str | Mapping[str, Any]] | None = None,
        window: int = 50,
        up: float = 0.8,
        down: float | None = 0.3,
        start: int = 0,
    ):
        RecordConstructorArgs.__init__(self, levels=levels, window=window, up=up, down=down, start=start)
        super().__init__(env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise TypeError(f"a curriculum needs an environment of this suite inside, got {env}")
        self.inner = env.unwrapped
        self.levels = tuple(self.inner.task.levels if levels is None else levels)
        if not self.levels:
            raise ValueError(f"a curriculum needs levels, and {self.inner.task.name} has none of its own")
        if not (isinstance(window, int) and window >= 1):
            raise ValueError(f"window must be a whole number of episodes, at least 1, got {window!r}")
        if not 0 < up <= 1:
            raise ValueError(f"up must be in (0, 1], got {up!r}")
        if down is not None and not 0 <= down < up:
            raise ValueError(f"down must be None or in [0, up), got {down!r} with up={up!r}")
        if start not in range(len(self.levels)):
            raise ValueError(f"start must be the place of one of {len(self.levels)} levels, got {start!r}")
        for level in self.levels:  # raises for one that the task does not have, now rather than after a week
            self.inner.set_difficulty(level)
        self.up, self.down = up, down
        self.level = start
        self._recent: deque[bool] = deque(maxlen=window)
        self._counts = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self.inner.set_difficulty(self.levels[self.level])
        observation, info = self.env.reset(seed=seed, options=options)
        self._counts = not options or options.get("problem") is None
        return observation, info | {"curriculum": self._told()}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            if self._counts:
                self._count(bool(info["success"]))
            info["curriculum"] = self._told()
        return observation, reward, terminated, truncated, info

    def state(self) -> dict[str, Any]:
        """Where the curriculum stands, as JSON; for `load`."""
        return {"level": self.level, "recent": list(self._recent)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, from the next reset on. Raises ValueError where it does not fit."""
        level, recent = state.get("level"), state.get("recent")
        fits = level in range(len(self.levels)) and isinstance(recent, list) and len(recent) <= self._window
        if not fits:
            raise ValueError(f"no state of a curriculum of {len(self.levels)} levels, window {self._window}: {state!r}")
        self.level = int(level or 0)
        self._recent = deque(map(bool, recent or ()), maxlen=self._window)

    @property
    def _window(self) -> int:
        return self._recent.maxlen or 1

    def _count(self, success: bool) -> None:
        recent = self._recent
        recent.append(success)
        if len(recent) < self._window:
            return
        share = sum(recent) / len(recent)
        move = (share >= self.up) - (self.down is not None and share <= self.down)
        level = min(max(self.level + move, 0), len(self.levels) - 1)
        if level != self.level:
            self.level = level
            recent.clear()

    def _told(self) -> dict[str, Any]:
        recent = self._recent
        share = sum(recent) / len(recent) if recent else 0.0
        return {"level": self.level, "success": float(share), "episodes": len(recent)}
