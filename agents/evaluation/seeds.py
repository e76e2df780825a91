"""Several seeds of one run side by side: what repeats, and how far seeds lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from .episodes import Evaluation
from .stats import success_within


def seeds_text(evaluations: Sequence[Evaluation]) -> str:
    """For a terminal: success in percent, the mean over seeds and the lowest and highest of them.

    Evaluations of one split, one a seed. Systems that are cut at budgets of their own (equal tokens) are left out.
    Raises ValueError where they are not of the same systems and budgets.
    """
    first = evaluations[0]
    if any([s.key for s in other.systems] != [s.key for s in first.systems] for other in evaluations) or any(
        other.budgets != first.budgets or other.split != first.split for other in evaluations
    ):
        raise ValueError("only runs of the same systems, budgets and split can be put side by side")
    lines = [
        f"{first.task}, split {first.split!r}, seeds {', '.join(str(found.seed) for found in evaluations)}",
        f"{'mean (lowest-highest)':38}" + "".join(f"{f'≤ {budget} steps':>20}" for budget in first.budgets),
    ]
    for place, system in enumerate(first.systems):
        if system.key.endswith("_tokens"):
            continue
        cells = []
        for column in range(len(first.budgets)):
            found = [
                100 * success_within(other.systems[place].episodes, other.budgets)[:, column].mean()
                for other in evaluations
            ]
            cells.append(f"{sum(found) / len(found):.1f} ({min(found):.1f}-{max(found):.1f})")
        lines.append(f"{f'{system.label}, {system.decoding}':38}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines) + "\n"
