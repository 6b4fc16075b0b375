"""Values, arithmetic claims and the first divergence of a chain."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alignment.alignment import Alignment, Divergence
from engine.alignment.arithmetic import claims, evaluate, partial_sums, results
from engine.alignment.values import step_numbers, step_values
from engine.steps.splitting import split_steps
from tests.cost import cpu_seconds
from tests.unit.word_chains import align_words

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def test_values_are_normalised() -> None:
    assert step_values("It costs $1,008.00 and 1008 more, not .5") == {Fraction(1008), Fraction(1, 2)}
    assert step_numbers("16 - 3.50 + 16") == tuple(map(Fraction, ("16", "3.5", "16")))
    assert step_values("so $x = \\frac12$ and $y=\\frac{1}{2}$") >= {"\\frac{1}{2}"}
    assert partial_sums("left: 8 + 1.4 + 1.6 = 11") == tuple(
        {Fraction("9.4"), Fraction("9.6"), Fraction(3), Fraction(11)}
    )
    assert Fraction(7) in partial_sums("16 - 3 - 4 = 9")


@pytest.mark.parametrize(
    ("step", "left", "claimed", "actual"),
    [
        ("12 * 3 = 35", "12 * 3", "35", "36"),
        ("So 5,600 + 400 = 6,100.", "5,600 + 400", "6100", "6000"),
        ("It is $3 x 4 = $13 in all", "3 * 4", "13", "12"),
        ("We get \\(\\frac{2}{5} \\times 4000 = 800\\).", "((2)/(5)) * 4000", "800", "1600"),
        ("20% of 50 = 12", "20% * 50", "12", "10"),
        ("3 apples + 4 apples = 8 apples", "3 + 4", "8", "7"),
        ("(2 + 3) * 4 - 6 / 3 = 19", "(2 + 3) * 4 - 6 / 3", "19", "18"),
        ("7 / 2 = 3", "7 / 2", "3", "7/2"),
        ("2^3 = 9", "2^3", "9", "8"),
        ("5 times 3 = 16", "5 * 3", "16", "15"),
        # Rounding explains half a unit, or digits that are cut off; to whole numbers only where something is left over.
        ("1 / 3 = 0.4", "1 / 3", "2/5", "1/3"),
        ("1 / 3 = 0.34", "1 / 3", "17/50", "1/3"),
        ("5 + 5 = 11, the whole class", "5 + 5", "11", "10"),
        ("12.6 * 3 = 39, rounded", "12.6 * 3", "39", "189/5"),
        ("in the center: 10 + 5 = 1500", "10 + 5", "1500", "15"),
        ("It is 4.2 + 9.45 + 1.35 = 14.99, rounded to two places.", "4.2 + 9.45 + 1.35", "1499/100", "15"),
    ],
)
def test_false_arithmetic_is_found(step: str, left: str, claimed: str, actual: str) -> None:
    (claim,) = claims(step)
    assert (claim.left, claim.claimed, claim.actual, claim.holds) == (left, Fraction(claimed), Fraction(actual), False)


@pytest.mark.parametrize(
    "step",
    [
        "12 * 3 = 36", "10 / 3 = 3.33", "10 / 3 = 3.3", "4 * 60 / 5 = 4 * 12 = 48", "100 - 20 = 80 + 5 = 85",
        "5/20 = 25%", "x + 3 = 5", "2x + 3 = 7", "n - 5 = 10", "f(2) = 3", "3 * 4 = 12x", "1/3 * 18 = 6",
        "half of 10 + 2 = 7", "2:30 = 150", "40 pieces of $1 bills = 40 x $1.00 = $40.00", "a total of 3 + 4 = 7",
        "\\[ 10 - 4 = 1.5x \\] \\[ 6 = 1.5x \\]", "2 * $.50 = $1", "60 minutes/hour * 2 hours = 120 minutes", "1/0 = 3",
        "12 shoes * $60/shoe = $720", "$.20/gallon * 10 gallons = $2.00", "in 3 countries is -48+21+-3 = -30",
        "15 pages x 1/3 = 5 pages", "25 boys + his 1 teacher + 1 himself = 27 people", "12 x 1 and 1/4 = 15",
        "so $AB=\\frac{5}{4}=1\\frac{1}{4}$", "100 / 3 = 33 with 1 remaining", "$1 / 2 = 50 cents", "√(144) = 12",
        "((((", "= = =", "3 + = 4", "100 - 25% = 75", "100 + 10% = 110", "2 thousand * 3 = 6000",
        "5 million / 1000 = 5000", "2 dozen + 1 = 25", "11 am + 3 hours = 2 pm", "17/5 = 3 R 2", "2 / 3 = 0.66",
        "2 / 3 = 0.67", "7 / 2 = 4 full boxes", "12.6 * 3 = 38, rounded", "10 cents * 5 = 0.5",
        "3 * 4 = 12 inches = 1 foot",
    ],
)  # fmt: skip
def test_true_or_unreadable_arithmetic_raises_no_alarm(step: str) -> None:
    assert [claim for claim in claims(step) if not claim.holds] == []


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.integers(0, 99).map(str), lambda inner: st.builds(
    lambda a, sign, b: f"({a} {sign} {b})", inner, st.sampled_from("+-*/"), inner), max_leaves=8))  # fmt: skip
def test_the_evaluator_is_exact(expression: str) -> None:
    numbers = "".join(f"Fraction({part})" if part.isdigit() else part for part in _split_numbers(expression))
    try:
        expected: Fraction | None = Fraction(eval(numbers, {"Fraction": Fraction}))  # our own text, in a test
    except ZeroDivisionError:
        expected = None
    assert evaluate(expression) == expected


def _split_numbers(expression: str) -> list[str]:
    return ["".join(group) for _, group in itertools.groupby(expression, key=str.isdigit)]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789 .,+-*/^()=%$x\\[]{}fracoftimes"), max_size=120))
def test_any_text_has_claims_and_results_without_an_error(text: str) -> None:
    claims(text)
    results(text)


@pytest.mark.xdist_group("alone")
def test_hostile_steps_cost_little() -> None:
    def read() -> None:
        for piece in ("(", "9^", "1=", "-", "\\frac{", "1,", "(1+", "x "):
            claims(piece * 20_000)
            step_values(piece * 20_000)

    assert cpu_seconds(read, within=2) < 2


GOLD = ["apples 3 + 4 = 7", "price 7 * 2 = 14", "total 14 - 5 = 9"]


@pytest.mark.parametrize(
    ("student", "divergence"),
    [
        (GOLD, None),
        (["apples 4 + 3 = 7", "price 7 x 2 = $14", "total 14 - 5 = 9 left"], None),
        # Merged, split and differently cut steps agree: a gap alone is no divergence.
        (["apples 3 + 4 = 7 and price 7 * 2 = 14", "total 14 - 5 = 9"], None),
        (["price 3 * 2 = 6", "price 4 * 2 = 8", "total 6 + 8 = 14", "left 14 - 5 = 9"], None),
        (["apples 3 + 4 = 8", GOLD[1], GOLD[2]], Divergence(0, 0, "arithmetic: 3 + 4 = 8 (7)", "arithmetic")),
        (
            [GOLD[0], "price 7 * 3 = 21", "total 21 - 5 = 16"],
            Divergence(1, 1, "differs from gold step 2: 21, not 14", "contradiction"),
        ),
        ([GOLD[0], "miles 11 * 10 = 110"], Divergence(1, 2, "differs from gold step 3: 110, not 9", "contradiction")),
        (
            [GOLD[0], "eggs 11 * 10 = 110", GOLD[1], "total 14 - 4 = 10"],
            Divergence(1, 1, "differs from gold step 2: 110, not 14", "contradiction"),
        ),
        # A number that stands nowhere before it.
        (
            [GOLD[0], "price of 45 boxes", "total 14 - 4 = 10"],
            Divergence(1, 1, "value 45 not derivable", "underivable"),
        ),
        ([GOLD[0], GOLD[1]], Divergence(None, 2, "ends before gold step 3", "missing")),
    ],
)
def test_the_first_divergence_and_its_reason(student: list[str], divergence: Divergence | None) -> None:
    assert align_words(GOLD, student).divergence == divergence


def test_values_of_the_question_are_given() -> None:
    gold = ["apples 5 + 5 = 10"]
    student = ["hours 48", "miles 48 - 30 = 18"]
    assert _student(align_words(gold, student)) == 0
    assert _student(align_words(gold, student, "A trip of 48 miles")) == 1


def _student(alignment: Alignment) -> int | None:
    assert alignment.divergence is not None
    return alignment.divergence.student


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "column", "at_most"), [("gsm8k/test.jsonl", "answer", 4), ("math500/test.jsonl", "solution", 2)]
)
def test_gold_solutions_agree_with_themselves_but_for_slips_of_the_gold(name: str, column: str, at_most: int) -> None:
    """What is left are real slips, such as "$32 - $20 = $300" and "(-4)^2 + 4 * 1 * (-1) = 20"."""
    astray = []
    for line in (DATA / name).open(encoding="utf-8"):
        gold = split_steps(json.loads(line)[column])
        divergence = align_words(gold, gold).divergence
        if divergence is not None:
            astray.append(divergence.reason)
    assert len(astray) <= at_most, astray
    assert all(reason.startswith("arithmetic") for reason in astray)


def test_the_step_that_set_up_a_wrong_equation_is_blamed() -> None:
    gold = ["age 44 + 7 = 51", "nephew then 51 / 3 = 17", "nephew now 17 - 7 = 10"]
    student = ["age 44 + 7 = 51", "so 51 = 4x", "x = 51 / 4 = 12.75"]
    assert _student(align_words(gold, student, "44 years, in 7 years 3 times, or 4")) == 1
    assert _student(align_words(gold, [student[0], "so", student[2]], "44 years, in 7 years 3 times, or 4")) == 2


def test_a_wrong_answer_is_no_support_where_it_equals_an_intermediate_of_the_gold() -> None:
    gold = ["left 36 / 2 = 18", "total 18 + 20 = 38", "price 38 - 5 = 33"]
    student = ["total 36 - 5 = 31", "price 31 + 7 = 38"]
    assert _student(align_words(gold, student, "36 eggs, 20 boxes, 5 of 7")) == 0


def test_a_chain_that_arrives_may_go_another_way() -> None:
    gold = ["price 8 + 2 = 10", "total 5 * 10 = 50"]
    student = ["boxes 5 * 8 = 40", "eggs 5 * 2 = 10", "total 40 + 10 = 50 for all 5"]
    assert align_words(gold, student, "5 boxes").divergence is None
    spoken = [*gold, "So 50 in all, for 5 boxes."]
    assert align_words(spoken, student, "5 boxes").divergence is None


def test_golds_without_values_diverge_where_the_thought_differs() -> None:
    gold = ["apples boxes", "price total"]
    expected = Divergence(1, 1, "differs from gold step 2", "unlike")
    assert align_words(gold, ["apples boxes", "hours miles"]).divergence == expected
    assert align_words(gold, gold).divergence is None
