"""Are two expression trees equal? Exactly where they are rational, else by their values at random points.

Rational functions are compared exactly at random whole numbers of 40 bits: two different ones of degree d agree at
such a point with a probability below d / 2**40, and two points are drawn. Everything else is evaluated at 192 bits and,
where that shows no difference, again at twice the precision, with as many bits more as large numbers may cancel. The
points are drawn from a hash of both trees: the same pair gets the same verdict on every machine, and no text can be
written around points that depend on itself.

Variables stand for real numbers. Where an expression, or a part of it, is not real at a point (the root of a negative
number) and `i` is not written, the point says nothing, so that sqrt(x^3) is x sqrt(x), while |x| is not x.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain

from ..errors import Undecided, Undefined
from ..limits import MAX_PRECISION
from .nodes import Node, parts, symbols
from .numeric import Complex, Meter, evaluate, lib, magnitude
from .rational import Inexact, exact

PRECISION = 192
"""Bits of the first evaluation."""
SLACK = 40
"""Bits that rounding may have spoiled."""
_WHOLE = frozenset({"!", "!!", "binom", "floor", "ceil", "gcd", "lcm"})
_STEPS = frozenset({"floor", "ceil"})
_WHOLE_NAMES = frozenset("nkmrpqNKM")


def same_node(a: Node, b: Node) -> bool:
    """Raises Undecided where it cannot be told, and Undefined where one has no value at all."""
    if a == b:
        return True
    if a[0] == b[0] == "num":
        return bool(a[1] == b[1])
    names = sorted(symbols(a) | symbols(b))
    if not names:
        return _same_constant(a, b)
    seed = _seed(a, b)
    kinds = {part[1] for node in (a, b) for part in parts(node) if part[0] == "fun"}
    if kinds & _WHOLE and set(names) <= _WHOLE_NAMES:
        return _same_at_whole_numbers(a, b, names, seed)
    # At whole numbers floor(x) is ceil(x), so a step is only ever looked at between them.
    if not kinds & _STEPS and not any(_has_symbolic_exponent(node) for node in (a, b)):
        try:
            return all(_same_pair(a, b, point) for point in _whole_points(names, seed, 2))
        except Inexact:
            pass
        except Undecided:
            if not kinds:
                raise
    try:
        return _same_at_real_numbers(a, b, names, seed)
    except Undecided:
        if not set(names) <= _WHOLE_NAMES:
            raise
        return _same_at_whole_numbers(a, b, names, seed)  # (-1)^n


def constant_ratio(a: Node, b: Node) -> float | None:
    """b / a where it is one and the same non-zero number everywhere, as a float for its sign; None where it is not.

    Raises Undecided and Undefined.
    """
    names = sorted(symbols(a) | symbols(b))
    if not names:
        return None
    seed = _seed(a, b)
    try:
        first, second = ((exact(a, point), exact(b, point)) for point in _whole_points(names, seed, 2))
        (a1, b1), (a2, b2) = first, second
        if not (a1[0] and a2[0] and b1[0] and b2[0]):
            return None
        # b1 / a1 = b2 / a2, multiplied out
        if b1[0] * a1[1] * a2[0] * b2[1] != b2[0] * a2[1] * a1[0] * b1[1]:
            return None
        return 1.0 if (b1[0] > 0) == (a1[0] > 0) else -1.0
    except Inexact:
        pass
    mp = lib()
    ratios: list[Complex] = []
    meter = Meter()
    for point in _real_points(names, seed, 6):
        try:
            values = [evaluate(node, point, PRECISION, meter) for node in (a, b)]
        except Undefined:
            continue
        if any(value[0] == mp.fzero and value[1] == mp.fzero for value in values):
            return None
        if all(_is_real(value) for value in values):
            ratios.append(mp.mpc_div(values[1], values[0], PRECISION, "n"))
    if len(ratios) < 2:
        raise Undecided("no point at which both sides are real")
    first_ratio = ratios[0]
    if any(_differ(first_ratio, ratio, PRECISION, Meter()) for ratio in ratios[1:]):
        return None
    return -1.0 if first_ratio[0][0] else 1.0


def real_value(node: Node) -> float:
    """A constant as a float, for ordering; infinite for infinity. Raises Undecided where it is not real."""
    if node == ("const", "inf"):
        return float("inf")
    if node == ("neg", ("const", "inf")):
        return float("-inf")
    try:
        above, below = exact(node, {})
        return above / below
    except KeyError:
        raise Undecided("an end with a variable in it") from None
    except OverflowError:
        raise Undecided("an end that is too large") from None
    except Inexact:
        pass
    try:
        value = evaluate(node, {}, PRECISION, Meter())
    except KeyError:
        raise Undecided("an end with a variable in it") from None
    if not _is_real(value):
        raise Undecided("an end that is not real")
    return float(lib().to_float(value[0]))


def _same_constant(a: Node, b: Node) -> bool:
    infinite = [any(part == ("const", "inf") for part in parts(node)) for node in (a, b)]
    if any(infinite):
        return False  # equal ones are the same tree
    try:
        (a1, a2), (b1, b2) = exact(a, {}), exact(b, {})
        return a1 * b2 == b1 * a2
    except Inexact:
        pass
    except Undecided:
        if not _settled_by_size(a, b):
            raise
        return False
    return not _different_at(a, b, {}, PRECISION)


def _settled_by_size(a: Node, b: Node) -> bool:
    """Do two numbers with too many digits differ so much that the first digits show it?"""
    try:
        return _different_at(a, b, {}, PRECISION)
    except Undefined:
        return False


def _same_pair(a: Node, b: Node, point: dict[str, int]) -> bool:
    try:
        (a1, a2), (b1, b2) = exact(a, point), exact(b, point)
    except Undefined:  # a pole at a random point: a denominator that is zero everywhere
        raise Undecided("a denominator that is always zero") from None
    return a1 * b2 == b1 * a2


def _same_at_whole_numbers(a: Node, b: Node, names: list[str], seed: bytes) -> bool:
    """Factorials, binomial coefficients and floors of the usual names of whole numbers."""
    told = 0
    for index in range(16):
        point = {name: 2 + (seed[(index * 5 + i * 3) % 32] + 7 * index) % 14 for i, name in enumerate(names)}
        try:
            (a1, a2), (b1, b2) = exact(a, point), exact(b, point)
            if a1 * b2 != b1 * a2:
                return False
        except Undefined:
            continue
        except Inexact:
            values = {name: (lib().from_int(value), lib().fzero) for name, value in point.items()}
            try:
                if _different_at(a, b, values, PRECISION):
                    return False
            except Undefined:
                continue
        told += 1
    if told < 4:
        raise Undecided("too few whole numbers at which both have a value")
    return True


def _same_at_real_numbers(a: Node, b: Node, names: list[str], seed: bytes) -> bool:
    complex_meant = any(part == ("const", "i") for node in (a, b) for part in parts(node))
    told = 0
    # Where these numbers are no good, as for the roots of x - 4 and 1 - x^2, larger and smaller ones are looked at.
    others = (_real_points(names, seed, 6, bits_more) for bits_more in (5, -3))
    for place, point in enumerate(chain(_real_points(names, seed, 8), *others)):
        if place == 8 and told >= 2:
            break
        try:
            if not complex_meant:
                meter = Meter()
                values = [evaluate(node, point, PRECISION, meter) for node in (a, b)]
                if meter.imaginary or not all(_is_real(value) for value in values):
                    continue
            if _different_at(a, b, point, PRECISION):
                return False
        except Undefined:
            continue
        told += 1
        if told == 5:
            break
    if told < 2:
        raise Undecided("no point at which both are real")
    return True


def _different_at(a: Node, b: Node, point: dict[str, Complex], precision: int) -> bool:
    """Do the values differ at this point? Equality is only believed after a second look at twice the precision."""
    for _ in range(2):
        meter = Meter()
        values = [evaluate(node, point, precision, meter) for node in (a, b)]
        spread = max(0, meter.high - meter.low)
        if _differ(values[0], values[1], precision, meter):
            return True
        precision = 2 * precision + spread
        if precision > MAX_PRECISION:
            raise Undecided("numbers of too different sizes")
    return False


def _differ(a: Complex, b: Complex, precision: int, meter: Meter) -> bool:
    gap = lib().mpc_sub(a, b, precision, "n")
    size = max(meter.high, magnitude(a), magnitude(b))
    return magnitude(gap) > size - precision + SLACK


def _is_real(value: Complex) -> bool:
    return not value[1][1] or magnitude((value[1], lib().fzero)) < magnitude(value) - PRECISION + SLACK


def _has_symbolic_exponent(node: Node) -> bool:
    return any(part[0] == "pow" and part[2][0] != "num" and symbols(part[2]) for part in parts(node))


def _seed(a: Node, b: Node) -> bytes:
    digest = blake2b(digest_size=32)
    for node in (a, b):
        for part in parts(node):
            digest.update(part[0].encode())
            if part[0] == "num":  # in hexadecimal, since decimal is refused for thousands of digits
                digest.update(f"{part[1].numerator:x}/{part[1].denominator:x}".encode())
            elif part[0] in ("sym", "const", "fun"):
                digest.update(part[1].encode())
    return digest.digest()


def _whole_points(names: list[str], seed: bytes, count: int) -> Iterator[dict[str, int]]:
    for index in range(count):
        drawn = blake2b(seed, digest_size=64, salt=bytes([index])).digest() * (len(names) // 12 + 1)
        size = 1 - 2 * (index % 2)  # every second point is negative, for |x|
        yield {
            name: size * (1_000 + int.from_bytes(drawn[5 * i : 5 * i + 5], "big") + i) for i, name in enumerate(names)
        }


def _real_points(names: list[str], seed: bytes, count: int, bits_more: int = 0) -> Iterator[dict[str, Complex]]:
    """Numbers between 1/2 and 4 in steps of 2**-32, times 2**bits_more: first all positive, later with signs."""
    mp = lib()
    for index in range(count):
        drawn = blake2b(seed, digest_size=64, salt=bytes([index])).digest() * (len(names) // 12 + 1)
        point = {}
        for i, name in enumerate(names):
            bits = int.from_bytes(drawn[5 * i : 5 * i + 4], "big")
            value = (1 << 31) + (bits * 7 >> 1)
            if index % 3 == 2 or (index % 3 == 1 and drawn[5 * i + 4] & 1 and index > 3):
                value = -value
            point[name] = (mp.from_man_exp(value, bits_more - 32), mp.fzero)
        yield point
