"""The strict filters of Big-Math, for reinforcement learning: one open question with one answer that can be checked."""

from __future__ import annotations

import re

from ...tasks.data import Record
from .choices import options_of
from .filters import Rule, prose

_ASK = re.compile(
    r"\?|(?:^|[.;:,]\s*|\bthen\s+|\band\s+)(?:find|compute|determine|calculate|prove|show|evaluate|solve|write|what"
    r"|how|which|express|sketch|draw|give|state|explain|estimate|simplify|factor)\b",
    re.I,
)
"""A part of a problem that asks for something."""

_PARTS = (
    re.compile(r"(?:^|(?<=[\n.;:?!]))\s*\(?([a-d])\)\s+(?=\S)"),
    re.compile(r"(?:^|(?<=[\n.;:?!]))\s*\(?(i|ii|iii|iv)\)\s+(?=\S)"),
    re.compile(r"(?:^|(?<=[\n.;:?!]))\s*\(([1-4])\)\s*(?=\S)"),
    re.compile(r"(?:^|(?<=[\n.;:?!]))\s*Part\s+(?:\()?([A-D1-4I]+)\)?\s*[:.)]\s*"),
    re.compile(r"(?:^|\n)\s*([1-4])[.)]\s+(?=\S)"),
)
_FIRST = {("a", "b"), ("i", "ii"), ("1", "2"), ("A", "B"), ("I", "II")}


def no_multi_part(record: Record) -> str | None:
    """Drops problems with several parts of which at least two ask something; enumerated facts are no parts."""
    text = record.problem
    for pattern in _PARTS:
        marks = list(pattern.finditer(text))
        if len(marks) < 2 or (marks[0][1], marks[1][1]) not in _FIRST:
            continue
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        parts = [text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
        if sum(_ASK.search(part) is not None for part in parts) >= 2:
            return "several parts"
    return None


_BEGIN = r"(?:^|[.!?;:,]\s+|\n\s*|\bthen\s+|\band\s+|\)\s+|\bplease\s+)"
_PROOF = re.compile(
    rf"{_BEGIN}(?:prove\b(?!n)|(?:show|demonstrate|verify|justify|deduce)\s+(?:that|why)\b"
    r"|(?:show|verify)\s+the\s+(?:following|inequality|identity|formula)\b|give\s+a\s+proof\b)",
    re.I,
)


def no_proof(record: Record) -> str | None:
    """Drops problems that tell to prove something; receipts may show that somebody paid, and rum may be 80 proof."""
    return "asks for a proof" if _PROOF.search(prose(record.problem)) else None


_FOLLOWING = re.compile(r"\bwhich (?:one )?of (?:the following|these)\b|\bchoose the (?:correct|best)\b", re.I)


def no_multiple_choice(record: Record) -> str | None:
    """Drops problems with options to choose from, or that ask which of the following is so."""
    if options_of(record.problem, record.answer) is not None:
        return "has options"
    return "asks which of the following" if _FOLLOWING.search(record.problem) else None


_WRAPPED = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|boxed)\s*\{([^{}]*)\}")


def word(answer: str | None) -> str:
    """An answer as a bare lower-case word, where it is one."""
    return _WRAPPED.sub(r"\1", answer or "").strip(" .$!").lower()


def no_yes_no(record: Record) -> str | None:
    """Drops problems whose answer is yes or no."""
    return "answer yes or no" if word(record.answer) in ("yes", "no") else None


_TRUE_FALSE = re.compile(r"^\W*true or false\b|\b(?:true or false|answer (?:with )?true or false)\W*$", re.I)


def no_true_false(record: Record) -> str | None:
    """Drops problems whose answer is true or false, or that ask for it."""
    if word(record.answer) in ("true", "false"):
        return "answer true or false"
    return "asks true or false" if _TRUE_FALSE.search(record.problem) else None


STRICT: dict[str, Rule] = {
    rule.__name__: rule for rule in (no_multi_part, no_proof, no_multiple_choice, no_yes_no, no_true_false)
}
"""The strict rules, asked after the base rules."""
