"""What the native vector environment asks of a task: its states as rows of arrays, and its steps on many rows at once.

Flat node numbers are `environment * max_nodes + node`. A legal row has one entry a step of the numeric face and one
more: FRESH where the step is legal, REFUSED where it is not and in the last place, which stands for all other actions.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FRESH, REFUSED = 0, -1

Ints = NDArray[np.int64]


class Rules(Protocol):
    """The states of `envs * nodes` nodes.

    rows: (envs * nodes, d), what each node looks like; zeros where unborn.
    solved: (envs * nodes,) bool, is it a goal?
    solvable: has every problem that is dealt a solution, so that giving up is never right?
    """

    rows: NDArray[Any]
    solved: NDArray[np.bool_]
    solvable: bool

    def supply(self, seed: int, first: int, count: int) -> NDArray[Any]:
        """(count, width): what `settle` needs of the problems first, first + 1 and so on of a seed; past the end of a
        finite family the same order begins again."""
        ...

    def settle(
        self, source: Ints, action: Ints, target: Ints, env: Ints, starts: NDArray[Any] | None
    ) -> NDArray[np.int16]:
        """Fill in the new nodes `target` of the environments `env`, and return their legal rows. The first of them are
        where `action` leads from the nodes `source`; then come nodes 0, where the problems `starts` begin (None = no
        problem does)."""
        ...
