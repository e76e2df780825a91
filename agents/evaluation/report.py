"""`report.html`: the table, the curves, solved problems as search trees and what was run, in one file.

The page is a function of its arguments (and of the installed versions it names): no date, no random identifiers.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...tasks import Task, make, parse
from ..files import write_whole
from ..tracking import MetricsRow
from .charts import COLOURS, Line, line_chart
from .episodes import Episode, Evaluation, SystemResult
from .learning import WINDOW, learning_charts
from .page import page
from .stats import curve
from .table import Comparison, Pair, comparisons, comparisons_html, rows, signed, table_html
from .tree_svg import story, tree_svg

PACKAGES = ("metacot", "gymnasium", "numpy", "torch", "transformers", "trl", "tokenizers")
"""Whose versions the report names, where installed."""

TOKEN_POINTS = 60
"""Points of a curve against tokens, evenly spaced on a log axis."""


def write_report(
    run_dir: str | Path,
    evaluation: Evaluation,
    metrics_rows: Sequence[MetricsRow],
    config: Mapping[str, Any],
    *,
    pairs: Sequence[Pair] = (),
    others: Sequence[Evaluation] = (),
    clock: Mapping[str, float] | None = None,
    task: Task[Any, Any] | None = None,
    trees: int = 5,
) -> Path:
    """Write `report.html` in `run_dir`, whole or not at all, and return its path.

    metrics_rows: `read_metrics(run_dir / "metrics.jsonl")`. config: JSON-like, printed as it is. pairs: systems to
    compare; the differences at the largest budget head the page. others: evaluations on further held-out splits, such
    as a file of puzzles; each gets its table, curves and trees under headings of its own. clock: stage -> seconds; by
    default the last "time/seconds" of each stage. task: as it was evaluated; by default `tasks.make(evaluation.task)`.
    trees: how many episodes of each split to draw, of those that kept their text.
    """
    task = task or make(evaluation.task)
    body = [
        _head(evaluation, comparisons(evaluation, pairs)),
        *(section for found in (evaluation, *others) for section in _results(task, found, pairs, trees, bool(others))),
        _learning_section(metrics_rows),
        _run_section(evaluation, config, clock if clock is not None else _clock(metrics_rows)),
    ]
    title = f"metacot: {evaluation.task}"
    # A model may write what UTF-8 cannot hold (half a surrogate pair); it must not cost the report.
    return write_whole(Path(run_dir) / "report.html", page(title, "".join(body)).encode(errors="replace"))


# the head -----------------------------------------------------------------------------------------------------------


def _head(evaluation: Evaluation, found: Sequence[Comparison]) -> str:
    largest = max(evaluation.budgets)
    tiles = [_tile(comparison) for comparison in found if comparison.steps == largest]
    return (
        f"<header><h1>{escape(evaluation.task)}: search learned in context</h1>"
        f"<p class='lead'>{len(evaluation.systems)} systems on the same {len(evaluation.problems)} problems of the "
        f"split “{escape(evaluation.split)}”, seed {evaluation.seed}. Success means that an answer was committed and "
        "verified, within a budget of steps: steps taken, backtracks and refused lines.</p></header>"
        + (f"<div class='tiles'>{''.join(tiles)}</div>" if tiles else "")
    )


def _tile(comparison: Comparison) -> str:
    points, edges = signed(comparison.difference)
    word = comparison.difference.word
    return (
        f"<div class='card tile'><b class='{word.split()[0]}'>{points}</b>"
        f"<span>points, {escape(comparison.title)}</span>"
        f"<span>within {comparison.budget} {comparison.pair.cost}: {edges}, {word}</span></div>"
    )


def _results(
    task: Task[Any, Any], evaluation: Evaluation, pairs: Sequence[Pair], trees: int, named: bool
) -> tuple[str, ...]:
    """The table, the curves and the trees of one split; `named` says in each heading which split it is."""
    found = comparisons(evaluation, pairs)
    compared = f"<h3>Differences on the same problems</h3>{comparisons_html(found)}" if found else ""
    of = f", split “{escape(evaluation.split)}”" if named else ""
    return (
        f"<h2>Results on held-out problems{of}</h2>{table_html(rows(evaluation, pairs))}{compared}",
        _budget_section(evaluation, pairs, of),
        _tree_section(task, evaluation, trees, of),
    )


# success against budgets --------------------------------------------------------------------------------------------


def _budget_section(evaluation: Evaluation, pairs: Sequence[Pair], of: str) -> str:
    at_tokens = {pair.second for pair in pairs if pair.cost == "tokens"}
    labels = list(dict.fromkeys(system.label for system in evaluation.systems))
    steps = [system for system in evaluation.systems if system.key not in at_tokens]
    tokens = [system for system in evaluation.systems if any(episode.tokens for episode in system.episodes)]
    by_steps = _budget_chart(evaluation, steps, labels, "steps", range(1, max(evaluation.budgets) + 1))
    if not tokens:
        return f"<h2>Success against budget{of}</h2><div class='grid'>{by_steps}</div>"
    longest = max(episode.tokens for system in tokens for episode in system.episodes)
    shortest = min((e.tokens for s in tokens for e in s.episodes if e.success and e.tokens), default=1)
    spaced = (shortest * (longest / shortest) ** (place / (TOKEN_POINTS - 1)) for place in range(TOKEN_POINTS))
    budgets = sorted({round(budget) for budget in spaced})
    charts = [_budget_chart(evaluation, tokens, labels, "tokens", budgets, log_x=log) for log in (True, False)]
    # Both charts are there, and two radio buttons choose: a page without scripts.
    axis = f"axis-{escape(evaluation.split, quote=True)}"  # one switch a split
    switch = (
        f"<input type='radio' name='{axis}' id='{axis}-log' checked><label for='{axis}-log'>log axis</label>"
        f"<input type='radio' name='{axis}' id='{axis}-linear'><label for='{axis}-linear'>linear axis</label>"
        f"<div class='one'>{charts[0]}</div><div class='two'>{charts[1]}</div>"
    )
    return (
        f"<h2>Success against budget{of}</h2><p>Left: fewer steps for the same success. Up: problems that were out of "
        "reach. An episode that needs more than the budget counts as failed.</p>"
        f"<div class='grid pair'>{by_steps}<div class='card switch'>{switch}</div></div>"
    )


def _budget_chart(
    evaluation: Evaluation,
    systems: Sequence[SystemResult],
    labels: Sequence[str],
    cost: str,
    budgets: Sequence[int],
    log_x: bool = False,
) -> str:
    lines = []
    for system in systems:
        mean, low, high = (part.tolist() for part in curve(system.episodes, budgets, cost, evaluation.seed))
        greedy = system.decoding == "greedy"
        if greedy:  # one band a colour is as much as the eye can tell apart
            low, high = [], []
        name = f"{system.label}, {system.decoding}"
        lines.append(Line(name, budgets, mean, labels.index(system.label) % COLOURS, low, high, dashed=greedy))
    note = "Bands: 95% interval. Greedy: dashed, without a band."
    if cost == "tokens" and len(systems) < len(evaluation.systems):
        note += " Systems that write no tokens are left out."
    return line_chart(
        lines,
        title=f"Success within a budget of {cost}",
        x="steps" if cost == "steps" else "tokens written by the model",
        y="problems solved",
        percent=True,
        log_x=log_x,
        x_ticks=evaluation.budgets if cost == "steps" else (),
        note=note,
        frame=cost == "steps",
    )


# trees --------------------------------------------------------------------------------------------------------------


def _tree_section(task: Task[Any, Any], evaluation: Evaluation, count: int, of: str) -> str:
    episodes = chosen(evaluation, count)
    if not episodes:
        return ""
    grey = "<span><b>grey</b> no solution can be reached from this state</span>" if task.dead_ends else ""
    key = (
        "<p class='key'><span><b>#n</b> order of first visits</span>"
        "<span><b>green</b> the path that was answered</span><span><b>dashed arrow</b> backtrack</span>"
        f"{grey}<span><b>= #n</b> repeats an earlier state</span><span><b>✕n</b> refused lines</span>"
        "<span><b>↻n</b> stepped into again</span></p>"
    )
    drawn = "".join(_episode(task, evaluation, system, episode) for system, episode in episodes)
    return f"<h2>How it searched{of}</h2>{key}{drawn}"


def chosen(evaluation: Evaluation, count: int) -> list[tuple[SystemResult, Episode]]:
    """Episodes to draw: of the last system that is no search, or else of those before it, on different problems.

    Solved ones from few to many backtracks (those with none only for want of others), and one failure last.
    """
    last_first = list(reversed(evaluation.systems))
    ranked = sorted(last_first, key=lambda system: system.decoding == "search")
    kept = [(system, episode) for system in ranked for episode in system.episodes if episode.trace is not None]
    for system in ranked:
        own = [pair for pair in kept if pair[0] is system]
        if len(own) >= min(count, 3):
            kept = own
            break
    failed = next(([pair] for pair in kept if not pair[1].success), [])
    used = {pair[1].problem for pair in failed}
    solved = []
    for pair in sorted(kept, key=lambda pair: (pair[1].backtracks, pair[1].steps, pair[1].problem)):
        if pair[1].success and pair[1].problem not in used:
            used.add(pair[1].problem)
            solved.append(pair)
    wanted = max(0, count - len(failed))
    solved = solved[min(sum(not pair[1].backtracks for pair in solved), max(0, len(solved) - wanted)) :]
    if len(solved) > wanted:  # evenly spread over the number of backtracks, both ends included
        solved = [solved[round(place * (len(solved) - 1) / max(1, wanted - 1))] for place in range(wanted)]
    return (solved + failed)[:count]


def _episode(task: Task[Any, Any], evaluation: Evaluation, system: SystemResult, episode: Episode) -> str:
    problem = evaluation.problems[episode.problem]
    told = story(task, parse(task, problem, episode.trace or "", "state"))
    badge = "<span class='badge good'>solved</span>" if episode.success else "<span class='badge bad'>not solved</span>"
    counts = (
        counted(episode.steps, "step"), counted(episode.backtracks, "backtrack"),
        counted(episode.repeated, "repeated state"), counted(episode.refused, "refused line"),
        counted(episode.tokens, "token"),
    )  # fmt: skip
    return (
        f"<article class='card episode'><h3>{escape(task.ask(problem))}{badge}</h3>"
        f"<p class='note'>{escape(system.label)}, {escape(system.decoding)}: {', '.join(counts)}. "
        f"{escape(told.verdict)}</p>"
        f"<div class='sides'><div class='scroll'>{tree_svg(told)}</div>"
        f"<pre tabindex='0' aria-label='the text of this episode'>{escape(episode.trace or '')}</pre></div></article>"
    )


# learning and the run -------------------------------------------------------------------------------------------------


def _learning_section(metrics_rows: Sequence[MetricsRow]) -> str:
    return (
        "<h2>Learning curves</h2><p>Thin lines are single updates, thick ones the mean of the last "
        f"{100 // WINDOW}% of all updates.</p><div class='grid'>{learning_charts(metrics_rows)}</div>"
    )


def _run_section(evaluation: Evaluation, config: Mapping[str, Any], clock: Mapping[str, float]) -> str:
    cards = [
        ("Machine", dict(flattened(evaluation.machine))),
        ("Versions", versions()),
        ("Clock", {stage: duration(seconds) for stage, seconds in clock.items()}),
    ]
    shown = "".join(f"<div class='card'><h3>{title}</h3>{_list(facts)}</div>" for title, facts in cards if facts)
    settings = _list(dict(flattened(config)))
    return (
        f"<h2>What was run</h2><div class='grid'>{shown}</div>"
        f"<details class='card'><summary>configuration</summary>{settings}</details>"
    )


def _list(facts: Mapping[str, Any]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>' for k, v in facts.items())}</dl>"


def _clock(metrics_rows: Sequence[MetricsRow]) -> dict[str, float]:
    """The last "time/seconds" of each stage."""
    return {row["stage"]: row["time/seconds"] for row in metrics_rows if "time/seconds" in row}


def versions() -> dict[str, str]:
    """Of Python and of those PACKAGES that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def flattened(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as one, with dotted names."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def counted(count: int, what: str) -> str:
    """1, "step" -> "1 step"; 2, "step" -> "2 steps"."""
    return f"{count} {what}{'s' * (count != 1)}"


def duration(seconds: float) -> str:
    """75 -> "1 min 15 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
