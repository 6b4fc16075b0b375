"""A recipe with two graded stages, base and tuned: each is reported, and they are held against each other by name."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app import cli
from app.batch_output import counts_text
from engine.compare.overviews import OverviewReader
from engine.runs.directory import RunDirectory
from tests.run_driver import finish, make_run, state_of
from tests.toy_model import make_toy_model

pytestmark = pytest.mark.xdist_group("alone")

TWO = """
name = "two-stages"
title = "Base & tuned"
[problems]
limit = 6
[[stages]]
kind = "evaluate"
name = "base"
max_new_tokens = 8
[[stages]]
kind = "evaluate"
name = "tuned"
max_new_tokens = 24
few_shot = 1
[stages.problems]
limit = 5
[[stages]]
kind = "report"
name = "report"
figures = false
"""
FILES = {"report.md", "report.tex", "table.tex", "summary.csv", "summary.txt"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    folder = tmp_path_factory.mktemp("two")
    (folder / "two.toml").write_text(TWO)
    toy = make_toy_model(folder / "model")
    made = make_run(folder / "runs", folder / "two.toml", [f"models.policy=path:{toy}"])
    assert finish(made) == 0, made.log.read_text()
    return made


def lines_of(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with open(path, encoding="utf-8") as file:
        return {(line["metric"], line["group"]): line for line in csv.DictReader(file)}


def test_each_stage_has_its_report_and_the_top_holds_them_together(run: RunDirectory) -> None:
    report = run.stage("report")
    assert {path.name for path in report.iterdir()} > FILES
    for stage, items in (("base", 6), ("tuned", 5)):
        assert {path.name for path in (report / stage).iterdir()} > FILES
        rows = (report / stage / "realign_benchmark_results.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(rows) == items
        assert lines_of(report / stage / "summary.csv")[f"{stage}.accuracy", "all"]["n"] == str(items)
    for name in ("report.md", "report.tex", "summary.txt"):
        text = (report / name).read_text(encoding="utf-8")
        assert "tuned (B) against base (A)" in text, name
        assert "exact McNemar" in text, name
    assert "base & 6 & " in (report / "table.tex").read_text(encoding="utf-8")
    assert "[tuned](tuned/report.md) | 5 |" in (report / "report.md").read_text(encoding="utf-8")


def test_the_csv_names_every_figure_by_its_stage(run: RunDirectory) -> None:
    found = lines_of(run.stage("report") / "summary.csv")
    assert {metric.partition(".")[0] for metric, _ in found} == {"base", "tuned"}
    assert (found["base.accuracy", "all"]["n"], found["tuned.mean_coverage", "all"]["n"]) == ("6", "5")
    difference = found["tuned.accuracy_difference", "against=base"]
    assert difference["n"] == "5"
    assert difference["low"]
    assert "p = " in difference["note"]


def test_the_run_is_told_by_its_last_stage_and_never_as_a_mix(run: RunDirectory) -> None:
    result = json.loads(run.result.read_text())
    assert result["summary"]["items"] == 5
    (line,) = OverviewReader(run.path.parent).read()
    assert line.accuracy.n == 5
    first, second, *_ = counts_text(state_of(run)).splitlines()[::2]
    assert first.startswith("base: 6 items finished")
    assert second.startswith("tuned: 5 items finished")


def test_the_stages_are_compared_on_the_command_line(run: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--compare", f"{run.path}/base", f"{run.path}/tuned", "--json"]) == 0
    head = json.loads(capsys.readouterr().out.splitlines()[0])
    assert head["stages"] == {"a": "base", "b": "tuned"}
    assert (head["items"], head["only_a"], head["only_b"]) == (5, 1, 0)
    assert {"stage.few_shot", "stage.max_new_tokens"} <= {setting["name"] for setting in head["differs"]}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_article_compiles(run: RunDirectory, tmp_path: Path) -> None:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={tmp_path}", "report.tex"]
    made = subprocess.run(command, cwd=run.stage("report"), capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:]
