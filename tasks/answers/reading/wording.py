"""Answers in words, as forms."""

from __future__ import annotations

import re

from ..values import nodes
from .forms import EMPTY, REALS, Form, Items, Value, Words
from .units import read_unit
from .words import meaning, number_word, plain_words

_LIST = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")


def as_words(text: str) -> Form | None:
    """The answer as words, or None where it is mathematics gone wrong (commands, operators, no letters)."""
    words = plain_words(text)
    if not words or len(words) > 200 or re.search(r"[\\^_=<>|#@~]", words) or not re.search(r"[^\W\d_]", words):
        return None
    if "," in words:
        members = [as_words(part) for part in _LIST.split(words) if part]
        if len(members) > 1 and None not in members:
            return Items(tuple(member for member in members if member is not None))
    if (count := number_word(words)) is not None:
        return Value(nodes.number(count))
    first, _, last = words.rpartition(" ")
    if (count := number_word(first)) is not None and (unit := read_unit(last)) is not None:
        return Value(nodes.number(count), unit)
    known = meaning(words)
    if known == "none":
        return EMPTY
    if known == "all reals":
        return REALS
    return Words(known)
