"""From typed or typeset characters to the plain ones that the tokenizer knows.

Only the mathematical signs of a fixed table are translated. Every other character outside ASCII stays what it is, so
a look-alike (a Cyrillic letter, a full-width or Arabic digit, an invisible space) never becomes what it imitates.
"""

from __future__ import annotations

import re

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_FRACTIONS = {"½": "1 2", "⅓": "1 3", "⅔": "2 3", "¼": "1 4", "¾": "3 4", "⅕": "1 5", "⅖": "2 5", "⅗": "3 5"}
_FRACTIONS |= {"⅘": "4 5", "⅙": "1 6", "⅚": "5 6", "⅛": "1 8", "⅜": "3 8", "⅝": "5 8", "⅞": "7 8"}
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
_SIGNS = {
    "−": "-", "–": "-", "‐": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/", "∕": "/", "⁄": "/",
    "√": r"\sqrt ", "∛": r"\sqrt[3]", "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ",
    "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "º": r"^\circ ",
    "∪": r"\cup ", "∩": r"\cap ", "∅": r"\emptyset ", "∈": r"\in ", "ℝ": r"\mathbb{R}", "∖": r"\setminus ",
    "⟨": r"\langle ", "⟩": r"\rangle ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'", "…": "...", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
    "\u2003": " ", "\u2002": " ", "→": r"\to ", "∠": r"\angle ",
    "€": r"\euro ", "¥": r"\yen ", "¢": r"\text{ cents}", "£": r"\pounds ", "₹": "Rs ", "≡": r"\equiv ", "\u2061": "",
}  # fmt: skip
_TABLE = str.maketrans(
    {
        **_SIGNS,
        **{sign: rf"\{name} " for sign, name in _GREEK.items()},
        **{sign: rf"\frac{{{a}}}{{{b}}}" for sign, (a, b) in ((s, p.split()) for s, p in _FRACTIONS.items())},
    }
)
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_LOWERED = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")
_LONG_ROOT = re.compile(r"√\s*\(")
_DELIMITERS = re.compile(r"\\[()]|\\\[|\\\](?!\d)")
# Not inside an expression: 2**3**4 is a tower of powers.
_BOLD = re.compile(r"(?<!\S)(?:\*\*(?=\S)([^*]+?)(?<=\S)\*\*|`([^`]+)`)(?![\w(*])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters that no answer holds: they are refused, never dropped."""


def clean(text: str) -> str:
    """`text` without math delimiters, emphasis and outer space, its mathematical signs in ASCII."""
    text = text.strip()
    if not text.isascii():
        text = _LONG_ROOT.sub(r"\\sqrt(", text)
        text = _RAISED.sub(lambda found: "^{" + "".join(map(_SUPERSCRIPTS.__getitem__, found[0])) + "}", text)
        text = _LOWERED.sub(lambda found: "_{" + "".join(map(_SUBSCRIPTS.__getitem__, found[0])) + "}", text)
        text = text.translate(_TABLE)
    if "**" in text or "`" in text:
        text = _BOLD.sub(lambda found: found[1] or found[2], text)
    if "$" in text:
        text = _without_dollars(text)
    if "\\" in text:
        text = _DELIMITERS.sub(" ", text)
    return text.strip()


def _without_dollars(text: str) -> str:
    r"""Without the dollars that delimit mathematics. One that is left over is a currency, written `\$`."""
    text = text.replace("$$", "$") if text.count("$$") != 1 else text.replace("$$", "")
    parts = re.split(r"(?<!\\)\$", text)
    if len(parts) % 2:  # as many that open as that close
        return "".join(parts)
    return parts[0] + r"\$" + "".join(parts[1:])
