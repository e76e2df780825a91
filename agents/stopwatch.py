"""Time spent on something over all its sessions, kept in a file, so that a session that was killed counts as well."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .files import write_whole


class Stopwatch:
    """Runs from the moment it is made, on top of the seconds that `path` holds from earlier sessions."""

    def __init__(self, path: Path):
        self.path = path
        self._before = float(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else 0.0
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Spent so far, in all sessions whose end was saved."""
        return self._before + time.perf_counter() - self._began

    def save(self) -> float:
        """Write the seconds down; returns them."""
        seconds = round(self.seconds, 1)
        write_whole(self.path, json.dumps(seconds))
        return seconds

    @contextmanager
    def saving(self, every: float = 5.0) -> Iterator[None]:
        """Within, save every so many seconds, and at the end however it comes: at most so many are lost by a kill."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(every):
                self.save()

        keeper = threading.Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()
            self.save()
