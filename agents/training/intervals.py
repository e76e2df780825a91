"""How often a training stage logs and saves."""

from __future__ import annotations


def check_intervals(save_every: int, log_every: int) -> None:
    """Raises ValueError unless checkpoints fall on logged updates: what is logged is a mean since the last time, and a
    run that resumes from a checkpoint must log what it would have logged without the break."""
    if min(save_every, log_every) < 1 or save_every % log_every:
        raise ValueError(f"save_every must be a multiple of log_every, got {save_every} and {log_every}")
