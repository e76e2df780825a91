"""From the text of a final answer to its form."""

from __future__ import annotations

import re

from ..conventions import Conventions
from ..errors import Beyond, Unreadable
from ..values import nodes
from .brackets import trimmed
from .clean import clean
from .forms import Form, Value, Words
from .numerals import numeral
from .spelled import spelled_form
from .structure import whole_form
from .tokens import tokenize
from .wording import as_words
from .words import DENIAL, affirmation, number_word

_TIMES_TEN = re.compile(r"(?<=[0-9])\s*[xX]\s*(?=10\s*\^)|(?<=[0-9])\s+[xX]\s+(?=[0-9])")
_MAGNITUDES = {
    name: rf" \times 10^{{{3 * n}}} " for n, name in enumerate("thousand million billion trillion".split(), 1)
}
_MAGNITUDE = re.compile(r"(?<=[0-9])\s*(?:\\text\{)?\s*(thousand|million|billion|trillion)\b\s*\}?", re.IGNORECASE)
_UNIT = r"\{\\(?:text|mathrm)\{\s*([A-Za-z]+)\s*\}(\^\{?[0-9]\}?)?\}"
_UNIT_FRACTION = re.compile(rf"\\[dt]?frac{_UNIT}{_UNIT}")
_MINUS = re.compile(r"^(?:minus|negative) (?=[0-9\\])", re.IGNORECASE)
_INCHES = re.compile(r"^([0-9][0-9.,/ ]*)\s*in\b\.?(\^\{?[23]\}?)?\.?$")
_NOUN = r"(?:the )?(?:points?|intervals?|set|vector|ordered pairs?|numbers?|values?)"
_ARTICLE = r"an? (?=[0-9]|(?!sqrt|sinh|cosh|tanh|arc)[a-z]{4})"
_MATHEMATICS = r"\s*(?=[-0-9(\[\\])"
_LEAD = re.compile(
    r"(?:so|thus|therefore|hence|then|approximately|about|roughly|exactly|i\.e\.)\b[,:]?\s+|\\approx\s*|\\therefore\s*"
    rf"|{_ARTICLE}|(?:\\text\{{\s*{_NOUN}\s*\}}|{_NOUN}\b){_MATHEMATICS}",
    re.IGNORECASE,
)
_FIRST_TEXT = re.compile(r"^\\text\{([A-Za-z][A-Za-z ,:]{2,40})\}(?=\s*[^\s_^])")
_MODULUS = re.compile(
    r"\s{0,3}(?:\\pmod\s*\{?\s*([0-9]{1,9})\s*\}?|\(\s*\\?b?mod\s*([0-9]{1,9})\s*\)|[,\s]\\?b?mod\s+([0-9]{1,9}))$"
)
_WHOLE_TEXT = re.compile(r"\\(?:text|mbox|textbf)\{([^{}\\]*[0-9][^{}\\]*)\}")
_REMARK = re.compile(
    r"(?<=\S)\s*(?:\\text\{\s*)?\((?:(?:since|because|rounded)\b[^()]*|(?P<words>[a-z -]{3,60}))\)\}?$"
)
_FEET = re.compile(r"^([0-9]+) ?'(?: ?([0-9]+(?:\.[0-9]+)?) ?(?:''|\"))?$|^([0-9]+(?:\.[0-9]+)?) ?(?:''|\")$")
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
    text = _without_remark(text)
    if text.startswith("\\text{"):
        text = _FIRST_TEXT.sub(_unwrapped, text)
    text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    text = _INCHES.sub(r"\1 inch\2", _MINUS.sub("-", text))
    if "'" in text or '"' in text:
        text = _FEET.sub(
            lambda f: f"{f[3]} inch" if f[3] else f"{f[1]} feet {f[2]} inch" if f[2] else f"{f[1]} feet", text
        )
    if "frac{\\" in text:
        text = _UNIT_FRACTION.sub(r" \\text{\1\2/\3\4}", text)
    if not text:
        raise Unreadable("the answer is empty")
    if (found := spelled_form(text, how.day_first)) is not None:
        return found
    if (affirmed := affirmation(text)) is not None:
        return Words(affirmed)
    if "mod" in text:
        text = _MODULUS.sub(lambda f: rf" \text{{modulo {f[1] or f[2] or f[3]}}}", text)
    try:
        text = _MAGNITUDE.sub(lambda found: _MAGNITUDES[found[1].lower()], _TIMES_TEN.sub(r" \\times ", text))
        tokens = tokenize(text, how.thousands_commas)
        return whole_form(trimmed(tokens))
    except Unreadable as error:
        words = as_words(text)
        if words is None or isinstance(error, Beyond):
            raise
        return words


def _unwrapped(first: re.Match[str]) -> str:
    """The words before the rest; none of `Total cost:`."""
    words = first[1].rstrip()
    return "" if words.endswith(":") and not DENIAL.search(words) else f"{words} "


def _without_remark(text: str) -> str:
    """Without a text command around all of it, and without a remark in brackets behind it, as `7 (seven)` has one."""
    if whole := _WHOLE_TEXT.fullmatch(text):
        text = whole[1].strip()
    remark = _REMARK.search(text) if text.endswith((")", ")}")) else None
    if remark is None or (remark["words"] is not None and number_word(remark["words"]) is None):
        return text
    return text[: remark.start()]
