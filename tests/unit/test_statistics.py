"""Summaries over rows of a table: counts, shares, groups, associations."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from engine.evaluation.summary import accuracy_by, summarise, why_undefined
from engine.rows.graded import GradedRow
from engine.statistics.estimates import pearson
from engine.statistics.figure import Figure
from engine.statistics.interval import wilson
from tests.row_table import make_row, unaligned_row


def test_the_summary_of_samples_knows_their_problems_in_every_association() -> None:
    rows = [
        replace(
            make_row(8 * p + k, "right" if p % 3 else "wrong", p / 40 + k / 400, id=f"{p}~{k}"),
            problem=str(p),
            sample=k,
        )
        for p in range(30)
        for k in range(8)
    ]
    alone = [replace(row, problem="", sample=None) for row in rows]
    clustered, plain = summarise(rows).associations["coverage"], summarise(alone).associations["coverage"]
    for one, other in zip(clustered.figures, plain.figures, strict=True):
        assert one.value == other.value
        assert width(one) > 2 * width(other), "30 problems are no 240"


def width(estimate: Figure) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


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
    rows[:4] = [replace(row, scores={**row.scores, "null": row.index / 20}) for row in rows[:4]]
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
def test_any_rows_give_a_summary_that_json_can_hold(rows: list[GradedRow]) -> None:
    body = summarise(rows).as_dict()
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert body["items"] == len(rows)


def test_a_recipe_threshold_finds_the_accuracy_as_a_number() -> None:
    body = summarise([make_row(0), make_row(1, "wrong")]).as_dict()
    assert body["accuracy"] == 0.5
    assert body["accuracy_interval"] == [wilson(1, 2).low, wilson(1, 2).high]


def test_figures_over_rows_need_neither_numpy_nor_matplotlib() -> None:
    code = (
        "import sys; import engine.evaluation.summary, engine.reports.text, engine.reports.folder; "
        "print([m for m in ('numpy', 'matplotlib', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
