"""`--compare RUN RUN`: what it prints, as text and as JSON lines, and its exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.comparing import FLIPS_SHOWN
from engine.compare.overrides import Override, write_override
from engine.runs.directory import RunDirectory
from tests.screens.fake_runs import FakeRun, varied_row


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three runs: `one`, `two` over the same 96 problems, and `other`."""
    rows = [varied_row(n) for n in range(96)]
    verdicts = dict.fromkeys(range(0, 96, 2), "right") | dict.fromkeys(range(1, 96, 6), "wrong")
    two = [{**row, "verdict": verdicts.get(n, row["verdict"])} for n, row in enumerate(rows)]
    for name, made in (("one", rows), ("two", two), ("other", [varied_row(n) for n in range(200, 203)])):
        FakeRun(tmp_path, name).begin(len(made)).add(made).finish()
    return tmp_path


def compare(runs: Path, *arguments: str) -> int:
    return cli.main(["--runs", str(runs), "--compare", *arguments])


def test_text_has_table_interval_p_value_and_flips(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(runs, "one-", "two-") == 0
    out = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert re.fullmatch(r"A \S+-one-\S{4}", lines[0])
    assert "A right 40 8 48" in lines
    assert "A not right 24 24 48" in lines
    assert "64 32 96" in lines
    assert "accuracy A 50.0% [40.2%, 59.8%] 48 of 96" in lines
    assert any(line.startswith("B minus A +16.7 [+5.2, +28.1] points") for line in lines)
    assert "p = 0.0070 (exact McNemar: 8 lost against 24 gained)" in lines
    assert "B is better: a difference this large comes by chance with p = 0.0070" in lines
    assert "coverage B minus A +0.000 [-0.031, +0.031] over 96 items" in lines, "all alike: the rule of three"
    assert any(line.startswith("flips 36: 8 right → not right, 24 not right → right, 4 not right") for line in lines)
    listed = [line for line in out.splitlines() if re.match(r"  [↓↑~=] ", line)]
    assert len(listed) == FLIPS_SHOWN
    assert "and 16 more: --json lists all" in out


def test_json_has_one_object_a_line_and_every_flip(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(runs, "one-", "two-", "--json") == 0
    head, *flips = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert head["type"] == "comparison"
    assert head["table"] == {"both": 40, "lost": 8, "gained": 24, "neither": 24}
    assert head["items"] == 96
    assert head["p_value"] == pytest.approx(0.00700036669)
    assert head["accuracy"]["b"]["value"] == pytest.approx(64 / 96)
    assert head["difference"]["value"] == pytest.approx(16 / 96)
    assert head["overridden"] is None
    assert head["flips"] == {"lost": 8, "gained": 24, "changed": 4, "settled": 0}
    assert {flip["type"] for flip in flips} == {"flip"}
    assert len(flips) == 36
    lost = next(flip for flip in flips if flip["id"] == "gen-00001")
    assert (lost["kind"], lost["a"]["outcome"], lost["b"]["outcome"]) == ("lost", "right", "wrong")


def test_samples_are_compared_by_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two problems with four samples each, all gained: two things went up, which shows nothing yet."""
    for name, verdict in (("one", "wrong"), ("two", "right")):
        rows = [varied_row(n, id=f"p{n // 4}~{n % 4}", verdict=verdict) for n in range(8)]
        FakeRun(tmp_path, name).begin(len(rows)).add(rows).finish()
    assert compare(tmp_path, "one-", "two-") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "accuracy B 100.0% [34.2%, 100.0%] 8 of 8" in lines, "as of two problems"
    assert "B minus A +100.0 [no interval] points (no interval: fewer than 6 problems)" in lines
    assert "p = 0.50 (exact sign-flip test over 2 problems: 0 lost against 8 gained)" in lines
    assert "coverage B minus A +0.000 [no interval] over 8 items" in lines
    compare(tmp_path, "one-", "two-", "--json")
    head = json.loads(capsys.readouterr().out.splitlines()[0])
    assert head["over"] == {"problems": 2}
    assert (head["difference"]["value"], head["difference"]["low"], head["difference"]["high"]) == (1.0, None, None)


def test_human_verdicts_are_shown_beside_the_graders(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = next(runs.glob("*-two-*"))

    write_override(RunDirectory(two), Override("evaluate", "gen-00001", "right"))
    write_override(RunDirectory(two), Override("evaluate", "gen-00000", "right"))
    assert compare(runs, "one-", "two-") == 0
    out = capsys.readouterr().out
    assert "p = 0.0070  (exact McNemar: 8 lost against 24 gained)" in out
    assert "\n1 changed, 1 confirmed by a human\n" in out
    assert "p = 0.0033  (exact McNemar: 7 lost against 24 gained)" in out
    compare(runs, "one-", "two-", "--json")
    head, *flips = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (head["changed"], head["confirmed"]) == (1, 1)
    assert head["overridden"]["table"] == {"both": 41, "lost": 7, "gained": 24, "neither": 24}
    settled = [flip for flip in flips if flip["kind"] == "settled"]
    assert [(flip["id"], flip["b"]["outcome"], flip["b"]["human"]) for flip in settled] == [
        ("gen-00001", "wrong", "right")
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["one-", "other-"], "have no item in common (96 and 3 items of their own)"),
        (["one-", "one-"], "is both runs"),
        (["one-", "nowhere"], 'no run "nowhere"'),
        (["20", "one-"], "write more of the id"),
    ],
)
def test_what_cannot_be_compared_is_wrong_usage(
    runs: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(runs, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert "next: " in err


@pytest.mark.parametrize("arguments", [["--compare", "one"], ["--compare", "a", "b", "--status"]])
def test_it_takes_two_runs_and_is_a_job_of_its_own(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "--compare" in capsys.readouterr().err


def test_what_a_model_wrote_does_not_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, predicted in (("one", "1"), ("two", "\x1b[2J\n9" + "9" * 99)):
        row: dict[str, Any] = varied_row(0, verdict="right" if name == "one" else "wrong", predicted=predicted)
        FakeRun(tmp_path, name).begin(1).add([row]).finish()
    assert compare(tmp_path, "one-", "two-") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 100


def test_comparing_brings_in_no_front_end_and_nothing_heavy() -> None:
    code = "import sys, app.comparing; print(*sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {"textual", "torch", "numpy", "pydantic", "transformers"} & set(done.stdout.split())
