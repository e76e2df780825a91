"""The text of thought: actions to lines and lines to actions, the same for every task.

    <think>                       opens the search text Z (written by the environment, at the end of the prompt)
    13 - 9                        a step, as the task writes it
    #1 4 4 10                     what the environment answers under feedback "state": node number, state in brief
    13 - 9 = #1 4 4 10 value 80   the same step with the reasoner's own claim, and the value it notes (0-100)
    back #0                       the cursor moves to an earlier node
    </think>                      closes Z; what follows is S
    answer 4 * (10 - 4)           commits an answer
    answer                        commits the answer that the path to the cursor stands for
    give up                       ends the attempt without one
    refused no such node          what the environment answers to a line that is no legal action
    attempt 2                     the environment's mark between the attempts of a trial
    attempt 2 wrong               the same mark, where the reasoner is told how the last attempt went

`perform` is total: no text of any kind raises. The claimed state is kept apart from the true one: the tree always
follows the rules, and a claim that differs is a `wrong_state` event.

A task's own text is free but for three things: a step's text does not begin like another line of this grammar, and
neither it nor a brief state ends like a noted value (`value 80`) or holds a line break.
"""

from __future__ import annotations

import re
from typing import Any

from .actions import OUTCOMES, Action, Backtrack, GiveUp, NewAttempt, Refused, Step, Submit
from .decoy import Decoy
from .errors import IllegalStep, UnreadableStep
from .problem import Problem
from .task import Task
from .tree import Event, Tree

OPEN, CLOSE = "<think>", "</think>"
FEEDBACK = ("state", "none", "random")
"""Who prints node numbers and states: the environment; nobody but the reasoner; the environment, but those of another
problem (a control)."""

MAX_LINE = 1000
"""Longer lines are refused unread (characters)."""

MAX_TEXT = 1_000_000
"""Longer texts are refused unread as a whole (characters); thousands of nodes take less."""

MAX_EQUALS = 8
"""A step's own text holds at most this many " = " (where it is followed by a claim); it bounds the work on a line."""

BLANK = "(blank)"
"""How a refused line is kept that is empty or copies a mark of the environment: kept as written, a trace could not
tell it from the mark."""

NO_ACTION = "not an action"
TOO_LONG = "too long"
CUT = Refused("…" * (MAX_LINE + 1), "too_long", TOO_LONG)
"""What a text over MAX_TEXT is read as; written, it is read as itself."""

WORDS = (
    *(OPEN, CLOSE, "back", "#", "answer", "give", "up", "=", "value", "solved", "attempt", *OUTCOMES),
    *("refused", "not", "an", "action", "no", "such", "node", "too", "long", "(", "blank", ")"),
)
"""Every word and sign of the grammar besides numbers and the task's own words."""

PIECE = r"</?think>|#\d+|\d+|[A-Za-z]+|[^\sA-Za-z\d]"
"""What closed tokenizers take for one word: a mark, a node, a number, letters, or any other single sign."""

DIGITS = 16
"""Closed tokenizers spell numbers of at most so many digits."""

_OWN = ("back", "answer", "give up", "attempt ", CLOSE, BLANK)
"""How the lines of this grammar begin that are no steps."""

_BACK = re.compile(r"back\s*#?(\d{1,9})", re.ASCII)
_ANSWER = re.compile(r"answer(?:[\s:]\s*(.*))?", re.ASCII | re.DOTALL)
_MARK = re.compile(rf"attempt \d+(?: (?:{'|'.join(OUTCOMES)}))?", re.ASCII)
_VALUE = re.compile(r"(.*\S) value (\d{1,3})", re.ASCII | re.DOTALL)
_CLAIM = re.compile(r"(?:#(\d{1,9})(?:\s+|$))?(.*)", re.ASCII | re.DOTALL)


def prompt(task: Task[Any, Any], problem: Problem) -> str:
    """What a language model reads first: the question, and the mark that opens the search text."""
    return f"{task.ask(problem)}\n{OPEN}\n"


def write(tree: Tree, action: Action) -> str:
    """The line of an action taken at the tree's cursor; carries what the action holds and nothing else.

    What the action holds is not checked here: `segments` reads every line back before it hands it out.
    """
    match action:
        case Step(step, claim, claimed_node, value):
            line = tree.task.write(tree.state, step)
            said = ([] if claimed_node is None else [f"#{claimed_node}"]) + ([] if claim is None else [claim])
            return line + (f" = {' '.join(said)}" if said else "") + ("" if value is None else f" value {value}")
        case Backtrack(node):
            return f"back #{node}"
        case Submit(answer):
            return f"answer {answer}" if answer else "answer"
        case GiveUp():
            return "give up"
        case Refused(text):
            return text
        case NewAttempt():
            raise TypeError("the mark between attempts is written by the environment")


def reply(tree: Tree, action: Action, event: Event, feedback: str, decoy: Decoy | None = None) -> str:
    """What the environment answers after `action`, without line end; empty where it says nothing.

    decoy: whose states are shown instead of the true ones, under feedback "random".
    """
    if feedback == "none" or isinstance(action, Submit | GiveUp):
        return ""
    if isinstance(action, Refused):
        return f"refused {action.reason}"
    return look(tree, decoy)


def look(tree: Tree, decoy: Decoy | None = None) -> str:
    """The cursor in one line: node number, state in brief, and whether it is solved."""
    task, state = tree.task, tree.state if decoy is None else decoy.state(tree)
    return f"#{tree.cursor} {task.brief(state)}" + (" solved" if task.solved(state) else "")


def perform(tree: Tree, line: str) -> tuple[Action, Event]:
    """Read one line of a reasoner and carry it out. Never raises; a line that is no legal action is Refused."""
    action = read(tree, line)
    try:
        return action, tree.do(action)
    except IllegalStep as error:
        kind = "no_such_node" if isinstance(action, Backtrack) else "illegal"
        refused = Refused(_one_line(line), kind, _one_line(str(error)))
        return refused, tree.do(refused)


def read(tree: Tree, line: str) -> Action:
    """The action that a line names, legal or not; Refused where it names none. Only the first line is read."""
    line = _one_line(line)
    if len(line) > MAX_LINE:
        # Not the next character of the line: if it is a space, the rest would no longer be too long when read again.
        return Refused(line[:MAX_LINE] + "…", "too_long", TOO_LONG)
    if line.startswith(_OWN):  # most lines do not, and need not be held against one pattern after the other
        if found := _BACK.fullmatch(line):
            return Backtrack(int(found[1]))
        if found := _ANSWER.fullmatch(line):
            return Submit(found[1] or "")
        if line == "give up":
            return GiveUp()
        if line in (CLOSE, BLANK) or _MARK.fullmatch(line):
            return Refused(BLANK, "unreadable", NO_ACTION)
    if not line:
        return Refused(BLANK, "unreadable", NO_ACTION)
    return _read_step(tree, line) or Refused(line, "unreadable", NO_ACTION)


def _one_line(text: str) -> str:
    return text.partition("\n")[0].strip()


def _read_step(tree: Tree, line: str) -> Step | None:
    """The step that a line names, with what is claimed and noted; None where it names none."""
    value = None
    if " value " in line and (found := _VALUE.fullmatch(line)) and int(found[2]) <= 100:
        line, value = found[1], int(found[2])
    parts = line.split(" = ", MAX_EQUALS + 1)
    # A task's own step may hold " = ": the longest beginning that reads as a step is the step.
    for cut in range(len(parts), 0, -1):
        try:
            step = tree.task.read(tree.state, " = ".join(parts[:cut]))
        except UnreadableStep:
            continue
        if cut == len(parts):
            return Step(step, value=value)
        said = _CLAIM.fullmatch(" = ".join(parts[cut:]))
        assert said is not None, "the pattern matches every text"
        return Step(step, said[2] or None, None if said[1] is None else int(said[1]), value)
    return None
