"""Real workers: several samples a problem, a judge beside the policy, and an earlier run that is graded again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import UserError
from engine.evaluation.regrade import _warn_of_the_rest
from engine.recipes.loading import dump_recipe, require_complete, resolve
from engine.runs.directory import RunDirectory, create_run
from engine.runs.earlier import EarlierRun, open_earlier
from engine.runs.launch import launch, wait_ready
from engine.runs.results import Row, encode_row, read_rows
from tests.cost import STUCK_S
from tests.engine.scripted_server import ScriptedServer, chat
from tests.run_driver import finish, make_run, outcome, state_of, wait_until
from tests.toy_model import make_toy_model

pytestmark = pytest.mark.xdist_group("alone")

SETTINGS = ["hardware.batch_size=4", "evaluate.max_new_tokens=24", "report.figures=false"]
SAMPLED = [*SETTINGS, "problems.limit=3", "evaluate.samples=4", "evaluate.temperature=1.0"]
OLD_GRADER = "0+the one before"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_model(tmp_path_factory.mktemp("toy") / "model")


@pytest.fixture(scope="module")
def sampled(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    run = make_run(tmp_path_factory.mktemp("sampled"), "demo", [f"models.policy=path:{toy}", *SAMPLED])
    assert finish(run) == 0, run.log.read_text()
    return run


def rows_of(run: RunDirectory, stage: str) -> list[Row]:
    return sorted((row for _, row in read_rows(run.results(stage)) if "index" in row), key=lambda row: row["index"])


# Several samples


def test_each_problem_is_sampled_so_often_and_differently(sampled: RunDirectory) -> None:
    rows = rows_of(sampled, "evaluate")
    assert [row["index"] for row in rows] == list(range(12))
    assert [row["sample"] for row in rows] == [0, 1, 2, 3] * 3
    assert [row["id"] for row in rows] == [f"{row['problem']}~{row['sample']}" for row in rows]
    assert len({row["problem"] for row in rows}) == 3
    assert len({row["solution"] for row in rows}) == 12
    assert state_of(sampled).stages[0].total == 12


def test_a_sample_is_drawn_by_its_problem_and_number_alone(toy: Path, sampled: RunDirectory, tmp_path: Path) -> None:
    """Fewer samples, other batches and one problem less: what is left is the same."""
    sets = [f"models.policy=path:{toy}", *SAMPLED, "evaluate.samples=2", "problems.limit=2", "hardware.batch_size=3"]
    run = make_run(tmp_path, "demo", sets)
    assert finish(run) == 0, run.log.read_text()
    solutions = {row["id"]: row["solution"] for row in rows_of(sampled, "evaluate")}
    again = rows_of(run, "evaluate")
    assert len(again) == 4
    assert all(solutions[row["id"]] == row["solution"] for row in again)


def test_samples_killed_and_resumed_equal_undisturbed(sampled: RunDirectory, tmp_path: Path) -> None:
    run = make_run(tmp_path, sampled.recipe)
    process = launch(run)
    wait_ready(run, process)
    wait_until(lambda: len(state_of(run).items) >= 5, STUCK_S, "5 samples")
    process.kill()
    process.wait()
    assert finish(run) == 0
    assert outcome(run) == outcome(sampled)


def test_the_report_of_samples_gives_pass_at_k_and_the_majority(sampled: RunDirectory) -> None:
    report = sampled.stage("report")
    for name in ("summary.csv", "report.md", "summary.txt"):
        text = (report / name).read_text()
        assert all(figure in text for figure in ("pass@1", "pass@2", "pass@4", "maj@4")), name
    summary = json.loads(sampled.result.read_text())["summary"]["samples"]
    assert (summary["problems"], summary["samples"]) == (3, 4)
    assert list(summary["pass_at"]) == ["1", "2", "4"]


# A judge


def test_a_judge_of_the_same_weights_is_refused_however_it_is_called(toy: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(toy, tmp_path / "copy")
    sets = [f"models.policy=path:{toy}", f"models.judge=path:{copy}", *SETTINGS, "problems.limit=2"]
    run = make_run(tmp_path / "runs", "demo", sets)
    assert finish(run) == 2
    finished = state_of(run).finished
    assert finished is not None
    assert "the judge is the model under test" in finished.reason
    assert "evaluate.judge_may_be_policy=true" in finished.next_step


def test_a_model_that_judges_itself_is_not_credited_with_the_judges_tokens(toy: Path, tmp_path: Path) -> None:
    sets = [f"models.{role}=path:{toy}" for role in ("policy", "judge")]
    sets += [*SETTINGS, "problems.limit=4", "evaluate.judge_may_be_policy=true", "evaluate.few_shot=0",
             "evaluate.temperature=1.0", "evaluate.max_new_tokens=96"]  # fmt: skip
    run = make_run(tmp_path, "demo", sets)
    assert finish(run) == 0, run.log.read_text()
    rows = rows_of(run, "evaluate")
    metrics = state_of(run).stages[0].series
    assert metrics["speed.tokens"].last == sum(row["tokens"] for row in rows)
    assert metrics["speed.prompt_tokens"].last == sum(row["prompt_tokens"] for row in rows)
    assert any(row["judge"] is not None for row in rows), "nonsense has digits: somewhere the judge was asked"


# Grading again


def regrade(runs: Path, sets: Sequence[str]) -> RunDirectory:
    """A run of the recipe as `--batch` makes it; no worker yet."""
    complete = require_complete(resolve("regrade", None, ["report.figures=false", *sets]), runs)
    config: dict[str, Any] = complete.recipe.model_dump(mode="json")
    return create_run(runs, "regrade", complete.preset.name, dump_recipe(complete), config, ["test"])


SOLUTIONS = {
    "18": "She has 9 + 9 = 18 eggs.\n#### 18",
    "half": r"It is one half of it.\nSo \boxed{\frac{1}{2}}",
    "wrong": "That makes 7 + 7 = 15.\n#### 15",
    "none": "I do not know.",
}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A run of solutions from a file, whose first row an older grader called wrong and whose third it called right."""
    folder = tmp_path_factory.mktemp("scored")
    data = folder / "data.jsonl"
    golds = {"18": "18", "half": "0.5", "wrong": "14", "none": "3"}
    lines = [
        {"id": name, "question": "How many?", "answer": golds[name], "solution": text,
         "gold_solution": f"The half is taken twice.\nThat is {golds[name]}."}
        for name, text in SOLUTIONS.items()
    ]  # fmt: skip
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = make_run(folder / "runs", "score-solutions", [f"problems.path={data}", "report.figures=false"])
    assert finish(run) == 0, run.log.read_text()
    rows = rows_of(run, "score")
    rows[0] |= {"verdict": "wrong", "symbolic": "wrong", "rule": "string", "quadrant": "failure"}
    rows[2] |= {"verdict": "right", "symbolic": "right", "rule": "string"}
    rows[2]["quadrant"] = {"failure": "lucky-guess", "near-miss": "robust"}[rows[2]["quadrant"]]
    for row in rows:
        row["versions"]["grader"] = OLD_GRADER
        row["versions"]["aligner"] = "0"
    torn = encode_row(rows[3])
    foreign = json.dumps({"id": "foreign", "verdict": "right"})
    body = "".join(encode_row(row) + "\n" for row in rows[:3]) + f"{foreign}\n{torn}\n[1]\n{torn[:40]}"
    run.results("score").write_text(body, encoding="utf-8")
    return run


@pytest.fixture
def runs(scored: RunDirectory, tmp_path: Path) -> Iterator[Path]:
    """A folder with a copy of the scored run, which nobody may change."""
    folder = tmp_path / "runs"
    shutil.copytree(scored.path, folder / scored.id)
    before = contents(folder / scored.id)
    yield folder
    assert contents(folder / scored.id) == before, "the earlier run is only read"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_grading_again_changes_verdicts_and_keeps_everything_else(runs: Path, scored: RunDirectory) -> None:
    run = regrade(runs, ["run=last"])
    assert finish(run) == 0, run.log.read_text()
    old, new = rows_of(scored, "score"), rows_of(run, "regrade")
    assert [(row["id"], row["verdict"]) for row in new] == [
        ("18", "right"), ("half", "right"), ("wrong", "wrong"), ("none", "unparsed")
    ]  # fmt: skip
    kept = ("solution", "steps", "matrix", "path", "scores", "first_divergence", "threshold", "index", "tokens")
    assert [[row[name] for name in kept] for row in new] == [[row[name] for name in kept] for row in old]
    assert [row["quadrant"] in ("robust", "lucky-guess") for row in new] == [True, True, False, False]
    assert {row["before"]["grader"] for row in new} == {OLD_GRADER}
    assert all(row["versions"]["grader"] not in ("", OLD_GRADER) for row in new)
    assert {row["versions"]["aligner"] for row in new} == {"0"}, "nothing was aligned again"


def test_the_diff_is_in_the_summary_the_report_and_the_terminal(runs: Path) -> None:
    run = regrade(runs, ["run=last"])
    assert finish(run) == 0, run.log.read_text()
    diff = json.loads(run.result.read_text())["summary"]["regrade"]
    assert (diff["items"], diff["changed"], diff["run"]) == (4, 2, run_id(runs))
    assert {(turn["before"], turn["after"], turn["items"]) for turn in diff["turns"]} == {
        ("wrong", "right", 1), ("right", "wrong", 1)
    }  # fmt: skip
    assert [version["grader"] for version in diff["versions"]] == [OLD_GRADER]
    changes = json.loads((run.stage("regrade") / "changes.json").read_text())["changes"]
    assert [change["id"] for change in changes] == ["18", "wrong"]
    for name in ("summary.txt", "report.md"):
        text = (run.stage("report") / name).read_text()
        assert "2 verdicts changed" in " ".join(text.split()), name
        assert "wrong (string)" in text, name


def run_id(runs: Path) -> str:
    return next(path.name for path in runs.iterdir() if "score-solutions" in path.name)


def test_rows_that_cannot_be_used_are_named_and_passed_over(runs: Path) -> None:
    run = regrade(runs, ["run=last"])
    assert finish(run) == 0, run.log.read_text()
    warnings = [warning.message for warning in state_of(run).warnings]
    assert len(warnings) == 3, "and none of a run that is still going"
    assert all(f"passed over a row of {run_id(runs)} at byte" in message for message in warnings)
    assert "missing" in warnings[0]
    assert "torn" in warnings[2]


def test_a_run_that_stopped_early_is_regraded_with_a_warning(scored: RunDirectory, tmp_path: Path) -> None:
    """Two of its four items are there, and nobody works on it any more."""
    copy = RunDirectory(shutil.copytree(scored.path, tmp_path / scored.id))
    lines = copy.results("score").read_bytes().splitlines(keepends=True)
    copy.results("score").write_bytes(b"".join(lines[:2]))
    events = copy.events.read_bytes().splitlines(keepends=True)
    third = [place for place, line in enumerate(events) if b'"Item"' in line][2]
    copy.events.write_bytes(b"".join(events[:third]))
    copy.result.unlink()
    run = regrade(tmp_path, ["run=last"])
    assert finish(run) == 0, run.log.read_text()
    assert [(warning.message, warning.next_step) for warning in state_of(run).warnings] == [(
        f"{copy.id} stopped before its stage score was done: only 2 of 4 items are graded again",
        f"finish it with mathreason-tui --resume {copy.path}, then grade it again",
    )]  # fmt: skip
    again = regrade(tmp_path, [f"run={run.id}"])
    assert finish(again) == 0, again.log.read_text()
    assert [warning.message for warning in state_of(again).warnings] == [
        f"{run.id} graded only 2 of 4 items again, so these are all"
    ]


def test_a_run_that_only_writes_its_report_has_all_its_items(
    scored: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    context = SimpleNamespace(warn=lambda message, next_step="": warned.append(message))
    earlier = open_earlier(scored.path.parent, scored.id)
    monkeypatch.setattr(EarlierRun, "under_way", property(lambda self: True))
    _warn_of_the_rest(earlier, 4, context)  # type: ignore[arg-type]
    assert warned == []


def test_killed_and_resumed_a_regrade_equals_an_undisturbed_one(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = regrade(runs, ["run=score-solutions"])
    assert finish(undisturbed) == 0, undisturbed.log.read_text()
    run = regrade(runs, ["run=score-solutions"])
    assert finish(run) == 0
    lines = run.results("regrade").read_bytes().splitlines(keepends=True)
    run.results("regrade").write_bytes(b"".join(lines[:2]) + lines[2][:30])
    events = run.events.read_bytes().splitlines(keepends=True)
    third = [place for place, line in enumerate(events) if b'"Item"' in line][2]
    run.events.write_bytes(b"".join(events[:third]))
    run.result.unlink()
    assert finish(run) == 0, run.log.read_text()
    assert outcome(run) == outcome(undisturbed)


def test_realign_aligns_again_what_another_aligner_has_aligned(runs: Path, scored: RunDirectory) -> None:
    run = regrade(runs, ["run=last", "regrade.realign=true"])
    assert finish(run) == 0, run.log.read_text()
    new = rows_of(run, "regrade")
    assert all(row["versions"]["aligner"] not in ("", "0") for row in new)
    assert all(row["versions"]["embedder"] for row in new)
    assert [row["solution"] for row in new] == [row["solution"] for row in rows_of(scored, "score")]
    assert [row["verdict"] for row in new] == ["right", "right", "wrong", "unparsed"]
    assert json.loads(run.result.read_text())["summary"]["regrade"]["realigned"] == 4
    again = regrade(runs, [f"run={run.id}", "regrade.realign=true"])
    assert finish(again) == 0, again.log.read_text()
    assert json.loads(again.result.read_text())["summary"]["regrade"]["realigned"] == 0


def test_samples_that_are_aligned_again_stay_samples(sampled: RunDirectory, tmp_path: Path) -> None:
    copy = RunDirectory(shutil.copytree(sampled.path, tmp_path / sampled.id))
    old = rows_of(copy, "evaluate")
    lines = [encode_row(row | {"versions": row["versions"] | {"aligner": "0"}}) + "\n" for row in old]
    copy.results("evaluate").write_text("".join(lines), encoding="utf-8")
    run = regrade(tmp_path, ["run=last", "regrade.realign=true"])
    assert finish(run) == 0, run.log.read_text()
    new = rows_of(run, "regrade")
    changed = {"before", "seconds"}
    assert [{k: v for k, v in row.items() if k not in changed} for row in new] == [
        {k: v for k, v in row.items() if k not in changed} for row in old
    ], "the same aligner finds the same again"
    assert json.loads(run.result.read_text())["summary"]["regrade"]["realigned"] == 12


def test_a_threshold_moves_the_quadrants(runs: Path) -> None:
    run = regrade(runs, ["run=last", "regrade.threshold=1.0"])
    assert finish(run) == 0, run.log.read_text()
    assert [row["quadrant"] for row in rows_of(run, "regrade")] == ["lucky-guess", "lucky-guess", "failure", "failure"]


def test_samples_keep_their_problems_and_figures(sampled: RunDirectory) -> None:
    run = regrade(sampled.path.parent, [f"run={sampled.id}"])
    assert finish(run) == 0, run.log.read_text()
    old, new = (json.loads(one.result.read_text())["summary"] for one in (sampled, run))
    assert new["samples"] == old["samples"]
    assert new["regrade"]["changed"] == 0


def test_a_judge_settles_what_the_rules_cannot_and_its_flips_are_told(runs: Path) -> None:
    with ScriptedServer({"": [chat("EQUAL")]}) as server:
        run = regrade(runs, ["run=last", f"models.judge=openai:{server.url}#toy"])
        assert finish(run) == 0, run.log.read_text()
        asked = [seen.body["messages"][-1]["content"] for seen in server.requests if "chat" in seen.path]
    assert len(asked) == 1, "right ones and those without an answer are no question"
    assert "That makes" not in asked[0], "the judge sees the answer, not the solution"
    row = rows_of(run, "regrade")[2]
    assert (row["symbolic"], row["judge"], row["verdict"], row["rule"]) == ("wrong", "right", "right", "judge")
    assert row["versions"]["judge"].startswith("openai:")
    summary = json.loads(run.result.read_text())["summary"]
    assert (summary["judge_flips"], summary["judge_flips_by"]) == (1, {"wrong to right": 1})
    assert (summary["symbolic"]["value"], summary["accuracy"]) == (0.5, 0.75)
    text = (run.stage("report") / "summary.txt").read_text()
    assert "symbolic grader alone 50.0%" in text
    assert "wrong to right 1" in text
    assert [item.fact("judge") for item in state_of(run).items] == ["", "", "right", ""]
    unjudged = regrade(runs, [f"run={run.id}"])
    assert finish(unjudged) == 0
    assert any("asked a judge about 1" in warning.message for warning in state_of(unjudged).warnings)
    assert "judge" not in rows_of(unjudged, "regrade")[2]["versions"]


def test_a_judge_with_the_weights_of_the_earlier_policy_is_refused(
    sampled: RunDirectory, toy: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(toy, tmp_path / "copy")
    run = regrade(sampled.path.parent, [f"run={sampled.id}", f"models.judge=path:{copy}"])
    assert finish(run) == 2
    finished = state_of(run).finished
    assert finished is not None
    assert "regrade.judge_may_be_policy=true" in finished.next_step


def test_a_run_that_is_gone_is_named(runs: Path) -> None:
    run = regrade(runs, ["run=last"])
    shutil.move(runs / run_id(runs), runs.parent / "elsewhere")
    assert finish(run) == 2
    finished = state_of(run).finished
    assert finished is not None
    assert "no run" in finished.reason
    shutil.move(runs.parent / "elsewhere", runs / finished.reason.split('"')[1])
    with pytest.raises(UserError, match="needs a run"):
        regrade(runs, [])
