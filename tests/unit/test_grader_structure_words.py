"""Words and signs that the grammar drops: units, opposites, accents, and the parts of a list behind one."""

from __future__ import annotations

from engine.grading.grader import Grader
from tests.unit.graded import assert_not_right, assert_right

OTHER_LISTS = [
    ("x = \\frac{1}{2}, x = \\frac{-1 \\pm \\sqrt{13}}{4}", "\\frac12"),
    ("\\frac12", "x = \\frac{1}{2}, x = \\frac{-1 \\pm \\sqrt{13}}{4}"),
    ("x = \\frac{1}{2}, x = \\frac{-1 \\pm \\sqrt{13}}{4}", "x = \\frac{1}{2}, x = \\frac{-1 \\pm \\sqrt{14}}{4}"),
    ("1,2", "1"), ("1, 2\\pm\\sqrt3", "1"), ("5,\\text{ or }6", "5"), ("1,234", "12345"),
]  # fmt: skip
SAME_LISTS = [
    ("58,500", "\\text{The answer is }58,500"),
    ("x=\\frac12, x=\\frac{-1 \\pm \\sqrt{13}}{4}", "\\frac12, \\frac{-1+\\sqrt{13}}{4},\\frac{-1-\\sqrt{13}}{4}"),
    ("x = \\frac{1}{2}, x = \\frac{-1 \\pm \\sqrt{13}}{4}", "x = \\frac{-1 \\pm \\sqrt{13}}{4}, x=\\frac12"),
    ("1, 2\\pm\\sqrt3", "2\\pm\\sqrt3,1"), ("5\\pi, 3", "3,5\\pi"),
]  # fmt: skip


def test_different_lists_with_signs_in_fractions_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_LISTS)


def test_equal_lists_with_signs_in_fractions_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_LISTS)


OTHER_WORDED = [
    ("5\\pi\\text{ cm}^2", "5\\pi\\text{ m}^2"), ("5\\pi\\text{ cm}^2", "5\\pi\\text{ cm}^3"),
    ("5\\pi\\text{ m/s}", "5\\pi\\text{ km/s}"), ("5\\sqrt2\\text{ m}/\\text{s}", "5\\sqrt2\\text{ m}/\\text{min}"),
    ("3^{rd} January", "3^{rd} March"), ("\\frac{\\pi}{2}\\text{ cm}", "\\frac{\\pi}{2}\\text{ inches}"),
    ("2\\sqrt3\\text{ hours}", "2\\sqrt3\\text{ minutes}"), ("\\bar{x}=5", "x=5"), ("\\hat{p}=0.5", "p=0.5"),
    ("\\overline{z}", "z"), ("\\overline{z}=2-3i", "z=2-3i"), ("\\dot{x}=1", "x=1"), ("|A|=5", "A=5"), ("A^T", "A"),
    ("A^T=B", "A=B"), ("A^{-1}=B", "A=B"), ("\\|v\\|=5", "v=5"), ("\\neg p", "p"), ("p\\to q", "q\\to p"),
    ("\\frac{dy}{dx}=2x", "\\frac{dx}{dy}=2x"), ("3!!", "3!"), ("n!!", "n!"), ("n!!=5", "n!=5"),
    ("\\sqrt[3]{x}", "\\sqrt{x}"), ("\\mathbb{R}^2", "\\mathbb{R}"), ("\\mathbb{Z}^+", "\\mathbb{Z}"),
    ("\\mathbb{N}", "\\mathbb{Z}"), ("A(1,2), B(3,4)", "A(3,4), B(1,2)"), ("A=(1,2), B=(3,4)", "A=(3,4), B=(1,2)"),
    ("A(1,2)", "B(1,2)"), ("\\text{Yes}, 5", "\\text{No}, 5"), ("Yes, 5", "No, 5"),
    ("\\text{Yes, } x=5", "\\text{No, } x=5"), ("\\text{True; }3", "\\text{False; }3"),
    ("5 \\text{ (min)}", "5\\text{ (max)}"), ("\\text{maximum } 5", "\\text{minimum }5"),
    ("5\\text{ is a maximum}", "5\\text{ is a minimum}"), ("x=5\\text{ is a maximum}", "x=5\\text{ is a minimum}"),
    ("(0,0)\\text{ saddle}, (1,1)\\text{ min}", "(0,0)\\text{ min}, (1,1)\\text{ saddle}"),
    ("\\text{even}, 5", "\\text{odd}, 5"), ("\\text{(A) }5", "\\text{(B) }5"),
    ("2x+3, \\text{ remainder } 5", "2x+3, \\text{ remainder } 4"), ("2x+3 R 5", "2x+3 R 4"),
    ("\\angle ABC=30^\\circ", "\\angle ACB=30^\\circ"), ("AB=5", "AC=5"), ("\\triangle ABC", "\\triangle DEF"),
    ("a\\times b", "b\\cdot a+1"), ("\\sin^{-1}x", "\\csc x"), ("\\sin^{-1}x=y", "\\frac{1}{\\sin x}=y"),
    ("\\lfloor x\\rfloor=2", "x=2"), ("\\lceil x\\rceil", "\\lfloor x\\rfloor"), ("\\Re z=2", "\\Im z=2"),
    ("\\operatorname{Re}(z)=2", "\\operatorname{Im}(z)=2"), ("\\gcd(a,b)=2", "\\operatorname{lcm}(a,b)=2"),
    ("\\max(a,b)", "\\min(a,b)"), ("\\min\\{a,b\\}=2", "\\max\\{a,b\\}=2"), ("\\sup A=2", "\\inf A=2"),
    ("\\dim V=2", "\\ker V=2"), ("\\det A=2", "\\operatorname{tr} A=2"), ("\\det A=2", "A=2"),
    ("x\\to 3^+", "x\\to 3^-"), ("\\lim_{x\\to 0^+}\\frac{1}{x}", "\\lim_{x\\to0^-}\\frac1x"), ("\\pm 3", "\\mp 3+1"),
    ("x\\perp y", "x\\parallel y"), ("a\\mid b", "a\\nmid b"), ("x\\in A", "x\\notin A"),
    ("A\\subset B", "B\\subset A"), ("A\\subseteq B", "A\\supseteq B"), ("x\\in\\{1,2\\}", "x\\notin\\{1,2\\}"),
    ("x\\notin\\{1,2\\}", "\\{1,2\\}"), ("x\\notin(1,2)", "(1,2)"), ("x\\not=3", "x=3"),
    ("x\\not\\in(1,2)", "x\\in(1,2)"), ("x\\approx 3", "x\\approx 4"), ("x\\propto y", "x\\propto y^2"),
    ("y\\propto x", "y=x"), ("1:2:3", "3:2:1"), ("\\log_3 x=2", "\\log_2 x=2"), ("10_{2}", "10_{3}"),
    ("\\exists x>3", "\\forall x>3"), ("\\exists x: x>3", "x>3"), ("\\text{no } x>3", "x>3"),
    ("\\text{not }(1,2)", "(1,2)"), ("\\text{all real numbers except }3", "3"),
    ("\\text{all } x \\text{ except } 3", "x=3"), ("x\\text{ not equal to }3", "3"), ("\\text{at least }5", "5"),
    ("\\text{at least }5", "\\text{at most }5"), ("\\text{more than }5", "\\text{less than }5"),
    ("\\text{increasing on }(1,2)", "\\text{decreasing on }(1,2)"),
    ("(1,2)\\text{ increasing}", "(1,2)\\text{ decreasing}"), ("5\\text{ or more}", "5\\text{ or less}"),
    ("5\\text{ or more}", "5"), ("\\text{between }3\\text{ and }5", "3,5"), ("3 < x \\text{ or } x<1", "3<x<1"),
    ("\\text{exactly }5", "\\text{not }5"), ("\\text{negative }5", "5"), ("\\text{minus }5", "5"),
    ("-5", "\\text{minus }5+1"), ("x=2, y\\text{ arbitrary}", "x=2"), ("x=2 \\text{ (double root)}, x=3", "x=2,x=5"),
    ("5\\text{ thousand}\\cdot\\pi", "5\\pi"), ("5\\pi\\text{ thousand}", "5\\pi"),
    ("\\frac{5}{7}\\text{ dozen}", "\\frac57"), ("\\text{half of }\\sqrt3", "\\sqrt3"),
    ("\\text{twice }\\sqrt3", "\\sqrt3"), ("\\text{A}: 5, \\text{B}: 6", "\\text{B}: 5,\\text{A}: 6"),
    ("\\text{A}: 5", "\\text{B}: 5"), ("A: 5, B: 6", "B: 5, A: 6"), ("A: 5", "B: 5"), ("A: 5; B: 6", "B: 5; A: 6"),
    ("x_1: 5, x_2: 6", "x_2: 5, x_1: 6"), ("x_1=5, x_2=6", "x_2=5, x_1=6"),
    ("First: 5, Second: 6", "Second: 5, First: 6"),
    ("\\text{Day 1}: 5, \\text{Day 2}: 6", "\\text{Day 2}: 5, \\text{Day 1}: 6"),
    ("\\text{Part 1: }5", "\\text{Part 2: }5"), ("Mon = 3, Tue = 4", "Tue = 3, Mon = 4"),
    ("\\mathrm{Alice}=5,\\mathrm{Bob}=6", "\\mathrm{Bob}=5,\\mathrm{Alice}=6"),
    ("\\text{Alice}=5 \\\\ \\text{Bob}=6", "\\text{Bob}=5 \\\\ \\text{Alice}=6"),
    ("Alice 5, Bob 6", "Bob 5, Alice 6"), ("5 (Alice), 6 (Bob)", "5 (Bob), 6 (Alice)"),
    ("5 apples, 3 oranges", "3 apples, 5 oranges"), ("5 apples and 3 oranges", "3 apples and 5 oranges"),
    ("2 feet 3 inches", "3 feet 2 inches"), ("3 hours 20 minutes", "20 hours 3 minutes"),
    ("Alice has 5, Bob has 6", "Bob has 5, Alice has 6"), ("mean 5, median 6", "mean 6, median 5"),
    ("x=3 or y=3", "x=3"), ("(x, y) = (1, 2) or (3, 4)", "(x,y)=(2,1) or (4,3)"),
    ("(x,y)=(1,2) \\text{ or } (y,x)=(3,4)", "(x,y)=(1,2) \\text{ or } (x,y)=(3,4)"),
    ("\\{(x,y) = (1,2)\\}", "\\{(y,x)=(1,2)\\}"), ("(r,\\theta)=(2,3)", "(\\theta,r)=(2,3)"),
    ("(a_1,a_2)=(1,2)", "(a_2,a_1)=(1,2)"),
    ("\\langle x,y\\rangle=\\langle 1,2\\rangle", "\\langle y,x\\rangle=\\langle 1,2\\rangle"),
    ("[x,y]=[1,2]", "[y,x]=[1,2]"), ("x,y=1,2", "y,x=1,2"), ("(x,y)\\in\\{(1,2)\\}", "(y,x)\\in\\{(1,2)\\}"),
    ("(x,y)=\\{(1,2),(3,4)\\}", "(y,x)=\\{(1,2),(3,4)\\}"), ("f(x)=x+1, g(x)=x-1", "g(x)=x+1, f(x)=x-1"),
    ("f(2)=1, f(3)=4", "f(3)=1, f(2)=4"), ("f(2)=5", "f(x)=5"), ("f_1(x)=x", "f_2(x)=x"), ("f^2(x)=x", "f(x)=x"),
    ("f(x)^2=x", "f(x)=x"), ("f(x)>0", "f(y)>0"), ("P(A)>0.5", "P(B)>0.5"), ("P(A)<0.5", "P(A)>0.5"),
    ("p(0)=1, p(1)=2", "p(0)=2, p(1)=1"), ("E[X]=5", "E[Y]=5"), ("\\mathbb{E}[X]=5", "\\mathbb{E}[Y]=5"),
    ("\\operatorname{Var}(X)=5", "\\operatorname{Var}(Y)=5"), ("\\text{Var}(X)=5", "\\text{Cov}(X)=5"),
    ("P(X\\le 1)=\\frac12", "P(X\\ge 1)=\\frac12"), ("P(A')=0.5", "P(A)=0.5"), ("P(\\bar{A})=0.5", "P(A)=0.5"),
    ("n(A)=5", "n(B)=5"), ("|A|=5", "|B|=5"), ("d(A,B)=5", "d(A,C)=5"), ("x>3, x\\in\\mathbb{Q}", "x>3"),
    ("x>3, x\\ne 5", "x>3"), ("x>3 \\text{ and } x \\neq 5", "x>3 \\text{ and } x\\neq 6"),
    ("n=2k, k\\in\\mathbb{Z}", "n=2k, k\\in\\mathbb{N}"),
    ("x=\\pi k, k\\in\\mathbb{Z}", "x=\\pi k, k\\in\\mathbb{Z}, k\\ne 0"),
    ("x=\\pi k, k\\in\\mathbb{Z}\\setminus\\{0\\}", "x=\\pi k, k\\in\\mathbb{Z}"),
    ("n \\text{ odd}", "n \\text{ even}"), ("2k+1, k\\in\\mathbb{Z}", "2k, k\\in\\mathbb{Z}"),
    ("k\\pi, k = 0,1,2", "k\\pi, k=0,1"), ("k\\pi, k=0,1,2", "k\\pi"),
    ("k\\pi \\text{ for } k=0,1,2", "k\\pi \\text{ for } k=0,1,3"), ("x=k\\pi, k>0", "x=k\\pi, k<0"),
    ("a^n, n\\geq 2", "a^n, n\\geq 3"), ("a^n, n\\geq 2", "a^n"), ("\\{x: x>3\\}", "\\{x:x\\ge 3\\}"),
    ("\\{x\\in\\mathbb{N}: x<3\\}", "\\{x\\in\\mathbb{Z}:x<3\\}"),
    ("\\{2k : k\\in\\mathbb{Z}\\}", "\\{2k+1: k\\in\\mathbb{Z}\\}"),
    ("\\{2k : k\\in\\mathbb{Z}\\}", "\\{2k: k\\in\\mathbb{N}\\}"), ("\\{x^2: x>3\\}", "\\{x^2: x>4\\}"),
    ("\\{(x,y): x=y\\}", "\\{(x,y): x=2y\\}"), ("\\frac{x^2-4}{x-2}=y", "x^2-4=y(x-2)"),
    ("\\frac{a}{b}=\\frac{c}{d}", "ad=bd"), ("\\sqrt{x}=y", "x=y^2"), ("\\ln x=\\ln y", "x=y+1"), ("xy=x", "y=1"),
    ("x^2=xy", "x=y"), ("0.\\overline{9}", "0.9"), ("0.\\overline{01}", "0.\\overline{10}"),
    ("1.\\overline{3}", "0.1\\overline{3}"), ("0.3\\overline{3}4", "0.334"), ("\\emptyset", "\\{\\emptyset\\}"),
    ("\\varnothing", "1"), ("\\binom{n}{2}", "\\binom{n}{3}"), ("\\binom n2", "\\binom n3"),
    ("\\begin{cases}x>1\\\\x<3\\end{cases}", "\\begin{cases}x>1\\\\x>3\\end{cases}"),
    ("\\begin{cases}x<1\\\\x>3\\end{cases}", "x<1 \\text{ or } x>3"),
    ("\\begin{cases}2x+y=3\\\\x-y=0\\end{cases}", "2x+y=3"),
    ("\\begin{cases}x=1\\\\y=2\\end{cases}", "x=1 \\text{ or } y=2"), ("f(2)=\\frac{3}{97}", "\\frac{4}{97}=f(2)"),
    ("2x=4", "3x=7"), ("y=0.67", "y=\\frac23"), ("x\\equiv 3,4 \\pmod{7}", "3\\equiv x,4 \\pmod{7}"),
    ("7 \\pmod{11}", "7d\\pmod{11}"), ("x\\equiv a \\pmod 7", "x\\equiv b\\pmod 7"), ("3\\pmod 5", "3"),
    ("x<1 \\lor x>3", "x<1 \\land x>3"), ("2k\\pi, k\\in\\mathbb{Z}", "2k\\pi, m\\in\\mathbb{Z}"),
    ("x=1\\lor x=2\\land y=3", "1,2"),
]  # fmt: skip
SAME_WORDED = [
    ("5\\pi\\text{ cm}^2", "5\\pi"), ("5\\pi\\text{ cm}^2", "5\\pi\\text{ square cm}"),
    ("5\\pi\\text{ cm}^2", "5\\pi\\ \\mathrm{cm}^2"), ("5\\pi\\text{ units}^2", "5\\pi\\text{ cm}^2"),
    ("15\\text{th Day}", "15\\text{th day}"), ("15", "15\\text{th Day}"),
    ("5\\sqrt2\\text{ m}/\\text{s}", "5\\sqrt2\\text{ m/s}"),
    ("5\\sqrt2\\text{ miles per hour}", "5\\sqrt2\\text{ mph}"),
    ("2\\sqrt3\\text{ cm}", "2\\sqrt3\\text{ centimeters}"), ("x=\\frac{\\pi}{2}\\text{ rad}", "\\frac{\\pi}{2}"),
    ("\\text{at least }5", "\\text{at least }\\frac{10}{2}"), ("\\text{The least value is }5\\pi", "5\\pi"),
    ("\\frac{dy}{dx}=2x", "\\frac{dy}{dx}=x+x"), ("\\frac{dy}{dx}=2x", "2x"), ("\\hat{p}=\\frac12", "\\hat p=0.50"),
    ("A^T=B", "B=A^T"), ("\\angle ABC=30^\\circ", "30^\\circ"),
    ("\\angle ABC=30^\\circ", "\\angle ABC=\\frac{\\pi}{6}"), ("\\angle ABC=30^\\circ", "\\angle CBA=30^\\circ"),
    ("\\text{A}: 5, \\text{B}: 6", "\\text{B}: 6,\\text{A}: 5"), ("\\text{Thus, }5\\pi", "5\\pi"),
    ("\\text{So } 5\\pi", "5\\pi"), ("5\\pi\\text{ thousand}", "5 \\pi \\text{ thousand}"),
    ("5\\sqrt2 \\text{ million dollars}", "5\\sqrt{2}\\text{ million}"), ("0.\\overline{9}", "1"),
    ("\\begin{cases}x>1\\\\x<3\\end{cases}", "(1,3)"), ("x>3, x\\ne 5", "(3,5)\\cup(5,\\infty)"),
    ("P(A')=0.5", "\\frac12"), ("E[X]=5", "5"), ("\\text{Var}(X)=5", "5"), ("k\\pi, k=0,1,2", "k\\pi, k=0,1,2"),
    ("x \\equiv 3 \\ (\\text{mod}\\ 5)", "x\\equiv 3\\pmod 5"), ("A: 5; B: 6", "B: 6; A: 5"),
    ("2 feet 3 inches", "2 feet and 3 inches"), ("5 apples and 3 oranges", "3 oranges, 5 apples"),
    ("3 and 5", "5, 3"), ("5 cm, 3 cm", "3, 5"), ("1,200 apples, 3 pears", "3 pears and 1200 apples"),
    ("2x 3y", "6xy"), ("1 or 2", "2, 1"), ("A: 5", "5"), ("x=2", "2x=4"), ("x=\\frac12", "0.5=x"), ("x=5", "5"),
    ("x=\\frac13", "x=0.333"), ("x=\\frac{1}{3}", "x=0.3333"), ("x=\\sqrt2", "x=1.41421"), ("\\frac{x}{3}=1", "x=3"),
    ("x=20\\%", "x=0.2"), ("x=66.7\\%", "x=\\frac{2}{3}"), ("C=\\frac{2\\pi}{3}", "120^\\circ"),
    ("2k\\pi, k\\in\\mathbb{Z}", "2m\\pi, m\\in\\mathbb{Z}"), ("x>1\\land x<3", "(1,3)"),
]  # fmt: skip


def test_different_answers_with_words_and_signs_beside_a_value_are_rejected(grader: Grader) -> None:
    assert_not_right(grader, OTHER_WORDED)


def test_equal_answers_with_words_and_signs_beside_a_value_are_accepted(grader: Grader) -> None:
    assert_right(grader, SAME_WORDED)
