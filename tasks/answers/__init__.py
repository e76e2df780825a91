"""Readers and judges of final answers: every text is hostile until read, and nothing here evaluates code."""

from .arithmetic import AnswerError, Arithmetic, check_arithmetic, read_arithmetic
from .conventions import DEFAULT, Conventions
from .counting import counts, reset_counts
from .verify import KINDS, clear_caches, verify
from .workers.batch import verify_batch
from .workers.pool import warm_up

__all__ = [
    "DEFAULT",
    "KINDS",
    "AnswerError",
    "Arithmetic",
    "Conventions",
    "check_arithmetic",
    "clear_caches",
    "counts",
    "read_arithmetic",
    "reset_counts",
    "verify",
    "verify_batch",
    "warm_up",
]
