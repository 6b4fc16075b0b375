"""A figure that rests on too little for an interval says so, wherever it is shown."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from engine.evaluation.summary import summarise
from engine.reports.folder import write_report
from engine.reports.material import gather
from engine.reports.stage import summary_text
from engine.rows.graded import GradedRow
from engine.statistics.figure import NO_INTERVAL
from tests.row_table import make_row

ONE_ITEM = [make_row(0, level="Level 1")]
ONE_PROBLEM = [
    replace(make_row(k, ("wrong", "right")[k % 2], 0.3 + k / 9, id=f"p~{k}", level="Level 1"), problem="p", sample=k)
    for k in range(4)
]
MANY = [
    make_row(
        k, ("wrong", "right", "right")[k % 3], (k * 7 % 19) / 19, level="Level 1", tokens=50 + k,
        scores={"coverage": (k * 7 % 19) / 19, "extra": k / 80, "order_free": 1 - k / 80, "published": k / 40},
    )
    for k in range(40)
]  # fmt: skip


@pytest.mark.parametrize(("rows", "lacks"), [(ONE_ITEM, True), (ONE_PROBLEM, True), (MANY, False)])
def test_the_report_says_where_there_is_no_interval(tmp_path: Path, rows: list[GradedRow], lacks: bool) -> None:
    write_report(tmp_path, gather("Report", {}, rows, "mathreason-tui"), figures=False)
    marks = {"report.md": "[–]", "table.tex": "{[--]}"}
    for name, mark in marks.items():
        text = (tmp_path / name).read_text("utf-8")
        assert (f" {mark} " in text) is lacks, name
        assert (NO_INTERVAL in text) is lacks, f"{name} explains the mark where it has one"
    assert NO_INTERVAL in (tmp_path / "report.tex").read_text("utf-8")
    with open(tmp_path / "summary.csv", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert any(line["note"] == NO_INTERVAL for line in lines) is lacks
    counts = [line for line in lines if line["metric"] in ("tokens", "outcome_right", "quadrant_robust")]
    assert all(line["note"] == "" for line in counts), "what is counted needs no interval"


def test_the_summary_in_the_terminal_says_it_too() -> None:
    text = " ".join(summary_text(ONE_PROBLEM, summarise(ONE_PROBLEM)).split())
    assert "Pearson 0.45 [no interval], Spearman 0.45 [no interval], AUC 0.75 [no interval]" in text
    assert "4 samples of 1 problem;" in text
    assert "[no interval]" not in summary_text(MANY, summarise(MANY))
