"""Sets of real numbers as sorted intervals, from brackets, inequalities and their unions."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from ..errors import Undecided, Undefined
from ..reading.forms import EMPTY, Form, Items, Joined, Relation, Value
from . import nodes
from .equality import real_value, same_node
from .nodes import INFINITY, Node
from .rational import Inexact, exact

_INFINITE = ("const", "inf")
_MINUS_INFINITE = ("neg", INFINITY)
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class Interval(NamedTuple):
    """From low to high; are the ends in it? A single number has both ends equal and in it."""

    low: Node
    low_in: bool
    high: Node
    high_in: bool


class Region(NamedTuple):
    """A union of intervals, sorted and apart from each other; name: the variable that it is about, where one is."""

    intervals: tuple[Interval, ...]
    name: Node | None = None


def region(form: Form) -> Region | None:
    """The region that a form describes; None where it describes none (or not to this reader)."""
    if isinstance(form, Items):
        return _of_items(form)
    if isinstance(form, Relation):
        return _of_relation(form)
    if isinstance(form, Joined):
        return _of_joined(form)
    return None


def same_region(a: Region, b: Region) -> bool:
    """Raises Undecided."""
    if a.name is not None and b.name is not None and not same_node(a.name, b.name):
        return False
    if len(a.intervals) != len(b.intervals):
        return False
    return all(
        one.low_in == other.low_in
        and one.high_in == other.high_in
        and same_node(one.low, other.low)
        and same_node(one.high, other.high)
        for one, other in zip(a.intervals, b.intervals, strict=True)
    )


def _of_items(form: Items) -> Region | None:
    if form == EMPTY:
        return Region(())
    if not all(isinstance(item, Value) for item in form.items):
        return None
    ends = [item.node for item in form.items if isinstance(item, Value)]
    if form.opening == "\\{":
        return _sorted([Interval(end, True, end, True) for end in ends])
    if len(ends) != 2 or form.opening not in ("(", "[", "]") or form.closing not in (")", "]", "["):
        return None
    low_in, high_in = form.opening == "[", form.closing == "]"
    return _sorted([Interval(ends[0], low_in, ends[1], high_in)])


def _of_relation(form: Relation) -> Region | None:
    if form.signs == ("in",):
        inner = region(form.sides[1])
        name = form.sides[0]
        return inner and Region(inner.intervals, name.node if isinstance(name, Value) else None)
    if not set(form.signs) <= {"<", ">", "<=", ">=", "!="}:
        return None
    sides = [side.node for side in form.sides if isinstance(side, Value) and side.unit is None]
    if len(sides) != len(form.sides):
        return None
    regions = [_of_pair(a, sign, b) for a, sign, b in zip(sides, form.signs, sides[1:], strict=False)]
    if any(part is None for part in regions):
        return None
    found = regions[0]
    for part in regions[1:]:
        found = found and part and _meet(found, part)
    return found


def _of_pair(a: Node, sign: str, b: Node) -> Region | None:
    """What one inequality says about its variable, where that stands alone, in abs() or linearly."""
    if not nodes.symbols(a):
        if not nodes.symbols(b) or sign == "!=":
            return _of_pair(b, sign, a) if nodes.symbols(b) else None
        return _of_pair(b, _FLIPPED[sign], a)
    if nodes.symbols(b):
        a, b = nodes.minus(a, b), nodes.number(0)
    if a[:2] == ("fun", "abs"):
        inner = a[2][0]
        if sign in ("<", "<="):
            return _join_pair(_of_pair(inner, sign, b), _of_pair(inner, _FLIPPED[sign], nodes.negated(b)), _meet)
        if sign in (">", ">="):
            return _join_pair(_of_pair(inner, sign, b), _of_pair(inner, _FLIPPED[sign], nodes.negated(b)), _union)
        return None
    linear = _linear(a)
    if linear is None:
        return _of_quadratic(nodes.minus(a, b), sign)
    name, slope, offset = linear
    if slope is not None:  # slope * x + offset (sign) b
        if sign in _FLIPPED and real_value(slope) < 0:
            sign = _FLIPPED[sign]
        b = nodes.over(nodes.minus(b, offset), slope)
    if sign == "!=":
        return Region((Interval(_MINUS_INFINITE, False, b, False), Interval(b, False, INFINITY, False)), name)
    if sign in (">", ">="):
        return Region((_cut(Interval(b, sign == ">=", INFINITY, False)),), name)
    return Region((_cut(Interval(_MINUS_INFINITE, False, b, sign == "<=")),), name)


def _of_quadratic(node: Node, sign: str) -> Region | None:
    """Where a quadratic polynomial with rational coefficients is positive, negative or zero."""
    names = sorted(nodes.symbols(node))
    if len(names) != 1:
        return None
    try:
        low, mid, high, far = (Fraction(*exact(node, {names[0]: value})) for value in (-1, 0, 1, 7))
    except (Inexact, Undefined):
        return None
    square, slope = (low + high) / 2 - mid, (high - low) / 2
    if not square or 49 * square + 7 * slope + mid != far or not _is_polynomial(node):
        return None
    if square < 0:
        square, slope, mid, sign = -square, -slope, -mid, _FLIPPED.get(sign, sign)
    name, inside, closed = ("sym", names[0]), sign in ("<", "<="), sign in ("<=", ">=")
    under = slope * slope - 4 * square * mid
    if under < 0:
        return Region(() if inside else (Interval(_MINUS_INFINITE, False, INFINITY, False),), name)
    spread = ("fun", "root", (nodes.number(under), nodes.number(2)))
    ends = [
        nodes.over(nodes.total([nodes.number(-slope), turn]), nodes.number(2 * square))
        for turn in (nodes.negated(spread), spread)
    ]
    if inside:
        return _sorted([Interval(ends[0], closed, ends[1], closed)], name)
    outer = [Interval(_MINUS_INFINITE, False, ends[0], closed), Interval(ends[1], closed, INFINITY, False)]
    if sign == "!=" and under:
        outer.append(Interval(ends[0], False, ends[1], False))
    return _sorted(outer, name)


def _is_polynomial(node: Node) -> bool:
    return all(
        part[0] in ("num", "sym", "add", "mul", "neg")
        or (part[0] == "pow" and part[2][0] == "num")
        or (part[0] == "inv" and not nodes.symbols(part[1]))
        for part in nodes.parts(node)
    )


def _linear(node: Node) -> tuple[Node, Node | None, Node] | None:
    """(variable, slope, offset) of a linear expression; slope None stands for the variable alone.

    A product of letters such as g(x) counts as one variable where it stands alone.
    """
    names = sorted(nodes.symbols(node))
    if node[0] == "sym" or (node[0] == "mul" and all(part[0] == "sym" for part in node[1])):
        return node, None, nodes.number(0)
    if len(names) != 1:
        return None
    at = [nodes.replaced(node, names[0], nodes.number(value)) for value in (0, 1, 2, 5)]
    slope = nodes.minus(at[1], at[0])
    try:
        straight = all(
            same_node(nodes.minus(at[place], at[0]), nodes.product([nodes.number(times), slope]))
            for place, times in ((2, 2), (3, 5))
        )
        if not straight or same_node(slope, nodes.number(0)):
            return None
    except (Undecided, Undefined, Inexact):
        return None
    return ("sym", names[0]), slope, at[0]


def _of_joined(form: Joined) -> Region | None:
    parts = [region(member) for member in form.members]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    found = reduce({"or": _union, "and": _meet, "list": _meet, "minus": _without}[form.how], known)
    return reduce(_union, known) if form.how == "list" and not found.intervals else found


def _join_pair(a: Region | None, b: Region | None, how: object) -> Region | None:
    return how(a, b) if a and b else None  # type: ignore[operator]


# the algebra of intervals --------------------------------------------------------------------------------------------


def _cut(interval: Interval) -> Interval:
    """Infinite ends are never in it."""
    low_in = interval.low_in and interval.low != _MINUS_INFINITE
    return Interval(interval.low, low_in, interval.high, interval.high_in and interval.high != _INFINITE)


def _sorted(intervals: list[Interval], name: Node | None = None) -> Region:
    """Sorted, the empty ones left out, those that overlap or touch made one."""
    kept = []
    for interval in map(_cut, intervals):
        low, high = real_value(interval.low), real_value(interval.high)
        if low < high or (low == high and interval.low_in and interval.high_in):
            kept.append((low, not interval.low_in, high, interval))
    kept.sort(key=lambda entry: entry[:2])
    found: list[Interval] = []
    for low, _, high, interval in kept:
        if found:
            last = found[-1]
            end = real_value(last.high)
            if low < end or (low == end and (interval.low_in or last.high_in)):
                if high > end or (high == end and interval.high_in):
                    found[-1] = Interval(last.low, last.low_in, interval.high, interval.high_in)
                continue
        found.append(interval)
    return Region(tuple(found), name)


def _name(a: Region, b: Region) -> Node | None:
    if a.name is not None and b.name is not None and a.name != b.name:
        raise Undecided("conditions on several variables")
    return a.name if a.name is not None else b.name


def _union(a: Region, b: Region) -> Region:
    return _sorted([*a.intervals, *b.intervals], _name(a, b))


def _meet(a: Region, b: Region) -> Region:
    found = []
    for one in a.intervals:
        for other in b.intervals:
            low, low_in = max((real_value(i.low), not i.low_in, n, i) for n, i in enumerate((one, other)))[3][:2]
            high, high_in = min((real_value(i.high), i.high_in, n, i) for n, i in enumerate((one, other)))[3][2:]
            found.append(Interval(low, low_in, high, high_in))
    return _sorted(found, _name(a, b))


def _without(a: Region, b: Region) -> Region:
    outside = []
    low, low_in = _MINUS_INFINITE, False
    for interval in b.intervals:
        outside.append(Interval(low, low_in, interval.low, not interval.low_in))
        low, low_in = interval.high, not interval.high_in
    outside.append(Interval(low, low_in, INFINITY, False))
    return _meet(a, _sorted(outside, b.name))
