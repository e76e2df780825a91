"""`FreeLines`: tasks whose steps are lines of free text. What they share is everything but problems and judgement.

A line is a step whatever it says, so legal steps cannot be listed, no state is a goal (a goal in sight would tell right
guesses from wrong ones before anything is committed), and only a submitted answer is judged.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from ..errors import IllegalStep, NotEnumerable, UnreadableStep
from ..grammar import BLANK, MAX_EQUALS, MAX_LINE
from ..problem import Problem, Verdict
from ..task import Task

BRIEF = 40
"""Feedback repeats so much of a line (characters); a longer one ends in "..."."""

LONGEST = MAX_LINE - 100
"""A reference line may be so long (characters): it leaves room for a claim behind it."""

_ACTION = re.compile(r"back\s*#?\d{1,9}|answer(?:[\s:].*)?|give up|</?think>|attempt \d+.*|.* = #\d.*", re.ASCII)
"""What the grammar reads as something else than a step: other actions, marks, and the claim behind a step."""

_SAYS = re.compile(r"answer|boxed", re.IGNORECASE)
"""In a line that says what the answer is; it is found there as in any response."""

_UNFINISHED = re.compile(r"(?:(?:^| )=)+$")

_NOTED = re.compile(r".*\S value \d{1,3}", re.ASCII)
"""How a noted value ends a line."""

_MISREAD = re.compile(rf"{_NOTED.pattern}|(?:.* )?solved", re.ASCII)
"""What feedback may not end like: a noted value, or the environment's word that a state is solved."""


class Lines(NamedTuple):
    """The question, and the lines written so far on the way from the start."""

    question: str
    lines: tuple[str, ...] = ()


class FreeLines(Task[Lines, str]):
    """Think in lines of text, then answer."""

    enumerable = False
    dead_ends = False

    @abstractmethod
    def judge(self, problem: Problem, answer: str) -> Verdict:
        """The verdict on an answer that is a text."""

    def start(self, problem: Problem) -> Lines:
        return Lines(problem.data[0])

    def steps(self, state: Lines) -> Sequence[str]:
        raise NotEnumerable(f"a step of {self.name} is any line of text")

    def apply(self, state: Lines, step: str) -> Lines:
        if step.count(" = ") > MAX_EQUALS:
            raise IllegalStep(f"a line holds at most {MAX_EQUALS} equals signs")
        return Lines(state.question, (*state.lines, step))

    def solved(self, state: Lines) -> bool:
        return False

    def ask(self, problem: Problem) -> str:
        return str(problem.data[0])

    def show(self, state: Lines) -> str:
        return "\n".join((state.question, *state.lines))

    def brief(self, state: Lines) -> str:
        """The beginning of the last line, in ASCII: feedback is not the place to repeat whatever a model wrote."""
        if not state.lines:
            return "start"
        line = state.lines[-1].encode("ascii", "backslashreplace").decode("ascii")
        line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
        if len(line) > BRIEF or _MISREAD.fullmatch(line):
            line = line[:BRIEF].rstrip() + "..."
        return line

    def write(self, state: Lines, step: str) -> str:
        return step

    def read(self, state: Lines, text: str) -> str:
        """The line with single spaces and without equals signs that nothing follows, behind which no claim could be
        told apart. Raises UnreadableStep for an empty line and for what the grammar reads as something else."""
        line = _UNFINISHED.sub("", " ".join(text.split()))
        if line in ("", BLANK) or _ACTION.fullmatch(line) or _NOTED.fullmatch(line):
            raise UnreadableStep("a step is a line of text that is no other action")
        return line

    def key(self, state: Lines) -> Hashable:
        """Case and spaces make no difference."""
        return state.question, tuple("".join(line.split()).lower() for line in state.lines)

    def answer(self, problem: Problem, steps: Sequence[str]) -> str:
        """The last line as a response; of a line of arithmetic, what follows its last equals sign."""
        last = steps[-1] if steps else ""
        return last if _SAYS.search(last) else last.rpartition(" = ")[2]

    def check(self, problem: Problem, answer: Any) -> Verdict:
        if not isinstance(answer, str):
            return Verdict(False, "an answer is text")
        return self.judge(problem, answer)

    def solution(self, problem: Problem) -> Sequence[str] | None:
        """The lines of the reference solution, as steps; None where there is none, or one that cannot be written."""
        state, steps = self.start(problem), []
        for text in problem.data[1]:
            try:
                steps.append(self.read(state, text))
                state = self.apply(state, steps[-1])
            except (UnreadableStep, IllegalStep):  # such as a line that begins with "answer"
                return None
            if len(steps[-1]) > LONGEST:
                return None
        return steps or None


def lines_of(solution: str | None) -> tuple[str, ...]:
    """A solution as the lines that are not blank."""
    return tuple(line.strip() for line in (solution or "").splitlines() if line.strip())


def normal(question: str) -> str:
    """What makes two questions the same: letters, digits and signs, but neither case nor spaces."""
    return "".join(question.split()).lower()


def posed(name: str, data: tuple[Any, ...]) -> Problem:
    """A problem given by hand: a question and, if known, the answer and the lines of a solution.

    Raises ValueError where `data` is something else.
    """
    question, gold, solution = (*data, None, None, None)[:3]
    if not (1 <= len(data) <= 3 and isinstance(question, str) and question.strip()):
        raise ValueError(f"a problem is a question and, if known, its answer and a solution, got {data!r}")
    if not (isinstance(gold, str | int | float | None) and isinstance(solution, str | None)):
        raise ValueError(f"answer and solution of a problem are text, got {data[1:]!r}")
    return Problem(name, (question.strip(), lines_of(solution)), gold=None if gold is None else str(gold))
