"""The dataset card: what the rows are, how they were made, how many there are and how long."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ...tasks import Task
from .rows import COLUMNS, COUNTS

BINS = 12
"""Bars of the length histogram."""

WIDTH = 40
"""Characters of its longest bar."""


class Totals:
    """Counts over rows as they pass by; of each count only how often each number occurred is kept."""

    def __init__(self, problems: int):
        self.problems = problems
        self.rows = self.success = 0
        self.counts: dict[str, Counter[int]] = {name: Counter() for name in COUNTS}

    def add(self, row: Mapping[str, Any]) -> None:
        """One more row."""
        self.rows += 1
        self.success += row["success"]
        for name, counter in self.counts.items():
            counter[row[name]] += 1

    def summary(self, name: str) -> dict[str, float]:
        """Mean, median, 95% quantile, maximum and sum of a count; nothing where there are no rows."""
        counter = self.counts[name]
        if not counter:
            return {}
        total = sum(number * times for number, times in counter.items())
        return {
            "mean": round(total / self.rows, 3),
            "median": self._quantile(counter, 0.5),
            "p95": self._quantile(counter, 0.95),
            "max": max(counter),
            "sum": total,
        }

    def _quantile(self, counter: Counter[int], share: float) -> int:
        """The smallest number that at least this share of the rows does not exceed."""
        seen = 0
        for number in sorted(counter):
            seen += counter[number]
            if seen >= share * self.rows:
                return number
        return max(counter)

    def histogram(self, name: str) -> list[tuple[int, int, int]]:
        """(first, last, rows) of at most BINS equally wide ranges of a count."""
        counter = self.counts[name]
        if not counter:
            return []
        low, high = min(counter), max(counter)
        width = -(-(high - low + 1) // BINS)
        found = []
        for first in range(low, high + 1, width):
            inside = range(first, first + width)
            found.append((first, inside[-1], sum(times for number, times in counter.items() if number in inside)))
        return found


def card(task: Task[Any, Any], manifest: Mapping[str, Any], totals: Totals) -> str:
    """The card as Markdown, with the header that `datasets` reads."""
    settings = manifest["settings"]
    split = settings["split"]
    about = " ".join((type(task).__doc__ or "").partition("\n\n")[0].split())
    rate, rows = manifest["success_rate"], manifest["rows"]
    bins = totals.histogram("tokens")
    most = max((times for _, _, times in bins), default=1)
    return "\n".join(
        [
            "---",
            "configs:",
            "- config_name: default",
            "  data_files:",
            f"  - split: {split}",
            f'    path: "{split}-*.parquet"',
            "---",
            "",
            f"# Search traces of {task.name}",
            "",
            about,
            "",
            f"Each row is one problem, the search it was given, and the text of that search. Made by metacot "
            f"{manifest['metacot']}; the settings below decide every row.",
            "",
            "## Counts",
            "",
            "| | |",
            "|---|---|",
            f"| problems searched | {manifest['problems']:,} |",
            f"| rows | {rows:,} |",
            f"| left out because the solution alone is too long | {manifest['too_long']:,} |",
            f"| verified success | {manifest['success']:,} ({rate:.2%} of the problems) |",
            "",
            "| count | mean | median | 95% | max | what it is |",
            "|---|---|---|---|---|---|",
            *(
                f"| `{name}` | {found['mean']:,} | {found['median']:,} | {found['p95']:,} | {found['max']:,} "
                f"| {meaning} |"
                for name, meaning in COUNTS.items()
                if (found := manifest["counts"][name])
            ),
            "",
            "## Length in tokens",
            "",
            "```text",
            *(
                f"{f'{first}-{last}':>15} {times:>9,} {'#' * -(-WIDTH * times // most)}".rstrip()
                for first, last, times in bins
            ),
            "```",
            "",
            "## Settings",
            "",
            "| setting | value |",
            "|---|---|",
            *(f"| {name} | `{json.dumps(value)}` |" for name, value in sorted(settings.items())),
            "",
            "## Columns",
            "",
            "| column | type | what it is |",
            "|---|---|---|",
            *(f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in COLUMNS.items()),
            "",
            "## Reading",
            "",
            "```python",
            "import datasets",
            "",
            f'rows = datasets.load_dataset("parquet", data_files="{split}-*.parquet", split="train")',
            'solved = rows.filter(lambda row: row["success"])',
            "```",
            "",
        ]
    )
