"""What styles share in which the reasoner writes everything itself, one line an action.

Every such style prints the node and the state that a step leads to. Read back, they are taken for granted where they
are true, and kept as the step's claim where they are not, as in the suite's own grammar.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..actions import Action, Backtrack, GiveUp, NewAttempt, Refused, Step, Submit
from ..errors import IllegalStep, TraceError, UnreadableStep
from ..grammar import BLANK, CLOSE, CUT, MAX_LINE, MAX_TEXT, NO_ACTION, TOO_LONG
from ..problem import Problem
from ..task import Task
from ..trace import Segment, Trace
from ..tree import Tree


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says. action: without claims. node, state: where a step is said to lead, None where nothing is."""

    action: Action
    node: int | None = None
    state: str | None = None


class LineStyle(ABC):
    """A way to write traces of one attempt as text, and to read them back. `parse` is total unless asked to be strict.

    name: how it is called in settings and on command lines.
    """

    name: str

    # what a style is made of --------------------------------------------------------------------------------------

    @abstractmethod
    def write_step(self, tree: Tree, step: Step, node: int, state: str, place: int) -> str:
        """The line of a step. tree: after it. node, state: where it leads, or is claimed to. place: in the trace."""

    @abstractmethod
    def write_back(self, tree: Tree, left: int, place: int) -> str:
        """The line of a backtrack from the node `left`. tree: after it."""

    @abstractmethod
    def write_end(self, tree: Tree, action: Submit | GiveUp, place: int) -> str:
        """The line that commits an answer, or ends the attempt without one."""

    @abstractmethod
    def read(self, tree: Tree, line: str) -> Said | None:
        """What a line says at the cursor of `tree`, legal or not; None where it is none of this style."""

    def solution(self, tree: Tree, action: Submit | GiveUp) -> list[str]:
        """Lines between `</think>` and the end."""
        return []

    def of_solution(self, line: str) -> bool:
        """Is this such a line? They are passed over when read."""
        return False

    # derived ------------------------------------------------------------------------------------------------------

    def segments(self, task: Task[Any, Any], trace: Trace) -> Iterator[Segment]:
        """The text after the prompt, action by action. Raises TraceError at an action that its line would not be read
        as: one after the end, a claim that is true, a text that this style cannot tell from its own words."""
        tree, ended = Tree(task, trace.problem), False
        for place, action in enumerate(trace.actions):
            if ended or isinstance(action, NewAttempt):
                raise TraceError(
                    f"the style {self.name} writes one attempt, and action {place} comes after it: {action}"
                )
            before = tree.cursor
            try:
                line = self._write(tree, action, place)
            except IllegalStep as error:
                raise TraceError(f"action {place} cannot be written: {error}") from error
            tree.cursor = before
            if (done := self._perform(tree, line)) != action:
                raise TraceError(f"action {place} cannot be written: {action} would be read as {done}")
            if isinstance(action, Submit | GiveUp):
                ended = True
                yield Segment("".join(f"{text}\n" for text in (CLOSE, *self.solution(tree, action))), True)
            yield Segment(line + "\n", True, place)

    def emit(self, task: Task[Any, Any], trace: Trace) -> str:
        """The text of a trace. Raises TraceError, see `segments`."""
        return "".join(segment.text for segment in self.segments(task, trace))

    def parse(self, task: Task[Any, Any], problem: Problem, text: str, *, strict: bool = False) -> Trace:
        """The trace that a text stands for; a line that is no legal action is Refused, and nothing after the end is
        read. Raises TraceError with `strict=True` where the text is not exactly what `emit` writes for the result."""
        if len(text) > MAX_TEXT:
            if strict:
                raise TraceError(f"a text is at most {MAX_TEXT} characters long, got {len(text)}")
            return Trace(problem, (CUT,))
        tree = Tree(task, problem)
        actions: list[Action] = []
        closed = False
        for line in text.removesuffix("\n").split("\n") if text else ():
            if line.strip() == CLOSE and not closed:
                closed = True
                continue
            if closed and len(line) <= MAX_LINE and self.of_solution(line.strip()):
                continue
            actions.append(self._perform(tree, line))
            if isinstance(actions[-1], Submit | GiveUp):
                break
        trace = Trace(problem, tuple(actions))
        if strict and self.emit(task, trace) != text:
            raise TraceError("this text is not what the trace it stands for would be written as")
        return trace

    def _write(self, tree: Tree, action: Action, place: int) -> str:
        """The line of an action; does it."""
        left = tree.cursor
        tree.do(action)
        match action:
            case Step(_, claim, claimed_node, _):
                node = tree.cursor if claimed_node is None else claimed_node
                state = tree.task.brief(tree.state) if claim is None else claim
                return self.write_step(tree, action, node, state, place)
            case Backtrack():
                return self.write_back(tree, left, place)
            case Refused(text):
                return text
        assert isinstance(action, Submit | GiveUp)
        return self.write_end(tree, action, place)

    def _perform(self, tree: Tree, line: str) -> Action:
        """Read one line and carry it out. Never raises."""
        line = line.strip()
        if len(line) > MAX_LINE:
            return Refused(line[:MAX_LINE] + "…", "too_long", TOO_LONG)
        said = None if line in ("", CLOSE, BLANK) else self.read(tree, line)
        if said is None:
            return Refused(BLANK if line in ("", CLOSE) else line, "unreadable", NO_ACTION)
        try:
            tree.do(said.action)
        except IllegalStep as error:
            kind = "no_such_node" if isinstance(said.action, Backtrack) else "illegal"
            return Refused(line, kind, str(error).partition("\n")[0].strip())
        if not isinstance(said.action, Step):
            return said.action
        return replace(
            said.action,
            claim=None if said.state in (None, tree.task.brief(tree.state)) else said.state,
            claimed_node=None if said.node in (None, tree.cursor) else said.node,
        )


class PatternStyle(LineStyle):
    """A style with one form of line for each kind of action.

    step_line: has the groups step, node, state and value. back_line: node. end_line: answer. none_line: gives up.
    """

    step_line: re.Pattern[str]
    back_line: re.Pattern[str]
    end_line: re.Pattern[str]
    none_line: str

    def read(self, tree: Tree, line: str) -> Said | None:
        if line == self.none_line:
            return Said(GiveUp())
        if found := self.end_line.fullmatch(line):
            return Said(Submit(found["answer"] or ""))
        if found := self.back_line.fullmatch(line):
            return Said(Backtrack(int(found["node"])))
        if not (found := self.step_line.fullmatch(line)):
            return None
        try:
            step = Step(tree.task.read(tree.state, found["step"]), value=noted(found["value"]))
        except (UnreadableStep, ValueError):
            return None
        return Said(step, int(found["node"]), found["state"])


def noted(text: str | None) -> int | None:
    """A value as written, in whole hundredths. Raises ValueError above 100."""
    if text is None:
        return None
    if (value := int(text)) > 100:
        raise ValueError(f"a value is at most 100, got {value}")
    return value
