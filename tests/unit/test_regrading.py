"""What grading again changed, and the earlier run that it is done to: pure functions and files, no model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from engine.errors import UserError
from engine.evaluation.changes import SUMMARY_CHANGES, regrade_diff
from engine.recipes.form import command_line, editable_fields
from engine.recipes.loading import dump_recipe, load_recipe, require_complete, resolve
from engine.reports.changes_text import regrade_lines, regrade_section
from engine.rows.graded import GradedRow
from engine.runs.directory import RunDirectory
from engine.runs.earlier import open_earlier
from engine.runs.events import Event, RunFinished, RunStarted, encode
from engine.runs.results import encode_row
from engine.statistics.interval import wilson
from tests.row_table import make_body, make_row, with_fields
from tests.run_driver import make_run


def again(index: int, before: str, verdict: str, **said: Any) -> GradedRow:
    """A row that was `before` in the run "old", by the grader 0."""
    row = make_row(index, verdict)
    was = make_row(index, before)
    kept = {name: getattr(was, name) for name in ("verdict", "rule", "predicted", "symbolic", "judge", "quadrant")}
    return with_fields(row, {"before": {"run": "old", "grader": "0", "aligner": "1", **kept, **said}})


ROWS = [
    again(0, "right", "right"),
    again(1, "wrong", "right", rule="math-verify"),
    again(2, "wrong", "right", rule="math-verify"),
    again(3, "right", "wrong", grader="0b"),
    again(4, "wrong", "wrong", rule="string", predicted="44", aligner="0"),
]


def test_the_diff_counts_from_what_to_what_by_which_rule_and_version() -> None:
    diff = regrade_diff(ROWS)
    assert diff is not None
    assert diff.turns == {("wrong", "math-verify", "right", "numeric"): 2, ("right", "numeric", "wrong", "numeric"): 1}
    assert [(v.grader, v.items, v.changed) for v in diff.versions] == [("0", 4, 2), ("0b", 1, 1)]
    assert [c.id for c in diff.changes] == ["item-1", "item-2", "item-3"]
    assert (diff.accuracy_before, diff.accuracy) == (wilson(2, 5), wilson(3, 5))
    assert (diff.other_rule, diff.other_answer, diff.quadrants, diff.realigned) == (1, 4, 3, 1)
    assert (diff.run, diff.grader, diff.items) == ("old", "1", 5)


def test_the_diff_is_json_and_its_list_of_changes_does_not_swell_a_summary() -> None:
    diff = regrade_diff([again(i, "wrong", "right") for i in range(SUMMARY_CHANGES + 50)])
    assert diff is not None
    short, whole = json.loads(json.dumps(diff.as_dict())), diff.as_dict(changes=None)
    assert (short["changed"], len(short["changes"]), len(whole["changes"])) == (250, 200, 250)
    assert short["turns"] == [
        {"before": "wrong", "before_rule": "numeric", "after": "right", "after_rule": "numeric", "items": 250}
    ]


def test_the_terminal_and_the_report_show_the_three_tables() -> None:
    hostile = again(5, "wrong", "right", predicted="\x1b[2J|" + "9" * 200)
    lines = regrade_lines([*ROWS, hostile], 80)
    text = "\n".join(lines)
    assert (
        "6 items of old graded again, 4 verdicts changed; accuracy 33.3% [9.7%, 70.0%] before, 66.7% [30.0%, 90.3%] now"
        in " ".join(lines)
    )
    for shown in ("wrong (math-verify)", "right (numeric)", "item-3", "0b"):
        assert shown in text
    assert "\x1b" not in text
    assert max(map(cell_len, lines)) <= 80
    section = "\n".join(regrade_section([*ROWS, hostile], lambda t: t.replace("|", "\\|")))
    assert section.startswith("## Graded again\n")
    assert "| wrong (math-verify) | right (numeric) | 2 |" in section
    assert "\\|999" in section


def test_rows_that_were_not_graded_again_say_nothing() -> None:
    assert regrade_diff([make_row()]) is None
    assert regrade_lines([make_row()], 80) == []
    assert regrade_section([make_row()], str) == []


def test_what_was_said_before_is_whole_or_the_row_is_foreign() -> None:
    assert GradedRow.from_json(ROWS[0].to_json()) == ROWS[0]
    with pytest.raises(ValueError, match="before"):
        with_fields(make_row(), {"before": {"run": "old"}})
    with pytest.raises(ValueError, match='"sample"'):
        with_fields(make_row(), {"problem": "p", "sample": -1})


# The earlier run


def graded_run(runs: Path, rows: int = 2) -> RunDirectory:
    run = make_run(runs, "demo")
    run.stage("evaluate").mkdir()
    lines = [encode_row(make_body(i)) + "\n" for i in range(rows)]
    run.results("evaluate").write_text("".join(lines), encoding="utf-8")
    return run


def test_a_run_is_found_as_resume_finds_it(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    for text in (run.id, run.id[-4:], "last", str(run.path)):
        earlier = open_earlier(tmp_path, text)
        assert earlier.run == run
        assert [row["id"] for _, row in earlier.rows() if row] == ["item-0", "item-1"]
    assert earlier.models["policy"] == "embedded:smollm2-135m-instruct"
    assert earlier.stage["kind"] == "evaluate"


def test_the_last_stage_that_graded_is_taken(tmp_path: Path) -> None:
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        'name = "two"\ntitle = "Two"\n[[stages]]\nkind = "evaluate"\nname = "first"\n[[stages]]\nkind = "evaluate"\n'
        'name = "second"\n[[stages]]\nkind = "report"\n'
    )
    run = make_run(tmp_path / "runs", recipe)
    for name in ("first", "second", "report"):
        run.stage(name).mkdir()
    row = encode_row(make_body()) + "\n"
    run.results("first").write_text(row)
    run.results("report").write_text(row)
    assert open_earlier(tmp_path / "runs", "last").stage["name"] == "first", "the second has not begun"
    for nothing in ("", '{"id": "to', '{"id": "foreign"}\n'):
        run.results("second").write_text(nothing)
        earlier = open_earlier(tmp_path / "runs", "last")
        assert (earlier.stage["name"], earlier.empty) == ("first", ("second",)), "it has no item yet"
    run.results("second").write_text(row)
    earlier = open_earlier(tmp_path / "runs", "last")
    assert (earlier.stage["name"], earlier.empty) == ("second", ())


@pytest.mark.parametrize("content", ["", '{"id": "torn', '[1]\n{"id": "foreign"}\n'])
def test_a_run_that_stopped_before_its_first_item_is_not_taken(tmp_path: Path, content: str) -> None:
    run = graded_run(tmp_path, rows=0)
    run.results("evaluate").write_text(content)
    with pytest.raises(UserError, match="has no graded items") as caught:
        require_complete(resolve("regrade", None, [f"run={run.id}"]), tmp_path)
    assert "holds none: choose another folder" in caught.value.next_step
    told: list[Event] = [RunStarted(run.id, "demo", "cpu", 42, ("evaluate",), 1), RunFinished("cancelled")]
    run.events.write_text("".join(encode(event, place, 1.0) + "\n" for place, event in enumerate(told)))
    with pytest.raises(UserError) as caught:
        open_earlier(tmp_path, run.id)
    assert caught.value.next_step.startswith(f"finish it: mathreason-tui --resume {run.path}, or take a run that has")


def test_a_run_without_its_settings_still_has_its_rows(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    (run.path / "config_resolved.json").write_text("{torn")
    earlier = open_earlier(tmp_path, run.id)
    assert earlier.stage == {"name": "evaluate"}
    assert len(list(earlier.rows())) == 2


def test_a_moved_folder_of_runs_keeps_its_runs_together(tmp_path: Path) -> None:
    run = graded_run(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert open_earlier(tmp_path / "b", str(run.path)).run.path == tmp_path / "b" / run.id


def test_torn_and_foreign_lines_are_given_as_nothing(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    with open(run.results("evaluate"), "ab") as file:
        file.write(b'[1]\n\xff\n{"id": "to')
    assert [row and row["id"] for _, row in open_earlier(tmp_path, run.id).rows()] == [
        "item-0", "item-1", None, None, None
    ]  # fmt: skip


# The recipe


def test_a_complete_regrade_names_the_folder_of_its_run(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    complete = require_complete(resolve("regrade", None, [f"run={run.id[-4:]}"]), tmp_path)
    assert complete.recipe.run == str(run.path), '"last" would be the new run once that exists'
    (tmp_path / "recipe.toml").write_text(dump_recipe(complete))
    assert load_recipe(tmp_path / "recipe.toml") == complete.recipe
    assert complete.recipe.models.policy == "embedded:smollm2-135m-instruct", "whose answers they are"


def test_last_is_the_newest_run_that_can_be_graded_again(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    newer = make_run(tmp_path, "validate-alignment")
    newer.path.rename(newer.path.with_name(f"9999-{newer.id}"))
    assert open_earlier(tmp_path, "last").run.path == run.path
    with pytest.raises(UserError, match="has no graded items"):
        open_earlier(tmp_path, f"9999-{newer.id}")


@pytest.mark.parametrize(
    ("sets", "says", "next_step"),
    [
        ([], "needs a run to work on: --set run=RUN", "the newest are RUN2, RUN1"),
        (["run=nonsense"], 'no run "nonsense"', "the newest are RUN2, RUN1"),
        (["run=RUN1x"], 'did you mean "RUN1"?', "the newest are RUN2, RUN1"),
        (["run=demo"], "fits 3 runs", "write more of the id"),
        (["run=EMPTY"], "has no graded items", "the newest are RUN2, RUN1"),
    ],
)
def test_what_is_missing_is_said_with_the_newest_runs(
    tmp_path: Path, sets: list[str], says: str, next_step: str
) -> None:
    one, two, empty = sorted((make_run(tmp_path, "demo") for _ in range(3)), key=lambda run: run.id)
    for run in (one, two):
        run.stage("evaluate").mkdir()
        run.results("evaluate").write_text(encode_row(make_body()) + "\n")

    def named(text: str) -> str:
        return text.replace("RUN1", one.id).replace("RUN2", two.id).replace("EMPTY", empty.id)

    with pytest.raises(UserError) as caught:
        require_complete(resolve("regrade", None, [named(text) for text in sets]), tmp_path)
    assert named(says) in caught.value.message
    assert named(next_step) in caught.value.next_step


def test_an_empty_folder_of_runs_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        require_complete(resolve("regrade"), tmp_path)
    assert "--runs DIR" in caught.value.next_step


def test_a_judge_that_made_the_answers_is_refused(tmp_path: Path) -> None:
    run = graded_run(tmp_path)
    sets = [f"run={run.id}", "models.judge=embedded:smollm2-135m-instruct"]
    with pytest.raises(UserError, match="model under test") as caught:
        require_complete(resolve("regrade", None, sets), tmp_path)
    assert "--set regrade.judge_may_be_policy=true" in caught.value.next_step
    require_complete(resolve("regrade", None, [*sets, "regrade.judge_may_be_policy=true"]), tmp_path)


def test_only_aligning_again_needs_an_embedder(tmp_path: Path) -> None:
    sets = [f"run={graded_run(tmp_path).id}", "models.embedder=none"]
    require_complete(resolve("regrade", None, sets), tmp_path)
    with pytest.raises(UserError, match="no embedder"):
        require_complete(resolve("regrade", None, [*sets, "regrade.realign=true"]), tmp_path)


def test_the_form_shows_the_run_and_no_problems() -> None:
    fields = {field.key: field for field in editable_fields(resolve("regrade"))}
    assert fields["run"].value == ""
    assert fields["run"].help
    assert {"models.judge", "regrade.realign", "regrade.threshold"} <= fields.keys()
    assert not any(key.startswith("problems.") for key in fields), "the rows bring theirs"
    assert "run" not in {field.key for field in editable_fields(resolve("demo"))}
    base = resolve("regrade")
    shown = command_line("regrade", "cpu", base, resolve("regrade", None, ["run=last"]))
    assert shown == "mathreason-tui --batch regrade --preset cpu --set run=last"


def test_several_samples_need_a_temperature() -> None:
    with pytest.raises(UserError, match="temperature above 0") as caught:
        resolve("demo", None, ["evaluate.samples=4"])
    assert "evaluate.temperature=0.7" in caught.value.next_step
    resolve("demo", None, ["evaluate.samples=4", "evaluate.temperature=0.7"])
    resolve("demo", None, ["evaluate.samples=1"])
