"""Answers that are words: names, multiple-choice letters, yes and no, number words, "no solution"."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_FRACTIONS = {
    "half": Fraction(1, 2), "one half": Fraction(1, 2), "a half": Fraction(1, 2), "one-half": Fraction(1, 2),
    "one third": Fraction(1, 3), "one-third": Fraction(1, 3), "a third": Fraction(1, 3),
    "two thirds": Fraction(2, 3), "two-thirds": Fraction(2, 3), "one quarter": Fraction(1, 4),
    "one fourth": Fraction(1, 4), "one-fourth": Fraction(1, 4), "a quarter": Fraction(1, 4),
    "three quarters": Fraction(3, 4), "three fourths": Fraction(3, 4), "three-fourths": Fraction(3, 4),
}  # fmt: skip
_SAME = {
    "true": "yes", "false": "no", "yeah": "yes", "nope": "no", "y": "y",
    "no solution": "none", "no solutions": "none", "no real solution": "none", "no real solutions": "none",
    "empty set": "none", "empty": "none", "null set": "none", "none": "none", "does not exist": "does not exist",
    "dne": "does not exist", "undefined": "undefined", "not defined": "undefined", "doesn't exist": "does not exist",
    "all real numbers": "all reals", "all reals": "all reals", "any real number": "all reals",
    "infinitely many": "infinitely many", "infinite": "infinitely many", "infinitely many solutions": "infinitely many",
}  # fmt: skip
_WEEKDAYS = {
    short: f"{day}day"
    for day, shorts in {
        "mon": "mon", "tues": "tue tues", "wednes": "wed", "thurs": "thu thur thurs", "fri": "fri", "satur": "sat",
        "sun": "sun",
    }.items()
    for short in (f"{day}day", *shorts.split())
}  # fmt: skip
_CHOICE = re.compile(
    r"(?:i (?:choose|pick|select|think|believe) )?(?:it(?:'s| is) )?(?:the )?(?:correct )?(?:answer|option|choice)?"
    r"\s*(?:is|:)?\s*[\[({]?\s*([A-Z])\s*(?:[)\]}.:]+(?:\s.*)?|\s+-\s.*|\s+\(.*\)|,? (?:because|since)\b.*|"
    r"is (?:the )?(?:correct|right)(?: \w+)?\.?|)",
    re.DOTALL | re.IGNORECASE,
)
_WRAPPERS = re.compile(
    r"\\(?:text|mbox|mathrm|textbf|textit|textrm|mathbf|operatorname|boxed|emph|textnormal)\s*(?=\{)"
)
_NOISE = re.compile(r"[{}$\"*`]|\\[!,;: ]|\\left|\\right|\\\\")
_ARTICLE = re.compile(r"(?:there (?:is|are) )?(?:the |a |an )?")
_AFFIRMED = re.compile(r"(yes|no|true|false)\b(?:\s*[,.;:!]|\s+[-–—]|\s*$)", re.IGNORECASE)
DENIAL = re.compile(
    r"n't\b|\b(?:not|never|no|none|nobody|nothing|nor|cannot|doubt|false|wrong|incorrect|if|unless|or|but|either|neither)\b",
    re.IGNORECASE,
)
"""A word after which a sentence may say the opposite."""
_AFFIRMATIONS = re.compile(r"\s*(?:and\s+)?(?:yes|no|true|false)\b", re.IGNORECASE)
MAX_WORDS = 200
"""Characters of an answer in words."""


def plain_words(text: str) -> str:
    """The words without LaTeX, quotes, outer punctuation and capitals, in single spaces.

    Characters keep their identity but for composition: a Cyrillic letter never equals the Latin one it looks like.
    """
    text = _NOISE.sub(" ", _WRAPPERS.sub("", text)).replace("~", " ")
    text = unicodedata.normalize("NFC", text).lower()
    text = " ".join(text.split()).strip(" .,;:!?")
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    return text


def meaning(words: str) -> str:
    """`plain_words` in one spelling: without an article, `true` as `yes`, `empty set` as `none`."""
    words = _ARTICLE.sub("", words, count=1)
    return _SAME.get(words) or _WEEKDAYS.get(words.removeprefix("on "), words)


def affirmation(text: str) -> str | None:
    """yes or no, where the answer starts with one of them as a word of its own, and is no list of them."""
    if text[:1].lower() not in 'ynt\\fo$*"' or len(text) > MAX_WORDS:
        return None
    found = _AFFIRMED.match(
        plain_words(text) + " " if len(text) < 8 else _NOISE.sub(" ", _WRAPPERS.sub("", text)).strip()
    )
    return meaning(found[1].lower()) if found and not _AFFIRMATIONS.search(found.string, found.end()) else None


def choice(text: str) -> str | None:
    r"""The letter of a choice in capitals: `B`, `(b)`, `B.`, `Option B`, `\text{(B)}`, `B) 42`."""
    if len(text) > MAX_WORDS:
        return None
    text = " ".join(_NOISE.sub(" ", _WRAPPERS.sub("", text)).split())
    found = _CHOICE.fullmatch(text)
    return found[1].upper() if found else None


def number_word(words: str) -> int | Fraction | None:
    """Whole numbers below a trillion and some simple fractions in words, with or without hyphens and `and`."""
    if words in _FRACTIONS:
        return _FRACTIONS[words]
    sign, _, rest = words.partition(" ")
    if sign in ("minus", "negative"):
        value = number_word(rest) if not rest.startswith(sign) else None
        return None if value is None else -value
    total, last = 0, 10**12
    group: list[str] = []
    for word in words.replace("-", " ").split():
        scale = _SCALES.get(word)
        if scale is None:
            group.append(word)
            continue
        value = _below_thousand(group)
        if not value or scale >= last:
            return None
        total, last, group = total + value * scale, scale, []
    if total and not group:
        return total
    value = _below_thousand(group[1:] if total and group[0] == "and" else group)
    return None if value is None else total + value


def _below_thousand(words: list[str]) -> int | None:
    """`a hundred and five`, `twenty three`, `zero`."""
    if not words or len(words) > 5:
        return None
    hundreds = 0
    if "hundred" in words[:2]:
        place = words.index("hundred")
        if place and words[0] not in ("a", *_NUMBERS[1:10]):
            return None
        hundreds = 100 * (_NUMBERS.index(words[0]) if place and words[0] != "a" else 1)
        words = words[place + 1 :]
        if words[:1] == ["and"]:
            words = words[1:] or ["and"]
        if not words:
            return hundreds
    if words == ["a"]:  # a thousand
        return 1
    if len(words) == 1 and words[0] in _NUMBERS:
        return hundreds + _NUMBERS.index(words[0])
    if words[0] in _TENS and len(words) <= 2 and (len(words) == 1 or words[1] in _NUMBERS[1:10]):
        return hundreds + 20 + 10 * _TENS.index(words[0]) + (_NUMBERS.index(words[1]) if len(words) == 2 else 0)
    return None
