"""Runs with two graded stages: each is compared with its partner, or with another stage of its own run, by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from engine.compare.compared import compare_by_stage, compare_runs
from engine.errors import UserError
from engine.runs.directory import RunDirectory, find_stage
from engine.runs.files import write_json_atomic
from tests.screens.fake_runs import FakeRun, varied_row

COUNT = 16
CONFIG = {
    "models": {"policy": "hf:base"},
    "problems": {"source": "gsm8k"},
    "stages": [
        {"kind": "evaluate", "name": "base", "few_shot": 0, "models": {}},
        {"kind": "evaluate", "name": "tuned", "few_shot": 4, "models": {"policy": "path:tuned"}},
    ],
}


def two_stages(folder: Path, recipe: str, right_when_tuned: int) -> RunDirectory:
    """`base` as it comes (half of it right), `tuned` with so many right ones."""
    run = FakeRun(folder, recipe)
    base = [varied_row(n) for n in range(COUNT)]
    tuned = [{**row, "verdict": "right" if n < right_when_tuned else "wrong"} for n, row in enumerate(base)]
    for stage, rows in (("base", base), ("tuned", tuned)):
        run.begin(COUNT, stage).add(rows, stage)
    write_json_atomic(run.directory.path / "config_resolved.json", CONFIG)
    return run.finish().directory


def test_two_stages_of_one_run_are_compared_by_name(tmp_path: Path) -> None:
    run = two_stages(tmp_path, "one", COUNT)
    (found,) = compare_by_stage(run, run, "base", "tuned")
    assert (found.stage_a, found.stage_b) == ("base", "tuned")
    assert found.table.right == (8, 16)
    assert (found.only_a, found.only_b) == (0, 0)
    assert [str(setting) for setting in found.differs] == ["models.policy hf:base → path:tuned", "stage.few_shot 0 → 4"]


def test_two_runs_are_compared_stage_by_stage_and_not_as_a_mix(tmp_path: Path) -> None:
    one, two = two_stages(tmp_path, "one", 12), two_stages(tmp_path, "two", 16)
    base, tuned = compare_by_stage(one, two)
    assert (base.stage_a, base.stage_b, base.table.right) == ("base", "base", (8, 8))
    assert (tuned.stage_a, tuned.stage_b, tuned.table.right) == ("tuned", "tuned", (12, 16))
    assert not base.differs
    last = compare_runs(one, two)
    assert last.table == tuned.table
    assert "base with base" in last.cautions[-1]


def test_a_stage_named_on_one_side_meets_its_namesake_else_the_last(tmp_path: Path) -> None:
    two = two_stages(tmp_path, "two", 16)
    one = FakeRun(tmp_path, "one").begin(COUNT).add(varied_row(n) for n in range(COUNT)).finish().directory
    assert compare_by_stage(one, two, stage_b="base")[0].table.right == (8, 8)
    assert compare_by_stage(two, two_stages(tmp_path, "three", 9), stage_a="base")[0].stage_b == "base"
    assert compare_by_stage(two, one, stage_b="evaluate")[0].stage_a == "tuned"


def test_what_is_no_stage_is_refused_with_those_there_are(tmp_path: Path) -> None:
    run = two_stages(tmp_path, "one", 16)
    with pytest.raises(UserError, match='the stage "tuner"') as refused:
        compare_by_stage(run, run, "base", "tuner")
    assert "base, tuned" in refused.value.next_step
    for same in (("", ""), ("base", "base"), ("base", "")):
        with pytest.raises(UserError, match="is both runs"):
            compare_by_stage(run, run, *same)


def test_a_run_is_found_with_its_stage(tmp_path: Path) -> None:
    run = two_stages(tmp_path, "one", 16)
    for text in (f"{run.id}/base", "last/base", "one-/base", f"{run.path}/base", f"{run.path}/base/"):
        assert find_stage(tmp_path, text) == (RunDirectory(run.path.resolve()), "base"), text
    assert find_stage(tmp_path, str(run.path)) == (RunDirectory(run.path.resolve()), "")
    with pytest.raises(UserError, match="no run"):
        find_stage(tmp_path, f"{tmp_path}/nothing")


def test_the_command_line_tells_stages_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = two_stages(tmp_path, "one", 12)
    two = two_stages(tmp_path, "two", 16)
    assert cli.main(["--runs", str(tmp_path), "--compare", "one-/base", "one-/tuned"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == [f"A  {one.id}/base", f"B  {one.id}/tuned"]
    assert cli.main(["--runs", str(tmp_path), "--compare", "one-", "two-"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("A  ", "B  "))]
    assert heads == [f"A  {one.id}/base", f"B  {two.id}/base", f"A  {one.id}/tuned", f"B  {two.id}/tuned"]
    assert cli.main(["--runs", str(tmp_path), "--compare", "one-", "two-", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["stages"] for line in lines if line["type"] == "comparison"] == [
        {"a": "base", "b": "base"}, {"a": "tuned", "b": "tuned"},
    ]  # fmt: skip
