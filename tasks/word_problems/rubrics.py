"""Rubrics: what a solution gets points for. Plain data, from a file or from a problem of our own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..data import read_rows


class Point(NamedTuple):
    """Something a solution gets up to `points` for; `about` says what exactly."""

    title: str
    points: float
    about: str


Rubric = tuple[Point, ...]


def read_rubric(points: Iterable[Any]) -> Rubric:
    """A rubric from triples, or from objects with `title`, `points` and `desc`. Raises ValueError."""
    rubric = []
    for point in points:
        try:
            parts = (point["title"], point["points"], point["desc"]) if isinstance(point, dict) else tuple(point)
            title, most, about = parts
            rubric.append(Point(str(title), float(most), str(about)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"a point of a rubric is a title, a number of points and a text, got {point!r}") from error
        if not 0 < rubric[-1].points < 1000:
            raise ValueError(f"a point of a rubric is worth more than 0 and less than 1000, got {most!r}")
    return tuple(rubric)


def read_rubrics(path: str | Path) -> dict[str, Rubric]:
    """The rubrics of a file by the `id` of their problem: rows with `id` and `scheme`, a list of points.

    Raises ValueError that names the row, also where `points` of a row is not the sum of its scheme.
    """
    rubrics: dict[str, Rubric] = {}
    for number, row in enumerate(read_rows(path)):
        try:
            rubric = read_rubric(row["scheme"])
            if "points" in row and sum(point.points for point in rubric) != row["points"]:
                raise ValueError(f"the scheme does not sum to {row['points']} points")
            rubrics[str(row["id"])] = rubric
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, row {number}, is no rubric: {error}") from error
    return rubrics
