"""What holds of every text: extraction finds what was put in, numbers survive their dress, and noise breaks nothing."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.extraction import extract_answer, gold_answer
from engine.grading.grader import Grader, decide
from engine.grading.numbers import decimal_comma, read_number, same_number
from engine.grading.numerals import last_number
from tests.fuzz_grader import broken_promises, compare_all, inputs

SEED = 7
INPUTS = 5_000
COMPARED = 60  # of them also in the symbolic processes; `make fuzz` compares thousands

numbers = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=999)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2)
noise = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), max_size=60)


def test_noise_breaks_no_promise_of_the_rules() -> None:
    broken = [
        (number, text[:80], what)
        for number, text in enumerate(inputs(INPUTS, SEED))
        for what in broken_promises(text, number)
    ]
    assert broken == []


def test_noise_breaks_no_symbolic_process(grader: Grader) -> None:
    labels: Counter[str] = Counter()
    texts = list(islice(inputs(INPUTS, SEED), 0, INPUTS, INPUTS // COMPARED))
    assert compare_all(grader, texts, labels) == []
    assert labels.total() == 2 * len(texts)


def test_the_inputs_of_a_seed_are_always_the_same() -> None:
    assert list(inputs(50, 3)) == list(islice(inputs(500, 3), 50))
    assert list(inputs(50, 3)) != list(inputs(50, 4))


@settings(max_examples=200, deadline=None)
@given(decimals, noise.filter(lambda text: "<" not in text and "boxed" not in text))
def test_a_boxed_number_is_found_in_any_surroundings(value: object, before: str) -> None:
    found = extract_answer(f"{before}\nso \\boxed{{{value}}} it is")
    assert (found.text, found.parsed_from) == (f"{value}", "boxed")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=5))
def test_the_last_of_several_explicit_answers_counts(values: list[int]) -> None:
    assert extract_answer("\n".join(f"No, it is\n#### {value}" for value in values)).text == str(values[-1])
    assert extract_answer("\n".join(f"No, \\boxed{{{value}}}." for value in values)).text == str(values[-1])


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.text("ab1+", min_size=1, max_size=4), lambda inner: inner.map(lambda text: f"{{{text}}}")))
def test_braces_inside_a_box_are_kept(inside: str) -> None:
    assert extract_answer(f"\\boxed{{\\frac{{1}}{inside}}}").text == f"\\frac{{1}}{inside}"


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(["", "-"]), st.sampled_from(["", "$"]))
def test_the_last_number_keeps_its_sign_and_commas(value: int, sign: str, currency: str) -> None:
    written = f"{sign}{currency}{value:,}"
    assert last_number(f"There were 7 of them, and in all {written}") == written


@settings(max_examples=300, deadline=None)
@given(numbers)
def test_a_fraction_is_read_exactly_in_each_spelling(value: Fraction) -> None:
    top, bottom = value.numerator, value.denominator
    for spelling in (f"{top}/{bottom}", f"\\frac{{{top}}}{{{bottom}}}", f"x = \\dfrac{{{top}}}{{{bottom}}}"):
        number = read_number(spelling)
        assert number is not None
        assert number.value == value


@settings(max_examples=300, deadline=None)
@given(numbers, numbers)
def test_two_numbers_are_equal_exactly_when_their_values_are(left: Fraction, right: Fraction) -> None:
    mine, theirs = read_number(f"{left}"), read_number(f"{right}")
    assert mine is not None
    assert theirs is not None
    there, back = same_number(mine, theirs), same_number(theirs, mine)
    assert there == back
    assert there is None or there == (left == right)


@settings(max_examples=200, deadline=None)
@given(decimals)
def test_a_decimal_comma_is_a_decimal_point_where_no_list_is_meant(value: object) -> None:
    written = f"{value}"
    number = decimal_comma(written.replace(".", ","))
    assert number is not None
    assert number.value == Fraction(written)
    assert decide(written, written.replace(".", ",")) in (("right", "numeric"), None)


@settings(max_examples=500, deadline=None)
@given(noise)
def test_any_text_is_never_wrong_against_itself(text: str) -> None:
    gold = gold_answer(text)
    decision = decide(gold, gold)
    assert decision is None or decision[0] != "wrong"
