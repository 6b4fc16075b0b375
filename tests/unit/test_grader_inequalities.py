"""Inequalities in several variables and their systems, bars, decimals with a power of ten, units without a space."""

from __future__ import annotations

import pytest

from engine.grading.grader import Grader
from engine.grading.symbolic.bars import paired_bars
from tests.unit.graded import assert_judged


def test_inequalities_in_several_variables_may_be_multiples(grader: Grader) -> None:
    assert_judged(grader, [
        ("x+y \\le 2", "2x+2y \\le 4", True), ("x+y \\le 2", "-2x-2y \\ge -4", True), ("y > 2x", "2x < y", True),
        ("x^2 - 3a < 0", "3x^2 < 9a", True), ("xy < 1", "2xy < 2", True), ("f(x) < f(y)", "f(y) > f(x)", True),
        ("3|x|+2|y| \\le 1", "6|x|+4|y| \\leq 2", True), ("x+y \\le 2", "-2x-2y \\le -4", False),
        ("x+y < 2", "x+y \\le 2", False), ("x+y < 2", "2x+3y < 2", False), ("xy < 1", "y < 1/x", False),
        ("x^2 - 3a < 0", "3x^2 > 9a", False), ("|x|+|y| \\le 1", "|x+y| \\le 1", False), ("|xy| < 1", "xy < 1", False),
        ("\\lfloor x\\rfloor+\\lfloor y\\rfloor < 2", "\\lfloor x+y\\rfloor < 2", False),
        ("x^2+y^2 \\ge 2|xy|", "x^2+y^2 \\ge 2xy", False), ("y < \\sqrt{1-x^2}", "y^2+x^2 < 1", False),
        ("\\sqrt{x-3} < y", "\\sqrt{x-3} < 2y", False),
        ("(y-\\sqrt{x-5})^2 < 1", "y^2-2y\\sqrt{x-5}+x-5 < 1", True), ("x+iy < 2", "2x+iy < 2", False),
    ])  # fmt: skip


def test_systems_of_inequalities_are_compared_one_by_one(grader: Grader) -> None:
    assert_judged(grader, [
        ("a < b < c", "c > b > a", True), ("a \\le b \\le c", "a < b < c", False), ("y^2 < x < 1", "1 > x > y^2", True),
        ("x+y \\ge 3, x-y \\le 1", "x-y \\le 1, 2x+2y \\ge 6", True),
        ("x+y \\ge 3, x-y \\le 1", "2x+2y \\ge 6, x-y \\ge 1", False),
        ("\\begin{cases}x+y\\ge 3\\\\x-y\\le 1\\end{cases}", "x+y \\ge 3, y \\ge x-1", True),
        ("x>y \\text{ or } x<-y", "x<-y \\text{ or } y<x", True),
        ("x>y \\text{ or } x<-y", "x<-y \\text{ and } y<x", False),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "paired"),
    [
        ("3|x-1|+2|x+1|", "3<x-1>+2<x+1>"), ("3\\left|x\\right|+2\\left|y\\right|", "3<x>+2<y>"),
        ("||x|-1|", "<<x>-1>"), ("|x||y|", "<x><y>"), ("|a|b|c|", "|a|b|c|"), ("|2|x|-3|", "<2<x>-3>"),
        ("|x|x|-4|", "<x<x>-4>"), ("3|x|-2|y|", "3<x>-2<y>"),
        ("|2\\sin|x|+1|", "<2\\sin<x>+1>"), ("|3\\cdot|x|-2|", "<3\\cdot<x>-2>"), ("|1-2|x||", "<1-2<x>>"),
        ("|a||b||c|", "<a><b><c>"), ("|2x|y|+3|z||", "<2x<y>+3<z>>"), ("|x\\,|+|y|", "<x\\,>+<y>"),
        ("P(A|B)P(B|A)", "P(A|B)P(B|A)"), ("2|n, 3|n", "2|n, 3|n"), ("|x+|y||", "<x+<y>>"),
        ("\\frac{|x|}{2|y|}", "\\frac{<x>}{2<y>}"), ("| |x| - 1 |", "< <x> - 1 >"), ("P(A|B)", "P(A|B)"),
        ("3|n, 5|n|", "3|n, 5|n|"), ("\\|v\\|", "\\|v\\|"),
        ("\\begin{array}{c|c|c}1&2&3\\end{array}", "\\begin{array}{c|c|c}1&2&3\\end{array}"),
    ],
)  # fmt: skip
def test_bars_are_paired_where_they_are(text: str, paired: str) -> None:
    assert paired_bars(text).replace("\\lvert ", "<").replace("\\rvert ", ">") == paired


def test_a_decimal_with_a_power_of_ten_may_be_rounded(grader: Grader) -> None:
    assert_judged(grader, [
        ("\\frac{1}{432}", "2.3148 \\times 10^{-3}", True), ("\\frac{1}{432}", "2.4 \\times 10^{-3}", False),
        ("\\frac{1}{432}", "2.3149 \\times 10^{-3}", False), ("40\\pi", "1.2566 \\times 10^{2}", True),
        ("40\\pi", "1.3 \\times 10^2", False), ("\\frac13", "33.3\\%", True), ("33.3\\%", "\\frac13", True),
    ])  # fmt: skip


def test_a_spelled_unit_needs_no_space(grader: Grader) -> None:
    assert_judged(grader, [
        ("10", "10weeks", True), ("5days", "5", True), ("12", "12hours", True), ("10 days", "10weeks", False),
        ("3", "3sinx", False), ("2", "2abcd", False), ("3", "3mg^2x", False), ("2", "2sinx m", False),
        ("8", "8abcd m", False), ("12", "12inches", True), ("36", "36square feet", True),
        ("5", "5miles per hour", True),
    ])  # fmt: skip
