"""Learning curves: which metrics of a run are drawn together, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..tracking import MetricsRow
from .charts import Line, line_chart, smoothed

COT, SFT, RL, OTHER, BAD = 1, 4, 5, 6, 7
"""Line colours, the same in every chart: optimal paths, search traces (and training), RL (and held-out), the rest."""

WINDOW = 25
"""Running means take this part of all updates: one in 25."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric in a chart. sparse: logged now and then, drawn with dots; else every value and their running mean."""

    metric: str
    label: str
    colour: int
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Metrics drawn together. unit: of the y axis. percent: they are shares. always: draw it even when empty."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    percent: bool = False
    always: bool = False


CHARTS = (
    Chart(
        "Supervised loss",
        "cross-entropy, nats per token",
        (
            Curve("base/loss", "reading, all tokens", OTHER),
            Curve("sft/loss", "search traces", SFT),
            Curve("cot/loss", "optimal paths", COT),
        ),
        always=True,
    ),
    Chart(
        "Held-out success during SFT",
        "problems solved",
        (
            Curve("sft/heldout_success", "search traces", SFT, sparse=True),
            Curve("cot/heldout_success", "optimal paths", COT, sparse=True),
        ),
        percent=True,
        always=True,
    ),
    Chart(
        "Success during RL",
        "episodes solved",
        (
            Curve("rl/success", "training problems", SFT),
            Curve("rl/heldout_success", "held-out problems", RL, sparse=True),
        ),
        percent=True,
        always=True,
    ),
    Chart(
        "Steps during RL",
        "budget steps per episode",
        (
            Curve("rl/steps", "training problems", SFT),
            Curve("rl/heldout_steps", "held-out problems", RL, sparse=True),
        ),
    ),
    Chart(
        "Backtracking during RL",
        "per episode",
        (
            Curve("rl/backtracks", "backtracks", OTHER),
            Curve("rl/heldout_backtracks", "backtracks, held-out", RL, sparse=True),
            Curve("rl/repeated", "repeated states", COT),
            Curve("rl/refused", "refused lines", BAD),
        ),
    ),
    Chart("Tokens during RL", "written by the model per episode", (Curve("rl/tokens", "tokens", SFT),)),
    Chart("Entropy during RL", "nats", (Curve("rl/entropy", "policy entropy", SFT),)),
    Chart("Distance from the supervised model", "nats per token", (Curve("rl/kl", "KL", RL),)),
)


def series(rows: Sequence[MetricsRow], metric: str) -> tuple[list[float], list[float]]:
    """(steps, values) of one metric, in the order of steps; steps that did not log it are left out."""
    points = sorted((row["step"], row[metric]) for row in rows if metric in row)
    return [step for step, _ in points], [value for _, value in points]


def learning_charts(rows: Sequence[MetricsRow]) -> str:
    """The figures, one after another: those whose metrics were logged, and those that are always there."""
    figures = []
    for chart in CHARTS:
        lines = [line for curve in chart.curves for line in _lines(curve, *series(rows, curve.metric))]
        if lines or chart.always:
            figures.append(line_chart(lines, title=chart.title, x="updates", y=chart.unit, percent=chart.percent))
    return "".join(figures)


def _lines(curve: Curve, steps: list[float], values: list[float]) -> list[Line]:
    if not values:
        return []
    if curve.sparse:
        return [Line(curve.label, steps, values, curve.colour, dots=True)]
    mean = smoothed(values, max(1, len(values) // WINDOW))
    return [
        Line(curve.label, steps, values, curve.colour, faint=True),
        Line(curve.label, steps, mean, curve.colour),
    ]
