"""`Picture`: a white sheet with shapes on it, in the order drawn, and its two forms.

Lengths are pixels, x goes right and y goes down from the top left corner, both may be fractions. Colours are written
"#rrggbb". Left out on purpose: gradients, transparency, curves and fonts to choose from. What is here looks the same
in both forms, except that letters are a font in SVG and strokes of a pen in pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .raster import Sheet

Points = tuple[tuple[float, float], ...]

BLACK = "#000000"
FONT = "font-family='ui-monospace,Menlo,Consolas,monospace'"
ANCHORS = ("start", "middle", "end")

_COLOUR = re.compile("#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str | None
    line: str | None
    thick: float
    radius: float


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    r: float
    fill: str | None
    line: str | None
    thick: float


@dataclass(frozen=True, slots=True)
class Line:
    points: Points
    line: str
    thick: float


@dataclass(frozen=True, slots=True)
class Polygon:
    points: Points
    fill: str


@dataclass(frozen=True, slots=True)
class Words:
    x: float
    y: float
    text: str
    size: float
    fill: str
    anchor: str
    bold: bool


Shape = Rect | Circle | Line | Polygon | Words


class Picture:
    """A white sheet of whole pixels to draw on; every method puts one shape on top of those before.

    Raises ValueError for a colour that is not written "#rrggbb", and for a size that is not positive.
    """

    def __init__(self, width: int, height: int):
        if not (width > 0 and height > 0):
            raise ValueError(f"a picture is at least one pixel wide and high, got {width} x {height}")
        self.width, self.height = int(width), int(height)
        self.shapes: list[Shape] = []

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str | None = None,
        *,
        line: str | None = None,
        thick: float = 1.0,
        radius: float = 0.0,
    ) -> None:
        """A rectangle with the top left corner (x, y), filled, outlined (the line runs along its edge) or both."""
        self.shapes.append(Rect(x, y, width, height, _colour(fill), _colour(line), thick, radius))

    def circle(
        self, x: float, y: float, r: float, fill: str | None = None, *, line: str | None = None, thick: float = 1.0
    ) -> None:
        """A disc around (x, y), filled, outlined or both."""
        self.shapes.append(Circle(x, y, r, _colour(fill), _colour(line), thick))

    def line(self, points: Iterable[tuple[float, float]], line: str = BLACK, *, thick: float = 1.0) -> None:
        """A line through points, with round ends and corners."""
        self.shapes.append(Line(tuple(points), _colour(line) or BLACK, thick))

    def polygon(self, points: Iterable[tuple[float, float]], fill: str) -> None:
        """The area inside a closed line through points; where it crosses itself, the even-odd rule."""
        self.shapes.append(Polygon(tuple(points), _colour(fill) or BLACK))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 14.0,
        fill: str = BLACK,
        *,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """One line of text of a fixed width, 0.6 * size a character; y is the base line that letters stand on.

        size: the height of a line; capitals and digits are 0.7 of it. Text of this size is centred in height on the
        base line y - 0.35 * size. anchor: where in the text x is, "start", "middle" or "end".
        """
        if anchor not in ANCHORS:
            raise ValueError(f"anchor must be one of {', '.join(ANCHORS)}, got {anchor!r}")
        self.shapes.append(Words(x, y, text, size, _colour(fill) or BLACK, anchor, bold))

    def svg(self) -> str:
        """Text of one `<svg>` element."""
        size = f"width='{self.width}' height='{self.height}' viewBox='0 0 {self.width} {self.height}'"
        body = "".join(map(_svg, self.shapes))
        sheet = "<rect width='100%' height='100%' fill='#ffffff'/>"
        return f"<svg xmlns='http://www.w3.org/2000/svg' {size}>{sheet}{body}</svg>"

    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8, red, green and blue, with smoothed edges; a fresh array."""
        sheet = Sheet(self.width, self.height)
        for shape in self.shapes:
            match shape:
                case Rect():
                    sheet.rect(shape.x, shape.y, shape.width, shape.height, shape.radius, *_paint(shape))
                case Circle():
                    sheet.circle(shape.x, shape.y, shape.r, *_paint(shape))
                case Line():
                    sheet.line(shape.points, _rgb(shape.line), shape.thick)
                case Polygon():
                    sheet.polygon(shape.points, _rgb(shape.fill))
                case Words():
                    start = shape.x - 0.6 * shape.size * len(shape.text) * ANCHORS.index(shape.anchor) / 2
                    sheet.text(start, shape.y, shape.text, shape.size, _rgb(shape.fill), shape.bold)
        return sheet.pixels()


def _colour(colour: str | None) -> str | None:
    if colour is not None and not _COLOUR.fullmatch(colour):
        raise ValueError(f"a colour is written #rrggbb in lower case, got {colour!r}")
    return colour


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _paint(shape: Rect | Circle) -> tuple[Any, Any, float]:
    return shape.fill and _rgb(shape.fill), shape.line and _rgb(shape.line), shape.thick


def _svg(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height):
            corner = f" rx='{shape.radius:g}'" if shape.radius else ""
            return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}'{corner}{_outline(shape)}/>"
        case Circle(x, y, r):
            return f"<circle cx='{x:g}' cy='{y:g}' r='{r:g}'{_outline(shape)}/>"
        case Line(points, line, thick):
            # A path with a last point on the spot also shows a line of one point, as a dot.
            way = "L".join(f"{x:g} {y:g}" for x, y in (*points, points[-1]))
            round_ = "stroke-linecap='round' stroke-linejoin='round'"
            return f"<path d='M{way}' fill='none' stroke='{line}' stroke-width='{thick:g}' {round_}/>"
        case Polygon(points, fill):
            corners = " ".join(f"{x:g},{y:g}" for x, y in points)
            return f"<polygon points='{corners}' fill='{fill}' fill-rule='evenodd'/>"
        case Words(x, y, text, size, fill, anchor, bold):
            where = f"x='{x:g}' y='{y:g}' font-size='{size:g}' fill='{fill}' text-anchor='{anchor}'"
            weight = " font-weight='bold'" if bold else ""
            return f"<text {where}{weight} {FONT} xml:space='preserve'>{escape(text)}</text>"


def _outline(shape: Rect | Circle) -> str:
    line = f" stroke='{shape.line}' stroke-width='{shape.thick:g}'" if shape.line else ""
    return f" fill='{shape.fill or 'none'}'{line}"
