r"""Read an arithmetic expression written by a model, exactly and without ever running it.

The grammar, after spaces and tabs between tokens are dropped::

    answer     = expression [ "=" claim ] ;
    expression = term { ( "+" | "-" ) term } ;           (* left associative *)
    term       = factor { ( "*" | "/" ) factor } ;       (* left associative *)
    factor     = integer | "(" expression ")" ;
    claim      = [ "-" ] integer ;
    integer    = "0" | nonzero { digit } ;               (* ASCII, at most 9 digits *)

Left out on purpose: signs before a number, powers, floor division, factorials, decimals, implicit
multiplication, joined digits (`1 3`), line breaks, Unicode digits and operators, LaTeX. Each would either
make other numbers than those given or let one answer be read in two ways. Whoever cuts an answer out of
longer text also strips it.

Cost is bounded before any work is done: length first, then characters, then nesting and the count of
literals while reading. Nothing recurses, and no more literals are combined than the caller allows.
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, cast

from ..problem import Verdict

MAX_LENGTH: Final = 1_000
"""Characters in an answer. Six numbers with brackets around everything take about 60."""
MAX_NUMBERS: Final = 16
"""Literals in an expression, where the caller does not say how many were given."""
MAX_DIGITS: Final = 9
"""Digits of one literal."""
MAX_NESTING: Final = 64
"""Brackets open at once."""
MAX_SHOWN: Final = 20
"""Characters of the answer that one reason repeats."""

_FOREIGN = re.compile(r"[^0-9+\-*/()= \t]")
# `**` and `//` are tokens so that they can be refused by name.
_TOKEN = re.compile(r"[0-9]+|\*\*|//|[-+*/()]")
_CLAIM = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
_HINTS: Final = {
    "!": " (factorial)",
    "^": " (power)",
    "**": " (power)",
    "//": " (floor division)",
    ".": " (decimals)",
    "\u00d7": " (write *)",
    "\u00f7": " (write /)",
    "\u2212": " (write -)",
}
Operators = dict[str, tuple[int, Callable[[Any, Any], int | Fraction]]]
"""Signs to precedences and functions."""

# Fraction(a, b) is exact division; the other three keep whole numbers as int, which is faster.
_OPERATORS: Final[Operators] = {
    "+": (1, operator.add),
    "-": (1, operator.sub),
    "*": (2, operator.mul),
    "/": (2, Fraction),
}
_WHOLE: Final[Operators] = _OPERATORS | {"/": (2, lambda left, right: _whole_quotient(left, right))}


class AnswerError(ValueError):
    """An answer that cannot be read. `reason` is short printable ASCII, safe to log or to feed to a model."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What an expression says. `claim` is not compared with `value` here: `check_arithmetic` judges it."""

    value: Fraction
    numbers: tuple[int, ...]  # literals, in reading order
    claim: int | None = None  # the integer after a trailing "=", as written


def read_arithmetic(text: str, *, max_length: int = MAX_LENGTH, max_numbers: int = MAX_NUMBERS) -> Arithmetic:
    """Read `text` by the grammar of this module.

    Raises:
        AnswerError: for everything else, whatever the type, length or content of `text`.
    """
    expression, claim = _split(_plain(text, max_length))
    value, numbers = _evaluate(expression, max_numbers, _OPERATORS)
    return Arithmetic(Fraction(value), tuple(numbers), claim)


def check_arithmetic(
    text: object,
    numbers: Sequence[int],
    target: int | Fraction,
    *,
    use_all: bool = True,
    whole: bool = False,
) -> Verdict:
    """Judge whether `text` makes `target` out of `numbers`.

    Each number is used exactly once, or at most once where `use_all` is False. Where `whole` is True, every result on
    the way must be a whole number. Never raises because of
    `text`, which may be any object: what cannot be read is wrong, and the verdict says why. Its answer is the
    expression without spaces and claim, or None where it could not be read.
    """
    try:
        string = _plain(text, MAX_LENGTH)
        expression, claim = _split(string)
        value, used = _evaluate(expression, len(numbers), _WHOLE if whole else _OPERATORS)
    except AnswerError as error:
        return Verdict(False, error.reason)
    answer = expression.replace(" ", "").replace("\t", "")
    if claim is not None and claim != target:
        return Verdict(False, f"claims {claim}, target is {_show(target)}", answer)
    if sorted(used) != sorted(numbers):
        if use_all:
            return Verdict(False, f"uses {_list(used)}, the hand is {_list(numbers)}", answer)
        if not Counter(used) <= Counter(numbers):
            return Verdict(False, f"uses {_list(used)}, the hand has only {_list(numbers)}", answer)
    if value != target:
        return Verdict(False, f"evaluates to {_show(value)}, target is {_show(target)}", answer)
    return Verdict(True, f"makes {_show(target)}", answer)


def _plain(text: object, max_length: int) -> str:
    """`text` as an exact str of allowed characters, not blank. Raises AnswerError."""
    # Not isinstance, which asks the object for its __class__; and str's own methods, since a subclass may
    # override them.
    if not issubclass(type(text), str):
        raise AnswerError("the answer is not a string")
    string = cast(str, text)
    if str.__len__(string) > max_length:
        raise AnswerError(f"too long (more than {max_length} characters)")
    string = str.__str__(string)
    if foreign := _FOREIGN.search(string):
        char = foreign[0]
        if " " < char <= "~":
            name = f"'{char}'"
        elif char < " " or char == "\x7f":
            name = f"the control character U+{ord(char):04X}"
        else:
            name = f"the non-ASCII character U+{ord(char):04X}"
        raise AnswerError(f"{name}{_HINTS.get(char, '')} is not allowed")
    if not string.strip(" \t"):
        raise AnswerError("the answer is empty")
    return string


def _split(text: str) -> tuple[str, int | None]:
    """Expression and claim. Raises AnswerError where there is an "=" without exactly one integer after it."""
    expression, equals, claim = text.partition("=")
    if not equals:
        return text, None
    claim = claim.strip(" \t")
    if "=" in claim:
        raise AnswerError("more than one '='")
    if not expression.strip(" \t"):
        raise AnswerError("nothing before '='")
    if not _CLAIM.fullmatch(claim):
        raise AnswerError(f"one integer of at most {MAX_DIGITS} digits must follow '='")
    return expression, int(claim)


def _evaluate(expression: str, max_numbers: int, operators: Operators) -> tuple[int | Fraction, list[int]]:
    """Value and literals, by Dijkstra's shunting yard: two stacks and no recursion. Raises AnswerError."""
    numbers: list[int] = []
    values: list[int | Fraction] = []
    waiting: list[str] = []  # operators and open brackets: at most two operators per bracket
    depth = 0
    operand = True  # a number or "(" is due next

    for token in _TOKEN.findall(expression):
        if token.isdigit() or token == "(":
            if not operand:
                raise AnswerError(f"an operator is missing before '{_cut(token)}'")
            if token == "(":
                depth += 1
                if depth > MAX_NESTING:
                    raise AnswerError(f"nested too deeply (more than {MAX_NESTING} brackets)")
                waiting.append(token)
                continue
            numbers.append(_integer(token))
            if len(numbers) > max_numbers:
                raise AnswerError(f"uses more than {max_numbers} numbers")
            values.append(numbers[-1])
            operand = False
        elif token == ")":
            if depth == 0:
                raise AnswerError("')' without '('")
            if operand:
                raise AnswerError("a number or '(' is missing before ')'")
            _apply(waiting, values, 0, operators)
            waiting.pop()
            depth -= 1
        elif token in ("**", "//"):
            raise AnswerError(f"'{token}'{_HINTS[token]} is not allowed")
        else:
            if operand:
                if token in "+-":
                    raise AnswerError(f"a sign is not allowed ('{token}' with no number before it)")
                raise AnswerError(f"a number or '(' is missing before '{token}'")
            _apply(waiting, values, operators[token][0], operators)
            waiting.append(token)
            operand = True
    if operand:
        raise AnswerError("a number is missing at the end")
    if depth:
        raise AnswerError("'(' without ')'")
    _apply(waiting, values, 0, operators)
    return values[0], numbers


def _apply(waiting: list[str], values: list[int | Fraction], precedence: int, operators: Operators) -> None:
    """Apply the waiting operators of at least `precedence`, back to the last open bracket.

    Raises AnswerError on a division by zero, and by whole operators on one with a rest.
    """
    while waiting and waiting[-1] != "(" and operators[waiting[-1]][0] >= precedence:
        right = values.pop()
        try:
            values[-1] = operators[waiting.pop()][1](values[-1], right)
        except ZeroDivisionError:
            raise AnswerError("division by zero") from None


def _whole_quotient(left: int, right: int) -> int:
    """Raises AnswerError where there is a rest, ZeroDivisionError."""
    quotient, rest = divmod(left, right)
    if rest:
        raise AnswerError(f"{_show(left)} / {_show(right)} is not a whole number")
    return quotient


def _integer(token: str) -> int:
    """Read a literal, checking its length before int() does any work. Raises AnswerError."""
    if len(token) > MAX_DIGITS:
        raise AnswerError(f"the number {_cut(token)} has more than {MAX_DIGITS} digits")
    if token[0] == "0" and token != "0":
        raise AnswerError(f"the number {token} has a leading zero")
    return int(token)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."


def _show(value: int | Fraction) -> str:
    """Write a value in short: str() of an integer of thousands of digits raises."""
    limit = 10**MAX_SHOWN
    if abs(value.numerator) >= limit or value.denominator >= limit:
        return "a very long number"
    return str(value)


def _list(numbers: Sequence[int]) -> str:
    shown = " ".join(map(_show, sorted(numbers)[:MAX_NUMBERS]))
    return shown if len(numbers) <= MAX_NUMBERS else f"{shown} ..."
