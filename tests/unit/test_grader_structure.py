"""What the value of an answer is: exact numbers, calls of functions, equations, and the notations of all of them."""

from __future__ import annotations

from engine.grading.grader import Grader
from tests.unit.graded import assert_not_right, assert_right

OTHER_NUMBERS = [
    ("2^{200}-1", "2^{200}"), ("2^{150}-1", "2^{150}"), ("2^{2010}-1", "2^{2010}+1"), ("100!-1", "100!"),
    ("3^{100}-1", "3^{100}+5"), ("10^{50}-1", "10^{50}"), ("\\frac{3^{100}-1}{2}", "\\frac{3^{100}+1}{2}"),
    ("1-\\frac{1}{51!}", "1"), ("1-\\frac1{2010!}", "1"), ("(2^{200}-1,3)", "(2^{200},3)"),
    ("\\binom{200}{100}", "\\binom{200}{100}+1"), ("x+2^{-70}", "x"), ("2^{80}x+1", "2^{80}x"), ("100!x", "100!x+1"),
    ("y=2^{100}x+1", "y=2^{100}x"), ("\\sqrt{2}+2^{200}", "\\sqrt{3}+2^{200}"), ("2^{200}+\\pi", "2^{200}+3"),
    ("\\sqrt{10^{60}+1}", "10^{30}"), ("x\\sqrt2+2^{-90}", "x\\sqrt2"), ("x^{100}+1", "x^{100}"),
    ("x^{200}+1", "x^{200}"), ("\\sqrt{2}+10^{-60}", "\\sqrt2"), ("2^{100}x+y=1", "2^{100}x+y=2"),
    ("x>2^{200}", "x>2^{200}-1"), ("(0,2^{200})", "(0,2^{200}+1)"), ("(x+2^{-70},1)", "(x,1)"),
    ("e^{100}+1", "e^{100}"), ("e^{200}", "e^{200}+1"), ("e^{200}+2^{-200}", "e^{200}"),
    ("\\pi^{100}+1", "\\pi^{100}"), ("(1+\\sqrt2)^{100}", "(1+\\sqrt2)^{100}+(1-\\sqrt2)^{100}"),
    ("2^{100}x=1", "2^{100}x=2"),
    ("99999999999999999999999999999999999999999999", "99999999999999999999999999999999999999999998"),
    ("\\frac{2^{200}}{3}", "\\frac{2^{200}+1}{3}"), ("2^{-200}", "0"), ("x\\cdot 2^{-200}", "0"), ("0", "10^{-30}"),
]  # fmt: skip
SAME_NUMBERS = [
    ("2^{200}-1", "2^{199}+2^{199}-1"), ("2^{10}-1", "1023"), ("\\frac{3^{100}-1}{2}", "\\frac{1}{2}(3^{100}-1)"),
    ("100!", "100\\cdot 99!"), ("\\binom{200}{100}", "\\frac{200!}{100!100!}"), ("2^{80}x+1", "1+x2^{80}"),
    ("y=2^{100}x+1", "2y=2^{101}x+2"), ("\\sqrt{2}+2^{200}", "2^{200}+\\frac{2}{\\sqrt2}"),
    ("(1+\\sqrt2)^{100}", "(3+2\\sqrt2)^{50}"), ("\\sqrt{5+2\\sqrt6}", "\\sqrt2+\\sqrt3"),
    ("\\cos\\frac{\\pi}{5}", "\\frac{1+\\sqrt5}{4}"),
    ("\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", "\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}"),
    ("\\frac{3^{100}-1}{2}", "\\sum_{k=0}^{99}3^k"), ("e^{200}+1", "1+(e^{100})^2"), ("(x+1)^{100}", "(1+x)^{100}"),
    ("2^{2010}-1", "2\\cdot 2^{2009}-1"), ("e^{i\\pi}", "-1"), ("\\sin^2 x", "1-\\cos^2 x"),
    ("1-\\frac{1}{51!}", "\\frac{51!-1}{51!}"), ("10^{50}-1", "99999999999999999999999999999999999999999999999999"),
]  # fmt: skip


def test_different_numbers_to_the_last_digit_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_NUMBERS)


def test_equal_numbers_to_the_last_digit_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_NUMBERS)


OTHER_CALLS = [
    ("P(A)=0.5", "P(B)=0.5"), ("P(X=1)=0.5", "P(X=2)=0.5"), ("f(x)=2x", "f(y)=2x"), ("f(x,y)=x-y", "f(y,x)=x-y"),
    ("f(a)=b", "f(c)=b"), ("f(0)=3", "f(1)=3"), ("f(x)=x^2", "f'(x)=x^2"), ("f'(x)=x^2", "f(x)=x^2"),
    ("f''(x)=x^2", "f'(x)=x^2"), ("f(x+1)=2f(x)", "f(x)=2f(x+1)"), ("T(n)=2T(n/2)", "T(n)=2T(n/3)"),
    ("f(2)=5", "f(3)=5"), ("g(0)=3", "g(1)=3"), ("y'=x", "y=x"), ("f(x)=f(x+1)", "f(x)=f(x+2)"),
    ("f(g(x))=x", "g(f(x))=x"), ("f'(0)=2", "f(0)=2"), ("P(A|B)=0.5", "P(B|A)=0.5"),
    ("P(A\\cap B)=0.5", "P(A\\cup B)=0.5"), ("E(X)=5", "E(Y)=5"), ("f'(x)", "f(x)"), ("y'+y=0", "y+y=0"),
    ("f(-x)=-f(x)", "f(x)=-f(x)"), ("P(x)=x+1", "P(x+1)=x+1"), ("a_1=2", "a_2=2"), ("f^{-1}(x)=x", "f(x)=x"),
    ("f^{(2)}(x)=x", "f(x)=x"), ("x'=2", "x=2"),
]  # fmt: skip
SAME_CALLS = [
    ("f(x)=2x", "f(z)=2z"), ("f(x,y)=x-y", "f(x,y)=-y+x"), ("f(x,y)=x-y", "f(a,b)=a-b"), ("P(A)=0.5", "0.5"),
    ("P(A)=0.5", "P(A)=\\frac12"), ("f(x)=x+1", "y=x+1"), ("f'(x)=x^2", "f'(x)=xx"), ("f(x+1)=2f(x)", "2f(x)=f(x+1)"),
    ("P(X=1)=0.5", "P(X=1)=\\frac12"), ("f(x)=x+1", "x+1"), ("f'(x)=2x", "2x"),
]  # fmt: skip


def test_different_calls_of_functions_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_CALLS)


def test_equal_calls_of_functions_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_CALLS)


OTHER_EQUATIONS = [
    ("\\frac{x^2-y^2}{x-y}=0", "x^2-y^2=0"), ("\\frac{x^2-y^2}{x-y}=0", "(x-y)(x+y)=0"), ("p\\land q", "p\\lor q"),
    ("p\\lor q", "p\\land q"), ("p\\wedge q", "p\\vee q"), ("\\frac{xy}{x}=0", "xy=0"), ("p, q", "p\\land q"),
    ("p, q", "p\\lor q"), ("\\frac{x^2-x}{x}=y", "x^2-x=xy"), ("a\\land b\\lor c", "a\\lor b\\land c"),
    ("a \\text{ and } b", "a \\text{ or } b"), ("x=1 \\text{ and } y=2", "x=1 \\text{ or } y=2"),
    ("\\vec u\\wedge\\vec v", "\\vec u\\vee \\vec v"),
]  # fmt: skip
SAME_EQUATIONS = [
    ("\\frac{x}{2}+\\frac{y}{3}=1", "3x+2y=6"), ("\\frac{y}{x}=2", "y=2x"), ("x=1\\lor x=2", "1,2"),
    ("x>1\\land x<2", "(1,2)"), ("p\\land q", "p\\wedge q"),
]  # fmt: skip


def test_different_equations_and_statements_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_EQUATIONS)


def test_equal_equations_and_statements_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_EQUATIONS)


OTHER_NOTATIONS = [
    ("\\emptyset", "0"), ("0", "\\emptyset"), ("\\emptyset", "\\{0\\}"), ("0.\\overline{3}", "0.3"),
    ("0.\\overline{3}", "0.33"), ("0.\\overline{12}", "0.12"), ("0.1\\overline{6}", "0.16"),
    ("\\begin{cases}x=1\\\\y=2\\end{cases}", "\\begin{cases}x=2\\\\y=1\\end{cases}"),
    ("\\begin{cases}x=1\\\\y=2\\end{cases}", "x=1"), ("x\\equiv 3 \\pmod 5", "x\\equiv 4 \\pmod 5"),
    ("x\\equiv 3 \\pmod 5", "x\\equiv 3 \\pmod 7"), ("x\\equiv 3 \\pmod 5", "3"),
    ("x\\equiv 3\\pmod 5", "y\\equiv 3\\pmod 5"), ("x\\equiv 3\\pmod 5", "x=3"),
    ("\\begin{cases}x&x>0\\\\-x&x\\le 0\\end{cases}", "\\begin{cases}-x&x>0\\\\x&x\\le 0\\end{cases}"),
    ("\\begin{cases}x+y=1\\\\x-y=2\\end{cases}", "\\begin{cases}x+y=1\\\\x-y=3\\end{cases}"),
    ("3 \\pmod 5", "3\\pmod 7"), ("0.\\overline{3}", "0.\\overline{33}4"), ("\\frac13", "0.\\overline{34}"),
    ("\\binom52", "\\binom53+1"), ("\\binom52", "\\frac52"), ("\\overline{AB}", "AB\\cdot 2"),
]  # fmt: skip
SAME_NOTATIONS = [
    ("\\emptyset", "\\varnothing"), ("\\varnothing", "\\emptyset"), ("\\frac13", "0.\\overline{3}"),
    ("\\frac13", "0.\\overline3"), ("0.\\overline{3}", "\\frac{1}{3}"), ("0.1\\overline{6}", "\\frac16"),
    ("\\binom52", "10"), ("10", "\\binom52"), ("\\binom{5}{2}", "\\binom52"),
    ("x=1,y=2", "\\begin{cases}x=1\\\\y=2\\end{cases}"), ("\\begin{cases}x=1\\\\y=2\\end{cases}", "(1,2)"),
    ("\\begin{cases}x=1,\\\\y=2\\end{cases}", "\\begin{cases}y=2\\\\x=1\\end{cases}"),
    ("x\\equiv 3 \\pmod 5", "x\\equiv 8 \\pmod{5}"), ("x\\equiv 3 \\pmod 5", "x\\equiv -2 \\pmod 5"),
    ("x\\equiv 3 \\pmod 5", "x\\equiv 3\\mod 5"), ("3 \\pmod 5", "8\\pmod 5"), ("2.\\overline{45}", "\\frac{27}{11}"),
    ("\\{\\}", "\\emptyset"), ("-0.\\overline{3}", "-\\frac13"), ("0.\\dot3", "\\frac13"), ("0.\\bar{3}", "\\frac13"),
]  # fmt: skip


def test_different_numbers_in_rarer_notations_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_NOTATIONS)


def test_equal_numbers_in_rarer_notations_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_NOTATIONS)


def test_i_is_the_imaginary_unit_however_it_is_written_unless_it_is_an_index(grader: Grader) -> None:
    assert_right(grader, [
        ("1+2i", "i(2-i)"), ("\\frac{1}{2}+\\frac{3}{2}i", "0.5+1.5i"), ("2i", "\\frac{4}{2}i"), ("(1+i)^2", "2i"),
        ("e^{i\\pi/3}", "\\frac12+\\frac{\\sqrt3}{2}i"), ("a_i=2i-1", "2i-1"), ("x+2i", "x+\\frac{4}{2}i"),
    ])  # fmt: skip


def test_other_complex_numbers_and_statements_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, [
        ("1+2i", "1-2i"), ("2i", "-2i"), ("1+2i", "1+2j"), ("\\{2i-1\\}", "\\{1-2i\\}"), ("z=2+3i", "z=2-3i"),
        ("z=1, w=2i", "z=3, w=2i"), ("1=2", "3=4"), ("2=2", "3=3"), ("1<0", "2<1"),
    ])  # fmt: skip
