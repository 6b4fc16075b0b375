"""Grader: letters of multiple choice, short words, spaces between digits, percent signs and degrees, both ways."""

from __future__ import annotations

from engine.grading.grader import Grader
from tests.unit.graded import assert_not_right, assert_right

RIGHT = [
    ("C", "(C) 12"), ("C", "C. 12"), ("C", "(C) I and II"), ("C", "\\textbf{(C)}\\ \\frac{5}{36}"),
    ("C", "(C) is correct"),
    ("A", "(A) -3"), ("-3", "(A)\\ -3"),
    ("E", "(E) not enough information"), ("C", "C: Point C"), ("C", "(C) it is a square"), ("C", "(C) f(a)"),
    ("12", "\\text{(B) } 12"), ("\\frac{5}{36}", "(D)\\ \\frac{5}{36}"), ("42", "\\textbf{(B)}\\ 42"), ("42", "(B) 42"),
    ("5\\text{ cm}", "\\textbf{(B)}\\ 5\\text{ cm}"), ("x^2+1", "(A)\\ 1+x^2"),
    ("\\text{Evelyn}", "\\text{(B) Evelyn}"),
    ("\\text{yes}", "Yes"), ("\\text{No}", "no"), ("yes", "Yes"), ("\\text{odd}", "Odd"), ("\\text{Red}", "red"),
    ("DNE", "dne"), ("\\text{none}", "None"), ("no", "\\text{No}."),
    ("20", "20 \\%"), ("0.2", "20 \\%"), ("20\\%", "0.2"), ("1", "1\\%"), ("0.5\\%", "0.005"),
    ("1\\,234", "1234"), ("1234", "1\\,234"), ("1234", "1 234"), ("(1234, 5)", "(1\\,234,5)"),
    ("(1234, 5)", "(1 234,5)"),
    ("5^\\circ", "5"), ("5^\\circ", "5 \\text{ degrees}"), ("20", "20^\\circ C"),
    ("20^\\circ\\text{C}", "20 degrees Celsius"),
    ("3\\frac12", "3\\ \\frac{1}{2}"), ("42", "42 \\text{ left over}"),
]  # fmt: skip
WRONG = [
    ("A", "(A)-3"), ("A", "(A) - 3"), ("-3", "(A)-3"), ("3", "1\\;3"), ("12", "\\text{(C) or } 12"),
    ("C", "(C) or (D)"), ("A", "\\text{(A) and (B)}"), ("A", "(A), (B)"), ("A", "\\text{(A) is false}"),
    ("C", "(C)(D)"),
    ("B", "B: \\text{No, it is C}"), ("\\text{(C)}", "\\text{(C)}, 7"), ("\\text{(A)}", "\\text{(A) or (B)}"),
    ("A", "A, B"),
    ("A", "A. not B"), ("A", "A. 5 and B. 6"), ("42", "(B) 43"), ("42", "(B) 42 or (C) 43"), ("42", "\\text{(B)}, 42"),
    ("\\text{yes}", "\\text{no}"), ("yes", "No"), ("AB", "\\text{ab}"), ("\\text{odd}", "Oddly"), ("\\text{red}", "r"),
    ("0.5", "0.5\\%"), ("\\frac12", "\\frac12\\%"), ("0.5\\%", "0.5"),
    ("12", "1 2"), ("12", "1\\ 2"), ("12", "1\\quad 2"), ("(12,3)", "(1 2,3)"), ("12.5", "1 2.5"),
    ("5^\\circ", "5 \\text{ radians}"), ("5^\\circ", "5 \\text{ cm}"), ("20^\\circ C", "20^\\circ F"),
]  # fmt: skip


def test_letters_words_spaces_and_signs_are_read_as_meant(grader: Grader) -> None:
    assert_right(grader, RIGHT)


def test_other_letters_words_spaces_and_signs_are_not_right(grader: Grader) -> None:
    assert_not_right(grader, WRONG)
