"""What an answer says beside its value tells it apart: labels, names before a tuple, conditions, counted things."""

from __future__ import annotations

from engine.grading.grader import Grader
from tests.unit.graded import assert_not_right, assert_right

OTHER_LABELS = [
    ("Alice: 5, Bob: 6", "Bob: 5, Alice: 6"), ("width = 3, length = 5", "length = 3, width = 5"),
    ("max=5,min=3", "min=5,max=3"), ("even: 2, odd: 3", "odd: 2, even: 3"),
    ("\\text{maximum}: 5", "\\text{minimum}: 5"), ("\\text{Alice: }5", "\\text{Bob: }5"),
    ("\\text{length}=8, \\text{width}=5", "\\text{length}=5, \\text{width}=8"),
    ("\\text{length}=8, \\text{width}=5", "\\text{width}=8, \\text{length}=5"),
    ("\\text{Maximum}=2, \\text{Minimum}=1", "\\text{Minimum}=2, \\text{Maximum}=1"), ("width: 5", "length: 5"),
    ("Alice: 5, Bob: 6", "Alice: 6, Bob: 5"), ("Alice: 5, Bob: 6", "Carl: 5, Bob: 6"),
    ("mean = 5, median = 6", "median = 5, mean = 6"), ("The maximum is: 5", "The minimum is: 5"),
    ("\\text{min}=3", "\\text{max}=3"), ("cost: 5, price: 6", "price: 5, cost: 6"),
    ("\\text{Alice: }5, \\text{Bob: }6", "\\text{Bob: }5, \\text{Alice: }6"),
    ("\\text{Alice} : 5 \\text{ and Bob}: 6", "\\text{Bob}: 5 \\text{ and Alice}: 6"),
]  # fmt: skip
SAME_LABELS = [
    ("Alice: 5, Bob: 6", "Bob: 6, Alice: 5"), ("width = 3, length = 5", "length = 5, width = 3"),
    ("1,2", "Maximum = 2, Minimum = 1"), ("\\text{maximum}: 5", "5"), ("5", "\\text{maximum}: 5"),
    ("max=5,min=3", "min=3,max=5"), ("x=5", "Answer: x=5"), ("\\text{Alice: }5", "\\text{Alice}: 5"),
    ("\\text{length}=8, \\text{width}=5", "\\text{width}=5, \\text{length}=8"), ("width: 5", "Width = 5"),
    ("5, 6", "Alice: 5, Bob: 6"),
]  # fmt: skip


def test_different_values_under_labels_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_LABELS)


def test_equal_values_under_labels_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_LABELS)


OTHER_NAMES = [
    ("(x,y)=(1,2)", "(y,x)=(1,2)"), ("(p,q)=(2,3)", "(q,p)=(2,3)"), ("(a,b,c)=(1,2,3)", "(c,b,a)=(1,2,3)"),
    ("(x,y)=(1,2)", "(u,v)=(1,2)"), ("(x,y)=(1,2)", "x=2,y=1"), ("(x,y)=(1,2),(3,4)", "(y,x)=(1,2),(3,4)"),
    ("(x,y)=(1,2)", "(2,1)"),
]  # fmt: skip
SAME_NAMES = [
    ("(x,y)=(1,2)", "(1,2)"), ("(x,y)=(1,2)", "(y,x)=(2,1)"), ("(a,b,c)=(1,2,3)", "(c,b,a)=(3,2,1)"),
    ("(1,2)", "(x,y)=(1,2)"), ("(x,y)=(1,2)", "x=1,y=2"), ("(x,y)=(1,2)", "y=2,x=1"),
    ("(x,y)=(1,2),(3,4)", "(3,4),(1,2)"), ("(x,y)=(1,2),(3,4)", "(x,y)=(3,4),(1,2)"),
    ("(x,y)=(1,2),(3,4)", "(y,x)=(2,1),(4,3)"), ("(x_1,x_2)=(1,2)", "(1,2)"),
    ("(3,\\frac{\\pi}{2})", "(r,\\theta)=(3,\\frac{\\pi}{2})"),
]  # fmt: skip


def test_different_tuples_under_names_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_NAMES)


def test_equal_tuples_under_names_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_NAMES)


OTHER_CONDITIONS = [
    ("x>3, x \\in \\mathbb{N}", "x>3"), ("0<x<3, x\\in\\mathbb{Z}", "(0,3)"),
    ("n\\ge3, n\\in\\mathbb{Z}", "n\\ge3, n\\in\\mathbb{R}"),
    ("(t,2t), t\\in\\mathbb{R}", "(t,2t), t\\in\\mathbb{Z}"), ("x^2 \\text{ where } x=3", "x^2"),
    ("2k\\pi, k\\in\\mathbb{Z}", "2k\\pi, k\\in\\mathbb{N}"), ("x>3", "x>3, x\\in\\mathbb{Z}"),
    ("0<x<3, x\\in\\mathbb{Z}", "0<x<3"), ("\\{x \\in\\mathbb{Z} | 1<x<4\\}", "(1,4)"),
    ("\\{x \\in\\mathbb{Z} | 1<x<4\\}", "\\{x \\in\\mathbb{R} | 1<x<4\\}"),
    ("(1,4)", "\\{x \\in\\mathbb{Z} | 1<x<4\\}"), ("2k\\pi, k\\in\\mathbb{Z}", "2\\pi k \\text{ for } k>0"),
    ("x=5 \\text{ where } y<3", "x=5 \\text{ where } y<4"), ("x^2 \\text{ for } x>0", "x^2 \\text{ for } x<0"),
    ("x^2 \\text{ where } x=3", "x^2 \\text{ where } x=4"), ("x^2", "x^2 \\text{ where } x=3"),
    ("\\{1,2,3\\}", "0<x<3, x\\in\\mathbb{Z}"),
    ("2k\\pi \\text{ for } k\\in\\mathbb{Z}", "2k\\pi \\text{ for } k\\in\\mathbb{N}"),
    ("2k\\pi, k \\text{ is an integer}", "2k\\pi, k \\text{ is a positive integer}"),
    ("x=2k\\pi, k\\in\\mathbb{Z}", "x=k\\pi, k\\in\\mathbb{Z}"), ("n>3, n\\in\\mathbb{Z}", "n>3.5, n\\in\\mathbb{Q}"),
]  # fmt: skip
SAME_CONDITIONS = [
    ("\\{1,2\\}", "0<x<3, x\\in\\mathbb{Z}"), ("0<x<3, x\\in\\mathbb{Z}", "1,2"),
    ("2k\\pi, k\\in\\mathbb{Z}", "2k\\pi"), ("2k\\pi, k\\in\\mathbb{Z}", "2n\\pi, n\\in\\mathbb{Z}"),
    ("x=2k\\pi, k\\in\\mathbb{Z}", "2k\\pi \\quad (k\\in\\mathbb{Z})"), ("(t,2t), t\\in\\mathbb{R}", "(t,2t)"),
    ("n\\ge3, n\\in\\mathbb{Z}", "n>2, n\\in\\mathbb{Z}"), ("x>3, x\\in\\mathbb{R}", "x>3"),
    ("x>3, x\\in\\mathbb{R}", "(3,\\infty)"),
    ("2k\\pi \\text{ for } k\\in\\mathbb{Z}", "2k\\pi, \\; k\\in\\mathbb{Z}"),
    ("2k\\pi, k\\in\\mathbb{Z}", "2k\\pi \\text{ for any integer } k"),
    ("2k\\pi \\text{ where } k \\text{ is an integer}", "2k\\pi, k\\in\\mathbb{Z}"),
    ("\\{x \\in\\mathbb{Z} | 1<x<4\\}", "\\{2,3\\}"), ("f(x)=x \\text{ for all } x", "f(x)=x"),
]  # fmt: skip


def test_different_conditions_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_CONDITIONS)


def test_equal_conditions_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_CONDITIONS)


OTHER_WORDS = [
    ("P(A|B)=\\frac{1}{3}", "P(A|B)\\neq \\frac{1}{3}"), ("x<2 \\text{ or } x>1", "x<2 \\text{ and } x>1"),
    ("k>0 \\text{ or } k\\neq 1", "k>0 \\text{ and } k\\neq 1"), ("y''+2y'+y=0", "y''+2y'-y=0"), ("y'=2y", "y'=3y"),
    ("y''=y", "y'=y"), ("3\\text{ feet }2\\text{ inches}", "2\\text{ feet }3\\text{ inches}"),
    ("5\\text{ apples}, 3\\text{ oranges}", "5\\text{ apples}, 0\\text{ oranges}"),
    ("5\\text{ apples}, 3\\text{ oranges}", "3\\text{ apples}, 5\\text{ oranges}"),
    ("5\\text{ apples}, 3\\text{ oranges}", "5"), ("2 \\text{ hours } 30 \\text{ minutes}", "60"),
    ("P(A)=0.5", "P(q)=0.5"), ("P(q)=0.5", "P(A)=0.5"), ("a\\in(1,2)", "x\\in(1,2)"),
    ("x=1 \\text{ or } x=2", "y=1 \\text{ or } y=2"), ("x\\in\\{1,2\\}", "r\\in\\{1,2\\}"), ("x=\\pm 2", "y=\\pm 2"),
    ("f'(x)=x", "f(x)=x"), ("AB=5, BC=6", "AB=6, BC=5"), ("x=1,x=2", "y=1,y=2"),
]  # fmt: skip
SAME_WORDS = [
    ("x<2 \\text{ and } x>1", "1<x<2"), ("y''+2y'+y=0", "2y''+4y'+2y=0"), ("f'(x)=2x", "2x"), ("2x", "f'(x)=2x"),
    ("y'=2y", "y^{\\prime}=2y"), ("3\\text{ feet }2\\text{ inches}", "3 \\text{ feet, } 2\\text{ inches}"),
    ("5\\text{ apples}, 3\\text{ oranges}", "3\\text{ oranges}, 5\\text{ apples}"),
    ("5\\text{ apples}, 3\\text{ oranges}", "5 \\text{ apples and } 3\\text{ oranges}"),
    ("5\\text{ cm}, 3\\text{ cm}", "5,3"), ("P(A)=0.5", "\\frac12"), ("P(A)=0.5", "P(A)=50\\%"),
    ("x\\in\\{1,2\\}", "1,2"), ("1,2", "y\\in\\{1,2\\}"), ("A'=(1,2)", "(1,2)"),
    ("x=2\\text{ or }x=3", "x\\in\\{2,3\\}"), ("5\\text{ cm} \\text{ and } 3\\text{ cm}", "3,5"),
    ("5\\text{ cm}", "5"), ("8\\text{ and }9", "9, 8"),
]  # fmt: skip


def test_different_words_primes_and_joints_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_WORDS)


def test_equal_words_primes_and_joints_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_WORDS)
