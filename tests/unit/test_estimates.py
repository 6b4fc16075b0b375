"""Figures and their intervals against known values, brute force, scipy and simulation."""

from __future__ import annotations

import math
import random
import statistics as stdlib
from collections.abc import Callable, Hashable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.statistics.estimates import area_under_curve, histogram, mean, pearson, ranks, spearman
from engine.statistics.figure import UNDEFINED, Figure
from engine.statistics.interval import student_95, wilson

Pairs = list[tuple[int, int]]
Measure = Callable[[Sequence[float], Sequence[bool], Sequence[Hashable] | None], Figure]
PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=40)


def bounds(estimate: Figure) -> tuple[float, float]:
    """The interval, which has to be there."""
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        (5, 15, 0.1518, 0.5829),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (861, 1209, 0.6860, 0.7370),
    ],
)
def test_wilson_agrees_with_published_tables(successes: int, total: int, low: float, high: float) -> None:
    estimate = wilson(successes, total)
    assert estimate.value == successes / total
    assert estimate.low == pytest.approx(low, abs=1e-4)
    assert estimate.high == pytest.approx(high, abs=1e-4)


@given(st.integers(0, 300), st.integers(1, 300))
def test_a_wilson_interval_holds_its_share_within_0_and_1(successes: int, more: int) -> None:
    estimate = wilson(successes, successes + more)
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0


def test_no_data_is_undefined_and_nonsense_is_refused() -> None:
    assert wilson(0, 0) == mean([]) == UNDEFINED
    assert pearson([], []) == area_under_curve([], []) == UNDEFINED
    with pytest.raises(ValueError, match="not a share"):
        wilson(3, 2)


def test_the_interval_of_a_mean_is_clipped_and_one_value_has_none() -> None:
    assert mean([0.25]) == Figure(0.25, None, None, 1)
    wide = mean([0.0, 1.0])
    assert (wide.value, wide.low, wide.high) == (0.5, 0.0, 1.0)
    values = [0.2, 0.4, 0.6, 0.8]
    half = 3.182446 * stdlib.stdev(values) / 2  # Student's t of 3 degrees of freedom
    assert mean(values, (-1.0, 2.0)).low == pytest.approx(0.5 - half)


def test_values_that_are_all_alike_leave_a_share_of_others() -> None:
    """Of n with nothing else among them, with 95 % confidence fewer than 1 - 0.05**(1/n) are something else."""
    others = 1 - 0.05 ** (1 / 2)
    assert bounds(mean([1.0, 1.0])) == pytest.approx((1 - others, 1.0))
    assert bounds(mean([0.4] * 2)) == pytest.approx((0.4 - 0.4 * others, 0.4 + 0.6 * others))
    assert mean([7.0] * 9, (0.0, math.inf)).low is None, "they could be anything"


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 99, 998])
def test_students_quantile_agrees_with_scipy(freedom: int) -> None:
    assert student_95(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-9)


@given(PAIRS)
def test_pearson_agrees_with_the_standard_library(pairs: Pairs) -> None:
    xs, ys = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        assert pearson(xs, ys).value is None
    else:
        assert pearson(xs, ys).value == pytest.approx(stdlib.correlation(xs, ys), abs=1e-9)


def test_a_constant_sample_has_no_correlation_even_where_floats_are_inexact() -> None:
    assert pearson([0.1] * 7, [0, 1, 0, 1, 1, 0, 1]).value is None
    assert spearman([0.7 + 0.1] * 5, [1, 2, 3, 4, 5]).value is None


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_ranks_with_ties_count_what_is_below_and_half_of_what_is_equal(values: list[int]) -> None:
    floats = [float(v) for v in values]
    assert ranks(floats) == [
        sum(w < v for w in floats) + (sum(w == v for w in floats) + 1) / 2 for v in floats
    ]  # fmt: skip


def test_spearman_sees_order_only() -> None:
    xs = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert spearman(xs, [x**5 for x in xs]).value == pytest.approx(1.0)
    assert spearman([1, 2, 2, 3], [1, 3, 2, 4]).value == pytest.approx(0.9487, abs=1e-4)  # with a tie


def test_fisher_interval_of_a_known_correlation() -> None:
    """Of n = 28 pairs: 1.96 / sqrt(28 - 3) on either side on the scale of atanh r."""
    generator = random.Random(1)
    xs = [generator.gauss(0, 1) for _ in range(28)]
    estimate = pearson(xs, [x + generator.gauss(0, 1.7) for x in xs])
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < estimate.value < estimate.high
    half = (math.atanh(estimate.high) - math.atanh(estimate.low)) / 2
    assert half == pytest.approx(stdlib.NormalDist().inv_cdf(0.975) / 5)
    assert pearson([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]).low is None  # three points say nothing


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=40))
def test_area_under_curve_is_the_share_of_pairs_in_order(items: list[tuple[int, bool]]) -> None:
    scores, labels = [float(s) for s, _ in items], [right for _, right in items]
    pairs = [(p, n) for p, yes in zip(scores, labels, strict=True) if yes
             for n, no in zip(scores, labels, strict=True) if not no]  # fmt: skip
    area = area_under_curve(scores, labels).value
    if pairs:
        assert area == pytest.approx(sum((p > n) + (p == n) / 2 for p, n in pairs) / len(pairs))
    else:
        assert area is None


def newcombe(supposed: float, n_pos: int, n_neg: int) -> float:
    """The standard error of a supposed area: Hanley and McNeil's, with the mean of both numbers for each."""
    rest = (n_pos + n_neg) / 2 - 1
    spread = 1 + rest * (1 - supposed) / (2 - supposed) + rest * supposed / (1 + supposed)
    return math.sqrt(supposed * (1 - supposed) * spread / (n_pos * n_neg))


AREAS = [([1.0, 0.0], 1), ([1.0, 0.9, 0.0, 0.1], 2), ([0.0, 1.0, 2.0], 1), ([0.5] * 6, 3), ([3, 5, 9, 2, 4, 1, 7], 3)]


@pytest.mark.parametrize(("scores", "n_pos"), AREAS)
def test_the_interval_of_an_area_has_a_width_and_ends_where_areas_are_refused(scores: list[float], n_pos: int) -> None:
    found = area_under_curve(scores, [place < n_pos for place in range(len(scores))])
    low, high = bounds(found)
    assert found.value is not None
    assert low < high
    for bound, end in ((low, 0.0), (high, 1.0)):
        if found.value == end:
            assert bound == end
        else:
            off = 1.959964 * newcombe(bound, n_pos, len(scores) - n_pos)
            assert abs(found.value - bound) == pytest.approx(off, rel=1e-5)


def test_an_area_of_1_is_as_certain_as_its_items_are_many() -> None:
    lows = []
    for n in (1, 2, 10, 100):
        found = area_under_curve([1.0] * n + [0.0] * n, [True] * n + [False] * n)
        assert (found.value, found.high) == (1.0, 1.0)
        lows.append(found.low)
    assert lows == pytest.approx([0.2065, 0.3856, 0.8002, 0.9804], abs=1e-4)


def test_the_interval_of_an_area_holds_it_in_small_samples() -> None:
    """600 made-up samples of 5 and 10 items of each kind, two normal scores 1.5 apart: Hanley and McNeil's own interval
    holds the true area in 80 % of those of 5."""
    generator = random.Random(11)
    true = stdlib.NormalDist().cdf(1.5 / math.sqrt(2))
    for n in (5, 10):
        held = 0
        for _ in range(600):
            scores = [generator.gauss(1.5 * (place < n), 1.0) for place in range(2 * n)]
            found = area_under_curve(scores, [place < n for place in range(2 * n)])
            low, high = bounds(found)
            held += low <= true <= high
        assert held / 600 > 0.93


# -- samples of problems

MEASURES: dict[str, Measure] = {
    "pearson": lambda xs, right, clusters: pearson(xs, [float(one) for one in right], clusters),
    "spearman": lambda xs, right, clusters: spearman(xs, [float(one) for one in right], clusters),
    "auc": area_under_curve,
}


@pytest.mark.parametrize("measure", MEASURES)
def test_samples_that_are_all_alike_say_no_more_than_their_problems_of_a_score(measure: str) -> None:
    xs, right = [i * 37 % 41 / 41 for i in range(40)], [(i * i) % 7 < 3 for i in range(40)]
    alone = MEASURES[measure](xs, right, None)
    eight = MEASURES[measure](
        [x for x in xs for _ in range(8)],
        [one for one in right for _ in range(8)],
        [i for i in range(40) for _ in range(8)],
    )
    assert eight.value == pytest.approx(alone.value)
    assert eight.n == 320
    assert (eight.low, eight.high) == pytest.approx((alone.low, alone.high), abs=0.03)


@pytest.mark.parametrize("measure", MEASURES)
def test_items_that_are_their_own_clusters_are_independent(measure: str) -> None:
    xs, right = [i * 37 % 41 / 41 for i in range(40)], [(i * i) % 7 < 3 for i in range(40)]
    assert MEASURES[measure](xs, right, range(40)) == MEASURES[measure](xs, right, None)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_samples_of_one_problem_give_a_figure_without_an_interval(measure: str) -> None:
    found = MEASURES[measure]([0.1, 0.4, 0.3, 0.8], [False, True, False, True], ["p"] * 4)
    assert found.value is not None
    assert found.lacks_interval


@pytest.mark.parametrize("measure", MEASURES)
def test_intervals_of_samples_hold_where_those_of_independent_items_do_not(measure: str) -> None:
    """150 made-up runs of 40 problems with 8 samples: score and answer depend on the problem, not on each other."""
    generator = random.Random(5)
    held = naive = 0
    for _ in range(150):
        xs: list[float] = []
        right: list[bool] = []
        for _ in range(40):
            ease, likeness = generator.gauss(0, 1), generator.gauss(0, 1)
            xs += [likeness + 0.5 * generator.gauss(0, 1) for _ in range(8)]
            right += [ease + 0.5 * generator.gauss(0, 1) > 0 for _ in range(8)]
        true = 0.5 if measure == "auc" else 0.0
        by_problem = MEASURES[measure](xs, right, [place // 8 for place in range(320)])
        alone = MEASURES[measure](xs, right, None)
        low, high = bounds(by_problem)
        held += low <= true <= high
        low, high = bounds(alone)
        naive += low <= true <= high
    assert held / 150 > 0.9
    assert naive / 150 < 0.75


def test_a_histogram_loses_nothing_at_its_ends() -> None:
    assert histogram([0.0, 0.05, 0.5, 0.99, 1.0], 10) == (2, 0, 0, 0, 0, 1, 0, 0, 0, 2)
    assert histogram([-1.0, 2.0], 2) == (1, 1)


LABELLED = [(i * 37 % 101 / 101, (i * i) % 7 < 3 or i % 11 == 0) for i in range(150)]


@pytest.mark.parametrize("n", [5, 24, 150])
def test_correlations_and_their_intervals_agree_with_scipy(n: int) -> None:
    scores, right = [score for score, _ in LABELLED[:n]], [float(label) for _, label in LABELLED[:n]]
    expected = stats.pearsonr(scores, right)
    bounds = expected.confidence_interval(0.95)
    ours = pearson(scores, right)
    assert (ours.value, ours.low, ours.high) == pytest.approx((expected.statistic, bounds.low, bounds.high), abs=1e-9)
    assert spearman(scores, right).value == pytest.approx(stats.spearmanr(scores, right).statistic, abs=1e-12)
    assert area_under_curve(scores, [bool(one) for one in right]).value == pytest.approx(
        stats.mannwhitneyu([s for s, r in zip(scores, right, strict=True) if r],
                           [s for s, r in zip(scores, right, strict=True) if not r]).statistic
        / (sum(right) * (n - sum(right)))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("successes", "total"), [(0, 1), (0, 9), (3, 7), (9, 9), (170, 300), (5276, 5276), (4321, 10000)]
)
def test_wilson_agrees_with_scipy(successes: int, total: int) -> None:
    bounds = stats.binomtest(successes, total).proportion_ci(0.95, method="wilson")
    ours = wilson(successes, total)
    assert (ours.low, ours.high) == pytest.approx((bounds.low, bounds.high), abs=1e-12)
