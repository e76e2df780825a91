r"""Plain numerals, exactly: most answers end here, in a microsecond, without tokens or trees.

Whole numbers are int, the rest Fraction. Read are integers with or without thousands separators, decimals, scientific
notation, fractions `a/b` and `\frac{a}{b}`, all with a sign. What is anything else, or longer, is None: the parser
looks at it next.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import Unreadable
from ..limits import MAX_BITS, MAX_DIGITS

Exact = int | Fraction

_INTEGER = re.compile(r"([-+]?)([0-9]{1,60})", re.ASCII)
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:(?:,|\{,\}|,?\\!,?|\\,|,\\!)[0-9]{3}){1,12}")
_SPACED = re.compile(r"[-+]?[0-9]{1,3}(?: [0-9]{3}){1,12}")
_DECIMAL = re.compile(r"([-+]?)([0-9]{0,60})\.([0-9]{1,60})")
_FRACTION = re.compile(r"([-+]?)(?:\\[dtc]?frac\{([-+]?[0-9]{1,60})\}\{([0-9]{1,60})\}|([0-9]{1,60})/([0-9]{1,60}))")
_SEPARATORS = re.compile(r"[^-+0-9]")


def numeral(text: str) -> Exact | None:
    """The exact value of `text`, or None where it is no plain numeral."""
    if found := _INTEGER.fullmatch(text):
        return -int(found[2]) if found[1] == "-" else int(found[2])
    if found := _FRACTION.fullmatch(text):
        above, below = int(found[2] or found[4]), int(found[3] or found[5])
        if not below:
            return None
        return whole(Fraction(-above if found[1] == "-" else above, below))
    if found := _DECIMAL.fullmatch(text):
        value = Fraction(int(found[2] + found[3]), 10 ** len(found[3]))
        return whole(-value if found[1] == "-" else value)
    if _GROUPED.fullmatch(text) or _SPACED.fullmatch(text):
        return int(_SEPARATORS.sub("", text))
    return None


def decimal(integer: str, fraction: str = "", repeating: str = "", exponent: int = 0) -> Exact:
    """integer.fraction(repeating) * 10**exponent. Raises Unreadable where it is too long."""
    if len(integer) + len(fraction) + len(repeating) > MAX_DIGITS or abs(exponent) * 4 > MAX_BITS:
        raise Unreadable("a number is too long")
    if not fraction and not repeating and not exponent:
        return int(integer or "0")
    value = Fraction(int((integer + fraction) or "0"), 10 ** len(fraction))
    if repeating:
        value += Fraction(int(repeating), 10 ** len(fraction) * (10 ** len(repeating) - 1))
    return whole(value * Fraction(10) ** exponent)


def whole(value: Fraction) -> Exact:
    """The same value as an int where it is whole."""
    return value.numerator if value.denominator == 1 else value
