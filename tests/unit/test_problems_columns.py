"""From columns to problems: GSM8K, MATH and plain files, and what is wrong with a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UserError
from engine.problems.columns import (
    BadRow,
    Kind,
    Naming,
    choose_layout,
    clean_answer,
    split_final_line,
    strip_marks,
    to_problem,
)
from engine.problems.problem import Problem, question_key
from engine.problems.tables import Row
from engine.recipes.columns import look_up
from engine.recipes.sections import ColumnNames

GSM8K = {
    "question": "A tank holds 50 liters. How much do 2 tanks and a 4 liter can hold?",
    "answer": "Two tanks hold 2*50=<<2*50=100>>100 liters.\nIn all 100+4=<<100+4=104>>104.\n#### 1,104.",
}
MATH = {
    "problem": "Find $x$ with $2x=6$.",
    "solution": "We divide by 2. So $x=\\boxed{3}$.",
    "level": "Level 2",
    "type": "Algebra",
}


def made(row: Row, kind: Kind | None = None, **names: str) -> Problem:
    layout = choose_layout([row], ColumnNames(**names), kind, "data.jsonl")
    return to_problem(row, 7, layout, Naming("mine", "mine-test"))


def test_gsm8k_answers_become_steps_and_a_number() -> None:
    problem = made(GSM8K)
    assert problem.answer == "1104"
    assert problem.gold_solution == "Two tanks hold 2*50=100 liters.\nIn all 100+4=104."
    assert problem.gold_steps == ("Two tanks hold 2*50=100 liters.", "In all 100+4=104.")
    assert (problem.id, problem.source, problem.solution) == ("mine-test-00007", "mine", None)


def test_math_takes_its_solution_as_gold_and_the_box_as_answer() -> None:
    problem = made(MATH)
    assert (problem.answer, problem.subject, problem.level) == ("3", "Algebra", "2")
    assert problem.gold_solution == MATH["solution"]
    assert problem.solution is None
    assert len(problem.gold_steps) == 2


def test_the_last_box_with_its_nested_braces_is_the_answer() -> None:
    assert made({**MATH, "solution": "\\boxed{1} then \\boxed{\\frac{1}{\\sqrt{2}}}."}).answer == "\\frac{1}{\\sqrt{2}}"
    assert made({**MATH, "answer": "\\frac{3}{1}"}).answer == "\\frac{3}{1}"


def test_an_empty_box_is_kept_and_no_box_is_a_bad_row() -> None:
    assert made({**MATH, "solution": "There are $\\boxed{}$ primes.", "answer": ""}).answer == ""
    with pytest.raises(BadRow, match="has no answer"):
        made({**MATH, "solution": "There are none."}, "math")


def test_a_plain_file_brings_the_students_solution() -> None:
    problem = made(
        {"question": "1+1?", "answer": "2", "solution": "1+1=<<1+1=2>>2\n#### 2", "id": 12, "subject": "sums"}
    )
    assert (problem.solution, problem.id, problem.subject) == ("1+1=2\n#### 2", "12", "sums")
    assert (problem.gold_solution, problem.gold_steps) == ("", ())


def test_a_plain_file_may_bring_both_solutions() -> None:
    row = {"question": "1+1?", "answer": "2", "solution": "guess 3", "gold_solution": "Add: 1+1=2.\nDone, 2.\n#### 2"}
    problem = made(row)
    assert (problem.solution, problem.gold_steps) == ("guess 3", ("Add: 1+1=2.", "Done, 2."))


def test_the_answer_may_stand_in_the_gold_solution_alone() -> None:
    assert made({"question": "1+1?", "gold_solution": "Add.\n#### 2"}).answer == "2"
    assert made({"question": "1+1?", "gold_solution": "It is \\boxed{2}."}).answer == "2"


def test_naming_the_gold_column_makes_it_no_students_solution() -> None:
    problem = made({"question": "1+1?", "answer": "2", "solution": "Add them."}, gold_solution="solution")
    assert (problem.gold_solution, problem.solution) == ("Add them.", None)


def test_naming_the_students_column_of_a_math_like_file_makes_it_a_plain_one() -> None:
    problem = made({**MATH, "answer": "3"}, solution="solution")
    assert (problem.gold_solution, problem.solution) == ("", MATH["solution"])


def test_columns_may_lie_within_columns() -> None:
    row = {"question": "1+1?", "ground_truth": "Add: 1+1=2.\nA: 2", "model.a": {"x": 1},
           "big": {"is_correct": True, "solution": "1+1=<<1+1=2>>2\nA: 2"}}  # fmt: skip
    problem = made(row, solution="big.solution", answer="ground_truth")
    assert (problem.answer, problem.gold_steps, problem.solution) == ("2", ("Add: 1+1=2.",), "1+1=2\nA: 2")
    assert look_up(row, "model.a") == {"x": 1}
    assert look_up(row, "big.nothing.deeper") is None
    with pytest.raises(BadRow, match=r"big\.is_correct, big\.solution"):
        made(row, solution="big")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"solution": "bg.solution"}, 'no column "bg.solution"; did you mean "big.solution"'),
        ({"question": "Question"}, 'no column "Question"; did you mean "question"'),
        ({"answer": "zzzz"}, 'no column "zzzz"'),
    ],
)
def test_an_unknown_column_is_named_with_what_was_likely_meant(names: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        choose_layout(
            [{"question": "q", "answer": "1", "big": {"solution": "s"}}], ColumnNames(**names), None, "data.jsonl"
        )
    assert message in caught.value.message
    assert "big.solution" in caught.value.next_step


@pytest.mark.parametrize(("row", "role"), [({"text": "q", "answer": "1"}, "question"), ({"question": "q"}, "answer")])
def test_a_file_without_question_or_answer_says_which_columns_it_has(row: Row, role: str) -> None:
    with pytest.raises(UserError, match=f"no column for the {role}") as caught:
        made(row)
    assert next(iter(row)) in caught.value.next_step


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"question": "  ", "answer": "1"}, "has no question"),
        ({"answer": "1"}, "has no question"),
        ({"question": "q", "answer": ""}, "has no answer"),
        ({"question": "q", "answer": None}, "has no answer"),
        ({"question": "q", "answer": [1, 2]}, "list in column 'answer'"),
        ({"question": "q", "answer": True}, "bool in column 'answer'"),
        ({"question": {"text": "q"}, "answer": "1"}, "question.text"),
        ({"question": "q", "answer": "1", "solution": None}, "has no solution"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: Row, fault: str) -> None:
    good = {"question": "q", "answer": "1", **({"solution": "s"} if "solution" in row else {})}
    layout = choose_layout([good], ColumnNames(), None, "data.jsonl")
    with pytest.raises(BadRow) as caught:
        to_problem(row, 0, layout, Naming("mine", "mine"))
    assert fault in str(caught.value)


def test_one_row_without_a_final_line_is_bad_and_does_not_change_the_format() -> None:
    broken = {"question": "q", "answer": "It is\nmany."}
    layout = choose_layout([broken, GSM8K, GSM8K], ColumnNames(), None, "data.jsonl")
    assert layout.kind == "gsm8k"
    with pytest.raises(BadRow, match="no final line"):
        to_problem(broken, 0, layout, Naming("mine", "mine"))


def test_ids_stay_unique() -> None:
    naming = Naming("mine", "mine-test")
    assert [naming.id_for(wanted, 3) for wanted in ("a", "a", "a-2", "a", "")] == [
        "a",
        "a-2",
        "a-2-2",
        "a-3",
        "mine-test-00003",
    ]
    assert naming.doubles == 3


@pytest.mark.parametrize(
    ("answer", "clean"),
    [("1,450", "1450"), ("$18.", "18"), ("-3", "-3"), ("2.50", "2.50"), ("109,200,000", "109200000"),
     ("(1,2)", "(1,2)"), ("1,2", "1,2"), ("\\frac{1}{2}", "\\frac{1}{2}"), (" x = 3 ", "x = 3"), ("12,34", "12,34")],
)  # fmt: skip
def test_only_plain_numbers_are_cleaned(answer: str, clean: str) -> None:
    assert clean_answer(answer) == clean


@pytest.mark.parametrize(
    ("text", "body", "answer"),
    [
        ("a\nb\n#### 72", "a\nb", "72"),
        ("a\n####72  \n", "a", "72"),
        ("#### 5", "", "5"),
        ("a\n#### 1\nb\n#### 2", "a\n#### 1\nb", "2"),
        ("a\nA: 18\n", "a", "18"),
        ("A: 18", "", "18"),
        ("Take A: 18 apples\nDone.", "Take A: 18 apples\nDone.", None),
        ("A: 18\nmore", "A: 18\nmore", None),
        ("no answer ####", "no answer ####", None),
        ("", "", None),
    ],
)
def test_the_final_line(text: str, body: str, answer: str | None) -> None:
    assert split_final_line(text) == (body, answer)


@given(st.text(alphabet="ab<>=0123 \n"))
def test_stripping_marks_leaves_no_mark_and_all_else(text: str) -> None:
    stripped = strip_marks(f"{text}<<1+1=2>>")
    assert stripped == strip_marks(stripped) or "<<" in text
    assert strip_marks(f"x = <<{1}>>{text.replace('<', '')}") == f"x = {text.replace('<', '')}"


@pytest.mark.parametrize(
    ("value", "kind", "level"),
    [("Level 5", "math", "5"), (3, "math", "3"), (3.0, "generic", "3"), ("None", "math", ""), ("Level ?", "math", ""),
     (None, "generic", ""), ("easy", "generic", "easy"), ("easy", "math", "")],
)  # fmt: skip
def test_levels_become_their_number(value: object, kind: Kind, level: str) -> None:
    row = {"question": "q", "answer": "1", "level": value}
    layout = choose_layout([{**row, "level": "1"}], ColumnNames(), kind, "data.jsonl")
    assert to_problem(row, 0, layout, Naming("mine", "mine")).level == level


def test_typesetting_makes_no_other_question() -> None:
    assert question_key("Tom’s  “box”\nholds 3") == question_key('tom\'s "box" holds 3')
    assert question_key("It holds 3") != question_key("It holds 4")


def test_nan_is_a_gap_and_no_answer() -> None:
    assert made({"question": "q", "answer": "1", "level": float("nan"), "subject": float("nan")}).level == ""
    with pytest.raises(BadRow, match="has no answer"):
        made({"question": "q", "answer": float("nan")})


def test_half_a_character_is_replaced_everywhere() -> None:
    problem = made(
        {"question": "q \ud83d", "answer": "1", "gold_solution": "a \udc00", "solution": "b \ud83d", "id": "\ud83d"}
    )
    assert (problem.question, problem.gold_steps, problem.solution, problem.id) == (
        "q \ufffd",
        ("a \ufffd",),
        "b \ufffd",
        "\ufffd",
    )
