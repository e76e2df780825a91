"""The suite's own grammar as a style: the reasoner's lines, each followed by what the environment answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..problem import Problem
from ..task import Task
from ..trace import Segment, Trace, emit, parse, segments


class Suite:
    """What the text environments read and write under feedback "state"; see `tasks.grammar`."""

    name = "suite"

    def segments(self, task: Task[Any, Any], trace: Trace) -> Iterator[Segment]:
        """See `trace.segments`."""
        return segments(task, trace)

    def emit(self, task: Task[Any, Any], trace: Trace) -> str:
        """See `trace.emit`."""
        return emit(task, trace)

    def parse(self, task: Task[Any, Any], problem: Problem, text: str, *, strict: bool = False) -> Trace:
        """See `trace.parse`."""
        return parse(task, problem, text, strict=strict)
