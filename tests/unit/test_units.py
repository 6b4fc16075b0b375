"""Units and the words behind a number: which are the same unit, which describe, and which make it another answer."""

from __future__ import annotations

import pytest

from engine.grading.grader import Grader, decide
from engine.grading.numbers import read_number
from engine.grading.units import measures
from tests.unit.graded import assert_judged, assert_not_right, assert_right, grade_all

SAME = [
    ("5 ft.", "5 foot"), ("5 sq ft", "5 square feet"), ("25 cm^2", "25 square centimeters"), ("25 cm²", "25 sq. cm"),
    ("60 mph", "60 miles per hour"), ("60 miles/hour", "60 mph"), ("60 km/h", "60 kilometers an hour"),
    ("5 hours", "5 hrs"), ("5 lbs", "5 pounds"), ("£5", "5 pounds"), ("20 C", "20 degrees Celsius"),
    ("20 degrees", "20 degrees Celsius"), ("7 pm", "7pm"), ("5 feet squared", "5 ft^2"), ("48 units", "48 cm"),
    ("10 a.m.", "10 am"), ("20 mpg", "20 miles per gallon"), ("3 m/s", "3 meters per second"), ("5 in", "5 inches"),
]  # fmt: skip
FORGIVEN = [
    ("18", "18 eggs"), ("18 eggs", "18 dollars"), ("$18", "18 dollars per day"), ("18", "$18 per day"), ("6 cups", "6"),
    ("5 hours", "5 hours a day"), ("90 degrees", "90^\\circ"), ("5", "5 men"), ("5", "5 more days"), ("5", "5 left"),
    ("12", "12 in total"), ("5", "5 feet tall"), ("3", "3 two-inch nails"), ("3", "3rd"), ("5", "5 sit-ups"),
    ("20 feet", "20 of his feet"), ("20%", "20"), ("0.2", "20%"), ("20", "20 percent of the students"),
]  # fmt: skip
OTHER_UNIT = [
    ("90 min", "90 hours"), ("5 h", "5 min"), ("5 hrs", "5 days"), ("60 s", "60 m"), ("5 km", "5 m"), ("12 m", "12 mm"),
    ("5 ft", "5 in"), ("5 mi", "5 km"), ("5 ml", "5 L"), ("5 kg", "5 g"), ("5 mg", "5 kg"), ("5 oz", "5 pounds"),
    ("10 mph", "10 km/h"), ("60 miles per hour", "60 miles per minute"), ("60 miles/hour", "60 miles"),
    ("5 cm^2", "5 cm^3"), ("5 square feet", "5 cubic feet"), ("2 m^2", "2m^3"), ("2 g", "2 h"), ("5 C", "5 F"),
    ("5 square units", "5 cm^3"), ("5 dollars per day", "5 dollars per hour"), ("$5", "5 cents"), ("10am", "10 p.m."),
    ("5 left", "5 right"), ("300 BC", "300 AD"), ("5% increase", "5% decrease"), ("5 km north", "5 km south"),
    ("$5", "5%"), ("$20", "20%"), ("20 km", "20%"), ("20\\%", "20 dollars"), ("3", "3 dozens"), ("3", "3 crore"),
    ("3", "3 bn"), ("2 dozen", "2"),
]  # fmt: skip
OTHER_VALUE = [
    "3 xy", "3 ab", "3 factorial", "3 divided by two", "3 multiplied by two", "3 doubled", "3 point five", "3 thirds",
    "3 base two", "3 modulo seven", "3 negative", "3 squared", "3 halves", "3 one-third", "3 five", "3 mn", "3 score",
]  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), SAME + FORGIVEN)
def test_spellings_of_a_unit_are_one_and_a_missing_unit_is_forgiven(gold: str, answer: str) -> None:
    assert decide(gold, answer) == decide(answer, gold) == ("right", "numeric")


@pytest.mark.parametrize(("gold", "answer"), OTHER_UNIT)
def test_two_units_are_two_answers(gold: str, answer: str) -> None:
    assert decide(gold, answer) == decide(answer, gold) == ("wrong", "numeric")


def test_words_and_letters_that_change_the_value_are_no_unit(grader: Grader) -> None:
    read = [answer for answer in OTHER_VALUE if read_number(answer) is not None]
    assert not read, read
    assert_not_right(grader, [("3", answer) for answer in OTHER_VALUE])


def test_letters_are_algebra(grader: Grader) -> None:
    pairs = [("3 ab", "3 cd"), ("3 xy", "3 xz"), ("2 xy", "2"), ("2x", "2")]
    both_ways = pairs + [(answer, gold) for gold, answer in pairs]
    verdicts = grade_all(grader, both_ways)
    others = [(pair, verdict) for pair, verdict in zip(both_ways, verdicts, strict=True) if verdict.label != "wrong"]
    assert not others, others
    assert_right(grader, [(gold, gold) for gold, _ in pairs])


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("24", "2 dozen eggs"), ("3000000000", "3 bn"), ("30000000", "3 crore"), ("3600000", "36 lakhs"),
        ("-5", "negative 5"), ("-5", "minus $5"), ("x = -5", "x = negative 5"), ("-0.5", "negative 1/2"),
        ("3.6", "3⅗"), ("1500", "1.5 × 10³"), ("0.015", "1.5 × 10⁻²"),
    ],
)  # fmt: skip
def test_signs_scales_and_fractions_in_words_and_raised_digits_are_read(gold: str, answer: str) -> None:
    assert decide(gold, answer) == ("right", "numeric")


def test_a_measure_is_read_with_its_power_and_denominator() -> None:
    assert measures("square feet per hour") == ({"foot": 2}, {"hour": 1})
    assert measures("m/s^2") == ({"metre": 1}, {"second": 2})
    assert measures("more minutes past the hour") == ({"minute": 1}, {})
    assert measures("in total") == measures("of the marbles") == ({}, {})


def test_a_decimal_comma_is_read_where_the_gold_is_a_decimal_and_never_in_the_gold(grader: Grader) -> None:
    assert_judged(grader, [
        ("1000.99", "1000,99", True), ("1,000.99", "1000,99", True), ("3.50", "3,5", True), ("-2,1", "-2.1", False),
        ("27,93", "27.93", False), ("1,2", "1.2", False), ("5,12", "5.12", False), ("12", "12,0", False),
        ("1.5%", "1,5", False),
    ])  # fmt: skip
