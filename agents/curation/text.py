"""Problems as tokens and hashes: what makes two the same, nearly the same, or one contained in another.

All hashes are functions of the text alone: the same in every process and on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_THOUSANDS = re.compile(r"(?<=\d)(?:,|\\,|\{,\}|,\\!)(?=\d{3}(?!\d))")
_SPACING = re.compile(r"\\(?:left|right|displaystyle|quad|qquad|text|mathrm|textbf|mathbf|[,;:! ])")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[-+*/=<>^_!|()\[\]%≤≥≠°√π∞−×÷·]")
_NUMBER = re.compile(r"\d")

WORDED = {
    word: str(number)
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
}
"""Numbers that are often spelled in words ("one" is no number more often than not)."""

_STEP = np.uint64(0x9E3779B97F4A7C15)


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers and signs; neither spaces, braces, dollars and spacing commands nor commas and full
    stops outside numbers."""
    text = _THOUSANDS.sub("", text)
    if "\\" in text:
        text = _SPACING.sub(" ", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return _TOKEN.findall(text.lower())


def fingerprint(words: Sequence[str]) -> tuple[int, int]:
    """128 bits that say whether two problems are identical."""
    digest = blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


@lru_cache(maxsize=1 << 16)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def hashes(words: Sequence[str]) -> Hashes:
    """One hash a token."""
    return np.fromiter(map(_hash, words), np.uint64, len(words))


def mix(values: Hashes) -> Hashes:
    """Spreads what sums and products leave in the high bits over all of them."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def grams(words: Hashes, size: int) -> Hashes:
    """The hashes of all runs of `size` tokens; a shorter text is one run. Not empty, not unique."""
    if not len(words):
        return np.zeros(1, np.uint64)
    size = min(size, len(words))
    runs = np.zeros(len(words) - size + 1, np.uint64)
    for place in range(size):
        runs = runs * _STEP + words[place : len(words) - size + 1 + place]
    return mix(runs)


def numbers_of(words: Sequence[str]) -> int:
    """A hash of all numbers in a problem, whatever their order: problems that differ in a number are different ones."""
    found = sorted(WORDED.get(word, word) for word in words if word in WORDED or _NUMBER.match(word))
    return _hash("numbers " + " ".join(found))
