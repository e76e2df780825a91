"""What plays, searches and evaluations ask of a policy: two small protocols, one for all backends.

A session is a batch of contexts that only grow. Backends with `exact_ids` hold token ids and never re-tokenise a text;
the others hold text, which is enough for play, but not for RL, which refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

MAX_LINE_TOKENS = 128
"""Default number of tokens after which a line is cut: some lines of free text are long."""


class Line(NamedTuple):
    """One line that a policy wrote.

    row: of the session. text: without its line end. tokens: written for it. ids: they themselves, where the backend has
    exact ones. logprob: natural logarithm of the line's probability under the sampling distribution, None where the
    backend does not say. refusal: did the model decline, and is `text` what it said instead?
    failed: why there is no line, else None; then the text is empty and the row is closed. full: was it because the
    context has no room for another line?
    """

    row: int
    text: str
    tokens: int = 0
    logprob: float | None = None
    ids: tuple[int, ...] | None = None
    refusal: bool = False
    failed: str | None = None
    full: bool = False


class Session(Protocol):
    """A batch of growing contexts; rows are numbered from 0, forks go on from there."""

    def feed(self, row: int, text: str) -> None:
        """Add whole lines, each with its line end, to a row's context."""
        ...

    def sample(self) -> list[Line]:
        """Wait until at least one open row has a line of its own. Every row that is returned is fed or closed before
        the next call, or it goes on with another line. An empty list means that no row is open."""
        ...

    def fork(self, row: int) -> int:
        """A new row with the same context and chance of its own; returns its number. Raises ValueError for a closed
        row."""
        ...

    def close(self, row: int) -> None:
        """Take a row out for good."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Who writes lines: a model in this process, on a server, or a script."""

    @property
    def name(self) -> str:
        """As `make_policy` spells it, where it does."""
        ...

    @property
    def exact_ids(self) -> bool:
        """Are contexts held as token ids, and given with every line?"""
        ...

    def open(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        seeds: Sequence[int] | None = None,
        max_line: int = MAX_LINE_TOKENS,
    ) -> Session:
        """A session with a row for each prompt, which ends in a line end.

        temperature: 0.0 = greedy. seeds: one for each row's chance, in [0, 2**31), by default its number; a server may
        ignore it. max_line: a line is cut after so many tokens.
        """
        ...
