r"""Text to expressions: a small parser of our own, so that no text of a model ever reaches an algebra system.

    equation   = sum "=" sum ;
    sum        = [ sign ] product { sign product } ;
    product    = power { ( "*" | "/" | nothing ) power } ;      (* from left to right *)
    power      = base [ "^" integer ] ;
    base       = number | variable | "(" sum ")" | "sqrt" "(" sum ")" ;
    number     = digits [ "." digits ] ;

`**` and `²` are read as powers, `−`, `·`, `×` and `√` as the signs that they are. What can be read in two ways is not
read: after a division a factor needs a sign (`1/2x` is refused, `x/2` and `1/(2x)` are not).

Cost is bounded before any work is done: by length, digits, nesting and exponents; what the expressions themselves may
grow to is bounded in `expressions`. Left out on purpose: functions, roots other than square ones, letters that are not
variables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ...rationals import exact
from .expressions import (
    MAX_EXPONENT,
    VARIABLES,
    ZERO,
    Condition,
    Sum,
    add,
    domain,
    is_number,
    negative,
    number,
    power,
    product,
    root,
    variable,
)

MAX_LENGTH = 240
"""Characters of an expression or equation."""
MAX_NESTING = 8
"""Brackets open at once."""

_TOKEN = re.compile(r"\s*(?:(\d{1,9}(?:\.\d{1,9})?)(?![\d.])|(sqrt)|([a-z])|([-+*/^()]))", re.ASCII)
_SPELLINGS = str.maketrans({"−": "-", "·": "*", "×": "*"})


def read_expression(text: str, names: Sequence[str] = VARIABLES) -> Sum:
    """The expression that a text spells. Raises ValueError, with the reason."""
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    plain = text.translate(_SPELLINGS).replace("**", "^").replace("²", "^2").replace("³", "^3").replace("√", "sqrt")
    reader = _Reader(plain, names)
    try:
        result = reader.whole()
    except ZeroDivisionError:
        raise ValueError("division by zero") from None
    if not set(reader.domain) <= set(domain(result)):
        raise ValueError("what is divided by or under a root must not cancel: that changes where it is defined")
    return result


def read_equation(text: str, names: Sequence[str] = VARIABLES) -> tuple[Sum, Sum]:
    """Both sides. Raises ValueError, with the reason."""
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    sides = text.split("=")
    if len(sides) != 2:
        raise ValueError("an equation has one =")
    left, right = (read_expression(side, names) for side in sides)
    return left, right


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str, names: Sequence[str]):
        self.names = names
        self.tokens: list[str] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if not found:
                raise ValueError("not an expression")
            self.tokens.append(found[found.lastindex or 0])
            place = found.end()
        self.tokens.append("")
        self.place = 0
        self.open = 0
        self.domain: list[Condition] = []  # also of what cancels while it is read

    def whole(self) -> Sum:
        result = self.sum()
        if self.tokens[self.place]:
            raise ValueError("not an expression")
        return result

    def take(self, *expected: str) -> str:
        """The next token if it is one of these, else nothing."""
        token = self.tokens[self.place]
        if token not in expected or not token:
            return ""
        self.place += 1
        return token

    def sum(self) -> Sum:
        total = ZERO
        sign = self.take("+", "-") or "+"
        while sign:
            term = self.product()
            total = add(total, term if sign == "+" else negative(term))
            sign = self.take("+", "-")
        return total

    def product(self) -> Sum:
        factors = [self.power()]
        divided = False
        while True:
            if self.take("*"):
                factors.append(self.power())
                divided = False
            elif self.take("/"):
                factors.append(power(below := self.power(), -1))
                divided = True
                if not is_number(below):
                    self.domain += domain(power(below, -1))
            elif (token := self.tokens[self.place]) and token not in "+-^)":
                if divided or token[0].isdigit():
                    raise ValueError("not clear what is multiplied: write * or brackets")
                factors.append(self.power())
            else:
                break
        return product(factors)

    def power(self) -> Sum:
        base = self.base()
        if not self.take("^"):
            return base
        exponent = self.tokens[self.place]
        if not exponent.isdigit() or int(exponent) > MAX_EXPONENT:
            raise ValueError(f"an exponent is a whole number up to {MAX_EXPONENT}")
        self.place += 1
        return power(base, int(exponent))

    def base(self) -> Sum:
        token = self.tokens[self.place]
        self.place += bool(token)
        if token[:1].isdigit():
            return number(exact(Fraction(token)))
        if token in self.names:
            return variable(token)
        if token == "sqrt" and self.tokens[self.place] == "(":
            result = root(self.base())
            self.domain += domain(result)
            return result
        if token == "(":
            self.open += 1
            if self.open > MAX_NESTING:
                raise ValueError("too many brackets")
            inside = self.sum()
            if not self.take(")"):
                raise ValueError("a bracket is not closed")
            self.open -= 1
            return inside
        raise ValueError("not an expression")
