"""The end of --batch: every accuracy with its interval, what the score says about the answer, nothing too wide."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from engine.evaluation.summary import summarise
from engine.reports.stage import accuracy_lines, association_lines, summary_text
from engine.rows.graded import GradedRow
from tests.row_table import make_row, unaligned_row


def rows_by_level() -> list[GradedRow]:
    return [
        make_row(i, ("right", "wrong")[i % 2], i / 10, level=str(1 + i % 3), subject="Zahlentheorie und Verwandtes" * 3)
        for i in range(9)
    ]


def test_every_accuracy_has_its_interval() -> None:
    lines = accuracy_lines(summarise(rows_by_level()))
    assert lines[0] == "accuracy 55.6% [26.7%, 81.1%] of 9: right 5, wrong 4"
    assert lines[1].split() == ["level", "1", "66.7%", "[20.8%,", "93.9%]", "of", "3"]
    assert len(lines) == 5
    assert all("[" in line for line in lines)


def test_both_graders_have_their_intervals() -> None:
    rows = [make_row(0, "right", symbolic="wrong", judge="right"), make_row(1, "wrong", judge="wrong"), make_row(2)]
    lines = accuracy_lines(summarise(rows))
    assert lines[1] == "  symbolic grader alone 33.3% [6.1%, 79.2%] of 3"
    assert lines[2].startswith("  judge where asked 50.0% [9.5%, 90.5%] of 2")


def test_the_score_and_the_answer_are_compared_with_count_and_interval_or_reason() -> None:
    found = " ".join(association_lines(summarise(rows_by_level())))
    assert "coverage with a right answer: Pearson 0.00 [-0.66, 0.66]" in found
    assert "n = 9, this run's items only" in found
    alike = " ".join(association_lines(summarise([make_row(i, coverage=i / 10) for i in range(4)])))
    assert "no correlation: every answer is right (n = 4)" in alike
    assert association_lines(summarise([unaligned_row()])) == []


@pytest.mark.parametrize("width", [60, 100])
def test_no_line_of_the_summary_is_too_wide(width: int) -> None:
    shown = summary_text(rows_by_level(), summarise(rows_by_level()), width)
    assert max(map(cell_len, shown.splitlines())) <= width
