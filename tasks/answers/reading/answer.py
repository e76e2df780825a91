"""From the text of a final answer to its form."""

from __future__ import annotations

import re

from ..conventions import Conventions
from ..errors import Beyond, Unreadable
from ..values import nodes
from .brackets import trimmed
from .clean import clean
from .expressions import in_base
from .forms import Form, Value
from .moments import plain, read_moment
from .numerals import numeral
from .structure import whole_form
from .tokens import tokenize
from .wording import as_words

_MOMENT = re.compile(
    r":|[0-9]\s*(?:\\text\{|\\mathrm\{|\\ |~)*\s*[ap]\.?\s?m\b|noon|midnight|[0-9]{4}|"
    r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_BASE = re.compile(
    r"(.+?)\s*\(?\s*(?:in )?base[ -]?\s*([0-9]{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve)\)?"
)
_BASES = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_PREFIXED = re.compile(r"0([bxo])([0-9a-fA-F]{1,200})")
_LETTERED = re.compile(r"(?:\\(?:text|mathrm)\{)?([0-9A-Z]{1,60})\}?_\{?([0-9]{1,2})\}?")
_TIMES_TEN = re.compile(r"(?<=[0-9])\s*[xX]\s*(?=10\s*\^)|(?<=[0-9])\s+[xX]\s+(?=[0-9])")
_LEAD = re.compile(
    r"(?:so|thus|therefore|hence|then|approximately|about|roughly|exactly|i\.e\.)\b[,:]?\s+|\\approx\s*|\\therefore\s*",
    re.IGNORECASE,
)
_DOUBLE_BRACES = re.compile(r"\s*(?:[#$%]?\{\{|<%|<\?|\$\{|#\{)")


def read(text: str, how: Conventions) -> Form:
    """The form of a final answer. Raises Unreadable or Beyond where it is neither mathematics nor plain words."""
    value = numeral(text)
    if value is not None and (how.thousands_commas or "," not in text):
        return Value(nodes.number(value))
    if _DOUBLE_BRACES.match(text):
        raise Unreadable("the code of a template")
    text = clean(text)
    value = numeral(text)
    if value is not None and (how.thousands_commas or "," not in text):
        return Value(nodes.number(value))
    text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    if not text:
        raise Unreadable("the answer is empty")
    if (found := _special(text, how)) is not None:
        return found
    try:
        tokens = tokenize(_TIMES_TEN.sub(r" \\times ", text), how.thousands_commas)
        return whole_form(trimmed(tokens))
    except Unreadable as error:
        words = as_words(text)
        if words is None or isinstance(error, Beyond):
            raise
        return words


def _special(text: str, how: Conventions) -> Form | None:
    """Forms that are not made of expressions: moments, numerals with their base in words or letters."""
    if _MOMENT.search(text) and (moment := read_moment(text, how.day_first)):
        return moment
    if "base" in text and (found := _BASE.fullmatch(plain(text))):
        base = found[2]
        return Value(in_base(found[1].strip("() "), _BASES.get(base) or int(base)))
    if text[:1] == "0" and (found := _PREFIXED.fullmatch(text)):
        return Value(in_base(found[2], {"b": 2, "o": 8, "x": 16}[found[1]]))
    if "_" not in text or not (found := _LETTERED.fullmatch(text.replace("\\!", ""))):
        return None
    # a letter with a subscript is a variable, unless it is in words
    if found[1].isalpha() and not (text.startswith("\\text") and int(found[2]) > 10):
        return None
    return Value(in_base(found[1], int(found[2])))
