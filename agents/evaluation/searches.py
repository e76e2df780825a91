"""Searches side by side: the same problems, the same budget of nodes, every algorithm and value.

A problem counts as solved within a budget where its verified answer was there by then: at the first verified solution,
or, for searches that verify nothing before they commit (best-of-N, majority voting), when they have committed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...rewards.values import make_value
from ...tasks import Problem, Task
from ..search import SearchResult, search
from .charts import COLOURS, Line, line_chart
from .page import page
from .stats import Interval, interval

MEASURES = ("success", "nodes", "value calls", "backtracks")
"""What a row counts a problem, with intervals: share solved; visited nodes; states valued; jumps of the visits."""

OWN = "each search's own value"

POINTS = 24
"""Budgets of a curve, evenly spaced in their logarithm."""


@dataclass(frozen=True)
class SearchRow:
    """One algorithm with one value on all problems, arrays (problems,).

    value: who was asked, which for some searches is always the same. given: what was to be asked.
    measures: (problems, 4) float64 as MEASURES. cost: nodes after which the verified answer was there, infinite where
    there was none. seconds: wall time.
    """

    search: str
    value: str
    given: str
    measures: np.ndarray[Any, np.dtype[np.float64]]
    cost: np.ndarray[Any, np.dtype[np.float64]]
    seconds: np.ndarray[Any, np.dtype[np.float64]]

    def intervals(self) -> Interval:
        """Of the measures, arrays (4,)."""
        return interval(self.measures)

    def success_within(self, budgets: Sequence[int]) -> Interval:
        """Share of problems solved within each budget, arrays (budgets,)."""
        return interval((self.cost[:, None] <= np.asarray(budgets)).astype(np.float64))


def compare_searches(
    task: Task[Any, Any],
    problems: Sequence[Problem],
    searches: Sequence[str],
    values: Sequence[str | None],
    budget: int,
    seed: int = 0,
) -> Iterator[SearchRow]:
    """One row a pair, in order.

    values: spellings for `make_value`; None is each search's own (see `search`). "{n}" stands for a number of the
    problem, so that a noisy value errs anew on each. seed: of problem i, `seed + i`.
    """
    for value in values:
        for name in searches:
            found: list[SearchResult] = []
            for number, problem in enumerate(problems):
                spelled = None if value is None else value.format(n=number)
                found.append(search(name, task, problem, spelled, budget=budget, seed=seed + number))
            asked = str(found[0].source["value"])
            ours = value is not None and asked == make_value(value.format(n=0)).name
            counts = [[r.success, len(r.tree) - 1, r.value_calls, r.backtracks] for r in found]
            yield SearchRow(
                name,
                str(value) if ours else asked,
                value or OWN,
                np.array(counts, dtype=np.float64),
                np.array([_cost(result) for result in found]),
                np.array([result.seconds for result in found]),
            )


def _cost(result: SearchResult) -> float:
    if not result.success:
        return math.inf
    return float(len(result.tree) - 1 if result.chosen is not None or result.first is None else result.first)


def searches_text(rows: Sequence[SearchRow]) -> str:
    """The table, with 95% bootstrap intervals over problems."""
    head = ["search", "value", *MEASURES, "first solution", "ms"]
    lines = [head]
    for row in {(row.search, row.value): row for row in rows}.values():
        found = row.intervals()
        cells = [row.search, row.value]
        for mean, low, high in zip(*found, strict=True):
            scale, unit = (1, "") if cells[2:] else (100, "%")
            cells.append(f"{scale * mean:.1f}{unit} [{scale * low:.1f}, {scale * high:.1f}]")
        solved = row.cost[np.isfinite(row.cost)]
        if len(solved):
            first = interval(solved)
            cells.append(f"{first.mean:.1f} [{first.low:.1f}, {first.high:.1f}]")
        else:
            cells.append("-")
        lines.append([*cells, f"{1000 * row.seconds.mean():.2f}"])
    wide = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip() for line in lines
    )


def searches_page(rows: Sequence[SearchRow], task: str, problems: int, budget: int) -> str:
    """One HTML page: success against the logarithm of the budget, a chart for each value, and the table."""
    budgets = sorted({max(1, round(budget ** (point / (POINTS - 1)))) for point in range(POINTS)})
    charts = []
    for given in dict.fromkeys(row.given for row in rows):
        lines = []
        for place, row in enumerate(row for row in rows if row.given == given):
            curve = row.success_within(budgets)
            lines.append(
                Line(
                    row.search,
                    budgets,
                    [float(share) for share in curve.mean],
                    place % COLOURS,
                    [float(share) for share in curve.low],
                    [float(share) for share in curve.high],
                    dashed=place >= COLOURS,
                )
            )
        charts.append(
            line_chart(
                lines,
                title=given,
                x="nodes visited",
                y="problems solved within the budget",
                log_x=True,
                percent=True,
                note="Bands are 95% bootstrap intervals over problems.",
            )
        )
    title = f"Searches on {task}"
    table = f"<h2>At {budget} nodes</h2><div class='scroll'><pre>{escape(searches_text(rows))}</pre></div>"
    lead = f"<p class='lead'>{problems} problems, the same for all; at most {budget} nodes besides the start.</p>"
    return page(title, f"<h1>{escape(title)}</h1>{lead}<div class='grid'>{''.join(charts)}</div>{table}")
