"""The text space of the suite, which knows that fixed-size shared memory cannot hold it."""

from __future__ import annotations

import string
from types import ModuleType
from typing import Any, Never

from gymnasium.error import CustomSpaceError
from gymnasium.spaces import Text
from gymnasium.vector.utils import create_shared_memory

CHARACTERS = frozenset(string.printable)
"""What texts are made of unless a task's own words hold more: printable ASCII, line ends included."""


class Words(Text):
    """Text of any length up to `max_length`, the empty text included.

    owner: the id or name of the environment it belongs to, for error messages.
    """

    def __init__(self, owner: str, max_length: int, extra: str = ""):
        super().__init__(max_length, min_length=0, charset=CHARACTERS | frozenset(extra))
        self.owner = owner


class AnyText(Words):
    """Text in any characters."""

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length


@create_shared_memory.register(Words)
def _refuse(space: Words, n: int = 1, ctx: ModuleType | Any = None) -> Never:
    # Gymnasium would accept it and hand out constant garbage as observations.
    raise CustomSpaceError(
        f"{space.owner} observes text, which AsyncVectorEnv cannot pass through shared memory: "
        "make it with shared_memory=False (gym.make_vec: vector_kwargs={'shared_memory': False})"
    )
