"""Rules of text: steps and states in words, the grammar they must not clash with, and answers that are judged."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from ...tasks import (
    Action,
    Backtrack,
    GiveUp,
    IllegalStep,
    NewAttempt,
    Problem,
    Step,
    Submit,
    Trace,
    Tree,
    UnreadableStep,
    Verdict,
    claimed,
    emit,
    grammar,
    parse,
    replay,
)
from ...tasks.actions import OUTCOMES
from ...tasks.decoy import Decoy
from .exam import Broken, Exam, Node, short
from .hostile import HOSTILE, LINES, LONG, PLAIN, THINGS

BRIEF = 120
"""The longest brief text of a state, in characters."""

REASON = 300
"""The longest reason of a verdict, in characters."""

ACTIONS = 12
"""A trace that is written and read back has about so many actions."""

PROBED = 20
"""Hostile texts are tried on so many problems, and so many are drawn."""


def question(exam: Exam) -> None:
    """the question, the state and the rules are said in text, without the marks of the grammar"""
    rules = exam.task.rules()
    if not (isinstance(rules, str) and rules.strip()):
        raise Broken(f"rules() is {short(rules)}: the first paragraph of the docstring of {type(exam.task).__name__}")
    for node in exam.nodes:
        for text in (exam.task.ask(node.problem), exam.task.show(node.state)):
            if not (isinstance(text, str) and text.strip()):
                raise Broken(f"the text of {short(node.state)} is {short(text)}")
            if grammar.OPEN in text or grammar.CLOSE in text:
                raise Broken(f"{grammar.OPEN} and {grammar.CLOSE} belong to the grammar, got {short(text)}")


def brief(exam: Exam) -> None:
    """a state in brief is one line of at most 120 characters that says nothing of values"""
    for node in exam.nodes:
        text = exam.task.brief(node.state)
        if not isinstance(text, str) or text != text.strip() or text.splitlines() != [text]:
            raise Broken(f"one line without spaces around it is needed, got {short(text)}")
        if len(text) > BRIEF:
            raise Broken(f"{len(text)} characters are more than {BRIEF}: {short(text)}")
        if re.search(r" value \d+$", text):
            raise Broken(f"it ends like a noted value: {short(text)}")


def write(exam: Exam) -> None:
    """a step is one line, which the grammar takes for that step and nothing else, alone and with claim and value"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        tree = Tree(task, node.problem)
        tree.states[0] = node.state
        for step in _steps(exam, node, rng):
            line = task.write(node.state, step)
            if not isinstance(line, str) or line != line.strip() or line.splitlines() != [line]:
                raise Broken(f"one line without spaces around it is needed, got {short(line)}")
            claim = task.brief(task.apply(node.state, step))
            # Behind free text, which may hold " = " itself, a claim could not be told from the step.
            said = Step(step, claim, 1, 80) if task.enumerable else Step(step, value=80)
            for action in (Step(step), said):
                text = grammar.write(tree, action)
                if (found := grammar.read(tree, text)) != action:
                    raise Broken(f"{short(text)} is read as {short(found)}")


def read(exam: Exam) -> None:
    """a step is read back from the text that `write` makes of it"""
    task, rng = exam.task, exam.rng()
    for node in exam.nodes:
        for step in _steps(exam, node, rng):
            text = task.write(node.state, step)
            if (found := task.read(node.state, text)) != step:
                raise Broken(f"{short(text)} stands for {short(step)} in {short(node.state)}, read as {short(found)}")


def _steps(exam: Exam, node: Node, rng: Random) -> Iterator[object]:
    """The legal steps (of very many some); of free text those that were said."""
    if exam.task.enumerable:
        yield from exam.sample(exam.task.steps(node.state), rng)
        return
    for text in PLAIN:
        try:
            step = exam.task.read(node.state, text)
            exam.task.apply(node.state, step)
        except (UnreadableStep, IllegalStep):
            continue
        yield step


def hostile(exam: Exam) -> None:
    """any text is a step or raises UnreadableStep, and any step read is taken or raises IllegalStep"""
    task = exam.task
    for node in exam.starts[:PROBED]:
        for text in (*HOSTILE, *LONG, *LINES):
            try:
                task.apply(node.state, task.read(node.state, text))
            except (UnreadableStep, IllegalStep):
                continue


def words(exam: Exam) -> None:
    """every word of the texts is one of `words`, of the grammar, or a number"""
    task, rng = exam.task, exam.rng()
    for word in task.words:
        if re.findall(grammar.PIECE, word) != [word]:
            raise Broken(f"a word is letters alone or one sign, got {word!r} in words")
    known = {*task.words, *grammar.WORDS}
    for node in exam.nodes:
        texts = [task.ask(node.problem), task.brief(node.state), task.answer(node.problem, node.path)]
        texts += [task.write(node.state, step) for step in exam.sample(task.steps(node.state), rng)]
        for text in texts:
            _known(text, known)
    for reason in exam.reasons:
        _known(reason, known)


def _known(text: str, known: set[str]) -> None:
    # The bar of a fraction is a word of the tokenizer's own.
    for piece in re.findall(grammar.PIECE, re.sub(r"(?<=\d)/(?=\d)", " ", text)):
        number = piece.removeprefix("#")
        if number.isascii() and number.isdigit():
            if len(number) > grammar.DIGITS:
                raise Broken(f"a number of more than {grammar.DIGITS} digits in {short(text)}")
        elif piece not in known:
            raise Broken(f"{piece!r} of {short(text)} is not in words")


def answer(exam: Exam) -> None:
    """the answer of a solved path is judged right, and that of any other path of listed steps is not"""
    task = exam.task
    for node in exam.nodes:
        text = task.answer(node.problem, node.path)
        if not isinstance(text, str) or len(text.splitlines()) > 1:
            raise Broken(f"an answer is one line of text, got {short(text)}")
        right, solved = task.check(node.problem, text).correct is True, task.solved(node.state)
        # Free text may end in the right answer whether or not the task can see that it does.
        if (solved and not right) or (right and not solved and task.enumerable):
            judged = "right" if right else "not right"
            raise Broken(f"{short(node.state)} is solved: {solved}; its answer {short(text)} is {judged}")
    for problem in exam.problems:
        if problem.gold is not None and task.check(problem, problem.gold).correct is not True:
            raise Broken(f"the reference answer {short(problem.gold)} is not judged right")


def check(exam: Exam) -> None:
    """anything at all is judged without an exception, nonsense is not right, and reasons are short and printable"""
    for problem in exam.some(PROBED):
        for thing in (*HOSTILE, *LONG, *THINGS):
            verdict = exam.task.check(problem, thing)
            # What holds the reference answer may be forgiven the rest, such as a word behind it.
            forgiven = problem.gold and problem.gold in str(thing)
            if not isinstance(verdict, Verdict) or (verdict.correct is True and not forgiven):
                raise Broken(f"{short(thing)} is judged {short(verdict)}")
            if len(verdict.reason) > REASON or not verdict.reason.isprintable():
                raise Broken(f"{short(thing)} is judged for the reason {short(verdict.reason)}")


def trace(exam: Exam) -> None:
    """a trace with branches, claims, values and refused lines is written, read back and redone as the same"""
    task, rng = exam.task, exam.rng()
    for problem in exam.problems:
        made = _play(exam, Tree(task, problem), rng)
        shown: list[tuple[str, Trace, Problem | None]] = [("state", made, None), ("none", made, None)]
        if task.enumerable:
            decoy = Decoy.beside(task, problem, **exam.knobs).problem
            shown.append(("none", claimed(task, made), None))
            shown.append(("random", replace(made, source={"decoy": decoy.to_json()}), decoy))
        for feedback, written, decoy_shown in shown:
            text = emit(task, written, feedback)
            found = parse(task, problem, text, feedback, strict=True, decoy=decoy_shown)
            if found != written:
                raise Broken(f"under feedback {feedback!r} {short(text)} is read as {short(found.actions)}")
            if not replay(task, found).tree.same_as(replay(task, written).tree):
                raise Broken(f"{short(text)} is redone as another tree")


def _play(exam: Exam, tree: Tree, rng: Random) -> Trace:
    """Random actions of every kind, the last of which ends the attempt."""
    actions: list[Action] = []
    for _ in range(ACTIONS):
        state, draw = tree.state, rng.random()
        legal = list(_steps(exam, Node(tree.problem, (), state), rng))
        action: Action
        if draw < 0.6 and legal:
            action = Step(rng.choice(legal), value=rng.choice((None, 0, 55, 100)))
            if exam.task.enumerable:
                claim = rng.choice((None, exam.task.brief(exam.task.apply(state, action.step)), "7 7 7"))
                action = replace(action, claim=claim, claimed_node=rng.choice((None, len(tree), 0)))
        elif draw < 0.75:
            action = Backtrack(rng.randrange(len(tree)))
        elif draw < 0.9:
            action = grammar.perform(tree.copy(), rng.choice((*HOSTILE, *LINES)))[0]
            if isinstance(action, Submit):
                continue
        else:
            action = NewAttempt(rng.choice((None, *OUTCOMES)))
        tree.do(action)
        actions.append(action)
    return Trace(tree.problem, (*actions, rng.choice((Submit(), Submit(tree.answer()), GiveUp()))))


def draw(exam: Exam) -> None:
    """a state is drawn as one well-formed <svg> element"""
    for node in exam.nodes[:PROBED]:
        picture = exam.task.draw(node.state)
        try:
            root = ET.fromstring(picture)
        except ET.ParseError as error:
            raise Broken(f"{short(node.state)} is drawn as {short(picture)}: {error}") from error
        if root.tag.rpartition("}")[2] != "svg":
            raise Broken(f"{short(node.state)} is drawn as a <{root.tag}>")


TEXT = (question, brief, read, write, hostile, words, answer, check, trace, draw)
