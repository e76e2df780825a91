"""Equations as a drawing: fractions over a bar, exponents raised, roots under their sign; a line for every case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..pictures import Picture
from .algebra.expressions import BRACKET, ROOT, Atom, Sum
from .algebra.writing import write_condition
from .cases import Case, closed

WIDTH, HEIGHT, MARGIN, ROW = 720, 320, 16, 58
ROWS = 5
"""Cases that are drawn; the others are counted."""
SIZE = 26.0
INK, FAINT, OPEN, DONE = "#1d2b3a", "#7b8794", "#3b5b7d", "#2f7d4f"


class Box(NamedTuple):
    """Something to draw: its width, how far it reaches above and below the middle line, and how to draw it with its
    left end at (x, y), y the middle line."""

    width: float
    above: float
    below: float
    draw: Callable[[Picture, float, float, str], None]


def picture(cases: Sequence[Case]) -> Picture:
    """All states have pictures of one size. The case that is worked on is marked by a bar, closed ones are green."""
    sheet = Picture(WIDTH, HEIGHT)
    if not cases:
        sheet.text(MARGIN, HEIGHT / 2, "no solution", SIZE, DONE)
        return sheet
    focus = next((place for place, case in enumerate(cases) if not closed(case)), -1)
    first = max(0, min(focus, len(cases) - ROWS))
    for row, case in enumerate(cases[first : first + ROWS]):
        middle = MARGIN + ROW * (row + 0.5)
        if first + row == focus:
            sheet.rect(4, middle - 0.4 * ROW, 4, 0.8 * ROW, OPEN, radius=2)
        _fit(sheet, case, middle, DONE if closed(case) else INK)
    if len(cases) > ROWS:
        sheet.text(WIDTH - MARGIN, HEIGHT - 6, f"{len(cases)} cases", 13, FAINT, anchor="end")
    return sheet


def _fit(sheet: Picture, case: Case, middle: float, ink: str) -> None:
    """One case on one line, as large as its length allows."""
    conditions = ", ".join(write_condition(*each) for each in case.conditions)
    size = SIZE
    while True:
        box = _row([_equation(one.left, one.right, size) for one in case.equations], size, ", ")
        room = WIDTH - 2 * MARGIN - (0.36 * size * (len(conditions) + 3) if conditions else 0)
        if (box.width <= room and box.above + box.below <= ROW) or size < 7:
            break
        size *= 0.92
    box.draw(sheet, MARGIN, middle + (box.above - box.below) / 2, ink)
    if conditions:
        sheet.text(WIDTH - MARGIN, middle + 0.21 * size, conditions, 0.6 * size, FAINT, anchor="end")


def _equation(left: Sum, right: Sum, size: float) -> Box:
    return _row([_sum(left, size), _text(" = ", size), _sum(right, size)], size)


def _text(text: str, size: float) -> Box:
    def draw(sheet: Picture, x: float, y: float, ink: str) -> None:
        sheet.text(x, y + 0.35 * size, text, size, ink)

    return Box(0.6 * size * len(text), 0.5 * size, 0.5 * size, draw)


def _row(boxes: Sequence[Box], size: float, between: str = "") -> Box:
    """Boxes beside each other."""
    parts: list[Box] = []
    for box in boxes:
        if parts and between:
            parts.append(_text(between, size))
        parts.append(box)

    def draw(sheet: Picture, x: float, y: float, ink: str) -> None:
        for part in parts:
            part.draw(sheet, x, y, ink)
            x += part.width

    width = sum(part.width for part in parts)
    return Box(width, max(part.above for part in parts), max(part.below for part in parts), draw)


def _sum(expression: Sum, size: float) -> Box:
    if not expression:
        return _text("0", size)
    terms = list(expression)
    if terms[0][1] < 0:  # as `write` has it
        first = next((place for place, term in enumerate(terms) if term[1] > 0), 0)
        terms.insert(0, terms.pop(first))
    boxes = []
    for place, (monomial, coefficient) in enumerate(terms):
        if place or coefficient < 0:
            sign = "-" if coefficient < 0 else "+"
            boxes.append(_text(f" {sign} " if place else sign, size))
        value = -coefficient if coefficient < 0 else coefficient
        above = [(atom, exponent) for atom, exponent in monomial if exponent > 0]
        below = [(atom, -exponent) for atom, exponent in monomial if exponent < 0]
        if below or value.denominator != 1:
            small = 0.8 * size
            boxes.append(_fraction(_over(value.numerator, above, small), _over(value.denominator, below, small)))
        else:
            boxes.append(_product(value.numerator, above, size))
    return _row(boxes, size)


def _over(number: int, factors: Sequence[tuple[Atom, int]], size: float) -> Box:
    """What stands over or under a bar: a bracket alone needs none."""
    if number == 1 and len(factors) == 1 and factors[0][0][0] == BRACKET and factors[0][1] == 1:
        return _sum(factors[0][0][1], size)
    return _product(number, factors, size)


def _product(number: int, factors: Sequence[tuple[Atom, int]], size: float) -> Box:
    boxes = [] if number == 1 and factors else [_text(str(number), size)]
    return _row(boxes + [_power(atom, exponent, size) for atom, exponent in factors], size)


def _power(atom: Atom, exponent: int, size: float) -> Box:
    if isinstance(atom, str):
        base = _text(atom, size)
    elif atom[0] == ROOT:
        base = _root(_sum(atom[1], size), size)
    else:
        base = _row([_text("(", size), _sum(atom[1], size), _text(")", size)], size)
    if exponent == 1:
        return base
    raised = _text(str(exponent), 0.6 * size)

    def draw(sheet: Picture, x: float, y: float, ink: str) -> None:
        base.draw(sheet, x, y, ink)
        raised.draw(sheet, x + base.width, y - 0.4 * size, ink)

    return Box(base.width + raised.width, max(base.above, 0.75 * size), base.below, draw)


def _root(inside: Box, size: float) -> Box:
    hook = 0.55 * size

    def draw(sheet: Picture, x: float, y: float, ink: str) -> None:
        top, foot = y - inside.above - 2, y + inside.below - 0.1 * size
        bend = [(x + 1, y + 0.1 * size), (x + 0.2 * size, y), (x + 0.35 * size, foot), (x + hook, top)]
        sheet.line([*bend, (x + hook + inside.width, top)], ink, thick=max(1.0, size / 16))
        inside.draw(sheet, x + hook, y, ink)

    return Box(hook + inside.width + 2, inside.above + 4, inside.below, draw)


def _fraction(top: Box, bottom: Box) -> Box:
    width = max(top.width, bottom.width) + 6

    def draw(sheet: Picture, x: float, y: float, ink: str) -> None:
        sheet.line([(x + 1, y), (x + width - 1, y)], ink, thick=1.5)
        top.draw(sheet, x + (width - top.width) / 2, y - 3 - top.below, ink)
        bottom.draw(sheet, x + (width - bottom.width) / 2, y + 3 + bottom.above, ink)

    return Box(width, top.above + top.below + 4, bottom.above + bottom.below + 4, draw)
