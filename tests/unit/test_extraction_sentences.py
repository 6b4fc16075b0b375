"""extract_answer on answer lines written as sentences: the amount they state, and what stays as it was written."""

from __future__ import annotations

import pytest

from engine.grading.extraction import extract_answer
from engine.grading.grader import Grader, GradeRequest
from engine.grading.sentences import front_amount, stated_amount, undecorated
from tests.cost import cpu_seconds

ADVERBS = ["approximately", "about", "around", "roughly", "exactly", "only", "therefore", "thus", "also", "just"]


@pytest.mark.parametrize("adverb", [*ADVERBS, "indeed", "therefore approximately"])
def test_adverbs_in_front_of_an_answer_are_dress(adverb: str) -> None:
    assert extract_answer(f"The answer is {adverb} 42.").text == "42"
    assert extract_answer(f"The answer is {adverb} $42$.").text == "42"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: She sold 42 apples.", "42"),
        ("Answer: I have 42 apples", "42"),
        ("Answer: Weng earned $42.", "$42"),
        ("**Final Answer:** Weng earned **$42**.", "$42"),
        ("Final Answer: James writes 42 pages a year.", "42 pages a year"),
        ("**Answer:** Verna received $7.00 in change.", "$7.00"),
        ("Answer: Betty needs $42 more to buy the wallet.", "$42"),
        ("**Answer:** It will take 42 days.", "42 days"),
        ("Answer: Tom sold 42 million cans.", "42 million cans"),
        ("Answer: Tom sold 42 apples (21 red and 21 green).", "42"),
        ("Answer: The total comes to 42 euros", "42 euros"),
        ("Answer: total of 42", "42"),
        ("Answer: 42 apples left over.", "42 apples left over"),
        ("Answer: 42 apples and oranges", "42"),
        ("Answer: 42 minutes to finish", "42 minutes"),
        ("Answer: 42 ✅", "42"),
        ("**Answer:** **42 apples** 🍎", "42 apples"),
        ("Answer: 42 students (21 boys and 21 girls)", "42 students"),
        ("Answer: 42 (6*7)", "42"),
        ("Answer: 42 (6 x 7 = 42)", "42"),
        ("Answer: 42 (i.e., forty-two)", "42"),
        ("The answer is 42, not 43.", "42"),
        ("The answer is 42 apples, not 43.", "42 apples"),
        ("The answer is 40 + 2 = 42 apples.", "42 apples"),
        ("The answer is therefore Evelyn.", "Evelyn"),
    ],
)
def test_the_amount_that_an_answer_line_states_is_the_answer(text: str, answer: str) -> None:
    assert extract_answer(text).text == answer


@pytest.mark.parametrize(
    "answer",
    [
        "Evelyn", "Room 5", "March 5", "on March 5", "multiples of 7", "divisible by 3", "x = 2 or x = 3", "2, 3",
        "[2, 3)",
        "(2, 3)", "2 (x+1)", "3 (2)", "3(2)", "5 (mod 7)", "5 or six", "42 and a half", "5 feet, 3 inches",
        "2x = 42 apples",
        "3 + x = 42 apples", "4 apples, 3 pears", "2 sqrt (3)", "f(x) = 3x + 2", "40 + 2 = 42", "Tom has $2x$ apples",
        "sin 30", "7 C 3", "42 million", "3 more than x", "5 more than twice y", "1 (2 solutions)", "6 (5)",
        "42 (or 43)", "42 apples (or 43)", "42 (about 43)",
    ],
)  # fmt: skip
def test_words_formulas_lists_and_intervals_stay_as_they_are(answer: str) -> None:
    assert extract_answer(f"Answer: {answer}").text == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("$\\boxed{x=2}$ or $\\boxed{x=3}$", "x=2, x=3"),
        ("\\boxed{2} or \\boxed{3}", "3"),
        ("$\\boxed{x=0.5}$ or $\\boxed{x=\\frac12}$", "x=\\frac12"),
        ("$\\boxed{x=2}$ or $\\boxed{y=3}$", "y=3"),
        ("\\boxed{0.5} or \\boxed{1/2}", "1/2"),
        ("\\boxed{3.33} or \\boxed{\\frac{10}{3}}", "\\frac{10}{3}"),
        ("\\boxed{5\\text{ feet}} or \\boxed{60\\text{ inches}}", "60\\text{ inches}"),
        ("\\boxed{0.5} or \\boxed{50\\%}", "50\\%"),
        ("so \\boxed5.", "5"),
        ("**B**", "B"),
        ("It is 5.\n\n**(C)**", "C"),
        ("The correct option is **(B) 42**.", "(B) 42"),
        ("The best choice is A bike for 5.", "5"),
        ("We have **B** 42", "42"),
    ],
)
def test_boxes_joined_by_or_and_choices_in_bold(text: str, answer: str) -> None:
    assert extract_answer(text).text == answer


def test_two_solutions_in_boxes_joined_by_or_are_right_and_a_hedge_is_not(grader: Grader) -> None:
    texts = [("2,3", "$\\boxed{x=2}$ or $\\boxed{x=3}$"), ("3", "$\\boxed{x=2}$ or $\\boxed{x=3}$")]
    verdicts = grader.grade([GradeRequest("", gold, text) for gold, text in texts])
    assert [verdict.label for verdict in verdicts] == ["right", "wrong"]


@pytest.mark.xdist_group("alone")
@pytest.mark.parametrize(
    "piece", ["a ", "Tom has ", "4 ", "4 a", "(", "4 + ", "= 4 ", "just ", "✅", " ", "4 (not ", "$", "Tom, ", "a, 4"]
)
def test_long_hostile_lines_are_read_in_linear_time(piece: str) -> None:
    def read() -> None:
        for text in (piece * 200, "Tom " + piece * 200, "4 = " + piece * 200):
            stated_amount(text[:400]), front_amount(text[:400]), undecorated(text[:400])

    assert cpu_seconds(read, within=0.5) < 0.5
