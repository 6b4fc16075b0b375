"""Names in front of a value: functions set as text, calls before "=", announcing words, and words that are no label."""

from __future__ import annotations

from engine.grading.grader import Grader
from engine.grading.symbolic.callings import called, with_functions
from tests.unit.graded import assert_not_right, assert_right

OTHER_FUNCTIONS = [
    ("x", "\\operatorname{sech} x"), ("x", "\\sech x"), ("2", "\\operatorname{arctan}(2)"),
    ("(4,6)", "\\text{lcm}(4,6)"), ("5", "\\mathrm{sqrt}(5)"), ("-5", "\\text{abs}(-5)"),
    ("5.5", "\\operatorname{floor}(5.5)"), ("A", "\\operatorname{rank} A"), ("2", "\\mathrm{arctg}\\,2"),
    ("\\operatorname{sech} x", "x"), ("\\operatorname{lcm}(a,b)", "(a,b)"), ("\\arctan 2", "\\operatorname{arccot}(2)"),
    ("1", "\\gcd(a,b)"), ("\\gcd(a,b)", "\\operatorname{lcm}(a,b)"), ("\\log 5", "\\operatorname{ln} 5"),
    ("30\\text{ sec}", "30\\text{ min}"),
]  # fmt: skip
SAME_FUNCTIONS = [
    ("\\arctan 2", "\\operatorname{arctan}(2)"), ("\\sin x", "\\text{sin}(x)"), ("\\ln 5", "\\mathrm{ln} 5"),
    ("\\sqrt5", "\\operatorname{sqrt}(5)"), ("2\\sqrt{5}+1", "1+2\\,\\mathrm{sqrt}(5)"), ("5", "\\text{abs}(-5)"),
    ("\\sech x", "\\frac{1}{\\cosh x}"), ("6", "\\text{lcm}(2,3)"), ("\\max(a,b)", "\\operatorname{max}(a,b)"),
    ("\\sec x", "\\text{sec}(x)"), ("30\\text{ sec}", "30"), ("\\gcd(a,b)=2", "\\operatorname{gcd}(b,a)=2"),
    ("\\sin^2 x", "\\operatorname{sin}^2(x)"),
]  # fmt: skip
OTHER_PHRASES = [
    ("2", "\\text{cube root of } 2"), ("2", "\\text{reciprocal of } 2"), ("5", "\\text{square root of } 5"),
    ("2", "\\text{multiple of } 2"), ("2", "\\text{anything other than } 2"), ("2", "\\text{mod } 2"),
    ("2", "\\text{up to } 2"), ("\\text{reciprocal of } 2", "2"), ("5", "\\text{at least value } 5"),
    ("5", "\\text{not equal to } 5"), ("5\\pi", "\\text{twice what he has } 5\\pi"), ("5", "\\text{Area of } 5"),
    ("5\\pi", "\\text{area of the square of side } 5\\pi"), ("(1,2)", "\\text{decreasing on } (1,2)"),
    ("32", "\\text{the sum of the digits of } 32"), ("\\text{maximum value }5", "\\text{minimum value }5"),
]  # fmt: skip
SAME_PHRASES = [
    ("5", "\\text{Area } 5"), ("5", "\\text{The area of the triangle is } 5"), ("5", "\\operatorname{Area} = 5"),
    ("5\\pi", "\\text{The total area of the garden } 5\\pi"), ("5", "\\text{is equal to } 5"),
    ("5", "\\text{the least value } 5"), ("5", "\\text{She has } 5"), ("5", "\\textbf{Answer } 5"),
    ("(1,2)", "\\text{the point } (1,2)"), ("5\\pi", "\\text{So, } 5\\pi"),
]  # fmt: skip
OTHER_CALLS = [
    ("5", "\\max = 6"), ("\\max f = 5", "\\min f = 5"), ("\\|v\\|=5", "v=5"), ("\\det A=2", "A=2"),
    ("\\det A=2", "\\det B=2"), ("5", "\\gcd(a, b) = 6"), ("(1,2)", "\\vec{v} = (2,1)"),
    ("\\vec{v} = (1,2)", "\\vec{w} = (1,2)"), ("x=5", "\\therefore x = 6"), ("p \\Rightarrow q", "q \\Rightarrow p"),
    ("E(X)=5", "E(Y)=5"), ("E[X]=5", "E[X^2]=5"), ("P(A \\cap B)=\\frac13", "P(A\\text{ or }B)=\\frac13"),
]  # fmt: skip
SAME_CALLS = [
    ("5", "\\max = 5"), ("5", "\\min f(x) = 5"), ("5", "\\max_{x} f(x) = 5"), ("5", "\\|v\\| = 5"),
    ("5", "\\det(A) = 5"), ("5", "\\deg(p) = 5"), ("5", "\\therefore x = 5"), ("5", "\\Rightarrow 5"),
    ("5", "\\implies x=5"), ("(1,2)", "\\vec{v} = (1,2)"), ("(1,2)", "\\mathbf{v}=(1,2)"), ("\\det A=2", "2"),
    ("\\det A = 2", "\\det(A) = 2"), ("\\max(a,b)=2", "2 = \\max(a,b)"), ("5", "\\operatorname{rank}(A) = 5"),
    ("E(X)=5", "E[X]=5"), ("\\mathbb{E}[X] = 5", "E(X) = 5"), ("P(A \\cap B)=\\frac13", "P(A\\text{ and }B)=\\frac13"),
    ("P(A\\text{ or }B)=\\frac13", "P(A \\cup B)=\\frac13"), ("5", "\\text{Var}(X) = 5"),
]  # fmt: skip
OTHER_UNITS = [
    ("5 \\text{ feet } 10 \\text{ inches}", "10 \\text{ ft } 5 \\text{ in}"),
    ("5 \\text{ feet } 10 \\text{ inches}", "5 \\text{ m } 10 \\text{ cm}"),
    ("5 \\text{ feet } 10 \\text{ inches}", "5 \\text{ apples } 10 \\text{ in}"),
    ("2 cups of flour, 3 cups of sugar", "3 cups of flour, 2 cups of sugar"),
    ("2\\text{ cups of flour}, 3\\text{ cups of sugar}", "3\\text{ cups of flour}, 2\\text{ cups of sugar}"),
]
SAME_UNITS = [
    ("5 \\text{ feet } 10 \\text{ inches}", "5 \\text{ ft } 10 \\text{ in}"),
    ("2 \\text{ hours } 30 \\text{ minutes}", "2 \\text{ h } 30 \\text{ min}"),
    ("2 hours 30 minutes", "2 hr 30 min"), ("5\\text{ cm}, 3\\text{ cm}", "5\\text{ centimeters}, 3\\text{ cm}"),
]  # fmt: skip
OTHER_DECLARED = [
    ("n=2^k", "n = 2^k \\text{ where } k \\text{ is a negative integer}"),
    ("n=2k", "n = 2k \\text{ where } k \\text{ is an odd integer}"), ("0<x<3", "0 < x < 3, x \\in \\mathbb{Z}"),
    ("n=2^k, k \\in \\mathbb{N}", "n = 2^k \\text{ where } k \\text{ is a negative integer}"),
]  # fmt: skip
SAME_DECLARED = [
    ("n=2^k", "n = 2^k \\text{ where } k \\text{ is a non-negative integer}"),
    ("n=2^k \\text{ for a positive integer } k", "n = 2^k"),
    ("n=2^k", "n = 2^k, k \\in \\mathbb{N}"),
]

OTHER = OTHER_FUNCTIONS + OTHER_PHRASES + OTHER_CALLS + OTHER_UNITS + OTHER_DECLARED
SAME = SAME_FUNCTIONS + SAME_PHRASES + SAME_CALLS + SAME_UNITS + SAME_DECLARED


def test_what_stands_in_front_of_a_value_is_not_dropped_where_it_changes_it(grader: Grader) -> None:
    assert_not_right(grader, OTHER)


def test_what_only_names_a_value_does_not_make_it_wrong(grader: Grader) -> None:
    assert_right(grader, SAME)


def test_functions_set_as_text_become_commands_and_units_stay() -> None:
    assert with_functions("\\operatorname{arctg} 2") == "\\arctan  2"
    assert with_functions("5\\text{ sec}, 3\\text{ min}") == "5\\text{ sec}, 3\\text{ min}"


def test_a_call_is_left_out_only_before_the_one_relation() -> None:
    assert called("\\det(A) = 5") == ("\\detA", "5")
    assert called("\\max f = x = 5") is None
    assert called("x = \\det A") is None
