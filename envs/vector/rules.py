"""What the native vector environment asks of a task: its states as rows of arrays, and its steps on many rows at once.

Flat node numbers are `environment * max_nodes + node`, slots of problems `environment * ahead + index % ahead`. A legal
row has one entry a step of the numeric face: FRESH where the step is legal, REFUSED where it is not.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

REFUSED, FRESH, SUBMIT, GIVE_UP = -1, *(np.iinfo(np.int16).max - back for back in (2, 1, 0))
"""Where an action leads, if not to a node that exists, whose number is at least 0 and less than FRESH."""

Ints = NDArray[np.int64]


class Rules(Protocol):
    """The states of `envs * nodes` nodes.

    rows: (envs * nodes, d), what each node looks like; zeros where unborn.
    solved: (envs * nodes,) bool, is it a goal?
    ahead: so many problems of an environment are drawn at once.
    solvable: has every problem that is dealt a solution, so that giving up is never right?
    """

    rows: NDArray[Any]
    solved: NDArray[np.bool_]
    ahead: int
    solvable: bool

    def supply(self, env: int, seed: int, first: int) -> None:
        """Fill the slots of an environment with the problems first, first + 1 and so on of a seed; past the end
        of a finite family the same order begins again."""
        ...

    def settle(self, source: Ints, action: Ints, target: Ints, env: Ints, slots: Ints) -> NDArray[np.int16]:
        """Fill in the new nodes `target` of the environments `env`, and return their legal rows. The first of them are
        where `action` leads from the nodes `source`; then come nodes 0, where the problems of `slots` begin."""
        ...
