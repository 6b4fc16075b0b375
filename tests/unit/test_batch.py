"""--batch over workers whose runs are tables: data on stdout, narration on stderr, exit codes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.batch_output import artifact_paths
from app.cli import main
from engine.recipes.loading import load_recipe
from engine.runs import launch as launching
from engine.runs.directory import RunDirectory, list_runs
from engine.runs.state import RunState, StageState
from tests import fake_worker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(launching, "engine_command", launching.engine_command)
    fake_worker.install()

    def choose(**changes: Any) -> None:
        monkeypatch.setenv(fake_worker.PLAN, fake_worker.plan_text(**changes))

    choose()
    return choose


@pytest.fixture
def run_cli(
    plan: Callable[..., None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--runs", str(tmp_path)])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def only_run(folder: Path) -> RunDirectory:
    (run,) = list_runs(folder)
    return run


def json_lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_run_ends_with_its_report_on_stdout_and_its_story_on_stderr(
    run_cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = run_cli("--batch", "demo")
    run = only_run(tmp_path)
    assert code == 0
    assert out.startswith("the report's own text\n")
    assert str(run.path / "report/report.md") in out
    assert f"{run.path / 'report/figures'}/ (1)" in out
    assert "warning: something odd\n  next: look at it" in err
    assert "evaluate finished · 4 items in 0:00" in err
    assert str(run.path) in err.splitlines()[0]
    assert "done in" in err.splitlines()[-1]
    assert "\x1b" not in out + err, "no control codes where no terminal is"


def test_json_is_one_object_a_line_and_nothing_else(run_cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run_cli("--batch", "demo", "--set", "seed=7", "--json")
    lines = json_lines(out)
    assert [line["type"] for line in lines] == ["run", *["item"] * 4, "summary"]
    assert lines[0]["models"] == {"policy": "embedded:smollm2-135m-instruct"}
    assert [line["id"] for line in lines[1:-1]] == [f"item-{n}" for n in range(4)]
    assert lines[-1]["verdicts"] == {"right": 3, "wrong": 1}
    assert lines[-1]["summary"] == {"accuracy": 0.75}
    assert (lines[-1]["status"], lines[-1]["exit_code"], code) == ("done", 0, 0)
    assert Path(lines[-1]["artifacts"]["report"]).is_absolute()


def test_what_was_asked_is_kept_with_the_run(run_cli: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    run_cli("--batch", "demo", "--set", "problems.limit=3")
    run = only_run(tmp_path)
    assert "limit = 3" in run.recipe.read_text()
    assert json.loads((run.path / "config_resolved.json").read_text())["problems"]["limit"] == 3
    argv = json.loads(run.record.read_text())["argv"]
    assert argv == ["mathreason-tui", "--batch", "demo", "--set", "problems.limit=3", "--runs", str(tmp_path)]


def test_control_characters_of_data_never_reach_stdout(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None]
) -> None:
    nasty = "a\x1b[31m\x9b2J\x7f é"
    plan(report=nasty + "\n")
    _, out, _ = run_cli("--batch", "demo")
    assert out.startswith("a é\n")
    plan(end=["failed", 1, nasty])
    _, out, err = run_cli("--batch", "demo", "--json")
    assert json_lines(out)[-1]["reason"] == nasty
    assert not set("\x1b\x9b\x7f") & set(out + err)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (("failed", 1, "it broke"), 1),
        (("failed", 3, "no CUDA"), 3),
        (("threshold", 4, "accuracy 0.1 is below 0.2"), 4),
        (("cancelled", 130, "cancelled by request"), 130),
    ],
)
def test_the_exit_code_is_the_runs(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None], end: tuple[str, int, str], code: int
) -> None:
    plan(end=list(end))
    got, out, err = run_cli("--batch", "demo")
    assert got == code
    assert f"{end[0]}: {end[2]}\n" in err
    assert ("  next: a next step" in err) == (end[0] != "cancelled"), "how to resume is said once"
    assert ("--resume" in err) == (end[0] != "threshold")
    assert out, "what was finished is shown whatever the end"


def test_a_worker_that_cannot_start_says_why(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None]
) -> None:
    plan(at_once=3)
    code, _, err = run_cli("--batch", "demo")
    assert code == 3
    assert "no such model" in err


def test_a_crash_shows_what_is_there_and_can_be_resumed(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None], tmp_path: Path
) -> None:
    plan(dies_at=2)
    code, out, err = run_cli("--batch", "demo")
    assert code == 1
    assert "2 items finished · accuracy 100% [34, 100]" in out
    assert "crashed: the worker ended early" in err
    assert f"--resume {only_run(tmp_path).id} --runs {tmp_path}" in err

    code, out, err = run_cli("--resume", only_run(tmp_path).id[-4:], "--json")
    assert code == 0
    assert [line["id"] for line in json_lines(out) if line["type"] == "item"] == [f"item-{n}" for n in range(4)]
    assert err.count("warning: something odd") == 1, "what an earlier worker said is no news"


def test_a_run_goes_on_with_fewer_rows_but_measures_the_same(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None], tmp_path: Path
) -> None:
    plan(dies_at=2)
    run_cli("--batch", "demo")
    run = only_run(tmp_path)
    code, _, err = run_cli("--resume", "last", "--set", "seed=7")
    assert (code, "a run that goes on keeps what it measures" in err) == (2, True)
    assert run_cli("--resume", "last", "--set", "hardware.batch_size=3")[0] == 0
    assert load_recipe(run.recipe).hardware["batch_size"] == 3
    code, _, err = run_cli("--resume", "last", "--set", "hardware.batch_size=2")
    assert (code, "its settings cannot change now" in err) == (2, True)


def test_resuming_a_finished_run_shows_its_result_again(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None], tmp_path: Path
) -> None:
    plan(end=["threshold", 4, "too low"])
    run_cli("--batch", "demo")
    events = only_run(tmp_path).events.read_bytes()
    code, out, err = run_cli("--batch", "--resume", "last")
    assert code == 4
    assert "is threshold" in err
    assert out.startswith("the report's own text\n")
    assert only_run(tmp_path).events.read_bytes() == events, "nothing was started"


def test_a_damaged_run_shows_what_is_left_of_it(
    run_cli: Callable[..., tuple[int, str, str]], plan: Callable[..., None], tmp_path: Path
) -> None:
    plan(dies_at=2)
    run_cli("--batch", "demo")
    run = only_run(tmp_path)
    run.record.write_text("{torn")
    with run.events.open("a") as events:
        events.write('{"seq": 99, "ty')
    code, out, err = run_cli("--resume", run.id)
    assert code == 1
    assert "2 items finished" in out
    assert f"{run.record} is missing, torn or foreign" in err
    assert f"--batch {run.recipe}" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--resume", "nothing"), 'no run "nothing"'),
        (("--batch", "dem"), 'did you mean "demo"'),
        (("--batch", "demo", "--set", "problems.limt=3"), 'did you mean "problems.limit"'),
        (("--batch", "score-solutions"), "needs a file of problems"),
        (("--cancel", "nothing"), 'no run "nothing"'),
    ],
)
def test_a_mistake_costs_no_run(
    run_cli: Callable[..., tuple[int, str, str]], tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = run_cli(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "next: " in err
    assert "Traceback" not in err
    assert list_runs(tmp_path) == []


@pytest.mark.parametrize("job", [["--batch", "demo"], ["--status"], ["--resume", "last"]], ids=lambda job: job[0])
def test_a_file_in_place_of_the_folder_of_runs_is_named(
    job: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    code = main([*job, "--runs", str(tmp_path / "file")])
    err = capfd.readouterr().err
    assert code == 3
    assert str(tmp_path / "file") in err
    assert "--runs DIR" in err.split("next: ")[1]


def test_a_disk_too_full_to_begin_leaves_no_half_run(
    run_cli: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run_cli("--batch", "demo")
    assert code == 3
    assert f"the disk is full: cannot write {tmp_path}" in err
    assert "run the same command again" in err
    assert list(tmp_path.iterdir()) == []


def test_what_two_stages_call_the_same_is_named_by_its_stage(tmp_path: Path) -> None:
    made = [StageState(name, artifacts={"results": f"{name}/results.jsonl"}) for name in ("base", "tuned")]
    run = RunDirectory(tmp_path)
    assert artifact_paths(run, RunState(stages=tuple(made))) == {
        "results": tmp_path / "tuned/results.jsonl",
        "base.results": tmp_path / "base/results.jsonl",
        "tuned.results": tmp_path / "tuned/results.jsonl",
    }
