"""Runs that earlier versions made (tests/recorded/<event version>): they open, compare, are resumed and graded again.

A version's runs are recorded once and never changed; a later version of the program has to read them as they are.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine.compare.compared import compare_runs
from engine.compare.overviews import OverviewReader
from engine.rows.graded import GradedRow, count_items
from engine.runs.directory import RunDirectory, list_runs, read_record, write_record
from engine.runs.results import read_row, read_rows
from screens.items.item import read_item
from tests.run_driver import finish, make_run, state_of

RECORDED = Path(__file__).resolve().parents[1] / "recorded"
EVALUATED, SAMPLED, REGRADED = (
    "2026-12-01-032248-demo-f400",
    "2026-12-01-032419-demo-1bc2",
    "2026-12-01-032502-regrade-c66e",
)
ITEMS = {EVALUATED: 6, SAMPLED: 8, REGRADED: 8}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A copy of the runs of version 1 in a folder of their own."""
    shutil.copytree(RECORDED / "version1", tmp_path / "runs")
    return tmp_path / "runs"


@pytest.mark.parametrize("name", ITEMS)
def test_a_recorded_run_opens_with_every_item(runs: Path, name: str) -> None:
    run = RunDirectory(runs / name)
    state = state_of(run)
    assert len(state.items) == ITEMS[name]
    assert state.finished is not None
    assert state.finished.status == "done"
    rows = {row["id"]: GradedRow.from_json(row) for _, row in read_rows(run.results(state.in_focus.name))}
    for item in state.items:
        row = rows[item.id]
        assert (item.outcome, item.fact("predicted"), item.score("coverage")) == (
            row.outcome, row.predicted, row.scores["coverage"],
        )  # fmt: skip
        assert replace(row.to_item(item.stage, item.offset), facts=item.facts) == item
        assert read_item(run, item).id == item.id
        body = read_row(run.results(item.stage), item.offset)
        assert body == row.to_json(), "a row of then is written as it was read"
    assert sum(count_items(state.items).verdicts.values()) == ITEMS[name]
    if name == EVALUATED:  # the others were over too soon
        assert state.machine["machine.rss_gb"].last


def test_the_list_of_runs_shows_what_they_reached(runs: Path) -> None:
    lines = {line.run.id: line for line in OverviewReader(runs).read()}
    assert {name: line.overview.status for name, line in lines.items()} == dict.fromkeys(ITEMS, "done")
    assert all(line.accuracy is not None for line in lines.values())
    assert lines[EVALUATED].policy == "embedded:smollm2-135m-instruct"


def test_recorded_runs_are_compared(runs: Path) -> None:
    found = compare_runs(RunDirectory(runs / SAMPLED), RunDirectory(runs / REGRADED))
    assert len(found.pairs) == 8
    assert found.table.p_value == 1.0


def test_a_recorded_run_that_was_killed_goes_on_to_the_same_rows(runs: Path) -> None:
    """Half of what it had written was lost with its worker: three rows, and the events from the third item on."""
    run = RunDirectory(runs / REGRADED)
    results = run.results("regrade")
    whole = results.read_bytes()
    lines = whole.splitlines(keepends=True)
    results.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    events = run.events.read_bytes().splitlines(keepends=True)
    third = [place for place, line in enumerate(events) if b'"Sample"' in line][2]
    run.events.write_bytes(b"".join(events[:third]))
    run.result.unlink()
    record = read_record(run)
    assert record is not None
    write_record(run, replace(record, pid=None))
    recipe = run.recipe.read_text(encoding="utf-8")
    run.recipe.write_text(recipe.replace("/tmp/fx/", f"{runs}/"), encoding="utf-8")
    assert finish(run) == 0, run.log.read_text()
    assert [row["id"] for _, row in read_rows(results)] == [row["id"] for row in map(_row, lines)]
    assert [row["verdict"] for _, row in read_rows(results)] == [row["verdict"] for row in map(_row, lines)]
    assert len(state_of(run).items) == 8


def test_a_recorded_run_is_graded_again(runs: Path) -> None:
    again = make_run(runs, "regrade", [f"run={runs / EVALUATED}", "report.figures=false"])
    assert finish(again) == 0, again.log.read_text()
    before = {row["id"]: row for _, row in read_rows(RunDirectory(runs / EVALUATED).results("evaluate"))}
    rows = [row for _, row in read_rows(again.results("regrade"))]
    assert len(rows) == 6
    for row in rows:
        assert row["before"]["verdict"] == before[row["id"]]["verdict"]
        assert row["scores"] == before[row["id"]]["scores"]
    assert len(list_runs(runs)) == 4


def _row(line: bytes) -> dict[str, object]:
    body: dict[str, object] = json.loads(line)
    return body
