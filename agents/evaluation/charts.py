"""Line charts as inline SVG, written by hand.

Not matplotlib: the colours are CSS variables of the page, so that one picture serves light and dark; text stays text,
sized for a phone; a chart weighs a few kilobytes; and a report needs nothing but the core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

WIDTH, HEIGHT = 360, 236
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 8, 36
"""Pixels of the picture and of its margins. It scales with the page."""

COLOURS = 8
"""How many line colours the page defines: `--line-0` ... `--line-7`."""

MOST_POINTS = 400
"""Longer lines are thinned to means of neighbouring points."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    xs, ys: the points; a NaN makes a gap. low, high: a band around it, as long as ys, or empty.
    colour: 0 to COLOURS - 1. dashed, faint: how it is drawn. dots: mark every point.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    colour: int = 0
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False
    faint: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to pixels along one axis; `log` needs values above 0."""

    first: float
    last: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        first, last = (math.log(self.first), math.log(self.last)) if self.log else (self.first, self.last)
        value = math.log(max(value, self.first)) if self.log else value
        return self.start + (self.end - self.start) * (value - first) / ((last - first) or 1.0)


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x: str,
    y: str,
    log_x: bool = False,
    percent: bool = False,
    x_ticks: Sequence[float] = (),
    note: str = "",
    frame: bool = True,
) -> str:
    """A `<figure>`: title, picture, legend and note. Both axes begin at 0, but for a log axis and values below 0.

    x, y: what the axes count. percent: ys are shares in [0, 1], shown as percent. x_ticks: by default round numbers.
    frame: draw it as a card of its own.

    Lines without a finite point are left out; without any line the figure says that nothing was logged.
    """
    lines = [thinned(line) for line in lines if any(map(math.isfinite, line.ys))]
    if not lines:
        return _figure(title, "<p class='note'>nothing was logged</p>", [], "", frame)
    xs = [value for line in lines for value in line.xs if not log_x or value > 0]
    ys = [value for line in lines for part in (line.ys, line.low, line.high) for value in part if math.isfinite(value)]
    top, low, first = max(ys), min(0.0, *ys), min(xs) if log_x else min(0.0, *xs)
    across = Scale(first, max(xs), LEFT, WIDTH - RIGHT, log_x)
    y_ticks = ticks(low, 1.0 if percent and top > 0.7 else top * 1.02 or 1.0)
    up = Scale(min(low, y_ticks[0]), max(y_ticks[-1], top), HEIGHT - BOTTOM, TOP)
    x_ticks = x_ticks or (log_ticks(first, max(xs)) if log_x else ticks(first, max(xs)))
    parts = [_grid(across, up, x_ticks, y_ticks, percent)]
    parts += [_band(line, across, up) for line in lines if len(line.low)]
    parts += [_line(line, across, up, x, percent) for line in lines]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f"<text class='axis' x='{middle:.0f}' y='{HEIGHT - 4}' text-anchor='middle'>{escape(x)}</text>")
    picture = (
        f"<svg class='chart' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{escape(f'{title}: {y} by {x}')}'>"
        f"{''.join(parts)}</svg>"
    )
    return _figure(title, f"<p class='unit'>{escape(y)}</p>{picture}", lines, note, frame)


def thinned(line: Line) -> Line:
    """The line with at most MOST_POINTS points, each the mean of as many neighbours; bands are thinned alike."""
    every = math.ceil(len(line.xs) / MOST_POINTS)
    if every <= 1:
        return line

    def thin(values: Sequence[float]) -> list[float]:
        return [_mean(values[start : start + every]) for start in range(0, len(values), every)]

    return replace(line, xs=thin(line.xs), ys=thin(line.ys), low=thin(line.low), high=thin(line.high))


def smoothed(values: Sequence[float], window: int) -> list[float]:
    """The mean of the last `window` values at each place (fewer at the start), NaN left out."""
    return [_mean(values[max(0, place + 1 - window) : place + 1]) for place in range(len(values))]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers within [low, high], in steps of 1, 2 or 5 times a power of ten; `about` + 1 of them at most."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(step * place, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within [low, high]."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [factor * 10.0**power for power in powers for factor in (1, 2, 5) if low <= factor * 10.0**power <= high]


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan


def _grid(across: Scale, up: Scale, x_ticks: Sequence[float], y_ticks: Sequence[float], percent: bool) -> str:
    parts = []
    for value in y_ticks:
        label = f"{100 * value:.0f}%" if percent else number(value)
        parts.append(
            f"<path class='grid' d='M{LEFT} {up(value):.1f}H{WIDTH - RIGHT}'/>"
            f"<text class='tick' x='{LEFT - 7}' y='{up(value) + 4:.1f}' text-anchor='end'>{label}</text>"
        )
    parts += [
        f"<path class='grid' d='M{across(value):.1f} {HEIGHT - BOTTOM}v4'/>"
        f"<text class='tick' x='{across(value):.1f}' y='{HEIGHT - BOTTOM + 16}' text-anchor='middle'>"
        f"{number(value)}</text>"
        for value in x_ticks
    ]
    return "".join(parts)


def number(value: float) -> str:
    """Short: 12000 -> 12k, 2500000 -> 2.5M, 0.25 -> 0.25."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _points(line: Line, across: Scale, up: Scale) -> str:
    """Path data, with a new start after every gap."""
    path, pen = [], "M"
    for x, y in zip(line.xs, line.ys, strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        path.append(f"{pen}{across(x):.1f} {up(y):.1f}")
        pen = "L"
    return "".join(path)


def _line(line: Line, across: Scale, up: Scale, x: str, percent: bool) -> str:
    kinds = f"line c{line.colour % COLOURS}{' dashed' * line.dashed}{' faint' * line.faint}"
    drawn = f"<path class='{kinds}' d='{_points(line, across, up)}'/>"
    if line.faint or len(line.xs) > 80:
        return drawn
    # Invisible discs carry the exact numbers as tooltips; dots are the visible ones of sparse lines.
    size = 3 if line.dots else 7
    for at, value in zip(line.xs, line.ys, strict=True):
        if math.isfinite(value):
            exact = f"{100 * value:.1f}%" if percent else number(value)
            drawn += (
                f"<circle class='{'dot' if line.dots else 'hover'} c{line.colour % COLOURS}' r='{size}' "
                f"cx='{across(at):.1f}' cy='{up(value):.1f}'>"
                f"<title>{escape(f'{line.label}: {exact} at {number(at)} {x}')}</title></circle>"
            )
    return drawn


def _band(line: Line, across: Scale, up: Scale) -> str:
    edge = [(x, y) for x, y in zip(line.xs, line.high, strict=True) if math.isfinite(y)]
    edge += [(x, y) for x, y in zip(line.xs, line.low, strict=True) if math.isfinite(y)][::-1]
    path = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in edge)
    return f"<path class='band c{line.colour % COLOURS}' d='M{path}Z'/>"


def _figure(title: str, picture: str, lines: Sequence[Line], note: str, frame: bool) -> str:
    keys = "".join(
        f"<li><svg width='22' height='10' aria-hidden='true'><path class='line c{line.colour % COLOURS}"
        f"{' dashed' * line.dashed}' d='M1 5H21'/></svg>{escape(line.label)}</li>"
        for line in lines
        if not line.faint
    )
    legend = f"<ul class='legend'>{keys}</ul>" if keys else ""
    foot = f"<p class='note'>{escape(note)}</p>" if note else ""
    kind = " class='card'" if frame else ""
    return f"<figure{kind}><figcaption>{escape(title)}</figcaption>{picture}{legend}{foot}</figure>"
