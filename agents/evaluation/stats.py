"""The statistics of an evaluation: intervals, paired differences, pass@k, success against a budget.

Problems are the sampling unit everywhere: the samples of one problem are averaged first, and the bootstrap draws
problems, the same ones for every system, so that the luck of which problems were held out cancels in a difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .episodes import Episode

Floats = NDArray[np.float64]

RESAMPLES = 10_000
LEVEL = 95.0
"""Percent of an interval."""

COSTS = ("steps", "tokens")
"""What a budget may be counted in: the fields of an Episode."""

_BLOCK = 4_000_000
"""Drawn indices held at once (32 MB)."""


class Interval(NamedTuple):
    """A mean and its 95% bootstrap interval, in the units of the values. Numbers, or arrays of one shape (m,)."""

    mean: Any
    low: Any
    high: Any

    @property
    def word(self) -> str:
        """Of a difference: "above zero", "below zero" or "includes zero"."""
        return "above zero" if self.low > 0 else "below zero" if self.high < 0 else "includes zero"


def interval(values: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean over problems and its percentile bootstrap interval.

    values: (n,) one number a problem, or (n, m) for m measures that share their resamples: then arrays (m,).

    Raises ValueError where there is no problem or a value is not finite.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or not len(table):
        raise ValueError(f"values are (problems,) or (problems, measures) with a problem at least, got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("values must be finite")
    columns = table.reshape(len(table), -1)
    means = np.concatenate([counts @ columns for counts in _resampled(len(table), seed, resamples)]) / len(table)
    edges = (100 - LEVEL) / 2, (100 + LEVEL) / 2
    low, high = np.percentile(means, edges, axis=0)
    if table.ndim == 1:
        return Interval(float(table.mean()), float(low[0]), float(high[0]))
    return Interval(columns.mean(axis=0), low, high)


def share_interval(successes: int, count: int) -> Interval:
    """A share of `count` independent trials, at least 1, and its 95% score interval (Wilson 1927), which does not
    shrink to a point where all or none of a few succeeded. Raises ValueError unless 0 <= successes <= count."""
    if not 0 <= successes <= count or count < 1:
        raise ValueError(f"successes must be in 0..count and count at least 1, got {successes} of {count}")
    share, z = successes / count, 1.959963984540054
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Interval(share, max(0.0, float(centre - half)), min(1.0, float(centre + half)))


def paired_difference(a: ArrayLike, b: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The interval of mean(a) - mean(b), where both systems are resampled on the same problems.

    a, b: (n,) or (n, m), the same problems in the same order. Raises ValueError as `interval` and for unequal shapes.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"a pair of systems has the same problems, got {first.shape} and {second.shape}")
    return interval(first - second, seed, resamples)


def rank_correlation(a: ArrayLike, b: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Spearman's: the correlation of the ranks, equal values sharing their mean rank, and its interval over pairs.

    a, b: (n,), n >= 3. In [-1, 1]; NaN where one of both has a single value. Resamples in which that happens are left
    out of the interval. Raises ValueError for other shapes.
    """
    pairs = np.asarray([a, b], dtype=np.float64)
    if pairs.ndim != 2 or pairs.shape[1] < 3:
        raise ValueError(f"a rank correlation needs at least three pairs, got {pairs.shape}")
    count = pairs.shape[1]
    drawn = np.random.default_rng((seed, count)).integers(count, size=(resamples, count))
    rows = max(1, _BLOCK // count**2)
    blocks = [pairs[:, drawn[start : start + rows]] for start in range(0, resamples, rows)]
    found = np.concatenate([_rank_correlations(*block) for block in blocks])
    found = found[np.isfinite(found)]
    edges = (100 - LEVEL) / 2, (100 + LEVEL) / 2
    low, high = np.percentile(found, edges) if len(found) else (math.nan, math.nan)
    return Interval(float(_rank_correlations(*pairs[:, None])[0]), float(low), float(high))


def _rank_correlations(a: Floats, b: Floats) -> Floats:
    """(r, n), (r, n) -> (r,)."""
    # How many lie below a value less how many lie above it is twice its rank, but for what all ranks have in common.
    first, second = (np.sign(own[:, :, None] - own[:, None, :]).sum(axis=2) for own in (a, b))
    scale = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    products = (first * second).sum(axis=1)
    return np.divide(products, scale, out=np.full(len(scale), math.nan), where=scale > 0)


def _resampled(problems: int, seed: int, resamples: int) -> Iterator[Floats]:
    """Blocks (r, problems): how often each problem was drawn in each of r resamples. A function of its arguments."""
    rng = np.random.default_rng((seed, problems))
    rows = max(1, min(resamples, _BLOCK // problems))
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = rng.integers(problems, size=(count, problems)) + problems * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * problems).reshape(count, problems).astype(np.float64)


def pass_at_k(correct: ArrayLike, samples: int, k: int) -> Floats:
    """The chance that at least one of k samples is right, per problem: unbiased, from `samples` >= k of them.

    correct: (n,) how many of the samples of each problem were right. Returns (n,) float64.

    Raises ValueError unless 1 <= k <= samples and every count is in [0, samples].
    """
    right = np.asarray(correct)
    if not 1 <= k <= samples:
        raise ValueError(f"k must be in 1..{samples}, the samples a problem, got {k}")
    if right.size and (right.min() < 0 or right.max() > samples):
        raise ValueError(f"counts of right samples must be in 0..{samples}")
    # 1 - C(wrong, k) / C(samples, k) as a product, which neither overflows nor cancels
    wrong = (samples - right)[..., None] - np.arange(k)
    return 1.0 - np.prod(np.maximum(wrong, 0) / (samples - np.arange(k)), axis=-1)


def by_problem(episodes: Sequence[Episode], value: Callable[[Episode], Any]) -> Floats:
    """The mean of `value(episode)` over the samples of each problem: (problems,), or (problems, m) for m values.

    Raises ValueError where a problem has another number of samples than the rest.
    """
    groups: dict[int, list[Any]] = {}
    for episode in episodes:
        groups.setdefault(episode.problem, []).append(value(episode))
    if len({len(group) for group in groups.values()}) != 1:
        raise ValueError("every problem needs the same number of samples, and at least one")
    return np.array([groups[problem] for problem in sorted(groups)], dtype=np.float64).mean(axis=1)


def success_within(episodes: Sequence[Episode], budgets: Sequence[int], cost: str = "steps") -> Floats:
    """(problems, budgets): the share of each problem's samples that succeed within each budget, in [0, 1].

    cost: "steps" or "tokens" (written by the model). A longer episode would have been cut before its answer.
    """
    if cost not in COSTS:
        raise ValueError(f"a budget counts {' or '.join(COSTS)}, got {cost!r}")
    limits = np.asarray(budgets)
    return by_problem(episodes, lambda episode: episode.success & (getattr(episode, cost) <= limits))


def curve(episodes: Sequence[Episode], budgets: Sequence[int], cost: str = "steps", seed: int = 0) -> Interval:
    """Success against budget, over samples then problems: arrays (budgets,) in [0, 1]."""
    return interval(success_within(episodes, budgets, cost), seed)


def token_budgets(episodes: Sequence[Episode], steps: Sequence[int]) -> tuple[int, ...]:
    """What step budgets are worth in tokens: for each, the smallest token budget within which these episodes reach at
    least the success that they reach within the steps. 1 where they reach none."""
    solved = [episode for episode in episodes if episode.success]
    tokens = sorted(episode.tokens for episode in solved)
    counts = (sum(episode.steps <= budget for episode in solved) for budget in steps)
    return tuple(max(1, tokens[count - 1]) if count else 1 for count in counts)
