"""Statistics of pairs: McNemar against known values, the bootstrap against enumeration, simulation and the normal."""

from __future__ import annotations

import itertools
import math
import random
import time
from fractions import Fraction

import pytest

from engine.runs.paired import (
    RESAMPLED_ITEMS,
    RESAMPLES,
    Difference,
    difference_of_means,
    difference_of_shares,
    mcnemar,
)

KNOWN = [
    # Two-sided sign test tables: 2 * P(Binomial(n, 1/2) <= smaller), rounded to what the tables print.
    (0, 0, 1.0), (0, 1, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 6, 0.125), (1, 7, 0.0703125), (1, 8, 0.0390625),
    (2, 9, 0.06542969), (2, 10, 0.03857422), (3, 12, 0.03515625), (5, 5, 1.0), (5, 15, 0.04138947),
    (10, 20, 0.09873715), (12, 2, 0.01293945), (25, 4, 0.00010372),
]  # fmt: skip


@pytest.mark.parametrize(("lost", "gained", "p"), KNOWN)
def test_mcnemar_gives_the_known_values(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == pytest.approx(p, abs=5e-9)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_mcnemar_is_the_binomial_in_whole_numbers() -> None:
    for lost, gained in itertools.product(range(12), repeat=2):
        flips = lost + gained
        tail = sum(math.comb(flips, k) for k in range(min(lost, gained) + 1))
        assert mcnemar(lost, gained) == float(min(Fraction(1), Fraction(2 * tail, 2**flips)))


def test_mcnemar_of_many_flips_is_neither_slow_nor_an_overflow() -> None:
    began = time.perf_counter()
    assert mcnemar(0, 20_000) == 0.0
    assert mcnemar(5_000, 5_000) == 1.0
    # The normal approximation with continuity correction is good to three digits here.
    z = (abs(5_150 - 4_850) - 1) / math.sqrt(10_000)
    assert mcnemar(5_150, 4_850) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-3)
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize("counts", [(-1, 3), (3, -1)])
def test_mcnemar_refuses_what_is_no_count(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no counts"):
        mcnemar(*counts)


@pytest.mark.parametrize("flips", [(1, 2, 0), (0, 3, 2), (2, 0, 3), (1, 1, 4)])
def test_the_interval_of_shares_is_that_of_all_resamples(flips: tuple[int, int, int]) -> None:
    """Brute force over every one of the n**n resamples."""
    lost, gained, same = flips
    items = [-1] * lost + [1] * gained + [0] * same
    sums = sorted(sum(draw) for draw in itertools.product(items, repeat=len(items)))
    low, high = (sums[math.ceil(q * len(sums)) - 1] / len(items) for q in (0.025, 0.975))
    found = difference_of_shares(lost, gained, len(items))
    assert found == Difference((gained - lost) / len(items), low, high, len(items))


@pytest.mark.parametrize(("lost", "gained", "total"), [(30, 55, 400), (0, 12, 90), (700, 640, 3000)])
def test_the_interval_of_shares_is_what_resampling_comes_to(lost: int, gained: int, total: int) -> None:
    draw = random.Random(7)
    items = [-1] * lost + [1] * gained + [0] * (total - lost - gained)
    sums = sorted(sum(draw.choices(items, k=total)) for _ in range(2000))
    found = difference_of_shares(lost, gained, total)
    assert found is not None
    noise = 4 * math.sqrt(lost + gained) * math.sqrt(0.025 * 0.975 / 2000) / 0.0584  # four standard errors
    assert found.low * total == pytest.approx(sums[49], abs=noise + 1)
    assert found.high * total == pytest.approx(sums[1949], abs=noise + 1)


def test_the_interval_of_shares_nears_the_normal_one() -> None:
    """With many flips the bootstrap is the normal: mean and standard error of the paired difference."""
    lost, gained, total = 2_000, 2_500, 10_000
    found = difference_of_shares(lost, gained, total)
    assert found is not None
    mean = (gained - lost) / total
    error = math.sqrt(((lost + gained) / total - mean * mean) / total)
    assert found.low == pytest.approx(mean - 1.959964 * error, abs=1.5 / total)
    assert found.high == pytest.approx(mean + 1.959964 * error, abs=1.5 / total)


def test_every_item_flipped_leaves_no_doubt() -> None:
    assert difference_of_shares(0, 9, 9) == Difference(1.0, 1.0, 1.0, 9)
    assert difference_of_shares(9, 0, 9) == Difference(-1.0, -1.0, -1.0, 9)
    assert difference_of_shares(0, 0, 9) == Difference(0.0, 0.0, 0.0, 9)
    assert difference_of_shares(0, 0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        difference_of_shares(3, 3, 5)


def test_the_interval_of_means_nears_the_normal_one() -> None:
    draw = random.Random(3)
    for total in (RESAMPLED_ITEMS, 5_000):
        values = [draw.gauss(0.05, 0.2) for _ in range(total)]
        mean = sum(values) / total
        error = math.sqrt(sum((v - mean) ** 2 for v in values) / total / total)
        found = difference_of_means(values)
        assert found is not None
        assert found.value == pytest.approx(mean)
        assert found.low == pytest.approx(mean - 1.96 * error, abs=0.12 * error)
        assert found.high == pytest.approx(mean + 1.96 * error, abs=0.12 * error)


def test_resampling_and_its_expansion_agree_where_one_takes_over() -> None:
    """A skewed figure, just beyond what is resampled: the expansion is as good as 10,000 resamples."""
    draw = random.Random(5)
    values = [draw.random() ** 5 for _ in range(RESAMPLED_ITEMS + 1)]
    found = difference_of_means(values)
    sums = sorted(sum(draw.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    assert found is not None
    error = math.sqrt(sum((v - found.value) ** 2 for v in values)) / len(values)
    assert found.low == pytest.approx(sums[249], abs=0.1 * error)
    assert found.high == pytest.approx(sums[9749], abs=0.1 * error)
    assert found.high - found.value > found.value - found.low, "the tail is on the right"


def test_the_same_differences_get_the_same_interval_again() -> None:
    values = [0.1, -0.2, 0.3, 0.05]
    assert difference_of_means(values) == difference_of_means(values)
    assert difference_of_means([0.25] * 7) == Difference(0.25, 0.25, 0.25, 7)
    assert difference_of_means([0.25] * 700) == Difference(0.25, 0.25, 0.25, 700)
    assert difference_of_means([]) is None
