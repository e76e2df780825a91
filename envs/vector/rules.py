"""What the native vector environment asks of a task: problems and states as arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray


class Rules(Protocol):
    """The states of E environments of N nodes each.

    rows: (E, N, d), what each node looks like; zeros where unborn.
    ahead: so many problems of an environment are drawn at once.
    solvable: has every problem that is dealt a solution, so that giving up is never right?
    states: what `step`, one of `kernels`, keeps of them.
    """

    rows: NDArray[Any]
    ahead: int
    solvable: bool
    states: Any
    step: Callable[..., int]

    def supply(self, env: int, seed: int, first: int) -> None:
        """Draw the problems first, first + 1 and so on of a seed for an environment; past the end of a finite family
        the same order begins again."""
        ...
