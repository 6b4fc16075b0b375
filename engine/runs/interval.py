"""The uncertainty of a share, for whoever shows a run: Wilson's score interval, standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """`value` of `total` with its 95 % interval; all three are in [0, 1]."""

    value: float
    low: float
    high: float
    total: int

    def __str__(self) -> str:
        return f"{self.value:.0%} [{self.low * 100:.0f}, {self.high * 100:.0f}]"


def wilson(successes: int, total: int) -> Share | None:
    """Wilson (1927): stays inside [0, 1] and is honest at 0 and 1. None where there is nothing to divide."""
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is not a share")
    if total == 0:
        return None
    share = successes / total
    return Share(share, *wilson_bounds(share, total), total)


def wilson_bounds(share: float, total: float) -> tuple[float, float]:
    """The interval of a share of `total` > 0 independent items, which may be an effective number of them."""
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return 0.0 if share <= 0.0 else max(0.0, centre - half), 1.0 if share >= 1.0 else min(1.0, centre + half)
