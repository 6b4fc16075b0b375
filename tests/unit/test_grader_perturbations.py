"""A structured answer with one part changed, or two parts swapped, is never right; with its parts moved it still is."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.grading.grader import Grader
from tests.unit.graded import right

# Places {0} and {1} hold two different numbers; a second spelling says the same in another order, where there is one.
TEMPLATES = (
    ("Alice: {0}, Bob: {1}", "Bob: {1}, Alice: {0}"),
    ("\\text{{length}}={0}, \\text{{width}}={1}", "\\text{{width}}={1}, \\text{{length}}={0}"),
    ("{0}\\text{{ apples}}, {1}\\text{{ pears}}", "{1}\\text{{ pears and }}{0}\\text{{ apples}}"),
    ("(x,y)=({0},{1})", "(y,x)=({1},{0})"),
    ("f({0})=\\frac{{{1}}}{{97}}", "\\frac{{{1}}}{{97}}=f({0})"),
    ("P(X={0})=\\frac{{{1}}}{{97}}", None),
    ("f(x,y)={0}x^2+{1}y^2", "f(s,t)={1}t^2+{0}s^2"),
    ("f'(x)={0}x+{1}", "f'(x)={1}+{0}x"),
    ("{0}k\\pi+\\frac{{{1}\\pi}}{{97}}, k\\in\\mathbb{{Z}}", "\\frac{{{1}\\pi}}{{97}}+{0}n\\pi, n\\in\\mathbb{{Z}}"),
    ("x^{0} \\text{{ where }} x={1}", None),
    ("2^{{200}}x+{0}y={1}", "{0}y+2^{{200}}x={1}"),
    ("3^{{100}}+\\sqrt{{2}}+\\frac{{{0}}}{{{1}}}", "\\frac{{{0}}}{{{1}}}+\\sqrt{{2}}+3^{{100}}"),
    ("\\begin{{cases}}x={0}\\\\y={1}\\end{{cases}}", "\\begin{{cases}}y={1}\\\\x={0}\\end{{cases}}"),
    ("x\\equiv {0},{1} \\pmod{{97}}", "x\\equiv {1},{0} \\pmod{{97}}"),
    ("x<{0} \\text{{ or }} x>9{1}", "x>9{1} \\lor x<{0}"),
)
# What may be swapped without another meaning.
SYMMETRIC = ("x\\equiv", "x^{0} \\text")

# The fixture hands out one grader, whose verdicts do not depend on what it was asked before.
SHARED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = st.lists(st.integers(2, 9), min_size=2, max_size=2, unique=True)


@pytest.mark.parametrize(("template", "other"), TEMPLATES)
@settings(SHARED, max_examples=6)
@given(values=numbers, place=st.integers(0, 1), change=st.integers(1, 80))
def test_one_changed_part_makes_an_answer_wrong(
    grader: Grader, template: str, other: str | None, values: list[int], place: int, change: int
) -> None:
    changed = list(values)
    changed[place] += change
    for spelling in (template, other or template):
        assert not right(grader, template.format(*values), spelling.format(*changed))
        assert not right(grader, template.format(*changed), spelling.format(*values))


@pytest.mark.parametrize(("template", "other"), TEMPLATES)
@settings(SHARED, max_examples=4)
@given(values=numbers)
def test_swapped_values_are_wrong_and_moved_parts_are_right(
    grader: Grader, template: str, other: str | None, values: list[int]
) -> None:
    gold = template.format(*values)
    if not template.startswith(SYMMETRIC):
        assert not right(grader, gold, template.format(*reversed(values)))
    assert other is None or right(grader, gold, other.format(*values))
