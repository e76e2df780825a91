"""Values of trees at a working precision, for what is not rational: roots, logarithms, trigonometry, pi, e and i.

Numbers are mpmath's own pairs (real, imaginary) of raw floats, through its functions that take the precision as an
argument: they hold no state, so any thread may call them. Principal branches, but odd roots of negative numbers are
real, as they are taught.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from ..errors import Undecided, Undefined
from ..limits import MAX_EXPONENT
from .nodes import Node
from .rational import Inexact, exact

Complex = tuple[Any, Any]


@cache
def lib() -> ModuleType:
    """mpmath's functions on raw floats, imported at first use: the package has to import quickly."""
    from mpmath import libmp

    return libmp


class Meter:
    """The largest and the smallest magnitude seen, in bits: what is lost when large numbers cancel. imaginary: was any
    value not real?"""

    __slots__ = ("high", "imaginary", "low")

    def __init__(self) -> None:
        self.high, self.low = -MAX_EXPONENT, MAX_EXPONENT
        self.imaginary = False

    def see(self, value: Complex) -> Complex:
        for _, man, exponent, bits in value:
            if man:
                size = exponent + bits
                if size > self.high:
                    self.high = size
                if size < self.low:
                    self.low = size
            elif exponent:  # infinity or not a number
                raise Undefined("an infinite value")
        if value[1][1]:
            self.imaginary = True
        if self.high > MAX_EXPONENT or self.low < -MAX_EXPONENT:
            raise Undecided("a number is too large or too small")
        return value


def magnitude(value: Complex) -> int:
    """Bits before the point of the larger part; very negative for zero."""
    return max((part[2] + part[3] if part[1] else -MAX_EXPONENT) for part in value)


def evaluate(node: Node, point: Mapping[str, Complex], precision: int, meter: Meter) -> Complex:
    """The value at `precision` bits, where the variables have the values of `point`. Raises Undefined and Undecided."""
    mp = lib()
    kind = node[0]
    if kind == "num":
        value = node[1]
        if type(value) is int:
            return meter.see((mp.from_int(value, precision, "n"), mp.fzero))
        return meter.see((mp.from_rational(value.numerator, value.denominator, precision, "n"), mp.fzero))
    if kind == "sym":
        return point[node[1]]
    if kind == "const":
        return meter.see(_constant(node[1], precision))
    if kind == "add":
        result = evaluate(node[1][0], point, precision, meter)
        for part in node[1][1:]:
            result = mp.mpc_add(result, evaluate(part, point, precision, meter), precision, "n")
            meter.see(result)
        return result
    if kind == "mul":
        result = evaluate(node[1][0], point, precision, meter)
        for part in node[1][1:]:
            result = mp.mpc_mul(result, evaluate(part, point, precision, meter), precision, "n")
            meter.see(result)
        return result
    if kind == "neg":
        return mp.mpc_neg(evaluate(node[1], point, precision, meter), precision, "n")
    if kind == "inv":
        return meter.see(_divide(mp.mpc_one, evaluate(node[1], point, precision, meter), precision))
    if kind == "pow":
        return meter.see(_power(node, point, precision, meter))
    arguments = [evaluate(part, point, precision, meter) for part in node[2]]
    if node[1] == "root":
        return meter.see(_root(node, arguments[0], point, precision, meter))
    if node[1] not in _FUNCTIONS:
        raise Undecided(f"the function {node[1]} of these values")
    return meter.see(_FUNCTIONS[node[1]](arguments[0], precision) if len(arguments) == 1 else _many(node[1], arguments))


def _constant(name: str, precision: int) -> Complex:
    mp = lib()
    if name == "pi":
        return mp.mpf_pi(precision, "n"), mp.fzero
    if name == "e":
        return mp.mpf_e(precision, "n"), mp.fzero
    if name == "i":
        return mp.fzero, mp.fone
    if name == "deg":
        return mp.mpf_div(mp.mpf_pi(precision + 8, "n"), mp.from_int(180), precision, "n"), mp.fzero
    raise Undefined("infinity is not a number")


def _divide(a: Complex, b: Complex, precision: int) -> Complex:
    mp = lib()
    if b[0] == mp.fzero and b[1] == mp.fzero:
        raise Undefined("a division by zero")
    if b[1] == mp.fzero:
        return mp.mpc_div_mpf(a, b[0], precision, "n")
    return mp.mpc_div(a, b, precision, "n")


def _rational(node: Node) -> tuple[int, int] | None:
    """The exact value of an exponent without variables."""
    from math import gcd

    try:
        above, below = exact(node, {})
    except (Inexact, KeyError):
        return None
    shared = gcd(above, below)
    return above // shared, below // shared


def _power(node: Node, point: Mapping[str, Complex], precision: int, meter: Meter) -> Complex:
    mp = lib()
    base = evaluate(node[1], point, precision, meter)
    zero = base[0] == mp.fzero and base[1] == mp.fzero
    if rational := _rational(node[2]):
        above, below = rational
        if zero:
            if above <= 0:
                raise Undefined("a division by zero")
            return base
        if abs(above) * (abs(magnitude(base)) + 1) > MAX_EXPONENT:
            raise Undecided("a power is too large")
        if below == 1:
            return mp.mpc_pow_int(base, above, precision, "n")
        if below % 2 and base[1] == mp.fzero and base[0][0]:  # (-8)^(1/3)
            value = _positive_power((mp.mpf_neg(base[0]), mp.fzero), rational, precision)
            return mp.mpc_neg(value, precision, "n") if above % 2 else value
        return _positive_power(base, rational, precision)
    exponent = evaluate(node[2], point, precision, meter)
    if zero:
        raise Undefined("a power of zero")
    if node[1] == ("const", "e"):
        return _exp(exponent, precision)
    return _exp(mp.mpc_mul(exponent, _ln(base, precision + 20), precision + 20, "n"), precision)


def _positive_power(base: Complex, rational: tuple[int, int], precision: int) -> Complex:
    mp = lib()
    above, below = rational
    if below == 2:
        return mp.mpc_pow_int(mp.mpc_sqrt(base, precision + 20, "n"), above, precision, "n")
    exponent = mp.from_rational(above, below, precision + 20, "n")
    return _exp(mp.mpc_mul_mpf(_ln(base, precision + 20), exponent, precision + 20, "n"), precision)


def _root(node: Node, value: Complex, point: Mapping[str, Complex], precision: int, meter: Meter) -> Complex:
    """A root; node is ("fun", "root", (argument, index))."""
    mp = lib()
    index = _rational(node[2][1])
    if value[0] == mp.fzero and value[1] == mp.fzero:
        return value
    if index is None:
        exponent = _divide(mp.mpc_one, evaluate(node[2][1], point, precision, meter), precision)
        return _exp(mp.mpc_mul(exponent, _ln(value, precision + 20), precision + 20, "n"), precision)
    if not index[0]:
        raise Undefined("a root of index zero")
    if index == (2, 1):
        return mp.mpc_sqrt(value, precision, "n")
    inverse = (index[1], index[0]) if index[0] > 0 else (-index[1], -index[0])
    return _power(("pow", ("sym", "base"), ("num", _fraction(inverse))), {"base": value}, precision, meter)


def _fraction(pair: tuple[int, int]) -> Any:
    from fractions import Fraction

    return Fraction(*pair)


def _exp(value: Complex, precision: int) -> Complex:
    if magnitude(value) > 19:
        raise Undecided("a power is too large")
    return lib().mpc_exp(value, precision, "n")


def _ln(value: Complex, precision: int) -> Complex:
    mp = lib()
    if value[0] == mp.fzero and value[1] == mp.fzero:
        raise Undefined("the logarithm of zero")
    return mp.mpc_log(value, precision, "n")


def _trig(name: str) -> Callable[[Complex, int], Complex]:
    def function(value: Complex, precision: int) -> Complex:
        if magnitude(value) > 256:
            raise Undecided("an angle is too large")
        return getattr(lib(), name)(value, precision + 20, "n")

    return function


_sin, _cos = _trig("mpc_sin"), _trig("mpc_cos")


def _quotient(above: Callable[..., Complex] | None, below: Callable[..., Complex]) -> Callable[[Complex, int], Complex]:
    def function(value: Complex, precision: int) -> Complex:
        divisor = below(value, precision)
        if magnitude(divisor) < 24 - precision:  # a pole, as far as can be seen
            raise Undefined("a pole")
        return _divide(above(value, precision) if above else lib().mpc_one, divisor, precision)

    return function


def _arccot(value: Complex, precision: int) -> Complex:
    mp = lib()
    half = mp.mpf_shift(mp.mpf_pi(precision, "n"), -1)
    return mp.mpc_sub((half, mp.fzero), mp.mpc_atan(value, precision, "n"), precision, "n")


def _absolute(value: Complex, precision: int) -> Complex:
    return lib().mpc_abs(value, precision, "n"), lib().fzero


def _step(name: str) -> Callable[[Complex, int], Complex]:
    def function(value: Complex, precision: int) -> Complex:
        mp = lib()
        if value[1] != mp.fzero or magnitude(value) > precision // 2:
            raise Undecided(f"{name} of such a number")
        near = mp.mpf_nint(value[0], precision, "n")
        gap = mp.mpf_sub(value[0], near, precision, "n")
        if gap[1] and gap[2] + gap[3] < 24 - precision // 2:  # may be a whole number: the rounding would decide
            raise Undecided(f"{name} at a step")
        return getattr(mp, f"mpf_{name}")(value[0], precision, "n"), mp.fzero

    return function


def _gamma(value: Complex, precision: int) -> Complex:
    mp = lib()
    if magnitude(value) > 12:
        raise Undecided("a factorial is too large")
    try:
        return mp.mpc_factorial(value, precision, "n")
    except ValueError:
        raise Undefined("a factorial at a pole") from None


def _cis(value: Complex, precision: int) -> Complex:
    mp = lib()
    return _exp(mp.mpc_mul(value, (mp.fzero, mp.fone), precision, "n"), precision)


_FUNCTIONS: dict[str, Callable[[Complex, int], Complex]] = {
    "sin": _sin,
    "cos": _cos,
    "tan": _quotient(_sin, _cos),
    "cot": _quotient(_cos, _sin),
    "sec": _quotient(None, _cos),
    "csc": _quotient(None, _sin),
    "arcsin": _trig("mpc_asin"),
    "arccos": _trig("mpc_acos"),
    "arctan": _trig("mpc_atan"),
    "arccot": _arccot,
    "sinh": lambda value, precision: _half_difference(value, precision, -1),
    "cosh": lambda value, precision: _half_difference(value, precision, 1),
    "tanh": _quotient(
        lambda value, precision: _half_difference(value, precision, -1),
        lambda value, precision: _half_difference(value, precision, 1),
    ),
    "ln": _ln,
    "log": _ln,
    "exp": _exp,
    "abs": _absolute,
    "floor": _step("floor"),
    "ceil": _step("ceil"),
    "!": _gamma,
    "cis": _cis,
    "max": lambda value, precision: value,
    "min": lambda value, precision: value,
    "binom": lambda value, precision: value,
}


def _half_difference(value: Complex, precision: int, sign: int) -> Complex:
    """sinh (sign -1) or cosh (sign 1)."""
    mp = lib()
    rising = _exp(value, precision + 20)
    falling = _exp(mp.mpc_neg(value, precision, "n"), precision + 20)
    combined = (mp.mpc_add if sign > 0 else mp.mpc_sub)(rising, falling, precision, "n")
    return mp.mpc_shift(combined, -1)


def _many(name: str, arguments: list[Complex]) -> Complex:
    """max and min of real numbers, and binomial coefficients."""
    mp = lib()
    if name in ("max", "min") and all(value[1] == mp.fzero for value in arguments):
        ordered = sorted(arguments, key=lambda value: mp.to_float(value[0]))
        return ordered[-1 if name == "max" else 0]
    if name == "binom":
        precision = 1_024
        n, k = arguments
        below = mp.mpc_mul(_gamma(k, precision), _gamma(mp.mpc_sub(n, k, precision, "n"), precision), precision, "n")
        return _divide(_gamma(n, precision), below, precision)
    raise Undecided(f"{name} of these values")
