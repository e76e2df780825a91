"""Why an answer is not a plain yes or no. Neither of these ever leaves `verify`."""

from __future__ import annotations

from .arithmetic import AnswerError


class Unreadable(AnswerError):
    """Not mathematics that this package reads: unknown commands, broken brackets, words."""


class Beyond(Unreadable):
    """Mathematics that only a computer algebra system reads, such as an integral."""


class Undecided(Exception):
    """A check that could not be made within its limits. `reason` is short printable ASCII."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Undefined(Exception):
    """An expression without a value, such as 1/0."""
