"""Multiple choice: finding the options of a problem, and asking it openly where that is safe."""

from __future__ import annotations

import re
from dataclasses import replace

from ...tasks.data import Record

_MARK = re.compile(
    r"\$?\s*\\(?:textbf|mathrm|text|mathbf|bf)\s*\{\s*\(?([A-H])\)?[).:]?\s*\}(?:\\?[ ~])*\$?"
    r"|\(([A-H])\)"
    r"|(?:(?<=\n)|(?<=  )|(?<=; ))\s*([A-H])[.):]\s"
)
_ASKED = re.compile(r"\?|(?:^|[.;:]\s+)(?:find|compute|determine|calculate|how|what)\b", re.I)


def options_of(problem: str, answer: str | None) -> tuple[str, dict[str, str]] | None:
    """(the question, letter -> text of the option), or None where a problem has no options.

    Options are marked A, B, C and so on, at least three in order, and end the problem: where something is asked behind
    the marks they are labels, unless the answer is one of the letters.
    """
    marks = list(_MARK.finditer(problem))
    letters = [mark[1] or mark[2] or mark[3] for mark in marks]
    start = next((place for place, letter in enumerate(letters) if letter == "A"), None)
    if start is None:
        return None
    marks, letters = marks[start:], letters[start:]
    if len(letters) < 3 or letters != list("ABCDEFGH"[: len(letters)]):
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(problem)]
    texts = [_bare(problem[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    if not all(texts):
        return None
    lettered = (answer or "").strip(" ().$") in letters
    if not lettered and _ASKED.search(problem[marks[0].end() :]):
        return None
    return problem[: marks[0].start()].strip(), dict(zip(letters, texts, strict=True))


_SPACE = re.compile(r"\\q?quad\b|\\[ \n]|~|\s+")


def _bare(text: str) -> str:
    """An option without spacing commands and without the signs that stand around it."""
    return _SPACE.sub(" ", text).strip(" $,;")


_NEEDS_OPTIONS = re.compile(
    r"\b(?:which|following|these|choose|select|correct|statements?|options?|closest|nearest|approximately|about|best"
    r"|could|can be|might|may|must|possible|between|except|not)\b",
    re.I,
)
_VALUE = re.compile(r"(?=.*\d)(?:\\[a-zA-Z]+|[-+\d.,/^(){}\[\]!%*=\s]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z]))+")
"""An option that is a number or a formula: no words, but for commands."""


def reformulated(record: Record) -> Record | None:
    """The same problem as an open question with the option's text as its answer; None where that is not safe.

    Safe means: something is asked before the options and does not lean on them, the gold answer is one of the letters,
    and every option is a different number or formula.
    """
    found = options_of(record.problem, record.answer)
    if found is None:
        return None
    question, options = found
    chosen = options.get((record.answer or "").strip(" ().$"))
    plain = {"".join(text.split()) for text in options.values()}
    asks = question.endswith(("?", ":")) or _ASKED.search(question)
    if chosen is None or not asks or _NEEDS_OPTIONS.search(question) or len(plain) < len(options):
        return None
    if not all(_VALUE.fullmatch(text) for text in options.values()):
        return None
    return replace(record, problem=question, answer=chosen)
