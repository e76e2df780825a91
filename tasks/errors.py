"""The errors a task may raise. All derive from TaskError, which is a ValueError."""

from __future__ import annotations


class TaskError(ValueError):
    """Base of every error raised by a task's rules or text."""


class IllegalStep(TaskError):
    """A step that the rules do not allow in this state; the message is the reason, for people and models."""


class UnreadableStep(TaskError):
    """A text that is no step of this task."""


class NotEnumerable(TaskError):
    """The legal steps of this task cannot be listed (free text)."""


class TraceError(TaskError):
    """A text that is not a well-formed trace (raised by the strict parser only), or a trace without a text."""
