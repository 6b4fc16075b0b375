"""Real workers with a toy policy: a whole run, pause, cancel, kill -9 and resume, and runs that cannot work."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.runs.cancel import cancel_run
from engine.runs.control import send_request
from engine.runs.directory import RunDirectory, read_record
from engine.runs.launch import launch, wait_ready
from engine.runs.status import derive_status
from tests.cost import STUCK_S
from tests.run_driver import finish, make_run, outcome, state_of, wait_until
from tests.toy_model import make_toy_model

pytestmark = pytest.mark.xdist_group("alone")

SETTINGS = [
    "problems.limit=12", "hardware.batch_size=4", "evaluate.max_new_tokens=48", "evaluate.few_shot=2",
    "report.figures=false",
]  # fmt: skip


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_model(tmp_path_factory.mktemp("toy") / "model")


@pytest.fixture
def sets(toy: Path) -> list[str]:
    return [f"models.policy=path:{toy}", *SETTINGS]


@pytest.fixture(scope="module")
def undisturbed(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    run = make_run(tmp_path_factory.mktemp("undisturbed"), "demo", [f"models.policy=path:{toy}", *SETTINGS])
    assert finish(run) == 0, run.log.read_text()
    return run


@pytest.fixture
def started(sets: list[str], tmp_path: Path) -> Iterator[tuple[RunDirectory, subprocess.Popen[bytes]]]:
    """A long run whose worker has finished its first items."""
    run = make_run(tmp_path, "demo", [*sets, "problems.limit=400", "report.heat_maps=0"])
    process = launch(run)
    wait_ready(run, process)
    wait_until(lambda: bool(state_of(run).items), STUCK_S, "the first item")
    yield run, process
    process.kill()
    process.wait()


def status(run: RunDirectory) -> str:
    return derive_status(read_record(run), state_of(run))


def test_a_run_ends_with_results_report_and_status(undisturbed: RunDirectory) -> None:
    state = state_of(undisturbed)
    assert status(undisturbed) == "done"
    assert [(s.name, s.status) for s in state.stages] == [("evaluate", "finished"), ("report", "finished")]
    assert len(state.items) == 12
    assert sum(state.stages[0].counts.values()) == 12
    report = undisturbed.stage("report")
    rows = [json.loads(line) for line in (report / "realign_benchmark_results.jsonl").read_text().splitlines()]
    assert [row["index"] for row in rows] == list(range(12))
    assert {"id", "question", "verdict", "rule", "scores", "path", "versions"} <= set(rows[0])
    for name in ("summary.csv", "report.md", "report.tex", "table.tex", "summary.txt"):
        assert (report / name).stat().st_size > 0
    pool = json.loads((undisturbed.stage("evaluate") / "few_shot_pool.json").read_text())
    assert len(pool["examples"]) == 8
    assert not {e["question"] for e in pool["examples"]} & {row["question"] for row in rows}


def test_the_same_recipe_gives_the_same_results(undisturbed: RunDirectory, tmp_path: Path) -> None:
    again = make_run(tmp_path, undisturbed.recipe)
    assert finish(again) == 0
    assert outcome(again)["results"] == outcome(undisturbed)["results"]


@pytest.mark.parametrize("items", [0, 1, 5])
def test_killed_and_resumed_equals_undisturbed(undisturbed: RunDirectory, tmp_path: Path, items: int) -> None:
    run = make_run(tmp_path, undisturbed.recipe)
    process = launch(run)
    wait_ready(run, process)
    wait_until(lambda: len(state_of(run).items) >= items, STUCK_S, f"{items} items")
    process.kill()
    process.wait()
    kept = len(state_of(run).items)
    assert status(run) in ("crashed", "done")
    assert finish(run) == 0
    assert kept >= items
    assert outcome(run) == outcome(undisturbed)


def test_resume_survives_torn_lines_and_a_lost_event(undisturbed: RunDirectory, tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / undisturbed.id)
    shutil.copytree(undisturbed.path, run.path)
    lines = run.events.read_bytes().splitlines(keepends=True)
    third = [i for i, line in enumerate(lines) if b'"Item"' in line][2]
    run.events.write_bytes(b"".join(lines[:third]) + lines[third][:20])
    rows = run.results("evaluate").read_bytes().splitlines(keepends=True)
    run.results("evaluate").write_bytes(b"".join(rows[:3]) + rows[3][:-5])
    run.result.unlink()
    assert finish(run) == 0
    assert outcome(run) == outcome(undisturbed)


def test_pause_holds_the_run_and_resume_lets_it_go_on(started: tuple[RunDirectory, subprocess.Popen[bytes]]) -> None:
    run, _ = started
    send_request(run, "pause")
    wait_until(lambda: status(run) == "paused", STUCK_S, "the pause")
    held = len(state_of(run).items)
    send_request(run, "resume")
    wait_until(lambda: len(state_of(run).items) > held, STUCK_S, "an item after the pause")
    assert status(run) == "running"


def test_cancel_keeps_what_is_finished_and_the_run_resumes(
    started: tuple[RunDirectory, subprocess.Popen[bytes]],
) -> None:
    run, process = started
    result = cancel_run(run)
    assert result.rung == "request"
    assert process.wait() == 130
    assert status(run) == "cancelled"
    assert result.kept == len(state_of(run).items) > 0
    send_request(run, "cancel")  # a stale request must not end the resumed run
    again = launch(run)
    wait_ready(run, again, already=0)
    wait_until(lambda: len(state_of(run).items) > result.kept, STUCK_S, "an item after the resume")
    assert [a.accepted for a in state_of(run).acks][-1] is False
    cancel_run(run)
    again.wait()


def test_sigterm_cancels_at_a_safe_point(started: tuple[RunDirectory, subprocess.Popen[bytes]]) -> None:
    run, process = started
    process.terminate()
    assert process.wait(timeout=STUCK_S) == 130
    assert status(run) == "cancelled"
    assert "SIGTERM" in (state_of(run).finished or pytest.fail("no last event")).reason


def test_a_second_worker_is_refused_while_one_is_at_work(started: tuple[RunDirectory, subprocess.Popen[bytes]]) -> None:
    run, _ = started
    with pytest.raises(UserError, match="has a worker already"):
        launch(run)


def test_a_missing_model_fails_with_the_name_and_the_next_step(tmp_path: Path) -> None:
    run = make_run(tmp_path, "demo", ["models.policy=path:/nowhere/model"])
    assert finish(run) in (2, 3)
    finished = state_of(run).finished
    assert finished is not None
    assert "/nowhere/model" in finished.reason
    assert finished.next_step
    assert json.loads(run.result.read_text())["status"] == "failed"


def test_a_threshold_that_is_not_reached_ends_with_4(undisturbed: RunDirectory, tmp_path: Path) -> None:
    run = make_run(tmp_path, undisturbed.recipe, ["thresholds.accuracy=1.0"])
    assert finish(run) == 4
    assert status(run) == "threshold"
    assert (run.stage("report") / "report.md").exists()


def test_two_evaluations_keep_their_figures_apart(toy: Path, tmp_path: Path) -> None:
    """Base and tuned are of one kind: neither's figures overwrite the other's, and each has its own threshold."""
    recipe = tmp_path / "two.toml"
    stage = '[[stages]]\nkind = "evaluate"\nmax_new_tokens = 8\n'
    recipe.write_text(
        f'name = "two"\ntitle = "Two"\n{stage}name = "base"\n{stage}name = "tuned"\n[stages.problems]\nlimit = 3\n'
        '[thresholds]\n"base.accuracy" = 1.0\n"tuned.accuracy" = 1.0\n'
    )
    run = make_run(tmp_path, recipe, [f"models.policy=path:{toy}", "problems.limit=4", "hardware.batch_size=4"])
    assert finish(run) == 4, run.log.read_text()
    result = json.loads(run.result.read_text())
    assert {name: summary["items"] for name, summary in result["summaries"].items()} == {"base": 4, "tuned": 3}
    assert {"base.accuracy", "tuned.accuracy"} <= result["figures"].keys()
    assert result["summary"] == result["summaries"]["tuned"], "older readers see the last stage's"
    for name in ("base", "tuned"):
        assert f"{name}.accuracy {result['figures'][f'{name}.accuracy']:.3f} is below" in result["reason"]


def test_a_worker_that_dies_at_once_is_reported_with_its_log(tmp_path: Path, sets: list[str]) -> None:
    run = make_run(tmp_path, "demo", sets)
    run.recipe.write_text("not = [toml")
    process = launch(run)
    process.wait()
    run.events.unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"recipe\.toml") as caught:
        wait_ready(run, process)
    assert "next:" not in caught.value.message, "the worker's own next step stands in the place for it"
    assert caught.value.next_step == "correct that line"


def test_a_worker_that_fails_before_it_announces_itself_says_so_in_its_own_words(tmp_path: Path) -> None:
    run = make_run(tmp_path, "demo")
    run.recipe.write_text("not = [toml")
    with pytest.raises(UserError) as caught:
        wait_ready(run, launch(run))
    assert str(caught.value).startswith(str(run.recipe))
    assert str(caught.value).count("next:") == 1


def test_a_run_without_its_recipe_starts_no_worker(tmp_path: Path) -> None:
    run = make_run(tmp_path, "demo")
    run.recipe.unlink()
    with pytest.raises(UserError, match=r"recipe\.toml is missing"):
        launch(run)
    assert not run.log.exists()


def test_a_package_that_is_missing_is_named_with_exit_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sentence_transformers.py").write_text("import no_such_library")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps({"question": "q", "answer": "1", "gold_solution": "1", "solution": "1"}) + "\n")
    run = make_run(tmp_path / "runs", "score-solutions", [f"problems.path={data}"])
    assert finish(run) == 3
    finished = state_of(run).finished
    assert finished is not None
    assert "the package no_such_library cannot be imported" in finished.reason
    assert "--doctor" in finished.next_step
