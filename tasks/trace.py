"""A trace: a problem and the actions taken on it. Searches emit it, SFT trains on it, RL writes it, `replay` redoes it.

Text is only its serialization: `parse(task, problem, emit(task, trace))` gives the same actions, and replaying them
gives the same tree; `emit` raises TraceError for the few traces of which this would not be true. `parse` is total
unless it is asked to be strict.

Who wrote a line is not in the text. Where the environment answers each line at once (feedback "state" or "random")
that does no harm: every line of the reasoner but `</think>` and the last of an attempt is followed by the true answer,
so that a forged answer or mark is itself followed by `refused not an action`, and is read as what it is. Under feedback
"none" the two lines `attempt 2` and `<think>` mean a new attempt whoever wrote them; an environment that must not be
fooled keeps the actions, as `perform` returns them, and not the text. (The emitter never writes those two lines for a
reasoner: see `grammar.BLANK`.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .actions import OUTCOMES, Action, GiveUp, NewAttempt, Step, Submit
from .decoy import Decoy
from .errors import TraceError
from .grammar import CLOSE, CUT, FEEDBACK, MAX_TEXT, OPEN, perform, reply, write
from .problem import Problem
from .task import Task
from .tree import Event, Tree


@dataclass(frozen=True, slots=True)
class Trace:
    """problem, the actions in order, and `source`: who acted and how, as JSON scalars (search, seed, noise ...).

    Under feedback "random" `source["decoy"]` is the JSON of the problem whose states were shown instead.
    """

    problem: Problem
    actions: tuple[Action, ...]
    source: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Replay:
    """The tree a trace builds, and one event an action."""

    tree: Tree
    events: tuple[Event, ...]

    @property
    def success(self) -> bool:
        """Was the last attempt's answer, or giving up, verified as right?"""
        last = next((event for event in reversed(self.events) if event.kind != "refused"), None)
        return last is not None and last.verdict is not None and last.verdict.correct is True


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text with one author.

    text: whole lines, line end included. by_model: False for what the environment writes.
    action: the place in `Trace.actions` that it belongs to, None for marks.
    """

    text: str
    by_model: bool
    action: int | None = None


def replay(task: Task[Any, Any], trace: Trace) -> Replay:
    """Redo a trace. Raises IllegalStep where an action that is not marked as refused is illegal."""
    tree = Tree(task, trace.problem)
    return Replay(tree, tuple(tree.do(action) for action in trace.actions))


def claimed(task: Task[Any, Any], trace: Trace) -> Trace:
    """The same trace in which every step claims the node number and state that it truly leads to: the form to train
    on for feedback "none", where nobody else keeps track."""
    tree = Tree(task, trace.problem)
    actions = []
    for action in trace.actions:
        event = tree.do(action)
        if isinstance(action, Step):
            action = replace(action, claim=task.brief(tree.state) or None, claimed_node=event.node)
        actions.append(action)
    return replace(trace, actions=tuple(actions))


def segments(task: Task[Any, Any], trace: Trace, feedback: str = "state") -> Iterator[Segment]:
    """The text after the prompt, action by action, as the environment and the reasoner would write it.

    Raises TraceError at an action that its line would not be read as: an illegal one, one after the end of an attempt,
    a claim or an answer with a line break, a refused line that would not be refused for that reason.
    """
    decoy = _decoy(task, feedback, trace.source.get("decoy"))
    tree = Tree(task, trace.problem)
    attempt, ended = 1, False
    for place, action in enumerate(trace.actions):
        if isinstance(action, NewAttempt):
            if action.outcome not in (None, *OUTCOMES):
                raise TraceError(f"action {place} cannot be written: an outcome is one of {', '.join(OUTCOMES)}")
            tree.do(action)
            attempt, ended = attempt + 1, False
            yield Segment(new_attempt_text(attempt, action.outcome), False, place)
            continue
        if ended:
            raise TraceError(f"action {place} comes after the end of its attempt: {action}")
        line = write(tree, action)
        done, event = perform(tree, line)
        if done != action:
            raise TraceError(f"action {place} cannot be written: {action} would be read as {done}")
        if isinstance(action, Submit | GiveUp):
            ended = True
            yield Segment(CLOSE + "\n", True)
        yield Segment(line + "\n", True, place)
        if answered := reply(tree, action, event, feedback, decoy):
            yield Segment(answered + "\n", False, place)


def new_attempt_text(attempt: int, outcome: str | None = None) -> str:
    """What the environment writes between attempts."""
    return f"attempt {attempt}{'' if outcome is None else ' ' + outcome}\n{OPEN}\n"


def emit(task: Task[Any, Any], trace: Trace, feedback: str = "state") -> str:
    """The whole text after the prompt."""
    return "".join(segment.text for segment in segments(task, trace, feedback))


def parse(
    task: Task[Any, Any],
    problem: Problem,
    text: str,
    feedback: str = "state",
    *,
    strict: bool = False,
    decoy: Problem | None = None,
) -> Trace:
    """The trace that a text stands for. Lines the environment would have written are recognised by redoing them;
    anything else is the reasoner's, and Refused where it is no legal action. Nothing after the end is read. Only "\\n"
    ends a line. A text over `grammar.MAX_TEXT` is one refused action.

    decoy: under feedback "random", the problem whose states were shown.

    Raises TraceError with `strict=True` where the text is not exactly what `emit` writes for the result.
    """
    shown = _decoy(task, feedback, None if decoy is None else decoy.to_json())
    if len(text) > MAX_TEXT:
        if strict:
            raise TraceError(f"a text is at most {MAX_TEXT} characters long, got {len(text)}")
        return Trace(problem, (CUT,), {} if decoy is None else {"decoy": decoy.to_json()})
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    tree = Tree(task, problem)
    actions: list[Action] = []
    attempt, closed, ended, place = 1, False, False, 0
    marks = _marks(2)
    while place < len(lines):
        line = lines[place]
        if line.startswith("attempt ") and (mark := marks.get("\n".join(lines[place : place + 2]))):
            actions.append(mark)
            tree.do(mark)
            attempt, closed, ended, place = attempt + 1, False, False, place + 2
            marks = _marks(attempt + 1)
            continue
        if ended:
            break
        place += 1
        if line.strip() == CLOSE and not closed:
            closed = True
            continue
        action, event = perform(tree, line)
        actions.append(action)
        ended = isinstance(action, Submit | GiveUp)
        answered = reply(tree, action, event, feedback, shown)
        if answered and place < len(lines) and lines[place] == answered:
            place += 1
    trace = Trace(problem, tuple(actions), {} if decoy is None else {"decoy": decoy.to_json()})
    if strict and emit(task, trace, feedback) != text:
        raise TraceError("this text is not what the trace it stands for would be written as")
    return trace


def _marks(attempt: int) -> dict[str, NewAttempt]:
    """The texts that begin an attempt, without the last line end, and what they mean."""
    return {new_attempt_text(attempt, outcome)[:-1]: NewAttempt(outcome) for outcome in (None, *OUTCOMES)}


def _decoy(task: Task[Any, Any], feedback: str, problem: str | None) -> Decoy | None:
    if feedback not in FEEDBACK:
        raise ValueError(f"feedback in a text is one of {', '.join(FEEDBACK)}, got {feedback!r}")
    if feedback != "random":
        return None
    if problem is None:
        raise ValueError("feedback 'random' needs the decoy, the problem whose states are shown")
    return Decoy(task, Problem.from_json(problem))
