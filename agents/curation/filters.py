"""The base filters of Big-Math that look at one row: each a named function that says why it drops a row, or None.

What is compared between rows (identical problems, near-duplicates, held-out problems) is in `groups`, `near` and
`against`. Every rule errs on the side of keeping a row that only looks like a dropped kind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ...tasks.data import Record, boxes

Rule = Callable[[Record], str | None]

# figures ------------------------------------------------------------------------------------------------------------

_DRAWN = re.compile(r"\[asy\]|\\begin\{(?:asy|tikzpicture|pspicture|picture)\}")
_IMAGE = re.compile(r"!\[[^\]]*\]\(|<img\b|\\includegraphics|\b[\w/-]+\.(?:png|jpe?g|gif|svg)\b", re.I)
_SHOWN = r"(?:figure|diagram|picture|image|illustration|drawing|graph|chart)"
_ELSE = r"(?![\s-]+(?:frame|skat|eight|out|book|gallery|hook|show\b|window))"
_FIGURE = re.compile(
    rf"\b{_SHOWN}{_ELSE}\s+(?:is\s+|as\s+)?(?:shown|below|above|to the (?:right|left)|at (?:the )?(?:right|left))"
    rf"|\b(?:in|from|on|see|using|to)\s+(?:the|this)\s+(?:(?:following|adjacent|given|accompanying)\s+)?"
    rf"(?:figure|diagram|illustration|picture|image){_ELSE}\b(?!\s+of\b)"
    rf"|\b(?:as\s+)?shown\s+(?:below|above|here|in\s+(?:the\s+)?{_SHOWN})\b"
    r"|\b(?:figure|fig\.)\s*\d",
    re.I,
)


def no_figure(record: Record) -> str | None:
    """Drops problems that need a picture: drawn in code, included, or referred to."""
    if any(value and name.lower().startswith(("image", "figure")) for name, value in record.more.items()):
        return "an image column"
    text = record.problem
    if _DRAWN.search(text):
        return "drawing code"
    if _IMAGE.search(text):
        return "an image"
    return "refers to a figure" if _FIGURE.search(text) else None


# answers and sources ------------------------------------------------------------------------------------------------


def one_answer(record: Record) -> str | None:
    """Keeps rows with one answer: a solution with boxes has exactly one, and a row without a box has an answer."""
    boxed = len(boxes(record.solution)) if record.solution else 0
    if boxed > 1:
        return "several boxed answers"
    return None if record.answer and record.answer.strip() else "no answer"


SYNTHETIC = {"orca_math", "metamath", "metamathqa", "amps", "mathgpt"}
"""Sources whose problems are written by models, besides all that call themselves synthetic."""

TRUSTED = {"orca_math"}
"""The synthetic source that is kept."""


def trusted_source(record: Record) -> str | None:
    """Drops synthetic sources but the trusted one."""
    source = re.sub(r"[^a-z0-9]+", "_", record.source.lower()).strip("_")
    if source in TRUSTED or not (source in SYNTHETIC or "synthetic" in source.split("_")):
        return None
    return f"synthetic: {source}"


# language -----------------------------------------------------------------------------------------------------------

_MATH = re.compile(r"\$\$.*?\$\$|\$.*?\$|\\\[.*?\\\]|\\\(.*?\\\)", re.DOTALL)
_COMMAND = re.compile(r"\\[a-zA-Z]+|\\.")
_WORD = re.compile(r"[^\W\d_]+")

OTHERS = {
    "French": "le les des une est et dans sur avec pour que qui soit trouver quel quelle nombre sont deux aux cette",
    "Spanish": "el los las una es y con para que del sea hallar cuál cuántos son por se si número un como",
    "German": "der die das ein eine und ist mit von für sei wie viele welche zwei nicht sind auf dem den bestimme",
    "Italian": "il lo gli una è e con per che di sia trovare quanti sono nel della due numero un quale come",
    "Portuguese": "os as uma e com para que do seja encontre quantos são por se número um como da em não qual",
    "Polish": "jest i w na z do że oraz dla liczba ile dwa są niech znajdź liczb każdy który od po",
    "Dutch": "de het een en is van met voor dat zijn hoeveel wat op te twee getal bepaal niet",
    "Turkish": "bir ve ile için kaç olan sayı bu ise göre toplam kadar nedir değeri iki",
}
"""Frequent words of languages in Latin script."""

ENGLISH = frozenset(
    "the of and to is in that if what how many are for with find be has was each on at by from than then which it as"
    " all there who his her their have when given let value number such not more will does do did an its this".split()
)
_OTHERS = {name: frozenset(words.split()) - ENGLISH for name, words in OTHERS.items()}

FOREIGN = 0.1
"""The largest share of letters beyond Latin and Greek."""


def prose(text: str) -> str:
    """The text without formulas and commands."""
    return _COMMAND.sub(" ", _MATH.sub(" ", text)) if "$" in text or "\\" in text else text


def english(record: Record) -> str | None:
    """Drops problems in another script, or with more frequent words of another language than of English."""
    text = prose(record.problem)
    if not text.isascii():
        letters = [unicodedata.name(sign, "") for sign in text if sign.isalpha()]
        other = sum(not name.startswith(("LATIN", "GREEK", "MATHEMATICAL", "FULLWIDTH LATIN")) for name in letters)
        if other > FOREIGN * len(letters):
            return "not in Latin script"
    words = _WORD.findall(text.lower())
    ours = sum(word in ENGLISH for word in words)
    if ours * 5 >= len(words):
        return None
    found, language = max((sum(word in known for word in words), name) for name, known in _OTHERS.items())
    return f"in {language}" if found >= 3 and found > ours else None


# what generators and crawlers leave behind --------------------------------------------------------------------------

_ARTEFACTS = {
    "a request to translate": re.compile(
        r"translate the (?:above |following )?(?:text|problem)|the translation result|retain the original text", re.I
    ),
    "an assistant speaks": re.compile(
        r"\bas an ai\b|\bas a large language model|^\s*(?:sure|certainly|of course)[,!]"
        r"|\bhere(?: is|'s) (?:the|a|an|your) (?:\w+ )?(?:rewritten|translated|revised|rephrased|modified|generated)\b",
        re.I,
    ),
    "the solution is in the problem": re.compile(r"^\W*solution\W*$|^\W*(?:final )?answer\s*:\W*\S", re.I | re.M),
    "a placeholder": re.compile(
        r"(?<![A-Za-z_^])\{(?:problem|question|answer|placeholder)\}|\[insert [^\]]*\]|<\|\w+\|>|lorem ipsum", re.I
    ),
    "broken encoding": re.compile("\ufffd|â€[™œ˜“”]|Ã[©¨¡³±]"),
}


def no_artefacts(record: Record) -> str | None:
    """Drops what generation or crawling left behind: instructions, chatter, placeholders, loops, broken encoding."""
    text = record.problem
    for why, pattern in _ARTEFACTS.items():
        if pattern.search(text):
            return why
    return "text in a loop" if _loops(text) else None


def _loops(text: str) -> bool:
    """Does a run of 3 to 12 words come four times in a row? (A sequence such as 1, 1, 1, 1 is no loop.)"""
    words = text.split()
    if len(words) < 12 or len(set(words)) * 2 > len(words):
        return False
    for period in range(3, 13):
        same = 0
        for place in range(period, len(words)):
            same = same + 1 if words[place] == words[place - period] else 0
            if same >= 3 * period and len({word for word in words[place - period : place] if word.isalpha()}) > 2:
                return True
    return False


_LINK = re.compile(r"https?://\S|\bftp://\S|\bwww\.[\w-]+\.\w|\\href\{|\\url\{", re.I)


def no_links(record: Record) -> str | None:
    """Drops problems with hyperlinks."""
    return "a hyperlink" if _LINK.search(record.problem) else None


BASE: dict[str, Rule] = {
    rule.__name__: rule for rule in (no_figure, one_answer, trusted_source, english, no_artefacts, no_links)
}
"""The base rules in the order in which they are asked; a row counts for the first that drops it."""
