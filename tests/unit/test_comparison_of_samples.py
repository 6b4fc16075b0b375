"""Two runs with several samples a problem: tested by problem, with intervals that know which samples go together."""

from __future__ import annotations

import pytest

from engine.compare.compared import finding
from engine.compare.comparison import accuracy_of, compare
from engine.statistics.figure import Figure
from tests.unit.test_comparison import R, W, both, sample, side


def test_samples_of_a_problem_are_resampled_together() -> None:
    """Four equal samples a problem say no more than one: the interval is as wide, and the p value is called small."""
    verdicts = [(R, R)] * 10 + [(R, W)] * 4 + [(W, R)] * 9
    one = both(*verdicts)
    a = [sample(f"p{n}~{k}", v) for n, (v, _) in enumerate(verdicts) for k in range(4)]
    b = [sample(f"p{n}~{k}", v) for n, (_, v) in enumerate(verdicts) for k in range(4)]
    four = compare(side(a), side(b))
    assert four.table.difference.value == pytest.approx(one.table.difference.value)
    assert four.table.difference.low == pytest.approx(one.table.difference.low, abs=0.05)
    assert four.table.difference.high == pytest.approx(one.table.difference.high, abs=0.05)
    assert four.table.difference.n == 92
    assert any("several samples of a problem" in caution for caution in four.cautions)
    assert four.table.p_value == pytest.approx(one.table.p_value), "52 flips of 13 problems are no 52 independent ones"
    assert not four.table.significant
    assert finding(four.table) == "no difference that 23 problems could show"
    for share, alone in zip(four.table.accuracy, one.table.accuracy, strict=True):
        assert (share.low, share.high) == pytest.approx((alone.low, alone.high), abs=0.02)
    assert not one.cautions


UP, DOWN, SAME = (W, R), (R, W), (R, R)


@pytest.mark.parametrize(
    ("problems", "p_value", "says"),
    [
        ([[UP] * 4], 1.0, "no difference shown: 1 problem that moved is too few for any (it takes 6 in one direction)"),
        ([[UP] * 2] * 2, 0.5, "no difference shown: 2 problems that moved are too few for any (it takes 6 in one "
                              "direction)"),
        ([[UP] * 4] * 5, 0.0625, "no difference shown: 5 problems that moved are too few for any (it takes 6 in one "
                                 "direction)"),
        ([[UP] * 4] * 6, 0.03125, "B is better: a difference this large over 6 problems comes by chance with p = 0.03"),
        ([[DOWN, SAME]] * 9, 0.00390625, "A is better: a difference this large over 9 problems comes by chance with p "
                                         "= 0.0039"),
        ([[UP, DOWN]] * 3, 1.0, "no difference shown: 0 problems that moved are too few for any (it takes 6 in one "
                                "direction)"),
        ([[UP, SAME]] * 6 + [[DOWN, DOWN]] * 3, 1.0, "no difference that 9 problems could show"),
        ([[SAME] * 40], 1.0, "no problem flipped: with 95 % confidence fewer than 95.0% of such problems do"),
        ([[SAME] * 2] * 60, 1.0, "no problem flipped: with 95 % confidence fewer than 4.9% of such problems do"),
    ],
)  # fmt: skip
def test_samples_are_tested_by_problem(problems: list[list[tuple[str, str]]], p_value: float, says: str) -> None:
    a, b = (
        [sample(f"p{n}~{k}", pair[run]) for n, pairs in enumerate(problems) for k, pair in enumerate(pairs)]
        for run in (0, 1)
    )
    table = compare(side(a), side(b)).table
    assert table.p_value == pytest.approx(p_value)
    assert finding(table) == says
    if len(problems) < 6:
        assert (table.difference.low, table.difference.high) == (None, None)
    else:
        assert table.difference.low is not None
        assert table.difference.high is not None
        assert table.difference.low < table.difference.high
        assert table.significant or table.difference.low <= 0.0 <= table.difference.high


def width(figure: Figure) -> float:
    """Of the interval, which has to be there."""
    assert figure.low is not None
    assert figure.high is not None
    return figure.high - figure.low


def test_the_accuracy_of_a_run_with_samples_knows_their_problems() -> None:
    alike = [sample(f"p{n}~{k}", R if n < 3 else W) for n in range(10) for k in range(8)]
    found, alone = accuracy_of(alike), accuracy_of(alike[::8])
    assert (found.value, found.n) == (0.3, 80)
    assert width(found) == pytest.approx(width(alone), abs=0.04)
    assert accuracy_of([]).value is None
