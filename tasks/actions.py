"""The whole vocabulary of thought: the actions a reasoner has over the tree of states explored so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """Take one step of the task from the cursor and move to the state it leads to.

    step: a step of the task.
    claim: the state the reasoner says it leads to (its brief text), None where it makes no claim.
    claimed_node: the node number it says the state has, None where it makes no claim.
    value: the value it notes for that state, in whole hundredths (0-100), None where it notes none.
    """

    step: Any
    claim: str | None = None
    claimed_node: int | None = None
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Backtrack:
    """Move the cursor to any earlier node."""

    node: int


@dataclass(frozen=True, slots=True)
class Submit:
    """Commit an answer and end the attempt. An empty answer stands for the path to the cursor."""

    answer: str = ""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """End the attempt without an answer."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was no legal action. It costs a budget step and gets no node number.

    Made by `grammar.perform`. One made by hand must be read again as the same refusal, or no text can hold its trace:
    `Refused("action 57", "unreadable", "not an action")`, say, for an illegal index.

    text: the line as written, one line (see `grammar.BLANK` and `grammar.MAX_LINE` for what is not kept).
    kind: one of KINDS.
    reason: why, in words of the task or the grammar.
    """

    text: str
    kind: str
    reason: str


KINDS = ("unreadable", "illegal", "no_such_node", "too_long")
"""Why a line is refused: no action; against the rules; a node never visited; over the length limit."""


OUTCOMES = ("right", "wrong", "unknown", "unfinished")
"""How an attempt went: by its verdict (right, wrong, cannot be judged), or cut off by a budget."""


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """The environment's mark, not the reasoner's: another attempt begins on the same tree, with the cursor at 0.

    outcome: how the last attempt went, one of OUTCOMES, where the reasoner is told; else None.
    """

    outcome: str | None = None


Action = Step | Backtrack | Submit | GiveUp | Refused | NewAttempt
