"""Forms that are spelled in a way of their own, not as expressions: moments, numerals in a base, ratios in words."""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import Unreadable
from ..values import nodes
from .forms import REALS, Form, Items, Joined, Ratio, Value
from .literals import in_base
from .moments import plain, read_moment
from .numerals import numeral, whole
from .units import DEGREE, read_unit

_MOMENT = re.compile(
    r":|[0-9]\s*(?:\\text\{|\\mathrm\{|\\ |~)*\s*[ap]\.?\s?m\b|noon|midnight|o'clock|[0-9]{4}|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
    re.IGNORECASE,
)
_BASES = {
    word: base
    for base, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
} | {"sixteen": 16}  # fmt: skip
_BASE = rf"([0-9]{{1,2}}|{'|'.join(_BASES)})"
_IN_WORDS = re.compile(rf"\(?([0-9A-Za-z]{{1,200}})\)?\s*\(?\s*(?:in )?base[ -]?\s*{_BASE}\)?")
_SUBSCRIPT = re.compile(rf"\(?([0-9A-Z]{{1,200}})\)?\s?_\s?{_BASE}")
_PREFIXED = re.compile(r"0(?:b([01]{1,200})|x([0-9a-fA-F]{1,200})|o([0-7]{1,200}))")
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_ANGLE = re.compile(
    r"([0-9]{1,9})(?:\^\\circ|\^\{\\circ\}|\\degree) ?([0-9]{1,2})(?:'|\^\{?\\prime\}?)(?: ?([0-9]{1,2})(?:''|\"))?"
)
_RATIO = re.compile(r"([0-9]{1,12}) to ([0-9]{1,12})")
_COMPOUND = re.compile(r"([0-9]{1,9}) ?([a-z]+),? (?:and )?([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([a-z]+)")
_EXCEPT = re.compile(
    r"all real(?: number)?s?(?: \w)?,? (?:except|other than)(?: for)? (?:\w ?= ?)?(.{1,40})", re.IGNORECASE
)


def spelled_form(text: str, day_first: bool) -> Form | None:
    """The form of a cleaned answer that is spelled in such a way, else None."""
    if len(text) > 300:
        return None
    if _MOMENT.search(text) and (moment := read_moment(text, day_first)):
        return moment
    if "_" in text or "base" in text:
        return _numeral_in_base(plain(text.replace("\\overline", "")), quoted="text" in text or "math" in text)
    if text[0] == "0" and (found := _PREFIXED.fullmatch(text)):
        return Value(in_base(found[found.lastindex or 0], (2, 16, 8)[(found.lastindex or 1) - 1]))
    if "to" in text and (found := _RATIO.fullmatch(plain(text))):
        return Ratio((nodes.number(int(found[1])), nodes.number(int(found[2]))))
    if ("'" in text or "prime" in text) and (found := _ANGLE.fullmatch(text)):
        seconds = 3600 * int(found[1]) + 60 * int(found[2]) + int(found[3] or 0)
        return Value(nodes.number(whole(Fraction(seconds, 3600))), DEGREE)
    if text[-1].isalpha() and (found := _COMPOUND.fullmatch(plain(text))):
        return _sum_of_units(found)
    if "eal" in text and (found := _EXCEPT.fullmatch(_TEXT.sub(r"\1", text))):
        values = [numeral(part.strip(" .")) for part in re.split(r",|\band\b", found[1])]
        known = tuple(Value(nodes.number(value)) for value in values if value is not None)
        return Joined("minus", (REALS, Items(known, "\\{", "\\}"))) if len(known) == len(values) else None
    return None


def _sum_of_units(found: re.Match[str]) -> Form | None:
    """`2 hours 30 minutes`, `5 feet 6 inches`, `12 dollars and 50 cents` in base units."""
    large, small = read_unit(found[2], known=True), read_unit(found[4], known=True)
    if large is None or small is None or large.dimension != small.dimension or large.scale <= small.scale:
        return None
    total = Fraction(found[1]) * large.scale + Fraction(found[3]) * small.scale
    return Value(nodes.number(whole(total)), large._replace(scale=Fraction(1))) if not large.pi else None


def _numeral_in_base(text: str, quoted: bool) -> Form | None:
    """`A5_{11}`, `1010_two`, `1010 base 2`; quoted: is it in a text command?"""
    found = _IN_WORDS.fullmatch(text) or _SUBSCRIPT.fullmatch(text)
    if found is None:
        return None
    base = _BASES.get(found[2]) or int(found[2])
    # a letter with a subscript is a variable
    if found[1].isalpha() and "_" in text and not (quoted or (len(found[1]) > 1 and base > 10)):
        return None
    try:
        return Value(in_base(found[1], base))
    except Unreadable:
        if found[1].isalpha():
            return None
        raise
