"""The numeric face of number games of one size: what an action index means, masks and observations."""

from __future__ import annotations

from itertools import combinations as choose
from itertools import product
from math import log1p
from operator import eq
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from ..errors import IllegalStep
from ..rationals import Combine, combine
from .state import Numbers, without

OPERATIONS = 5

Face = tuple[NDArray[np.float32], NDArray[np.int8], bool]

_FLOAT = np.dtype(np.float32)
_new = tuple.__new__  # what `Numbers(...)` ends in, without the way there


class Layout:
    """For hands of at most `size` numbers.

    pairs: positions i < j in the sorted hand, in the order of the slots: (0,1) (0,2) ... .
    slot: {pair: number of its first action}.
    moves: what an action index means: i, j and the number of the operation, `5 * slot + operation`.
    n_actions, width: the number of actions and of observed numbers.
    legal: the mask of all hands of one pattern: is the lowest number 0, and is each next one equal to the one before?

    Args:
        rules: do observations end with `whole` and `spare`, as 0 or 1?
    """

    def __init__(self, size: int, *, rules: bool):
        self.size, self.rules = size, rules
        self.pairs = tuple(choose(range(size), 2))
        self.slot = {pair: OPERATIONS * slot for slot, pair in enumerate(self.pairs)}
        self.moves = tuple((i, j, operation) for i, j in self.pairs for operation in range(OPERATIONS))
        self.n_actions = len(self.moves)
        self.width = size + 1 + 2 * rules
        patterns = (equal for left in range(size + 1) for equal in product((False, True), repeat=left))
        self.legal = {equal: self._mask(equal) for equal in patterns}
        self._used = [(-1.0,) * (size - left) for left in range(size + 1)]
        self._floats = Struct(f"={self.width}f")

    def move(self, state: Numbers, index: int) -> tuple[Combine, Numbers]:
        """The step that an action stands for and the state after it. Raises IllegalStep."""
        numbers = state[0]
        i, j, operation = self.moves[index] if 0 <= index < self.n_actions else (0, self.size, 0)
        if j < len(numbers):
            a, b = numbers[i], numbers[j]
            repeated = (i and numbers[i - 1] == a) or (j > i + 1 and numbers[j - 1] == b)
            if not (repeated or (operation == 3 and not a) or (operation == 4 and a == b)):
                step, result = combine(operation, a, b)
                if not state[2] or type(result) is int:
                    return step, _new(Numbers, (without(numbers, i, j, result), state[1], state[2], state[3]))
        raise IllegalStep(f"action {index} is not legal here")

    def face(self, state: Numbers) -> Face:
        """See `Task.face`. Remembering faces would take as long as making them, and burden the garbage collector."""
        numbers, target, whole, spare = state
        rules = (whole, spare) if self.rules else ()
        # Faster than np.array(list, np.float32), and read-only as it should be.
        logs = tuple(map(log1p, numbers))
        packed = self._floats.pack(*logs, *self._used[len(logs)], log1p(target), *rules)
        # Different numbers that can come up have different logarithms, and floats are compared much faster.
        mask = self.legal[tuple(map(eq, (0, *logs), logs))]
        if whole:
            mask = mask.copy()
            for i, j in choose(range(len(numbers)), 2):
                a, b = numbers[i], numbers[j]
                mask[self.slot[i, j] + 3] &= bool(a) and b % a == 0
                mask[self.slot[i, j] + 4] &= bool(b) and a % b == 0
            mask.flags.writeable = False
        solved = target in numbers if spare else len(numbers) == 1 and numbers[0] == target
        return np.frombuffer(packed, _FLOAT), mask, solved

    def _mask(self, equal: tuple[bool, ...]) -> NDArray[np.int8]:
        """Of equal pairs the lowest slot counts, as in `children`; of equal numbers only one quotient."""
        mask = np.zeros((len(self.pairs), OPERATIONS), np.int8)
        for i, j in choose(range(len(equal)), 2):
            if not ((i and equal[i]) or (j > i + 1 and equal[j])):
                place = self.slot[i, j] // OPERATIONS
                mask[place] = 1, 1, 1, not (i == 0 and equal[0]), not (j == i + 1 and equal[j])
        flat = mask.reshape(-1)
        flat.flags.writeable = False
        return flat
