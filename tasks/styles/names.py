"""The styles by name, and the two parts of a text in any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..grammar import CLOSE
from ..problem import Problem
from ..task import Task
from ..trace import Segment, Trace
from .create_close import CreateClose
from .prose import Prose
from .stream import Stream
from .suite import Suite


class Style(Protocol):
    """A way to write traces as text. `parse(task, problem, emit(task, trace))` has the actions of the trace; `parse`
    never raises unless it is asked to be strict, and `emit` raises TraceError where this would not be true."""

    name: str

    def segments(self, task: Task[Any, Any], trace: Trace) -> Iterator[Segment]: ...

    def emit(self, task: Task[Any, Any], trace: Trace) -> str: ...

    def parse(self, task: Task[Any, Any], problem: Problem, text: str, *, strict: bool = False) -> Trace: ...


STYLES: dict[str, Callable[[], Style]] = {
    "suite": Suite,
    "stream": Stream,
    "create_close": CreateClose,
    "prose": Prose,
}


def make_style(name: str, seed: int = 0) -> Style:
    """A style by name. seed: decides the words of those that choose among several. Raises ValueError."""
    if name not in STYLES:
        raise ValueError(f"a style is one of {', '.join(STYLES)}, got {name!r}")
    return Prose(seed) if name == "prose" else STYLES[name]()


def split(text: str) -> tuple[str, str]:
    """The search text Z and the solution S: what is before and behind the first line `</think>`, itself left out.

    S is empty where the line is not there: the search ended without an answer.
    """
    before, mark, after = f"\n{text}".partition(f"\n{CLOSE}\n")
    return (f"{before}\n".removeprefix("\n") if mark else text), after
