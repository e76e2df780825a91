"""How good numbers in [0, 1] are as guesses of a truth: ranking, error, calibration, and the first wrong step.

Every measure takes plain arrays, so that it serves learned values, noisy ones and other people's models alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BINS = 15
"""Of equal width, for the calibration error: as in Guo et al. 2017."""


class Measures(NamedTuple):
    """n: states. positives: those whose truth is above 1/2. auroc, auprc: None where the truth is not 0 or 1 or has one
    value alone. mae, brier: mean absolute and mean squared error. ece: expected calibration error."""

    n: int
    positives: int
    auroc: float | None
    auprc: float | None
    ece: float
    mae: float
    brier: float


def measures(values: ArrayLike, truth: ArrayLike) -> Measures | None:
    """All measures of values (n,) against the truth (n,), both in [0, 1]; None where there is no state."""
    said, true = np.asarray(values, float), np.asarray(truth, float)
    if said.shape != true.shape or said.ndim != 1:
        raise ValueError(f"a truth a value is needed, got {said.shape} and {true.shape}")
    if not len(said):
        return None
    binary = bool(np.isin(true, (0.0, 1.0)).all()) and 0 < true.sum() < len(true)
    return Measures(
        n=len(true),
        positives=int((true > 0.5).sum()),
        auroc=auroc(said, true) if binary else None,
        auprc=auprc(said, true) if binary else None,
        ece=calibration_error(said, true),
        mae=float(np.abs(said - true).mean()),
        brier=float(((said - true) ** 2).mean()),
    )


def auroc(values: Floats, truth: Floats) -> float:
    """The chance that a 1 is valued higher than a 0; equal values count half (Mann-Whitney)."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    ones = truth.sum()
    return float((ranks[truth > 0].sum() - ones * (ones + 1) / 2) / (ones * (len(truth) - ones)))


def auprc(values: Floats, truth: Floats) -> float:
    """Average precision: the mean over thresholds of precision, weighted by the gain in recall."""
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))  # equal values enter together
    precision = hits[last] / (last + 1)
    return float((precision * np.diff(hits[last], prepend=0.0)).sum() / truth.sum())


class Bin(NamedTuple):
    """States whose values lie in one interval: how many, their mean value, and the mean of the truth."""

    n: int
    value: float
    truth: float


def bins_of(values: ArrayLike, truth: ArrayLike, bins: int = BINS) -> list[Bin]:
    """The bins that are not empty, from low to high values."""
    said, true = np.asarray(values, float), np.asarray(truth, float)
    place = np.minimum((said * bins).astype(int), bins - 1)
    found = [(place == number) for number in range(bins)]
    return [Bin(int(own.sum()), float(said[own].mean()), float(true[own].mean())) for own in found if own.any()]


def calibration_error(values: ArrayLike, truth: ArrayLike, bins: int = BINS) -> float:
    """The mean over states of how far their bin's mean value is from its mean truth, in [0, 1]."""
    found = bins_of(values, truth, bins)
    return sum(one.n * abs(one.value - one.truth) for one in found) / sum(one.n for one in found)


def first_below(values: Sequence[float], threshold: float) -> int | None:
    """The place of the first value below the threshold, None where there is none."""
    return next((place for place, value in enumerate(values) if value < threshold), None)


class FirstErrors(NamedTuple):
    """ProcessBench (arXiv 2412.06559). f1: harmonic mean of both accuracies, 0 where either is: wrong, over solutions
    with an error, of which the exact place has to be named; right, over those without. None where a kind is missing."""

    f1: float | None
    wrong: float | None
    right: float | None
    threshold: float


def first_error_f1(values: Sequence[Sequence[float]], errors: Sequence[int | None], threshold: float) -> FirstErrors:
    """values: of each solution one a step. errors: the true places, None where there is none."""
    named = [first_below(row, threshold) for row in values]
    hits = {kind: [a == b for a, b in zip(named, errors, strict=True) if (b is None) is kind] for kind in (True, False)}
    right, wrong = (sum(own) / len(own) if own else None for own in (hits[True], hits[False]))
    if right is None or wrong is None:
        return FirstErrors(None, wrong, right, threshold)
    return FirstErrors(2 * right * wrong / (right + wrong) if right and wrong else 0.0, wrong, right, threshold)


def best_threshold(values: Sequence[Sequence[float]], errors: Sequence[int | None]) -> float:
    """The threshold with the highest F1 on solutions that are not judged afterwards; 0.5 where none says anything."""
    seen = sorted({value for row in values for value in row})
    middles = [(low + high) / 2 for low, high in pairwise(seen)]
    tried = [0.5, *middles[:: max(1, len(middles) // 200)]]
    return max(tried, key=lambda threshold: first_error_f1(values, errors, threshold).f1 or 0.0)


SIDE, EDGE = 240, 36


def reliability_svg(named: dict[str, list[Bin]]) -> str:
    """A reliability diagram that stands alone: the mean truth of each bin over its mean value, a panel a name; the area
    of a dot grows with its number of states, and on the diagonal values mean what they say."""
    panels = [_panel(title, bins, number) for number, (title, bins) in enumerate(named.items())]
    width = len(panels) * (SIDE + 2 * EDGE)
    style = "text{font:11px sans-serif;fill:#555}.axis{fill:none;stroke:#999}.ideal{stroke:#999;stroke-dasharray:4 3}"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {SIDE + 2 * EDGE}' width='{width}' role='img'>"
        f"<title>Reliability</title><style>{style}.dot{{fill:#3b6fd4;fill-opacity:.7}}</style>{''.join(panels)}</svg>\n"
    )


def _panel(title: str, bins: list[Bin], number: int) -> str:
    left, total = number * (SIDE + 2 * EDGE) + EDGE, sum(one.n for one in bins)
    dots = "".join(
        f"<circle class='dot' cx='{left + SIDE * one.value:.1f}' cy='{EDGE + SIDE * (1 - one.truth):.1f}' "
        f"r='{2 + 14 * (one.n / total) ** 0.5:.1f}'><title>{one.n} states: value {one.value:.3f}, "
        f"truth {one.truth:.3f}</title></circle>"
        for one in bins
    )
    bottom = EDGE + SIDE
    return (
        f"<rect class='axis' x='{left}' y='{EDGE}' width='{SIDE}' height='{SIDE}'/>"
        f"<path class='ideal' d='M{left} {bottom}L{left + SIDE} {EDGE}'/>{dots}"
        f"<text x='{left}' y='{EDGE - 8}'>{title}</text>"
        f"<text x='{left + SIDE / 2:.0f}' y='{bottom + 26}' text-anchor='middle'>value</text>"
        f"<text x='{left - 4}' y='{EDGE + 10}' text-anchor='end'>1</text>"
        f"<text x='{left - 4}' y='{bottom}' text-anchor='end'>0</text>"
        f"<text x='{left + SIDE}' y='{bottom + 14}' text-anchor='middle'>1</text>"
    )
