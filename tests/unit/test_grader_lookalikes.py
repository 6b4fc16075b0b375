"""Letters and signs that the grammar reads as one and that are two; logarithms as rules of real numbers."""

from __future__ import annotations

import pytest

from engine.grading.grader import Grader
from engine.grading.symbolic.lookalikes import case_matters, confused
from tests.unit.graded import assert_judged


def test_a_letter_of_another_case_is_another(grader: Grader) -> None:
    assert_judged(grader, [
        ("\\Gamma", "\\gamma", False), ("\\Delta", "\\delta", False), ("2\\Omega", "2\\omega", False),
        ("2\\pi", "2\\Pi", False), ("\\frac{\\Delta}{2}", "\\delta/2", False), ("\\Delta x", "x\\Delta", True),
        ("\\Gamma(5)", "24", True), ("\\frac{N}{2}", "\\frac{n}{2}", False), ("\\frac{N}{2}", "0.5N", True),
        ("\\text{Area} = a^2", "a^2", True),
    ])  # fmt: skip


def test_products_of_vectors_are_two(grader: Grader) -> None:
    assert_judged(grader, [
        ("\\vec{a}\\cdot\\vec{b}", "\\vec{a}\\times\\vec{b}", False),
        ("\\vec{a}\\cdot\\vec{b}", "\\vec b \\cdot \\vec a", True),
        ("\\vec{a}\\times\\vec{b}", "\\vec{b}\\times\\vec{a}", False),
        ("2\\mathbf{a}\\times\\mathbf{b}", "\\mathbf{a}\\times\\mathbf{b} \\cdot 2", True),
        ("a \\cdot b", "a \\times b", True),
        ("\\vec{a}\\cdot(\\vec{b}\\times\\vec{c})", "(\\vec{a}\\times\\vec{b})\\cdot\\vec{c}", True),
        ("\\vec{a}\\cdot(\\vec{b}\\times\\vec{c})", "\\vec{a}\\cdot(\\vec{c}\\times\\vec{b})", False),
        ("2\\vec{a}\\cdot\\vec{b}", "\\vec{a}\\cdot\\vec{b}+\\vec{a}\\cdot\\vec{b}", True),
        ("\\mathbf{3}\\times\\mathbf{4}", "\\mathbf{3}\\cdot\\mathbf{4}", True),
    ])  # fmt: skip


def test_logarithms_are_compared_where_they_are_real(grader: Grader) -> None:
    assert_judged(grader, [
        ("\\log(ab)", "\\log a + \\log b", True), ("\\ln\\frac{a}{b}", "\\ln a - \\ln b", True),
        ("2\\ln x", "\\ln x^2", True), ("x\\ln x - x", "x(\\ln x - 1)", True), ("\\ln|x| + C", "\\ln x + C", True),
        ("\\log_2 x", "\\frac{\\ln x}{\\ln 2}", True), ("\\ln(a+b)", "\\ln a + \\ln b", False),
        ("\\ln(-x)", "\\ln x", False), ("\\ln(1-x)", "\\ln(x-1)", False), ("\\ln x", "\\log_3 x", False),
        ("|\\ln x|", "\\ln x", False), ("|x-1|\\ln x", "(x-1)\\ln x", False), ("|x|+\\ln y", "x+\\ln y", False),
        ("|y+\\ln b|+\\ln x", "y+\\ln b+\\ln x", False),
    ])  # fmt: skip


def test_what_an_ordinal_counts_belongs_to_the_answer(grader: Grader) -> None:
    assert_judged(grader, [
        ("3rd row", "3rd column", False), ("3rd row", "3rd", True), ("21st century", "21st", True),
        ("3rd row", "3rd row from the left", True), ("5\\text{th day}", "5\\text{th day of the week}", True),
        ("4th grade", "4th graders", True), ("3/4th miles", "3/4th mile", True),
        ("10th of July", "10th of August", False), ("3\\text{rd row}", "3\\text{rd column}", False),
    ])  # fmt: skip


def test_roots_are_compared_where_they_are_real(grader: Grader) -> None:
    assert_judged(grader, [
        ("1", "\\sqrt{k/m}\\sqrt{m/k}", True), ("\\sqrt{xy}", "\\sqrt{x}\\sqrt{y}", True), ("(ac)^b", "a^b c^b", True),
        ("\\sqrt{\\frac{1}{x}}", "\\frac{1}{\\sqrt{x}}", True), ("\\sqrt[3]{x^3}", "x", True),
        ("\\sqrt{(a-b)^2}", "|a-b|", True), ("\\sqrt{(a-b)^2}", "a-b", False), ("\\sqrt{x^2y^2}", "xy", False),
        ("\\sqrt{x^2}", "x", False), ("\\sqrt{x-5}", "\\sqrt{5-x}", False), ("|x|+|y|", "|x+y|", False),
        ("b-\\sqrt{|y+a|+1}", "b-\\sqrt{y+a+1}", False), ("a+\\ln t+|y-x|", "a+\\ln t+y-x", False),
        ("32R^2-3(a^2+b^2+c^2)", "|32R^2-3(a^2+b^2+c^2)|", False),
        ("\\ln|\\frac{1+x}{1-x}|+C", "\\ln\\frac{1+x}{1-x}+C", True),
    ])  # fmt: skip


@pytest.mark.parametrize(
    "text", ["\\" * 50_000, "\\vec{a}\\cdot" * 10_000, "\\vec{" * 20_000, "\\Gamma" * 20_000, "\\vec{" + " " * 50_000]
)
def test_hostile_text_has_lookalikes_in_linear_time(text: str) -> None:
    assert not confused(text, text)
    assert isinstance(case_matters(text, text), bool)
