"""Shapes to pixels with NumPy alone, so that pictures need no drawing library.

Every shape is a distance: how far each pixel's centre lies from its edge, negative inside. What lies at most half a
pixel from the edge is covered in part, which smooths all edges alike. (See Quilez, "2D distance functions", for those
of boxes and segments.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .glyphs import HEIGHT, strokes

Colour = tuple[int, int, int]
Array = NDArray[np.floating[Any]]


class Sheet:
    """A white canvas. Shapes outside of it are cut off."""

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self._canvas = np.full((height, width, 3), 255, np.float32)

    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8."""
        return np.rint(self._canvas).astype(np.uint8)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        radius: float,
        fill: Colour | None,
        line: Colour | None,
        thick: float,
    ) -> None:
        if not line and not radius and all(float(n).is_integer() for n in (x, y, width, height)):
            left, top = max(int(x), 0), max(int(y), 0)
            if fill:  # no edge to smooth: the most common shape by far, on boards
                self._canvas[top : max(int(y + height), 0), left : max(int(x + width), 0)] = fill
            return
        window = self._window(x, y, x + width, y + height, thick)
        if window is None:
            return
        area, px, py = window
        radius = min(radius, width / 2, height / 2)
        dx = np.abs(px - (x + width / 2)) - (width / 2 - radius)
        dy = np.abs(py - (y + height / 2)) - (height / 2 - radius)
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        self._shape(area, outside + np.minimum(np.maximum(dx, dy), 0) - radius, fill, line, thick)

    def circle(self, x: float, y: float, r: float, fill: Colour | None, line: Colour | None, thick: float) -> None:
        window = self._window(x - r, y - r, x + r, y + r, thick)
        if window is not None:
            area, px, py = window
            self._shape(area, np.hypot(px - x, py - y) - r, fill, line, thick)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, thick: float) -> None:
        xs, ys = zip(*points, strict=True)
        window = self._window(min(xs), min(ys), max(xs), max(ys), thick)
        if window is not None:
            area, px, py = window
            self._blend(area, _covered(_from_line(px, py, points) - thick / 2), colour)

    def polygon(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        xs, ys = zip(*points, strict=True)
        window = self._window(min(xs), min(ys), max(xs), max(ys), 0)
        if window is None:
            return
        area, px, py = window
        inside = np.zeros((py.size, px.size), bool)
        for (ax, ay), (bx, by) in _sides(points):
            if ay != by:
                crosses = (ay > py) != (by > py)
                with np.errstate(all="ignore"):  # of sides as good as level, where they do not cross
                    inside ^= crosses & (px < ax + (bx - ax) * (py - ay) / (by - ay))
        edge = _from_line(px, py, [*points, points[0]])
        self._blend(area, _covered(np.where(inside, -edge, edge)), colour)

    def text(self, x: float, y: float, text: str, size: float, colour: Colour, bold: bool) -> None:
        for place, char in enumerate(text):
            if char == " ":
                continue
            cover, above, before = _glyph(char, size, bold)
            left, top = round(x + 0.6 * size * place) - before, round(y) - above
            rows = slice(max(-top, 0), max(self.height - top, 0))
            columns = slice(max(-left, 0), max(self.width - left, 0))
            part = cover[rows, columns]
            if part.size:
                top, left = max(top, 0), max(left, 0)
                self._blend((slice(top, top + part.shape[0]), slice(left, left + part.shape[1])), part, colour)

    def _window(
        self, left: float, top: float, right: float, bottom: float, thick: float
    ) -> tuple[tuple[slice, slice], Array, Array] | None:
        """The part of the canvas that a shape can touch, and the (1, w) and (h, 1) centres of its pixels."""
        margin = thick / 2 + 1
        x0, x1 = max(math.floor(left - margin), 0), min(math.ceil(right + margin), self.width)
        y0, y1 = max(math.floor(top - margin), 0), min(math.ceil(bottom + margin), self.height)
        if x0 >= x1 or y0 >= y1:
            return None
        px = np.arange(x0, x1, dtype=np.float32)[None, :] + np.float32(0.5)
        py = np.arange(y0, y1, dtype=np.float32)[:, None] + np.float32(0.5)
        return (slice(y0, y1), slice(x0, x1)), px, py

    def _shape(
        self, area: tuple[slice, slice], distance: Array, fill: Colour | None, line: Colour | None, thick: float
    ) -> None:
        if fill:
            self._blend(area, _covered(distance), fill)
        if line:
            self._blend(area, _covered(np.abs(distance) - thick / 2), line)

    def _blend(self, area: tuple[slice, slice], cover: Array, colour: Colour) -> None:
        part = self._canvas[area]
        part += cover[..., None] * (np.array(colour, np.float32) - part)


def _covered(distance: Array) -> Array:
    """The share of each pixel that is inside."""
    return np.clip(0.5 - distance, 0, 1)


def _sides(points: Sequence[tuple[float, float]]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(zip(points, [*points[1:], points[0]], strict=True))


def _from_line(px: Array, py: Array, points: Sequence[tuple[float, float]]) -> Array:
    """(h, w): the distance of every pixel from a line through points; of one point, from it."""
    nearest = np.full((py.size, px.size), np.inf, np.float32)
    for (ax, ay), (bx, by) in zip(points, points[1:] or points, strict=False):
        dx, dy = bx - ax, by - ay
        along = np.clip(((px - ax) * dx + (py - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        np.minimum(nearest, np.hypot(px - ax - along * dx, py - ay - along * dy), out=nearest)
    return nearest


@lru_cache(maxsize=1 << 10)
def _glyph(char: str, size: float, bold: bool) -> tuple[Array, int, int]:
    """How far a character covers the pixels around it, the rows above its base line, the columns before its left."""
    pen = size * (0.14 if bold else 0.085)
    above, before = math.ceil(0.7 * size + pen) + 1, math.ceil(pen) + 1
    below, after = math.ceil(0.24 * size + pen) + 1, math.ceil(0.6 * size + pen)
    px = np.arange(-before, after, dtype=np.float32)[None, :] + np.float32(0.5)
    py = np.arange(-above, below, dtype=np.float32)[:, None] + np.float32(0.5)
    across, down = 0.1 * size, 0.7 * size / HEIGHT
    cover = np.zeros((py.size, px.size), np.float32)
    for stroke in strokes(char):
        points = [((1 + x) * across, (y - HEIGHT) * down) for x, y in stroke]
        wide = pen if len(points) > 1 else 1.5 * pen  # a dot, which would get lost
        np.maximum(cover, _covered(_from_line(px, py, points) - wide / 2), out=cover)
    cover.flags.writeable = False
    return cover, above, before
