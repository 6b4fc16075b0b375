"""The templates' notation: exact arithmetic, and a badly made template is refused with its name."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.problems import templates
from engine.problems.arithmetic import (
    Expression,
    Number,
    Operation,
    evaluate,
    parse_expression,
    print_expression,
    print_number,
)

numbers = st.integers(0, 999).map(lambda value: Number(Fraction(value)))
expressions: st.SearchStrategy[Expression] = st.recursive(
    numbers, lambda inner: st.builds(Operation, st.sampled_from("+-*/"), inner, inner), max_leaves=8
)


@given(expressions)
def test_a_printed_expression_reads_back_with_the_same_value(expression: Expression) -> None:
    try:
        value = evaluate(expression, {})
    except ZeroDivisionError:
        assume(False)
    assert evaluate(parse_expression(print_expression(expression, {})), {}) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("20 - 6 - 4", 10),
        ("24 / 4 / 2", 3),
        ("20 - (6 - 4)", 18),
        ("1.5 * 4", 6),
    ],
)
def test_operators_bind_as_on_paper(text: str, value: int) -> None:
    expression = parse_expression(text)
    assert evaluate(expression, {}) == value
    assert print_expression(expression, {}) == text


@pytest.mark.parametrize("text", ["", "2 +", "(2 + 3", "2 3", "2 ** 3", "__import__('os')", "a.b", "-2"])
def test_nothing_but_plain_arithmetic_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("value", "money", "shown"),
    [(Fraction(12), True, "12"), (Fraction(5, 2), False, "2.5"), (Fraction(5, 2), True, "2.50"),
     (Fraction(19, 4), False, "4.75"), (Fraction(1, 10), True, "0.10")],
)  # fmt: skip
def test_numbers_are_printed_as_people_write_them(value: Fraction, money: bool, shown: str) -> None:
    assert print_number(value, money=money) == shown


def test_a_number_that_decimals_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="two decimals"):
        print_number(Fraction(1, 3))


GOOD = """
[[templates]]
name = "pairs"
subject = "counting"
people = ["a"]
draw = { boxes = "3..9", "part/whole" = "1/2, 3/4" }
require = ["boxes > 4"]
question = "{a} has {boxes:box}. How many are {part}/{whole} of 8 times {boxes}?"
steps = ["So {all = boxes * 8 : box}.", "So {some = all * part / whole : box}."]
"""


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[templates.Template, ...]:
    (folder / "level1.toml").write_text(text)
    monkeypatch.setattr(templates, "PRESETS", folder)
    return templates.templates_of.__wrapped__(1)


def test_a_template_is_drawn_within_what_it_requires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (template,) = read(tmp_path, monkeypatch, GOOD)
    answers = set()
    for seed in range(200):
        try:
            draft = templates.draw(template, Random(seed))
        except templates.Unsuitable:
            continue
        answers.add(Fraction(draft.answer))
    assert answers == {Fraction(boxes * share) for boxes in range(5, 10) for share in (4, 6)}


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("{part}/{whole} of", "{part}/{wole} of", "unknown name 'wole'"),
        ("all * part", "rest * part", "unknown name 'rest'"),
        ("boxes > 4", "boxs > 4", "unknown name 'boxs'"),
        ("boxes > 4", "boxes 4", "no comparison"),
        ("1/2, 3/4", "1/2, 3", "needs 2 numbers"),
        ("* 8 : box}.", "* : box}.", "ends too early"),
        ("So {all = boxes * 8 : box}.", "So there are some.", "one line of arithmetic"),
        ('steps = [', 'steps = ["A {n = boxes * 2}.", ', "1 to 2 steps"),
        ('subject = "counting"', "", "subject"),
    ],
)  # fmt: skip
def test_a_badly_made_template_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: str, bad: str, complaint: str
) -> None:
    assert good in GOOD
    with pytest.raises(ValueError, match=complaint) as caught:
        read(tmp_path, monkeypatch, GOOD.replace(good, bad, 1))
    assert "level1.toml, template 'pairs'" in str(caught.value)


def test_results_that_are_no_sane_amount_are_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (template,) = read(tmp_path, monkeypatch, GOOD.replace("all * part / whole", "all * part / whole / 7"))
    drafts = []
    for seed in range(300):
        try:
            drafts.append(templates.draw(template, Random(seed)))
        except templates.Unsuitable:
            continue
    assert drafts
    assert all("." not in draft.answer for draft in drafts)
