"""How many checks were made, and how they ended: counters of this process that anyone may read."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping

_lock = threading.Lock()
_counts: Counter[str] = Counter()


def _after_fork() -> None:
    """Another thread of the parent may have held the lock when this process was forked."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def count(name: str) -> None:
    with _lock:
        _counts[name] += 1


def add_counts(more: Mapping[str, int]) -> None:
    """Add what another process counted."""
    with _lock:
        _counts.update(more)


def counts() -> dict[str, int]:
    """Counts since the process started or `reset_counts` was called.

    calls, right, wrong, unjudged: verdicts; `unjudged: REASON`: those with correct=None by reason; worker calls, worker
    kills (time or memory), worker errors, remembered: the algebra workers.
    """
    with _lock:
        return dict(sorted(_counts.items()))


def reset_counts() -> None:
    with _lock:
        _counts.clear()
