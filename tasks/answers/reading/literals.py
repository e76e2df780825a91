"""What single tokens are worth: numerals, numerals in a base, runs of letters."""

from __future__ import annotations

import re

from ..errors import Unreadable
from ..values import nodes
from ..values.nodes import Node
from .numerals import decimal

_NUMERAL = re.compile(r"([0-9]*)(?:\.([0-9]*)(?:\(([0-9]+)\))?)?(?:e([-+]?[0-9]+))?")
_VOWELS = frozenset("aeiou")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def exact_numeral(text: str) -> Node:
    """The value of a numeral token."""
    found = _NUMERAL.fullmatch(text)
    if found is None:
        raise Unreadable("a number is not well written")
    digits, exponent = (found[1], found[2] or "", found[3] or ""), int(found[4] or 0)
    if abs(exponent) > 400:  # left as it is written: digits are for whoever needs them
        return nodes.product([nodes.number(decimal(*digits)), ("pow", nodes.number(10), nodes.number(exponent))])
    return nodes.number(decimal(*digits, exponent))


def in_base(digits: str, base: int) -> Node:
    """A numeral in a base from 2 to 36. Raises Unreadable where a digit is not one of this base."""
    text = digits.lower()
    if not 2 <= base <= 36 or not text or len(text) > 200 or any(d not in DIGITS[:base] for d in text):
        raise Unreadable("not a numeral in this base")
    return nodes.number(int(text, base))


def is_product(word: str) -> bool:
    """Are these letters a product of variables rather than a word?"""
    if len(word) == 2:
        return True
    return set(word) <= set("abc") or (len(word) <= 5 and not _VOWELS & set(word.lower()))
