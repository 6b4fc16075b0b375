"""Estimates with 95 % intervals, stdlib only: shares, means, correlations and the area under the ROC curve.

Each returns an Estimate; where a figure is not defined (no data, a constant sample) its value is None, never 0 or NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.runs import interval
from engine.runs.interval import Z_95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval and the number of items it rests on. value None: undefined; low None: no interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def wilson(successes: int, total: int) -> Estimate:
    """Share of successes with Wilson's score interval, the one that the screens show while a run is going on."""
    share = interval.wilson(successes, total)
    return Estimate(share.value, share.low, share.high, total) if share else Estimate(None, None, None, 0)


def mean(values: Sequence[float], bounds: tuple[float, float] = (0.0, 1.0)) -> Estimate:
    """Mean with the normal interval of the standard error, clipped to `bounds`; one value has no interval."""
    n = len(values)
    if n == 0:
        return Estimate(None, None, None, 0)
    centre = math.fsum(values) / n
    if n == 1:
        return Estimate(centre, None, None, 1)
    variance = math.fsum((v - centre) ** 2 for v in values) / (n - 1)
    half = Z_95 * math.sqrt(variance / n)
    return Estimate(centre, max(bounds[0], centre - half), min(bounds[1], centre + half), n)


def pearson(xs: Sequence[float], ys: Sequence[float]) -> Estimate:
    """Pearson's r with Fisher's interval; with a 0/1 variable this is the point-biserial correlation.

    Against a 0/1 variable Fisher's interval is an approximation. Simulated with skewed scores, 12 to 300 items and 12
    or 50 % right it held the true r in 95 to 97 %; the percentile bootstrap, too narrow in small runs, in 72 to 94 %.
    """
    r = _correlation(xs, ys)
    return _with_fisher_interval(r, len(xs), 1.0)


def spearman(xs: Sequence[float], ys: Sequence[float]) -> Estimate:
    """Spearman's rho: Pearson's r of the mean ranks (right with ties); interval after Bonett and Wright (2000).

    In the simulation of `pearson` it held the true rho in 97 to 99 %: rather too wide than too narrow.
    """
    rho = _correlation(ranks(xs), ranks(ys))
    return _with_fisher_interval(rho, len(xs), 1.0 + (rho or 0.0) ** 2 / 2)


def area_under_curve(scores: Sequence[float], positive: Sequence[bool]) -> Estimate:
    """Chance that a positive item has the higher score, ties counted half; interval after Hanley and McNeil (1982)."""
    if len(scores) != len(positive):
        raise ValueError(f"{len(scores)} scores for {len(positive)} labels")
    n = len(scores)
    n_pos = sum(positive)
    n_neg = n - n_pos
    if n_pos == 0 or n_neg == 0:
        return Estimate(None, None, None, n)
    rank_sum = math.fsum(rank for rank, is_positive in zip(ranks(scores), positive, strict=True) if is_positive)
    area = (rank_sum - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)
    q1, q2, square = area / (2 - area), 2 * area * area / (1 + area), area * area
    variance = (area * (1 - area) + (n_pos - 1) * (q1 - square) + (n_neg - 1) * (q2 - square)) / (n_pos * n_neg)
    half = Z_95 * math.sqrt(max(0.0, variance))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), n)


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            result[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return result


def histogram(values: Sequence[float], bins: int, low: float = 0.0, high: float = 1.0) -> tuple[int, ...]:
    """Counts in `bins` equal bins over [low, high]; the last bin holds `high`, values outside go to the end bins."""
    counts = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins)
        counts[min(bins - 1, max(0, place))] += 1
    return tuple(counts)


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    if len(xs) != len(ys):
        raise ValueError(f"{len(xs)} values against {len(ys)}")
    # A constant sample is found by its range: its variance computed in floats is often tiny instead of zero.
    if len(xs) < 2 or min(xs) == max(xs) or min(ys) == max(ys):
        return None
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    dx, dy = [x - mean_x for x in xs], [y - mean_y for y in ys]
    spread = math.sqrt(math.fsum(d * d for d in dx)) * math.sqrt(math.fsum(d * d for d in dy))
    if spread == 0.0:
        return None
    return max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(dx, dy, strict=True)) / spread))


def _with_fisher_interval(r: float | None, n: int, variance_factor: float) -> Estimate:
    if r is None or n <= 3 or abs(r) >= 1.0:
        return Estimate(r, None, None, n)
    centre, half = math.atanh(r), Z_95 * math.sqrt(variance_factor / (n - 3))
    return Estimate(r, math.tanh(centre - half), math.tanh(centre + half), n)
