"""Numbers made ready for a plot: thinned to what a width can show, ticks on round values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Thinned(NamedTuple):
    """At most two points a column; `breaks` are the places (in x and y) that no line may lead to."""

    x: list[float]
    y: list[float]
    breaks: list[int]

    def lonely(self) -> list[int]:
        """Places of points that no line leads to or from."""
        cuts = {0, len(self.x), *self.breaks}
        return [place for place in range(len(self.x)) if place in cuts and place + 1 in cuts]


def finite(value: float | None) -> bool:
    """Whether the value can be placed on an axis; None, NaN and infinity cannot."""
    return value is not None and math.isfinite(value)


def reduce_series(x: Sequence[float], y: Sequence[float | None], columns: int) -> Thinned:
    """Smallest and largest value of each column, in their order: peaks survive, and gaps stay gaps.

    A gap narrower than a column still breaks the line. Points need not be sorted by x.
    """
    order = sorted(range(min(len(x), len(y))), key=lambda i: x[i]) if _unsorted(x) else range(min(len(x), len(y)))
    points = [(x[i], y[i]) for i in order]
    gaps_before, gaps = [], 0  # how many gaps lie before each point
    for _, value in points:
        gaps_before.append(gaps)
        gaps += not finite(value)
    placed = [i for i, (_, value) in enumerate(points) if finite(value)]
    if not placed:
        return Thinned([], [], [])
    kept = placed if len(placed) <= 2 * columns else _peaks(points, placed, columns)
    result = Thinned([float(points[i][0]) for i in kept], [float(points[i][1] or 0.0) for i in kept], [])
    result.breaks.extend(
        place for place in range(1, len(kept)) if gaps_before[kept[place]] > gaps_before[kept[place - 1]]
    )
    return result


def _unsorted(x: Sequence[float]) -> bool:
    return any(later < earlier for earlier, later in pairwise(x))


def _peaks(points: Sequence[tuple[float, float | None]], placed: Sequence[int], columns: int) -> list[int]:
    low, high = points[placed[0]][0], points[placed[-1]][0]
    scale = (columns - 1e-9) / (high - low) if high > low else 0.0
    kept: list[int] = []
    column: list[int] = []
    current = 0
    for i in placed:
        number = int((points[i][0] - low) * scale)
        if number != current and column:
            kept += _extremes(points, column)
            column = []
        current = number
        column.append(i)
    return kept + _extremes(points, column)


def _extremes(points: Sequence[tuple[float, float | None]], column: Sequence[int]) -> list[int]:
    def value(i: int) -> float:
        return points[i][1] or 0.0

    return sorted({min(column, key=value), max(column, key=value)})


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round values (1, 2 or 5 times a power of ten apart) inside [low, high]."""
    if not high > low:
        return [low]
    rough = (high - low) / max(1, count) * 0.6  # rather a few ticks more than one alone
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * m for m in (1, 2, 5) if power * m >= rough), power * 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)] or [low]


def short_number(value: float, among: Sequence[float] = ()) -> str:
    """A tick's label: as many decimals as tell it from its neighbours, thousands as k."""
    gap = min((abs(b - a) for a, b in pairwise(among)), default=abs(value) or 1.0)
    if gap >= 1000:
        return f"{value / 1000:g}k" if value else "0"
    if abs(value) < gap / 2:
        return "0"
    decimals = max(0, -math.floor(math.log10(gap) + 1e-9)) if gap > 0 else 2
    return f"{value:.{decimals}f}" if decimals <= 6 else f"{value:.0e}"
