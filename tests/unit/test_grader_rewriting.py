"""Signs that people type: roots, sizes of brackets, i in lists; and what cannot be read is not read in part."""

from __future__ import annotations

from engine.grading.grader import Grader
from tests.unit.graded import assert_not_right, assert_right


def test_what_people_type_is_read(grader: Grader) -> None:
    assert_right(grader, [
        ("\\sqrt{16}", "√16"), ("5\\sqrt{21}", "5√21"), ("\\sqrt{21}", "√(21)"), ("\\sqrt{\\frac34}", "\\sqrt\\frac34"),
        ("\\sqrt{\\frac34}", "√\\frac34"), ("2\\sqrt3", "2√3"), ("\\sqrt x", "√x"), ("\\sqrt{\\pi}", "√\\pi"),
        ("(1,2)", "\\bigl(1,2\\bigr)"), ("(x+1)^2", "\\Big(x+1\\Big)^2"), ("5", "\\Large 5"), ("5", "\\mathit{5}"),
        ("(1,2)", "\\vec{v} = (1,2)"), ("(1,2)", "\\mathbf{v}=(1,2)"), ("5", "\\pounds 5"),
        ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}1\\\\[4pt]2\\end{pmatrix}"),
        ("4, -2+3i, -2-3i", "x = 4, -2 + 3i, -2 - 3i"), ("1+i, 1-i", "x = 1 \\pm i"), ("x=1,i,-i", "x = i, -i, 1"),
    ])  # fmt: skip


def test_a_part_of_an_answer_is_not_the_answer(grader: Grader) -> None:
    assert_not_right(grader, [
        ("\\frac12", "\\sqrt\\frac12"), ("\\frac12", "\\lg \\frac{1}{2}"), ("\\frac12", "\\bigl(3, \\frac12\\bigr)"),
        ("\\frac12", "> \\frac{1}{2}"), ("\\frac23", "1 - \\Bigl(\\frac{2}{3}\\Bigr)"),
        ("\\frac23", "\\Bigl(\\frac{2}{3}\\Bigr)^2"),
        ("\\frac23", "\\left(\\frac{2}{3},5\\right)+1"), ("\\frac23", "\\Pr = 1 - \\frac{2}{3}"),
        ("6", "√16"), ("0", "√10"),
        ("4", "√14"), ("15", "3√15"), ("\\frac34", "√\\frac34"), ("x = i, -i", "x = \\pm 2i"),
        ("1, i, -i", "x = 1, i, i"),
    ])  # fmt: skip
