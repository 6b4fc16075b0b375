"""The uncertainty of a share, and what intervals are made of: Wilson's score interval, the rule of three, Student's t.
Standard library only.
"""

from __future__ import annotations

import math
from functools import cache

from engine.statistics.figure import UNDEFINED, WILSON, Figure

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

CERTAIN = 0.05
"""What a statement that holds with 95 % confidence leaves open."""

NORMAL_FROM = 1000
"""Degrees of freedom from which Student's t is taken for normal: its quantile is 1.9623 there."""

FEWEST = 6
"""Items, or problems, that resampling and variances of them can speak for: six that all go one way come by chance in
2 * 0.5**6 = 3 % of cases, five in 6 %."""


def wilson(successes: int, total: int) -> Figure:
    """The share with the interval of Wilson (1927), which stays inside [0, 1] and is honest at 0 and 1; UNDEFINED where
    there is nothing to divide."""
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is not a share")
    if total == 0:
        return UNDEFINED
    share = successes / total
    return Figure(share, *wilson_bounds(share, total), total, WILSON)


def wilson_bounds(share: float, total: float) -> tuple[float, float]:
    """The interval of a share of `total` > 0 independent items, which may be an effective number of them."""
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return 0.0 if share <= 0.0 else max(0.0, centre - half), 1.0 if share >= 1.0 else min(1.0, centre + half)


def rule_of_three(total: int) -> float:
    """The largest share of other items that goes with `total` > 0 items all alike, with 95 % confidence: exactly
    1 - 0.05 ** (1 / total), about 3 / total (Hanley and Lippman-Hand 1983, If nothing goes wrong, is everything all
    right?)."""
    return 1.0 - math.pow(CERTAIN, 1 / total)


def alike_bounds(value: float, total: int, low: float, high: float) -> tuple[float | None, float | None]:
    """The interval of a mean of figures within [low, high] of which all `total` are `value`, so that their spread says
    nothing: by the rule of three few others are left, and those can be anywhere. No interval without finite bounds."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return None, None
    others = rule_of_three(total)
    return value - others * (value - low), value + others * (high - value)


@cache
def student_95(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t, by halving its distribution function (Abramowitz and Stegun 26.7.3 and
    26.7.4, finite sums)."""
    if freedom < 1:
        raise ValueError(f"{freedom} degrees of freedom")
    if freedom >= NORMAL_FROM:
        return Z_95
    low, high = 0.0, math.pi / 2  # of the angle whose tangent is t / sqrt(freedom)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_inside(middle, freedom) < 1 - CERTAIN else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _student_inside(angle: float, freedom: int) -> float:
    """The chance that |t| is at most sqrt(freedom) * tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for power in range(1 if odd else 0, freedom - 1, 2):
        total += term
        term *= cosine * cosine * (power + 1) / (power + 2)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
