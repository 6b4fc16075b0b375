"""Estimates against known values and brute force; summaries over rows of a table."""

from __future__ import annotations

import json
import math
import random
import statistics as stdlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.estimates import Estimate, area_under_curve, histogram, mean, pearson, ranks, spearman, wilson
from engine.evaluation.statistics import accuracy_by, summarise, why_undefined
from tests.row_table import make_row, unaligned_row

Pairs = list[tuple[int, int]]
PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=40)


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
    undefined = Estimate(None, None, None, 0)
    assert wilson(0, 0) == mean([]) == undefined
    assert pearson([], []) == area_under_curve([], []) == undefined
    with pytest.raises(ValueError, match="not a share"):
        wilson(3, 2)


def test_the_interval_of_a_mean_is_clipped_and_one_value_has_none() -> None:
    assert mean([0.25]) == Estimate(0.25, None, None, 1)
    wide = mean([0.0, 1.0])
    assert (wide.value, wide.low, wide.high) == (0.5, 0.0, 1.0)
    values = [0.2, 0.4, 0.6, 0.8]
    half = 1.959964 * stdlib.stdev(values) / 2
    assert mean(values).low == pytest.approx(0.5 - half)


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


def test_a_histogram_loses_nothing_at_its_ends() -> None:
    assert histogram([0.0, 0.05, 0.5, 0.99, 1.0], 10) == (2, 0, 0, 0, 0, 1, 0, 0, 0, 2)
    assert histogram([-1.0, 2.0], 2) == (1, 1)


def test_each_item_has_one_outcome_and_the_limit_is_counted_apart() -> None:
    rows = [
        make_row(0, "right"), make_row(1, "right", truncated=True), make_row(2, "wrong"),
        make_row(3, "wrong", truncated=True), make_row(4, "unparsed"), make_row(5, "unparsed", truncated=True),
    ]  # fmt: skip
    summary = summarise(rows)
    assert summary.outcomes == {"right": 2, "wrong": 1, "unparsed": 1, "truncated": 2}
    assert sum(summary.outcomes.values()) == summary.items == 6
    assert summary.truncated == 3
    assert summary.accuracy.value == pytest.approx(2 / 6)


def test_quadrants_and_divergences_are_over_aligned_rows_only() -> None:
    rows = [
        make_row(0, "right", 0.9), make_row(1, "right", 0.1), make_row(2, "wrong", 0.9), make_row(3, "wrong", 0.1),
        make_row(4, "wrong", 0.2, first_divergence={"student": None, "gold": 1, "reason": ""}), unaligned_row(5),
    ]  # fmt: skip
    summary = summarise(rows)
    assert summary.quadrants == {"robust": 1, "near-miss": 1, "lucky-guess": 1, "failure": 2}
    assert (summary.items, summary.aligned) == (6, 5)
    assert summary.divergences.at_step == {2: 2}
    assert (summary.divergences.ended_early, summary.divergences.none) == (1, 2)
    assert summary.means["coverage"].n == 5
    assert summary.means["coverage"].value == pytest.approx((0.9 + 0.1 + 0.9 + 0.1 + 0.2) / 5)


def test_association_with_the_answer_is_measured_and_undefined_where_all_are_alike() -> None:
    mixed = [make_row(i, "right", 0.6 + i / 100) for i in range(6)] + [
        make_row(6 + i, "wrong", i / 100) for i in range(6)
    ]
    association = summarise(mixed).associations["coverage"]
    assert association.auc.value == 1.0
    assert association.pearson.value == pytest.approx(1.0, abs=0.02)
    all_wrong = summarise([make_row(i, "wrong", i / 10) for i in range(5)]).associations["coverage"]
    assert (all_wrong.pearson.value, all_wrong.spearman.value, all_wrong.auc.value) == (None, None, None)
    assert (all_wrong.reason, all_wrong.pearson.n) == ("no answer is right", 5)
    assert association.reason == ""


@pytest.mark.parametrize(
    ("scores", "right", "reason"),
    [
        ([0.5], [True], "fewer than two items"),
        ([0.1, 0.9], [True, True], "every answer is right"),
        ([0.1, 0.9], [False, False], "no answer is right"),
        ([0.1] * 3, [True, False, True], "the score is the same for every item"),
        ([0.1, 0.9], [False, True], ""),
    ],
)
def test_an_undefined_correlation_has_its_reason(scores: list[float], right: list[bool], reason: str) -> None:
    assert why_undefined(scores, right) == reason
    assert (pearson(scores, [float(one) for one in right]).value is None) is bool(reason)


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


def test_shares_of_outcomes_and_quadrants_have_wilson_intervals() -> None:
    rows = [make_row(0, "right", 0.9), make_row(1, "wrong", 0.9), make_row(2, "wrong", 0.1), unaligned_row(3)]
    summary = summarise(rows)
    assert summary.outcome_shares["right"] == wilson(2, 4)
    assert summary.quadrant_shares["near-miss"] == wilson(1, 3)
    assert summary.quadrant_shares["lucky-guess"] == wilson(0, 3)


def test_the_null_score_is_reported_over_the_rows_that_have_it() -> None:
    rows = [make_row(i, ("right", "wrong")[i % 2], i / 10) for i in range(6)]
    assert summarise(rows).means["null"].n == 0
    assert "null" not in summarise(rows).associations
    for row in rows[:4]:
        row["scores"] = row["scores"] | {"null": row["index"] / 20}
    summary = summarise([*rows, unaligned_row(6)])
    assert summary.means["null"].n == 4
    assert summary.means["null"].value == pytest.approx(0.075)
    assert summary.associations["null"].pearson.n == 4


def test_groups_come_in_natural_order_with_their_counts() -> None:
    rows = [make_row(i, "right" if i % 2 else "wrong", level=f"Level {i % 3 * 5}") for i in range(12)]
    groups = accuracy_by([*rows, make_row(12, level="")], "level")
    assert [(g.name, g.items, g.outcomes["right"]) for g in groups] == [
        ("(none)", 1, 1), ("Level 0", 4, 2), ("Level 5", 4, 2), ("Level 10", 4, 2),
    ]  # fmt: skip
    assert accuracy_by(rows, "subject") == ()


def test_too_many_groups_are_pooled_and_nothing_is_lost() -> None:
    rows = [make_row(i, subject=f"subject {i}") for i in range(200)] + [make_row(200, subject="subject 7")]
    groups = accuracy_by(rows, "subject", limit=10)
    assert len(groups) == 10
    assert groups[-1].name == "(191 smaller groups)"
    assert "subject 7" in [group.name for group in groups]
    assert sum(group.items for group in groups) == 201


def test_both_graders_are_reported_with_the_flips_between_them() -> None:
    rows = [
        make_row(0, "right", symbolic="wrong", judge="right"),
        make_row(1, "wrong", judge="wrong"),
        make_row(2, "right"),
    ]
    summary = summarise(rows)
    assert summary.accuracy.value == pytest.approx(2 / 3)
    assert summary.symbolic.value == pytest.approx(1 / 3)
    assert (summary.judge.value, summary.judge.n, summary.judge_flips) == (0.5, 2, 1)


@pytest.mark.parametrize("rows", [[], [make_row()], [unaligned_row()], [make_row(i, "wrong") for i in range(3)]])
def test_any_rows_give_a_summary_that_json_can_hold(rows: list[dict[str, object]]) -> None:
    body = summarise(rows).as_dict()
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert body["items"] == len(rows)


def test_a_recipe_threshold_finds_the_accuracy_as_a_number() -> None:
    body = summarise([make_row(0), make_row(1, "wrong")]).as_dict()
    assert body["accuracy"] == 0.5
    assert body["accuracy_interval"] == [wilson(1, 2).low, wilson(1, 2).high]


def test_figures_over_rows_need_neither_numpy_nor_matplotlib() -> None:
    code = (
        "import sys; import engine.evaluation.statistics, engine.evaluation.text, engine.evaluation.report; "
        "print([m for m in ('numpy', 'matplotlib', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
