"""Why an item has its verdict: each grader and a human in lines of their own, the answer marked where it stands."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from engine.compare.overrides import Override
from screens.items.grades import PARSED_FROM, RULES, as_lines, grade_entries, human_line, passages, rule_text
from tests.cost import cpu_seconds
from tests.screens.fake_runs import item_of, no_gold, varied_row


def grades(row: dict[str, Any], override: Override | None = None, judge_model: str = "") -> str:
    return "\n".join(as_lines(grade_entries(item_of(row), override, judge_model)))


def test_the_grades_tell_the_whole_chain() -> None:
    text = grades(varied_row(3))
    for part in ("no pattern fitted", "judge       not asked", "no-answer: no answer was found",
                 "is not above the threshold 0.70", "the token limit", "version 1", "embedder toy"):  # fmt: skip
        assert part in text
    assert "nothing to align with" in grades(no_gold(varied_row(0)))


@pytest.mark.parametrize(
    ("row", "judge_model", "line"),
    [
        (varied_row(0), "big", "not asked: the rules said right"),
        (varied_row(2), "", "not asked: this run has no judge"),
        (varied_row(0), "", "not asked: this run has no judge"),
        (varied_row(3), "", "not asked: this run has no judge"),
        (varied_row(3), "big", "there is none"),
        (
            varied_row(2, judge="right", rule="judge", verdict="right"),
            "big",
            "✓ right · judge: the judge model was",
        ),
        (varied_row(2, judge="wrong"), "big", "✗ wrong · asked, but it did not decide · big"),
        (varied_row(2, judge="unparsed"), "big", "its reply was neither yes nor no"),
    ],
)
def test_the_judge_says_why_it_was_not_asked_or_what_it_said(row: dict[str, Any], judge_model: str, line: str) -> None:
    said = next(text for text in grades(row, judge_model=judge_model).splitlines() if text.startswith("judge "))
    assert line in said


@pytest.mark.parametrize("t", [1e18, float("inf"), float("nan"), -1e300])
def test_a_time_that_no_calendar_has_is_left_out(t: float) -> None:
    assert human_line(Override("evaluate", "a", "right", "n", t)).plain == "✓ right · “n”"


def test_every_rule_of_the_grader_has_words_and_a_later_one_keeps_its_name() -> None:
    from engine.grading.grader import _OUTCOMES, NO_ANSWER, decide
    from engine.grading.limits import ANSWER_LENGTH_LIMIT, NESTING_LIMIT

    answers = ("1", "x" * (ANSWER_LENGTH_LIMIT + 1), "(" * (NESTING_LIMIT + 1) + ")" * (NESTING_LIMIT + 1),
               "2**9999999999", "__import__('os')")  # fmt: skip
    decisions = [decision for answer in answers if (decision := decide("2", answer))]
    assert len(decisions) == len(answers)
    assert {rule for _, rule in (*decisions, *_OUTCOMES.values(), NO_ANSWER)} <= RULES.keys()
    assert rule_text("gold-too-big").startswith("gold-too-big: of the gold answer: refused")
    assert rule_text("of-2031") == "of-2031"


def test_a_humans_verdict_has_its_own_line_and_changes_no_other() -> None:
    row = varied_row(2, quadrant="failure", scores={"coverage": 0.3})
    override = Override("evaluate", row["id"], "right", "the gold \x1b[31mis\u202e wrong\n2nd", 0.0)
    before, after = grades(row).splitlines(), grades(row, override).splitlines()
    changed = {a.split()[0] for a, b in zip(after, before, strict=True) if a != b}
    assert changed == {"human", "quadrant"}
    assert "human       ✓ right · “the gold is wrong ⏎ 2nd”" in after
    assert any("✕ failure → ○ lucky guess" in line for line in after)


@pytest.mark.parametrize(
    ("solution", "predicted", "parsed_from", "marked"),
    [
        ("3 * 6 = 18\n#### 18\n", "18", "hash", "#### »18«"),
        ("18 and 18.\n#### **$18$**.", "18", "hash", "**$»18«$**"),
        ("#### 5\nno:\n#### 18\n#### Step 3", "18", "hash", "#### »18«\n#### Step"),
        ("\\boxed{5} then \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}", "boxed", "{»\\frac{1}{2}«}."),
        ("so \\boxed{1}, \\boxed{2}", "1, 2", "boxed", "\\boxed»{2}«"),
        ("<answer>1 + 17 = 18, so 18</answer> 18", "18", "answer-tag", "so »18«</answer>"),
        ("The answer is: 180 - 162 = 18 apples", "18", "answer-line", "= »18« apples"),
        ("He has 1800 and 18, then 118 or .18 or 18.5", "18", "last-number", "and »18«, then"),
        ("about -  $ 5 , no: - 1 / 2 left", "-1/2", "last-number", "no: »- 1 / 2« left"),
        ("nothing of it", "18", "last-number", None),
        ("nothing of it", "18", "boxed", None),
        ("", "18", "hash", None),
    ],
)
def test_the_answer_is_marked_where_it_was_read(
    solution: str, predicted: str, parsed_from: str, marked: str | None
) -> None:
    item = item_of(varied_row(0, solution=solution, predicted=predicted, parsed_from=parsed_from))
    shown = passages(item)[0].plain
    if marked is None:
        assert "«" not in shown
        assert "does not stand in this text" in shown or not solution
    else:
        assert marked in shown
        assert shown.replace("»", "").replace("«", "") == solution


def test_the_engines_own_extractions_are_found_again() -> None:
    from engine.grading.extraction import extract_answer

    texts = ("#### 1,234", "A: 3/4", "**Answer:** 12 %", "\\boxed{(3, \\pi)}", "<answer>x=3</answer>", "it is -7.5.",
             "The final answer is $42$.", "#### $ 5", "$\\boxed{\\text{yes}}$")  # fmt: skip
    for text in texts:
        found = extract_answer("First 1 + 1 = 2.\n" + text)
        assert found.text is not None
        item = item_of(varied_row(0, solution=text, predicted=found.text, parsed_from=found.parsed_from))
        assert "«" in passages(item)[0].plain, text


@pytest.mark.xdist_group("alone")
def test_a_long_solution_shows_the_part_around_its_answer_quickly() -> None:
    solution = "word " * 20_000 + "#### 18 " + "\nmore" * 2000
    item = item_of(varied_row(0, solution=solution, predicted="18", parsed_from="hash"))
    assert cpu_seconds(partial(passages, item), within=0.5) < 0.5
    shown = passages(item)[0].plain
    assert "»18«" in shown
    assert len(shown) < 2200
    assert "characters before" in shown
    assert "characters after" in shown


@pytest.mark.xdist_group("alone")
def test_hostile_text_costs_no_time() -> None:
    for predicted, solution in (("((((" * 99, "(" * 150_000), ("1" * 300, "1 " * 90_000), ("a", "\\boxed{" * 20_000)):
        for parsed_from in ("hash", "boxed", "answer-tag", "answer-line", "last-number"):
            item = item_of(varied_row(0, solution=solution, predicted=predicted, parsed_from=parsed_from))
            seconds = cpu_seconds(partial(passages, item), within=0.5)
            assert seconds < 0.5, (predicted[:5], parsed_from)


def test_every_extraction_pattern_has_words() -> None:
    from typing import get_args

    from engine.grading.verdict import ParsedFrom

    assert set(get_args(ParsedFrom)) == set(PARSED_FROM)
