"""Statistics of pairs: McNemar against known values, the bootstrap against enumeration, simulation and the normal."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from scipy import optimize

from engine.statistics.figure import ALIKE, TANGO, UNDEFINED, Figure
from engine.statistics.paired import (
    RESAMPLED_ITEMS,
    RESAMPLES,
    agreeing,
    difference_of_means,
    difference_of_shares,
    mcnemar,
    resampled_flips,
    sign_flip,
    tango,
)
from tests.cost import cpu_seconds


def bounds(difference: Figure) -> tuple[float, float]:
    """The interval, which has to be there."""
    assert difference.low is not None
    assert difference.high is not None
    return difference.low, difference.high


def value_of(difference: Figure) -> float:
    """The value, which has to be there."""
    assert difference.value is not None
    return difference.value


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


@pytest.mark.xdist_group("alone")
def test_mcnemar_of_many_flips_is_neither_slow_nor_an_overflow() -> None:
    assert cpu_seconds(lambda: (mcnemar(0, 20_000), mcnemar(5_150, 4_850)), within=1) < 1
    assert mcnemar(0, 20_000) == 0.0
    assert mcnemar(5_000, 5_000) == 1.0
    # The normal approximation with continuity correction is good to three digits here.
    z = (abs(5_150 - 4_850) - 1) / math.sqrt(10_000)
    assert mcnemar(5_150, 4_850) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-3)


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
    assert resampled_flips(lost, gained, len(items)) == (low, high)


@pytest.mark.parametrize(("lost", "gained", "total"), [(30, 55, 400), (0, 12, 90), (700, 640, 3000)])
def test_the_interval_of_shares_is_what_resampling_comes_to(lost: int, gained: int, total: int) -> None:
    draw = random.Random(7)
    items = [-1] * lost + [1] * gained + [0] * (total - lost - gained)
    sums = sorted(sum(draw.choices(items, k=total)) for _ in range(2000))
    low, high = bounds(difference_of_shares(lost, gained, total))
    noise = 4 * math.sqrt(lost + gained) * math.sqrt(0.025 * 0.975 / 2000) / 0.0584  # four standard errors
    assert low * total == pytest.approx(sums[49], abs=noise + 1)
    assert high * total == pytest.approx(sums[1949], abs=noise + 1)


def test_the_interval_of_shares_nears_the_normal_one() -> None:
    """With many flips the bootstrap is the normal: mean and standard error of the paired difference."""
    lost, gained, total = 2_000, 2_500, 10_000
    found = difference_of_shares(lost, gained, total)
    mean = (gained - lost) / total
    error = math.sqrt(((lost + gained) / total - mean * mean) / total)
    assert found.low == pytest.approx(mean - 1.959964 * error, abs=1.5 / total)
    assert found.high == pytest.approx(mean + 1.959964 * error, abs=1.5 / total)


def likeliest(difference: float, lost: int, gained: int, total: int) -> float:
    """By numerical search: the share of lost items under which the counts are likeliest, given the difference."""

    def unlikely(share: float) -> float:
        shares = (share, share + difference, 1 - 2 * share - difference)
        counts = (lost, gained, total - lost - gained)
        return -sum(c * math.log(max(s, 1e-300)) for c, s in zip(counts, shares, strict=True) if c)

    low, high = max(0.0, -difference), (1 - difference) / 2
    return float(optimize.minimize_scalar(unlikely, bounds=(low, high), options={"xatol": 1e-10}).x)


@pytest.mark.parametrize(("lost", "gained", "total"), [(2, 12, 50), (1, 0, 44), (3, 5, 9), (1, 8, 9), (4, 1, 300)])
def test_the_score_interval_is_where_the_score_test_begins_to_refuse(lost: int, gained: int, total: int) -> None:
    for bound in tango(lost, gained, total):
        share = likeliest(bound, lost, gained, total)
        variance = (2 * share + bound * (1 - bound)) / total
        assert abs((gained - lost) / total - bound) / math.sqrt(variance) == pytest.approx(1.959964, abs=1e-3)


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (0, 9), (9, 0)])
def test_the_score_interval_has_a_width_where_all_items_are_alike(lost: int, gained: int) -> None:
    """Its closed forms: z2 / (n + z2) from 0, and (n - z2) / (n + z2) from the end."""
    z2 = 1.959963984540054**2
    expected = {
        (0, 0): (-z2 / (9 + z2), z2 / (9 + z2)),
        (0, 9): ((9 - z2) / (9 + z2), 1.0),
        (9, 0): (-1.0, -(9 - z2) / (9 + z2)),
    }
    found = difference_of_shares(lost, gained, 9)
    assert found.by == TANGO
    assert (found.low, found.high) == pytest.approx(expected[lost, gained], abs=1e-9)


@pytest.mark.parametrize(("lost", "gained", "total"), [(0, 1, 1), (0, 1, 400), (2, 3, 400), (5, 300, 305)])
def test_few_items_that_differ_are_not_resampled(lost: int, gained: int, total: int) -> None:
    found = difference_of_shares(lost, gained, total)
    low, high = bounds(found)
    assert found.by == TANGO
    assert low <= value_of(found) <= high
    assert high - low > 1 / total


def test_no_items_have_no_difference_and_nonsense_is_refused() -> None:
    assert difference_of_shares(0, 0, 0) == UNDEFINED
    for lost, gained in ((3, 3), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            difference_of_shares(lost, gained, 5)


@pytest.mark.parametrize("lost", range(4))
@pytest.mark.parametrize("total", [5, 12, 30, 90])
def test_an_interval_never_claims_more_than_the_exact_test(lost: int, total: int) -> None:
    for gained in range(lost, min(12, total - lost)):
        p_value = mcnemar(lost, gained)
        low, high = bounds(agreeing(difference_of_shares(lost, gained, total), p_value))
        assert p_value < 0.05 or low <= 0.0 <= high


# -- problems with several samples


def brute_sign_flip(differences: tuple[int, ...]) -> float:
    """Every choice of signs."""
    sums = [sum(s * d for s, d in zip(signs, differences, strict=True))
            for signs in itertools.product((-1, 1), repeat=len(differences))]  # fmt: skip
    return sum(abs(found) >= abs(sum(differences)) for found in sums) / len(sums)


@pytest.mark.parametrize(
    "differences",
    [(4,), (2, 2), (4, 0, 0, 4), (3, -1, 2, 5, 1, 1, 1), (4, 4, 4, 4, 4, -4, 2, 2, 1), (6, -6), (), (0, 0),
     (8, 6, 6, 4, 2, 2, 2, -2, -4, 10)],
)  # fmt: skip
def test_the_sign_flip_test_is_all_choices_of_signs(differences: tuple[int, ...]) -> None:
    assert sign_flip(differences) == pytest.approx(brute_sign_flip(differences), abs=1e-12)


@pytest.mark.parametrize("each", [1, 4])
def test_problems_that_move_alike_are_tested_as_items_are(each: int) -> None:
    for lost, gained in ((0, 5), (0, 6), (3, 12), (5, 15), (25, 60)):
        differences = [-each] * lost + [each] * gained + [0] * 7
        assert sign_flip(differences) == pytest.approx(mcnemar(lost, gained), rel=1e-9)


@pytest.mark.xdist_group("alone")
def test_the_sign_flip_test_of_many_problems_nears_the_normal_and_is_quick() -> None:
    draw = random.Random(2)
    differences = [round(draw.gauss(0.3, 9)) for _ in range(2_000)]
    assert cpu_seconds(lambda: sign_flip(differences), within=1) < 1
    p_value = sign_flip(differences)
    z = abs(sum(differences)) / math.sqrt(sum(d * d for d in differences))
    assert p_value == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.02)


def test_the_sign_flip_test_seldom_calls_a_difference_where_there_is_none() -> None:
    """600 pairs of equal runs of 8 problems with 4 samples, whose chances differ: at most 5 % are called different."""
    draw = random.Random(4)
    called = 0
    for _ in range(600):
        chances = [draw.choice((0.1, 0.5, 0.9)) for _ in range(8)]
        differences = [sum((draw.random() < c) - (draw.random() < c) for _ in range(4)) for c in chances]
        called += sign_flip(differences) < 0.05
    assert called / 600 < 0.065


def test_the_interval_of_means_nears_the_normal_one() -> None:
    draw = random.Random(3)
    for total in (RESAMPLED_ITEMS, 5_000):
        values = [draw.gauss(0.05, 0.2) for _ in range(total)]
        mean = sum(values) / total
        error = math.sqrt(sum((v - mean) ** 2 for v in values) / total / total)
        found = difference_of_means(values)
        assert found.value == pytest.approx(mean)
        assert found.low == pytest.approx(mean - 1.96 * error, abs=0.12 * error)
        assert found.high == pytest.approx(mean + 1.96 * error, abs=0.12 * error)


def test_resampling_and_its_expansion_agree_where_one_takes_over() -> None:
    """A skewed figure, just beyond what is resampled: the expansion is as good as 10,000 resamples."""
    draw = random.Random(5)
    values = [draw.random() ** 5 for _ in range(RESAMPLED_ITEMS + 1)]
    found = difference_of_means(values)
    sums = sorted(sum(draw.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    error = math.sqrt(sum((v - value_of(found)) ** 2 for v in values)) / len(values)
    assert found.low == pytest.approx(sums[249], abs=0.1 * error)
    assert found.high == pytest.approx(sums[9749], abs=0.1 * error)
    low, high = bounds(found)
    assert high - value_of(found) > value_of(found) - low, "the tail is on the right"


def test_the_same_differences_get_the_same_interval_again() -> None:
    values = [0.1, -0.2, 0.3, 0.05, 0.0, 0.4]
    assert difference_of_means(values) == difference_of_means(values)
    assert difference_of_means([]) == UNDEFINED


@pytest.mark.parametrize("values", [[0.3], [0.3, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5]])
def test_a_handful_of_differences_has_no_interval(values: list[float]) -> None:
    found = difference_of_means(values)
    assert found == Figure(math.fsum(values) / len(values), n=len(values))


@pytest.mark.parametrize("total", [6, 700])
def test_differences_that_are_all_alike_leave_a_share_of_others(total: int) -> None:
    """With 95 % confidence fewer than 1 - 0.05**(1/n) are other than 0.25, and those are between -1 and 1."""
    others = 1 - 0.05 ** (1 / total)
    found = difference_of_means([0.25] * total)
    assert (found.value, found.by) == (0.25, ALIKE)
    assert bounds(found) == pytest.approx((0.25 - 1.25 * others, 0.25 + 0.75 * others))
