"""Several samples a problem: pass@k and maj@k against brute force, intervals that hold, classes of equal answers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.answer_classes import answer_classes, classes_of, with_answer_classes
from engine.evaluation.samples import (
    by_problem,
    figures,
    ks,
    majority_is_right,
    mean_of,
    note,
    pass_at_k,
    sample_id,
    share_of,
    summarise_samples,
)
from engine.evaluation.summary import summarise
from engine.rows.graded import GradedRow
from engine.statistics.estimates import mean
from engine.statistics.figure import Figure
from engine.statistics.interval import wilson, wilson_bounds
from tests.row_table import make_row


def sampled(problem: str, verdicts: Sequence[str], predicted: Sequence[str] = (), **fields: Any) -> list[GradedRow]:
    """The rows of a problem, one a verdict."""
    answers = predicted or ["27" if verdict == "right" else "45" for verdict in verdicts]
    return [
        replace(
            make_row(place, verdict, predicted=answer, id=sample_id(problem, place), **fields),
            problem=problem,
            sample=place,
        )
        for place, (verdict, answer) in enumerate(zip(verdicts, answers, strict=True))
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_pass_at_k_is_the_share_of_all_choices_of_k_with_a_right_one(right: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(right)))
    chosen = list(combinations(right, k))
    assert pass_at_k(len(right), sum(right), k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


@pytest.mark.parametrize(("samples", "right", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 5), (4, 2, 0)])
def test_pass_at_k_refuses_what_cannot_be(samples: int, right: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@"):
        pass_at_k(samples, right, k)


@pytest.mark.parametrize(
    ("samples", "shown"), [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))]
)
def test_k_goes_up_in_powers_of_two_to_the_number_of_samples(samples: int, shown: tuple[int, ...]) -> None:
    assert ks(samples) == shown


def brute_majority(members: Sequence[GradedRow]) -> bool:
    """The definition, with answers that are equal as texts."""
    votes = [row.predicted for row in members if row.predicted]
    best = max((votes.count(vote) for vote in votes), default=0)
    first = next((vote for vote in votes if votes.count(vote) == best), None)
    return first == "27"


@given(st.lists(st.sampled_from(["27", "45", "9", ""]), min_size=1, max_size=9))
def test_the_majority_is_the_most_frequent_answer_the_first_seen_of_equals(answers: list[str]) -> None:
    verdicts = ["right" if a == "27" else "wrong" if a else "unparsed" for a in answers]
    members = sampled("p", verdicts, answers)
    classes = answer_classes(members, lambda known, answer: [one == answer for one in known])
    classed = [replace(row, answer_class=classes[row.id]) for row in members]
    assert majority_is_right(classed) == brute_majority(members)


def test_equal_answers_are_one_class_by_the_graders_equality() -> None:
    """1/2 and 0.5 outvote the right answer, which no two samples spell alike either."""
    answers = ["27", r"\frac{1}{2}", "0.5", "27.0", "1/2", ""]
    verdicts = ["right", "wrong", "wrong", "right", "wrong", "unparsed"]
    rows = with_answer_classes(sampled("p", verdicts, answers))
    classes = [row.answer_class for row in rows]
    assert classes[0] == classes[3]
    assert classes[1] == classes[2] == classes[4] != classes[0]
    assert classes[5] is None
    assert not majority_is_right(rows)
    assert majority_is_right(rows[:4]), "two against two: the first seen"


def test_an_answer_that_the_grader_could_not_read_equals_only_itself() -> None:
    asked: list[str] = []

    def same(known: Sequence[str], answer: str) -> list[bool]:
        asked.append(answer)
        return [True for _ in known]

    rows = sampled("p", ["wrong", "unparsed", "unparsed", "wrong", "wrong"], ["1", "((", "((", "2", "1"])
    assert list(answer_classes(rows, same).values()) == [0, 1, 1, 0, 0]
    assert asked == ["2"], "each text is compared once, with the first answer of each class"


def test_classes_that_were_kept_are_not_compared_again() -> None:
    rows = sampled("p", ["wrong", "wrong"], ["1", "2"])
    kept = classes_of(with_answer_classes(rows)) | {"classes": {"p~0": 5, "p~1": 5}}
    assert [row.answer_class for row in with_answer_classes(rows, kept=kept)] == [5, 5]
    unfit: list[object] = [kept | {"grader": "0"}, kept | {"classes": {"p~0": 5}}, kept | {"classes": None}, [], None]
    for other in unfit:
        assert [row.answer_class for row in with_answer_classes(rows, kept=other)] == [0, 1]


def test_rows_without_samples_are_left_as_they_are() -> None:
    rows = [make_row(0), make_row(1)]
    assert with_answer_classes(rows) == rows
    assert summarise_samples(rows) is None
    assert summarise(rows).as_dict()["samples"] is None
    assert figures(None) == []


def test_the_summary_gives_pass_at_k_and_the_majority() -> None:
    rows = [
        *sampled("a", ["right", "wrong", "wrong", "right"]),
        *sampled("b", ["wrong"] * 4),
        *sampled("c", ["right"] * 4),
    ]
    summary = summarise(with_answer_classes(rows))
    found = summary.samples
    assert found is not None
    assert (found.problems, found.samples) == (3, 4)
    assert {name: round(figure.value or 0, 6) for name, figure in figures(found)} == {
        "pass@1": 0.5, "pass@2": round((5 / 6 + 1) / 3, 6), "pass@4": round(2 / 3, 6), "maj@4": round(2 / 3, 6),
    }  # fmt: skip
    first = found.pass_at["1"]
    assert summary.accuracy == Figure(0.5, first.low, first.high, 12, "Wilson over problems"), (
        "one sample right is the same as the accuracy"
    )
    assert "4 samples of each of 3 problems" in note(found)


def test_a_lost_sample_costs_the_largest_k_and_nothing_else() -> None:
    rows = [*sampled("a", ["right", "wrong", "wrong"]), *sampled("b", ["wrong", "right"])]
    found = summarise_samples(rows)
    assert found is not None
    assert list(found.pass_at) == ["1", "2"]
    assert found.pass_at["1"].value == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert found.majority_at == {}, "without classes nothing is said of the majority"


def test_a_vote_of_k_takes_k_samples_of_each_problem() -> None:
    """Problem b has five samples, and three right ones among them would win a vote of five."""
    rows = [*sampled("a", ["wrong"] * 2), *sampled("b", ["wrong", "wrong", "right", "right", "right"])]
    found = summarise_samples(with_answer_classes(rows))
    assert found is not None
    assert (found.problems, found.samples, found.most) == (2, 2, 5)
    assert {k: (one.value, one.n) for k, one in found.majority_at.items()} == {"2": (0.0, 2)}
    assert found.pass_at["2"].value == pytest.approx((0 + pass_at_k(5, 3, 2)) / 2), "pass@2 draws on all five"
    assert note(found).startswith(
        "2 to 5 samples of each of 2 problems, pass@k draws on all of them, maj@2 on the first 2 of each;"
    )


def test_rows_of_a_problem_are_found_in_the_order_of_the_samples() -> None:
    rows = sampled("a~1", ["right"] * 3) + sampled("a", ["wrong"] * 2)
    groups = by_problem(list(reversed(rows)))
    assert {name: [row.sample for row in members] for name, members in groups.items()} == {
        "a": [0, 1], "a~1": [0, 1, 2]
    }  # fmt: skip
    assert len({row.id for row in rows}) == 5


def interval(rows: Sequence[GradedRow]) -> tuple[float, float]:
    estimate = share_of(rows, lambda row: row.verdict == "right")
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def test_samples_that_are_all_alike_say_no_more_than_their_problems() -> None:
    rows = [row for p in range(10) for row in sampled(str(p), ["right" if p < 4 else "wrong"] * 8)]
    expected = wilson(4, 10)
    low, high = interval(rows)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.02)
    naive = wilson(32, 80)
    assert naive.low is not None
    assert low < naive.low - 0.1


def test_samples_that_differ_as_if_independent_count_each() -> None:
    rows = [row for p in range(10) for row in sampled(str(p), ["right", "wrong"] * 4)]
    expected = wilson(40, 80)
    assert interval(rows) == (expected.low, expected.high)


def test_a_few_problems_that_are_alike_by_chance_count_each_once() -> None:
    rows = [row for p in range(3) for row in sampled(str(p), ["right", "wrong"] * 4)]
    low, high = interval(rows)
    assert (low, high) == pytest.approx(wilson_bounds(0.5, 3))


@pytest.mark.parametrize("verdict", ["right", "wrong"])
def test_at_the_ends_each_problem_counts_once(verdict: str) -> None:
    rows = [row for p in range(10) for row in sampled(str(p), [verdict] * 8)]
    expected = wilson(10 if verdict == "right" else 0, 10)
    assert interval(rows) == (expected.low, expected.high)


def test_means_and_shares_of_samples_know_their_problems() -> None:
    """Two problems, all samples of each alike: the spread is that of two values, not of eight."""
    rows = sampled("a", ["right"] * 4, coverage=0.8) + sampled("b", ["wrong"] * 4, coverage=0.2)
    summary = summarise(rows)
    of_two = mean([0.8, 0.2])
    coverage = summary.means["coverage"]
    assert (coverage.low, coverage.high) == pytest.approx((of_two.low, of_two.high))
    assert coverage.n == 8
    assert summary.outcome_shares["right"] == summary.accuracy
    assert summary.quadrant_shares["robust"] == summary.accuracy
    assert mean_of(rows[:4], lambda row: 0.5) == Figure(0.5, None, None, 4), "one problem has no spread"


def test_the_interval_holds_where_one_that_ignores_the_problems_does_not() -> None:
    """400 made-up runs of 40 problems with 8 samples, whose chances differ from 5 to 95 %: the true mean is 0.5."""
    draws = random.Random(7)
    held = naive_held = 0
    for _ in range(400):
        rows = []
        for p in range(40):
            chance = draws.choice((0.05, 0.95))
            rows += sampled(str(p), ["right" if draws.random() < chance else "wrong" for _ in range(8)])
        low, high = interval(rows)
        held += low <= 0.5 <= high
        naive = wilson(sum(row.verdict == "right" for row in rows), len(rows))
        naive_held += (naive.low or 0) <= 0.5 <= (naive.high or 1)
    assert held / 400 > 0.92
    assert naive_held / 400 < 0.7
