"""Which equations are dealt: the knobs, and for every kind a recipe that begins with the solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt

import numpy as np

KINDS = ("linear", "quadratic", "rational", "radical", "system2", "system3", "nonlinear")
"""`system2` and `system3` are linear, with two and three unknowns; `nonlinear` has two unknowns and a quadratic."""

MAX_SIZE = 20


@dataclass(frozen=True)
class Knobs:
    """Difficulty of a family of equations. Raises ValueError that names the value and the rule.

    kinds: words of `KINDS`, separated by spaces; each problem is of one of them, all equally likely.
    size: solutions and most coefficients are at most this in absolute value, 2 to `MAX_SIZE`.
    fractions: may linear equations have solutions that are not whole? surds: may quadratics have irrational ones?
    """

    kinds: str = "linear quadratic rational radical system2"
    size: int = 9
    fractions: bool = True
    surds: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.kinds, str) and self.kinds.split() and set(self.kinds.split()) <= set(KINDS)):
            raise ValueError(f"kinds must be some of {' '.join(KINDS)}, got {self.kinds!r}")
        if not (type(self.size) is int and 2 <= self.size <= MAX_SIZE):
            raise ValueError(f"size must be a whole number in 2..{MAX_SIZE}, got {self.size!r}")
        for name in ("fractions", "surds"):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be True or False, got {getattr(self, name)!r}")


DEFAULT = Knobs()


def deal(rng: np.random.Generator, knobs: Knobs) -> list[str]:
    """The equations of one problem as text. Not every draw is fit to be a problem: see `Equations.problem`."""
    kinds = knobs.kinds.split()
    kind = kinds[int(rng.integers(len(kinds)))]
    return RECIPES[kind](Draw(rng, knobs))


class Draw:
    """Random whole numbers, as a recipe wants them."""

    def __init__(self, rng: np.random.Generator, knobs: Knobs):
        self.rng, self.knobs, self.size = rng, knobs, knobs.size

    def below(self, count: int) -> int:
        """One of 0, 1, ... count - 1."""
        return int(self.rng.integers(count))

    def any(self) -> int:
        """A number in [-size, size]."""
        return self.below(2 * self.size + 1) - self.size

    def some(self, low: int = 1) -> int:
        """A number of at least `low` in absolute value."""
        return (low + self.below(max(1, self.size - low + 1))) * (1 - 2 * self.below(2))

    def positive(self, low: int = 1) -> int:
        return low + self.below(max(1, self.size - low + 1))

    def small(self) -> int:
        """A leading coefficient: 1 half of the time."""
        return 1 if self.below(2) else 2 + self.below(min(3, self.size - 1))


def _n(value: int) -> str:
    """A number in a sum, with its sign: `+ 3`."""
    return f"+ {value}" if value >= 0 else f"- {-value}"


def _linear(draw: Draw) -> list[str]:
    form = draw.below(6)
    x, a, b, c, d = draw.any(), draw.some(2), draw.some(), draw.any(), draw.any()
    below = draw.positive(2) if draw.knobs.fractions and form < 3 and not draw.below(3) else 1
    if form == 0:  # a x + b = c
        return [f"{a}x {_n(b)} = {x if below > 1 else a * x + b}"]
    if form == 1:  # a x + b = c x + d
        return [f"{a}x {_n(b)} = {c}x {_n(d if below > 1 else (a - c) * x + b)}"]
    if form == 2:  # a (x + b) + c = d x + e
        return [f"{a}(x {_n(b)}) {_n(c)} = {d}x {_n(draw.any() if below > 1 else a * (x + b) + c - d * x)}"]
    if form == 3:  # a (x + b) = c (x + d) + e
        e = a * (x + b) - c * (x + d)
        return [f"{a}(x {_n(b)}) = {c}(x {_n(d)}) {_n(e)}"]
    a, c = abs(a), draw.positive(2)
    if form == 4:  # x / a + b = x / c + d
        x = a * c * (x or 1) // (2 if a == c else 1)
        return [f"x/{a} {_n(b)} = x/{c} {_n(x // a - x // c + b)}"]
    x = a * x - b  # (x + b) / a = c x + d
    return [f"(x {_n(b)})/{a} = {c}x {_n((x + b) // a - c * x)}"]


def _quadratic(draw: Draw) -> list[str]:
    p, q, a, form = draw.any(), draw.any(), draw.small(), draw.below(6)
    b, c = -(p + q), p * q
    if draw.knobs.surds and draw.below(2):  # (x - p)^2 = k, k no square
        k = draw.positive(2)
        k += isqrt(k) ** 2 == k
        p, b, c = p // 2, -2 * (p // 2), (p // 2) ** 2 - k
        if form == 3:
            return [f"(x {_n(-p)})^2 = {k}"]
    if form == 0:  # a x^2 + b x + c = 0
        return [f"{a}x^2 {_n(a * b)}x {_n(a * c)} = 0"]
    if form == 1:  # x^2 + b x = c
        return [f"{a}x^2 {_n(a * b)}x = {-a * c}"]
    if form == 2:  # some of it on the right
        d, e, f = draw.small(), draw.any(), draw.any()
        return [f"{a + d}x^2 {_n(b * a + e)}x {_n(c * a + f)} = {d}x^2 {_n(e)}x {_n(f)}"]
    if form == 3:  # a (x + h)^2 = a k^2
        k = draw.positive()
        return [f"{a}(x {_n(b)})^2 = {a * k * k}"]
    if form == 4:  # (x + d) (x + e) = f, that is x^2 + (d + e) x + d e = d e - c
        d = draw.any()
        return [f"(x {_n(d)})(x {_n(b - d)}) = {d * (b - d) - c}"]
    d = draw.some()  # x (x + d) = e x + f
    return [f"x(x {_n(d)}) = {d - b}x {_n(-c)}"]


def _rational(draw: Draw) -> list[str]:
    x, b, c, d, form = draw.any(), draw.some(), draw.some(), draw.any(), draw.below(6)
    if form == 0:  # a / (x + b) + d = c
        return [f"{(c - d) * (x + b)}/(x {_n(b)}) {_n(d)} = {c}"]
    if form == 1:  # (x + a) / (x + b) = c
        return [f"(x {_n(c * (x + b) - x)})/(x {_n(b)}) = {c}"]
    if form == 2:  # a / (x + b) = c / (x + d), a (x + d) = c (x + b)
        factor = draw.small()
        return [f"{factor * (x + b)}/(x {_n(b)}) = {factor * (x + d)}/(x {_n(d)})"]
    if form == 3:  # x + p / x = s
        return [f"x {_n(x * c)}/x = {x + c}"]
    if form == 4:  # x (x + b) / (x - c) = c (c + b) / (x - c): x = c is no root
        return [f"x(x {_n(b)})/(x {_n(-c)}) = {c * (c + b)}/(x {_n(-c)})"]
    # x / (x + b) = c / (x + d): x^2 + (d - c) x - b c has the roots p and q
    q = draw.some()
    c = d + x + q
    return (
        [f"x/(x {_n(b)}) = {c}/(x {_n(d)})"] if x * q == -b * c else [f"x {_n(-c)} = {(x - c) * (x + b)}/(x {_n(b)})"]
    )


def _radical(draw: Draw) -> list[str]:
    x, a, c, form = draw.any(), draw.small(), draw.any(), draw.below(6)
    if form == 0:  # d sqrt(a x + b) = c
        c, d = abs(c), draw.small()
        return [f"{d}sqrt({a}x {_n(c * c - a * x)}) = {d * c}"]
    if form in (1, 2):  # sqrt(a x + b) = x + c, the other candidate may fail
        c = draw.positive() - 1 - x
        b = (x + c) ** 2 - a * x
        return [f"sqrt({a}x {_n(b)}) = x {_n(c)}"] if form == 1 else [f"sqrt({a}x {_n(b)}) {_n(-c)} = x"]
    if form == 3:  # sqrt(a x + b) = sqrt(c x + d)
        b = abs(draw.any()) - a * x
        return [f"sqrt({a}x {_n(b)}) = sqrt({c}x {_n(a * x + b - c * x)})"]
    m, n = draw.positive(), draw.positive()
    if form == 4:  # sqrt(x + a) + sqrt(x + b) = m + n
        return [f"sqrt(x {_n(m * m - x)}) + sqrt(x {_n(n * n - x)}) = {m + n}"]
    return [f"x {_n(c)}sqrt(x) = {m * m + c * m}"]


def _row(draw: Draw, names: str, values: list[int], zeros: int) -> str:
    factors = [draw.some() for _ in names]
    for _ in range(zeros):
        factors[draw.below(len(names))] = 0
    total = sum(factor * value for factor, value in zip(factors, values, strict=True))
    return f"{' '.join(f'{_n(factor)}{name}' for factor, name in zip(factors, names, strict=True))} = {total}"


def _system2(draw: Draw) -> list[str]:
    x, y = draw.any(), draw.any()
    first = _row(draw, "xy", [x, y], 0)
    if draw.below(3):
        return [first, _row(draw, "xy", [x, y], draw.below(2))]
    a, b = draw.some(), draw.any()  # a second equation that is not in order
    return [first, f"{a}(x {_n(b)}) = y {_n(a * (x + b) - y)}"]


def _system3(draw: Draw) -> list[str]:
    values = [draw.any() for _ in range(3)]
    draw.size = min(draw.size, 6)
    return [_row(draw, "xyz", values, draw.below(3)) for _ in range(3)]


def _nonlinear(draw: Draw) -> list[str]:
    x, y, a, form = draw.any(), draw.any(), draw.some(), draw.below(4)
    sign = 1 - 2 * draw.below(2)
    straight = f"x {_n(sign)}y = {x + sign * y}"
    if form == 0:
        return [straight, f"xy = {x * y}"]
    if form == 1:
        return [straight, f"x^2 + y^2 = {x * x + y * y}"]
    if form == 2:
        return [straight, f"x^2 {_n(a)}y = {x * x + a * y}"]
    b = draw.any()  # a line through a parabola
    return [f"y = x^2 {_n(b)}x {_n(y - x * x - b * x)}", f"y = {a}x {_n(y - a * x)}"]


RECIPES: dict[str, Callable[[Draw], list[str]]] = {
    "linear": _linear,
    "quadratic": _quadratic,
    "rational": _rational,
    "radical": _radical,
    "system2": _system2,
    "system3": _system3,
    "nonlinear": _nonlinear,
}
