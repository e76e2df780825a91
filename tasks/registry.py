"""The registry of tasks: names to factories. Outside packages use `register` or the entry points `metacot.tasks`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from typing import Any
from warnings import warn

from .blocksworld import Blocksworld
from .countdown import Countdown
from .equations import Equations
from .game24 import Game24
from .maze import Maze
from .reasoning_gym import PREFIX, ReasoningGym
from .sokoban import Sokoban
from .sudoku import Sudoku
from .task import Task
from .word_problems import MathProblems, OpenProblems

ENTRY_POINTS = "metacot.tasks"
"""The entry-point group: each point names a task and leads to its factory."""

_NAME = re.compile("[a-z][a-z0-9_]*")

_factories: dict[str, Callable[..., Task[Any, Any]]] = {}
_listeners: list[Callable[[str], None]] = []
_discovered = False


def register(name: str, factory: Callable[..., Task[Any, Any]]) -> None:
    """Make `factory(**options)` known as `name`. Registering the same factory twice is harmless.

    Raises ValueError where the name is taken by another factory or is not a lower-case ASCII identifier.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a task name is a lower-case letter, then lower-case letters, digits or _, got {name!r}")
    if name in _factories:
        if _factories[name] is not factory:
            raise ValueError(f"a different task is already registered as {name!r}")
        return
    _factories[name] = factory
    for listener in _listeners:
        listener(name)


def on_register(listener: Callable[[str], None]) -> None:
    """Call `listener(name)` once for every task known now or registered later; the environments hook in here."""
    for name in names():
        listener(name)
    _listeners.append(listener)


def make(name: str, **options: Any) -> Task[Any, Any]:
    """The task registered as `name`. Raises KeyError that lists the known names."""
    return factory(name)(**options)


def factory(name: str) -> Callable[..., Task[Any, Any]]:
    """What makes the task registered as `name`: a class or a function. Raises KeyError that lists the known names.

    `rg_<dataset>` is a dataset of reasoning-gym; they are many, and not among `names`.
    """
    if name.startswith(PREFIX) and name not in _factories:
        return partial(ReasoningGym, name.removeprefix(PREFIX))
    if name not in (known := names()):
        raise KeyError(f"no task is called {name!r}; known: {', '.join(known)}")
    return _factories[name]


def names() -> list[str]:
    """All task names, sorted; entry points of installed packages included.

    An entry point that does not load is left out with a RuntimeWarning: somebody else's package must not take the
    suite with it.
    """
    global _discovered
    if not _discovered:
        _discovered = True
        for point in entry_points(group=ENTRY_POINTS):
            try:
                register(point.name, point.load())
            except Exception as error:
                warn(f"the task {point.name!r} ({point.value}) is left out: {error!r}", RuntimeWarning, stacklevel=2)
    return sorted(_factories)


register("blocksworld", Blocksworld)
register("countdown", Countdown)
register("equations", Equations)
register("game24", Game24)
register("maze", Maze)
register("math", MathProblems)
register("open_ended", OpenProblems)
register("sokoban", Sokoban)
register("sudoku", Sudoku)
