"""Statistics of paired items, standard library only: exact tests of flips, intervals of paired differences.

The intervals are the percentile interval of Efron and Tibshirani (An Introduction to the Bootstrap, 1993, chapter 13):
the 2.5 % and the 97.5 % quantile of the figure over resamples of the items, a pair staying a pair.

* A difference of two accuracies needs no random numbers: drawing n of n items anew makes (gained, lost, same) a
  multinomial draw, so that the distribution over all resamples is summed up as it is (their "ideal" bootstrap, without
  the noise of a finite number of resamples).
* A difference of means is resampled RESAMPLES times, with a fixed seed, up to RESAMPLED_ITEMS items. Beyond them its
  quantiles come from the Cornish-Fisher expansion of the bootstrap distribution (Hall, The Bootstrap and Edgeworth
  Expansion, 1992, section 3.3) with its third and fourth cumulant: there its error is well below the noise of 10,000
  resamples, and 10,000 items cost a pass over them.

Items that are nearly all alike have hardly a spread to resample, and the bootstrap would claim certainty. There a
difference of accuracies has Tango's score interval (Equivalence test and confidence interval for the difference in
proportions for the paired-sample design, 1998), and a difference of means the bounds that the rule of three leaves.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.statistics.figure import ALIKE, PAIRED_BOOTSTRAP, TANGO, UNDEFINED, Figure, figure_of
from engine.statistics.interval import CERTAIN, FEWEST, Z_95, alike_bounds

RESAMPLES = 10_000
RESAMPLED_ITEMS = 100
SEED = 20_250_101
"""Fixed: the same two runs get the same interval at every look."""

LOW, HIGH = 0.025, 0.975
NEGLIGIBLE_SD = 6.0
"""Beyond so many standard deviations a binomial holds less than a millionth of what the quantiles ask for."""
SMALLEST_MASS = 1e-10
SMALLEST_SIGNS = 1e-18
"""Sums of signs rarer than this are left out of a p value."""
HALVINGS = 60
"""Of the interval from -1 to 1, until a bound is known as well as a float can be."""


def agreeing(difference: Figure, p_value: float) -> Figure:
    """The interval with 0 in it where the exact test does not refuse 0: of a handful of flips no interval that is
    approximate may claim more than the test does."""
    if difference.low is None or difference.high is None or p_value < CERTAIN:
        return difference
    return replace(difference, low=min(0.0, difference.low), high=max(0.0, difference.high))


def mcnemar(lost: int, gained: int) -> float:
    """Two-sided p value of the exact McNemar test, from the two counts of flips (McNemar 1947 with the binomial).

    Twice the smaller tail of Binomial(lost + gained, 1/2), at most 1; in whole numbers up to the one last division.
    """
    if lost < 0 or gained < 0:
        raise ValueError(f"{lost} and {gained} are no counts")
    flips = lost + gained
    term = tail = 1
    for k in range(1, min(lost, gained) + 1):
        term = term * (flips - k + 1) // k
        tail += term
    return min(1.0, 2 * tail / (1 << flips))


def sign_flip(differences: Sequence[int]) -> float:
    """Two-sided p value of the exact sign-flip test: over all signs that the differences could have had, the share with
    a sum at least as far from 0 (Fisher 1935, The Design of Experiments, section 21). Of -1, 0 and 1 it is `mcnemar`.

    The differences are those of problems (gained minus lost samples), which are independent where samples are not.
    """
    sizes = Counter(abs(d) for d in differences if d)
    unit = math.gcd(*sizes)
    reached = abs(sum(differences))
    masses = {0: 1.0}  # sum -> its probability
    for size, count in sorted(sizes.items()):
        steps = [(size // unit * (2 * up - count), mass) for up, mass in _binomial(count, 0.5)]
        sums: dict[int, float] = {}
        for start, mass in masses.items():
            for step, share in steps:
                sums[start + step] = sums.get(start + step, 0.0) + mass * share
        masses = {value: mass for value, mass in sums.items() if mass >= SMALLEST_SIGNS}
    return min(1.0, math.fsum(mass for value, mass in masses.items() if abs(value * unit) >= reached))


def difference_of_shares(lost: int, gained: int, total: int) -> Figure:
    """Of B's accuracy and A's: `gained` items are right only in B, `lost` only in A. UNDEFINED without items.

    Tango's interval where fewer than FEWEST items differ from the rest, the bootstrap elsewhere.
    """
    if not (lost >= 0 and gained >= 0 and lost + gained <= total):
        raise ValueError(f"{lost} + {gained} of {total} is no share")
    if total == 0:
        return UNDEFINED
    value = (gained - lost) / total
    if total - max(lost, gained, total - lost - gained) < FEWEST:
        return Figure(value, *tango(lost, gained, total), total, TANGO)
    return Figure(value, *resampled_flips(lost, gained, total), total, PAIRED_BOOTSTRAP)


def tango(lost: int, gained: int, total: int) -> tuple[float, float]:
    """Tango's interval: every difference that the score test does not refuse at 5 %, by halving."""
    if total <= 0:
        raise ValueError("an interval of nothing")
    value = (gained - lost) / total

    def bound(end: float) -> float:
        kept, refused = value, end  # the end of the scale itself is refused, or is the bound
        for _ in range(HALVINGS):
            middle = (kept + refused) / 2
            if abs(_score(middle, lost, gained, total)) <= Z_95:
                kept = middle
            else:
                refused = middle
        return kept

    return -1.0 if value == -1.0 else bound(-1.0), 1.0 if value == 1.0 else bound(1.0)


def _score(difference: float, lost: int, gained: int, total: int) -> float:
    """Of a supposed difference: how many standard errors the found one is from it, at the likeliest share of lost."""
    b = (2 * total - gained + lost) * difference - gained - lost
    c = -lost * difference * (1 - difference)
    share = (math.sqrt(max(0.0, b * b - 8 * total * c)) - b) / (4 * total)
    variance = total * (2 * share + difference * (1 - difference))
    off = gained - lost - total * difference
    return off / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, off) if off else 0.0


def resampled_flips(lost: int, gained: int, total: int) -> tuple[float, float]:
    """The bootstrap interval of a difference of shares."""
    low, high = _quantiles(_resampled_flips(lost, gained, total))
    return low / total, high / total


def _resampled_flips(lost: int, gained: int, total: int) -> dict[int, float]:
    """gained minus lost in a resample -> its probability."""
    flips = lost + gained
    if not flips:
        return {0: 1.0}
    masses: dict[int, float] = {}
    for drawn, mass in _binomial(total, flips / total):
        if mass < SMALLEST_MASS:
            continue
        for up, share in _binomial(drawn, gained / flips):
            masses[2 * up - drawn] = masses.get(2 * up - drawn, 0.0) + mass * share
    return masses


def _quantiles(masses: dict[int, float]) -> tuple[int, int]:
    """The smallest values that reach LOW and HIGH of the mass."""
    low: int | None = None
    reached, whole = 0.0, math.fsum(masses.values())
    for value in sorted(masses):
        reached += masses[value]
        if low is None and reached >= LOW * whole:
            low = value
        if low is not None and reached >= HIGH * whole:
            return low, value
    raise ValueError("no mass")


def _binomial(n: int, p: float) -> Iterator[tuple[int, float]]:
    """(k, its probability) of Binomial(n, p), without the tails that hold nothing."""
    if p <= 0.0 or p >= 1.0 or n == 0:
        yield (0 if p <= 0.0 else n), 1.0
        return
    reach = NEGLIGIBLE_SD * math.sqrt(n * p * (1 - p)) + NEGLIGIBLE_SD
    first, last = max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach))
    mode = min(last, max(first, math.floor((n + 1) * p)))
    log_peak = math.lgamma(n + 1) - math.lgamma(mode + 1) - math.lgamma(n - mode + 1)
    peak = math.exp(log_peak + mode * math.log(p) + (n - mode) * math.log1p(-p))
    odds = p / (1 - p)
    mass = peak
    for k in range(mode, first - 1, -1):  # from the mode outwards, so that nothing starts from an underflow
        yield k, mass
        mass *= k / ((n - k + 1) * odds)
    mass = peak
    for k in range(mode + 1, last + 1):
        mass *= (n - k + 1) / k * odds
        yield k, mass


def difference_of_means(differences: Sequence[float], bound: float = 1.0) -> Figure:
    """Of a figure that both runs have of each item, from B minus A of the items, each within -bound and bound.
    UNDEFINED without any; no interval below FEWEST items; where all are alike, that of the rule of three."""
    total = len(differences)
    if not total:
        return UNDEFINED
    mean = math.fsum(differences) / total
    if total < FEWEST:
        return Figure(mean, n=total)
    if min(differences) == max(differences):
        return figure_of(mean, alike_bounds(mean, total, -bound, bound), total, ALIKE)
    make = _resampled if total <= RESAMPLED_ITEMS else _expanded
    return Figure(mean, *make(differences, mean), total, PAIRED_BOOTSTRAP)


def _resampled(differences: Sequence[float], mean: float) -> tuple[float, float]:
    total, draw = len(differences), random.Random(SEED)
    sums = sorted(sum(draw.choices(differences, k=total)) for _ in range(RESAMPLES))
    return sums[math.ceil(LOW * RESAMPLES) - 1] / total, sums[math.ceil(HIGH * RESAMPLES) - 1] / total


def _expanded(differences: Sequence[float], mean: float) -> tuple[float, float]:
    total = len(differences)
    squares = [(d - mean) ** 2 for d in differences]
    variance = math.fsum(squares) / total
    cubes = math.fsum(s * (d - mean) for s, d in zip(squares, differences, strict=True)) / total
    skew = cubes / variance**1.5 / math.sqrt(total)
    excess = (math.fsum(s * s for s in squares) / total / variance**2 - 3.0) / total
    unit = math.sqrt(variance / total)
    low, high = (
        z + skew * (z * z - 1) / 6 + excess * (z**3 - 3 * z) / 24 - skew * skew * (2 * z**3 - 5 * z) / 36
        for z in (-Z_95, Z_95)
    )
    return mean + unit * low, mean + unit * high
