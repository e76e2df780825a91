"""The table of an evaluation and the comparisons below it, and their renderings for terminal, Markdown and HTML.

Everything is computed from the episodes; nothing in `eval.json` is a derived number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from .episodes import Evaluation, SystemResult, means
from .stats import Interval, interval, paired_difference, success_within, token_budgets

COUNTS = ("steps", "tokens", "backtracks", "repeated", "refused")
"""The measures printed as means over all episodes, solved or not."""

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One system. success: one interval per budget, in [0, 1]. counts: means in the order of COUNTS.

    budgets: of the columns, counted in `cost`: the steps of the evaluation, or what they are worth in tokens for a
    system that is compared at equal tokens.
    """

    system: str
    decoding: str
    samples: int
    cost: str
    budgets: tuple[int, ...]
    success: tuple[Interval, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems to compare, by key, each cut at the same budgets.

    cost: "steps": at the evaluation's budgets. "tokens": at what these are worth in tokens of the first system
    (`token_budgets`), for both alike.
    """

    first: str
    second: str
    cost: str = "steps"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair at one budget. steps: the column. budget: in the pair's cost. difference: first - second, paired."""

    pair: Pair
    title: str
    steps: int
    budget: int
    first: float
    second: float
    difference: Interval


def rows(evaluation: Evaluation, pairs: Iterable[Pair] = ()) -> list[Row]:
    """One row a system, in the order of the evaluation.

    A system that is the second of a pair at equal tokens is shown at that pair's token budgets, not at step budgets.
    Raises ValueError for a system that lacks a problem, and where two such pairs disagree about the budgets.
    """
    systems = _systems(evaluation)
    at_tokens: dict[str, str] = {}
    for pair in pairs:
        if pair.cost == "tokens" and at_tokens.setdefault(pair.second, pair.first) != pair.first:
            raise ValueError(f"{pair.second!r} is compared at the tokens of two systems: make it two systems")
    found = []
    for system in evaluation.systems:
        cost, budgets = "steps", evaluation.budgets
        if system.key in at_tokens:
            cost, budgets = "tokens", token_budgets(systems[at_tokens[system.key]].episodes, budgets)
        success = interval(success_within(system.episodes, budgets, cost), evaluation.seed)
        found.append(
            Row(
                system.label,
                system.decoding,
                system.samples,
                cost,
                tuple(budgets),
                tuple(Interval(*map(float, parts)) for parts in zip(*success, strict=True)),
                tuple(means(system.episodes, name) for name in COUNTS),
            )
        )
    return found


def comparisons(evaluation: Evaluation, pairs: Iterable[Pair]) -> list[Comparison]:
    """Every pair at every budget, on the same problems. Raises KeyError for a key that no system has."""
    systems = _systems(evaluation)
    found = []
    for pair in pairs:
        first, second = systems[pair.first], systems[pair.second]
        at = evaluation.budgets if pair.cost == "steps" else token_budgets(first.episodes, evaluation.budgets)
        a, b = (success_within(system.episodes, at, pair.cost) for system in (first, second))
        difference = paired_difference(a, b, evaluation.seed)
        title = f"{_name(first, second)} − {_name(second, first)}"
        for column, (steps, budget) in enumerate(zip(evaluation.budgets, at, strict=True)):
            parts = Interval(*(float(part[column]) for part in difference))
            found.append(
                Comparison(pair, title, steps, budget, float(a[:, column].mean()), float(b[:, column].mean()), parts)
            )
    return found


def _systems(evaluation: Evaluation) -> dict[str, SystemResult]:
    """By key. Raises ValueError for a key used twice and a system that was not run on every problem."""
    systems = {system.key: system for system in evaluation.systems}
    if len(systems) < len(evaluation.systems):
        raise ValueError(f"system keys must be unique, got {[system.key for system in evaluation.systems]}")
    everything = set(range(len(evaluation.problems)))
    for system in evaluation.systems:
        if {episode.problem for episode in system.episodes} != everything:
            raise ValueError(f"{system.key!r} was not run on exactly the {len(everything)} problems of the evaluation")
    return systems


def _name(system: SystemResult, other: SystemResult) -> str:
    """The label, with the decoding where the labels alone do not tell the two apart."""
    return f"{system.label} ({system.decoding})" if system.label == other.label else system.label


# renderings ---------------------------------------------------------------------------------------------------------

TERMINAL = 120
"""Columns of a terminal. The table keeps to them where no name of a system is longer than 25 letters."""

SHORT = {"backtracks": "back", "repeated": "rep.", "refused": "ref."}
"""Headings that fit a terminal."""


def table_text(table: Sequence[Row]) -> str:
    """For a terminal. Success in percent with its 95% interval."""
    heading = [*_heading(table)[: -len(COUNTS)], *(SHORT.get(name, name) for name in COUNTS)]
    body = [
        [row.system, row.decoding, *(_short(part) for part in row.success), *map(_count, row.counts)] for row in table
    ]
    notes = (line for note in _notes(table) for line in wrap(note, TERMINAL, subsequent_indent="  "))
    return "\n".join([_aligned([heading, *body], left=2), *notes]) + "\n"


def comparisons_text(found: Sequence[Comparison]) -> str:
    """For a terminal. One line a pair and budget; differences in percentage points."""
    heading = ("difference", "within", "first", "second", "points", "95% interval", "")
    body, last = [], ""
    for one in found:
        title, last = "" if one.title == last else one.title, one.title
        shares = _percent(one.first), _percent(one.second)
        body.append((title, f"{one.budget} {one.pair.cost}", *shares, *signed(one.difference), one.difference.word))
    return _aligned([heading, *body], left=2) + "\n"


def table_markdown(table: Sequence[Row]) -> str:
    """The table in Markdown, and its notes below."""
    body = ([row.system, row.decoding, *map(_full, row.success), *map(_count, row.counts)] for row in table)
    notes = "".join(f"\n{note}\n" for note in _notes(table))
    return _markdown(_heading(table), body, left=2) + "\n" + notes


def comparisons_markdown(found: Sequence[Comparison]) -> str:
    """The comparisons in Markdown: a line a pair, a column a budget."""
    body = []
    for title, group in _grouped(found):
        parts = [(*signed(one.difference), one.difference.word) for one in group]
        body.append([title, *(f"{points} ({edges}), {word}" for points, edges, word in parts)])
    return _markdown(["difference in points", *_columns(found)], body, left=1) + "\n"


def table_html(table: Sequence[Row]) -> str:
    """A `<table>` in a scrolling frame, with its notes; classes only, the page brings the style."""
    body = []
    for row in table:
        success = (f"{_percent(part.mean)}<small>{_edges(part)}</small>" for part in row.success)
        body.append([escape(row.system), escape(row.decoding), *success, *map(_count, row.counts)])
    notes = "".join(f"<p class='note'>{escape(note)}</p>" for note in _notes(table))
    return _html(_heading(table), body, left=2) + notes


def comparisons_html(found: Sequence[Comparison]) -> str:
    """The comparisons as a `<table>` in a scrolling frame: a line a pair, a column a budget."""
    body = []
    for title, group in _grouped(found):
        cells = [escape(title)]
        for one in group:
            points, edges = signed(one.difference)
            word = one.difference.word
            cells.append(f"{points}<small>{edges}</small><small class='{word.split()[0]}'>{word}</small>")
        body.append(cells)
    return _html(["difference in points", *_columns(found)], body, left=1)


def signed(difference: Interval) -> tuple[str, str]:
    """The difference and its interval in percentage points, with a minus sign as long as the plus."""
    mean, low, high = (f"{100 * part:+.1f}".replace("-", "−") for part in difference)
    return mean, f"{low} to {high}"


def _grouped(found: Sequence[Comparison]) -> list[tuple[str, list[Comparison]]]:
    """The comparisons of each pair; the title says at which budgets where these are not the steps of the heading."""
    groups: dict[Pair, list[Comparison]] = {}
    for one in found:
        groups.setdefault(one.pair, []).append(one)
    titles = {pair: group[0].title for pair, group in groups.items()}
    for pair, group in groups.items():
        if pair.cost != "steps":
            titles[pair] += f" (within {', '.join(str(one.budget) for one in group)} {pair.cost})"
    return [(titles[pair], group) for pair, group in groups.items()]


def _columns(found: Sequence[Comparison]) -> list[str]:
    return [f"≤ {steps} steps" for steps in dict.fromkeys(one.steps for one in found)]


def _heading(table: Sequence[Row]) -> list[str]:
    steps = next((row.budgets for row in table if row.cost == "steps"), ())
    return ["system", "decoding", *(f"≤ {budget} steps" for budget in steps), *COUNTS]


def _full(part: Interval) -> str:
    return f"{_percent(part.mean)} ({_edges(part)})"


def _edges(part: Interval) -> str:
    return f"{_percent(part.low)}–{_percent(part.high)}"


def _short(part: Interval) -> str:
    return f"{_percent(part.mean)} {100 * part.low:.0f}–{100 * part.high:.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share < 0.9995 else "100"


def _count(mean: float) -> str:
    return f"{mean:.1f}"


def _notes(table: Sequence[Row]) -> list[str]:
    """What a reader must know to read the rows right."""
    notes = ["Success in % with its 95% interval (bootstrap over problems); the other columns are means per episode."]
    if samples := sorted({row.samples for row in table if row.decoding == "sampled"}):
        notes.append(f"Episodes a problem in the sampled rows, averaged: {', '.join(map(str, samples))}.")
    for row in table:
        if row.cost == "tokens":
            at = ", ".join(map(str, row.budgets))
            notes.append(f"{row.system}: the columns hold its success within {at} tokens, worth the same in steps.")
    return notes


def _aligned(grid: Sequence[Cells], left: int) -> str:
    """Columns two blanks apart under a ruled heading, the first `left` flush left."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in grid
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


def _markdown(heading: Cells, body: Iterable[Cells], left: int) -> str:
    rule = ["---" if place < left else "---:" for place in range(len(heading))]
    grid = [heading, rule, *([cell.replace("|", "\\|") for cell in cells] for cells in body)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in grid)


def _html(heading: Cells, body: Iterable[Cells], left: int) -> str:
    """`body` is HTML already."""

    def line(cells: Cells, tag: str) -> str:
        kinds = ("" if place < left else " class='num'" for place in range(len(cells)))
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    lines = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in body)
    head = line([escape(cell) for cell in heading], "th")
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
