"""Exact values of trees whose every step is rational, as pairs (numerator, denominator) that are not reduced.

Not reducing is what makes it fast: two values are compared by multiplying crosswise. Every product and power is bounded
before it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ..errors import Undecided, Undefined
from ..limits import MAX_BITS
from .nodes import Node

Pair = tuple[int, int]
MAX_FACTORIAL = 3_000


class Inexact(Exception):
    """The value is not rational, or not seen to be."""


def exact(node: Node, point: Mapping[str, int]) -> Pair:
    """The value where the variables have the values of `point`; the denominator is positive.

    Raises Inexact, Undefined, or Undecided where it takes more than MAX_BITS bits.
    """
    kind = node[0]
    if kind == "num":
        value = node[1]
        return (value, 1) if type(value) is int else (value.numerator, value.denominator)
    if kind == "sym":
        return point[node[1]], 1
    if kind == "add":
        above, below = exact(node[1][0], point)
        for part in node[1][1:]:
            a, b = exact(part, point)
            above, below = (above + a, below) if b == below else (above * b + a * below, below * b)
            above, below = bounded(above, below)
        return above, below
    if kind == "mul":
        above, below = exact(node[1][0], point)
        for part in node[1][1:]:
            a, b = exact(part, point)
            above, below = bounded(above * a, below * b)
        return above, below
    if kind == "neg":
        above, below = exact(node[1], point)
        return -above, below
    if kind == "inv":
        above, below = exact(node[1], point)
        if not above:
            raise Undefined("a division by zero")
        return (below, above) if above > 0 else (-below, -above)
    if kind == "pow":
        return power(exact(node[1], point), exact(node[2], point))
    if kind == "fun" and node[1] in _FUNCTIONS:
        return _FUNCTIONS[node[1]](*(exact(part, point) for part in node[2]))
    raise Inexact


def bounded(above: int, below: int) -> Pair:
    """The pair, reduced where it grows long. Raises Undecided where that does not help."""
    if below.bit_length() + above.bit_length() > 512:
        shared = math.gcd(above, below)
        above, below = above // shared, below // shared
        if above.bit_length() > MAX_BITS or below.bit_length() > MAX_BITS:
            raise Undecided("a number has too many digits")
    return above, below


def integer(pair: Pair) -> int:
    """The value as a whole number. Raises Inexact where it is none."""
    above, below = pair
    if above % below:
        raise Inexact
    return above // below


def power(base: Pair, exponent: Pair) -> Pair:
    """base ** exponent, where it is rational. Raises Inexact where it is not."""
    above, below = base
    times, index = bounded_reduced(exponent)
    if index != 1:
        if above < 0 or index > 64:
            raise Inexact
        above, below = _root(above, index), _root(below, index)
    if times < 0:
        if not above:
            raise Undefined("a division by zero")
        above, below, times = (below, above, -times) if above > 0 else (-below, -above, -times)
    if not times and not above:
        raise Undefined("zero to the power of zero")
    if abs(above) > 1 or below > 1:
        longest = max(above.bit_length(), below.bit_length())
        if longest * times > 2 * MAX_BITS:
            raise Undecided("a power has too many digits")
    elif above == -1:
        times %= 2
    elif times:
        times = 1
    return above**times, below**times


def bounded_reduced(pair: Pair) -> Pair:
    shared = math.gcd(*pair)
    return pair[0] // shared, pair[1] // shared


def _root(value: int, index: int) -> int:
    """The exact root of a whole number that is not negative. Raises Inexact."""
    if value < 2:
        return value
    if index == 2:
        root = math.isqrt(value)
    else:
        root = 1 << -(-value.bit_length() // index)  # Newton's method from above
        while True:
            better = ((index - 1) * root + value // root ** (index - 1)) // index
            if better >= root:
                break
            root = better
    if root**index != value:
        raise Inexact
    return root


def _fun_root(argument: Pair, index: Pair) -> Pair:
    degree = integer(index)
    if degree == 0:
        raise Undefined("a root of index zero")
    if argument[0] < 0:
        if degree % 2 == 0 or degree < 0:
            raise Inexact
        above, below = power((-argument[0], argument[1]), (1, degree))
        return -above, below
    return power(argument, (1, degree) if degree > 0 else (-1, -degree))


def _factorial(argument: Pair) -> Pair:
    n = integer(argument)
    if n < 0:
        raise Undefined("the factorial of a negative number")
    if n > MAX_FACTORIAL:
        raise Undecided("a factorial has too many digits")
    return math.factorial(n), 1


def _double_factorial(argument: Pair) -> Pair:
    """n (n - 2) (n - 4) ... down to 2 or 1."""
    n = integer(argument)
    if n < -1:
        raise Undefined("the double factorial of a negative number")
    if n > MAX_FACTORIAL:
        raise Undecided("a factorial has too many digits")
    return math.prod(range(n, 0, -2)), 1


def _binomial(top: Pair, bottom: Pair) -> Pair:
    n, k = integer(top), integer(bottom)
    if not 0 <= k <= n:
        if k < 0 or n >= 0:
            return 0, 1
        raise Inexact
    if min(k, n - k) * n.bit_length() > 2 * MAX_BITS:
        raise Undecided("a binomial coefficient has too many digits")
    return math.comb(n, k), 1


def _extreme(choose: Callable[..., Pair]) -> Callable[..., Pair]:
    def extreme(*pairs: Pair) -> Pair:
        below = math.lcm(*(pair[1] for pair in pairs))
        return choose((above * (below // b), below) for above, b in pairs)

    return extreme


def _log(argument: Pair) -> Pair:
    if argument[0] == argument[1]:
        return 0, 1
    raise Inexact


_FUNCTIONS: dict[str, Callable[..., Pair]] = {
    "abs": lambda x: (abs(x[0]), x[1]),
    "floor": lambda x: (x[0] // x[1], 1),
    "ceil": lambda x: (-(-x[0] // x[1]), 1),
    "!": _factorial,
    "!!": _double_factorial,
    "binom": _binomial,
    "root": _fun_root,
    "gcd": lambda *pairs: (math.gcd(*map(integer, pairs)), 1),
    "lcm": lambda *pairs: (math.lcm(*map(integer, pairs)), 1),
    "max": _extreme(max),
    "min": _extreme(min),
    "ln": _log,
    "log": _log,
}
