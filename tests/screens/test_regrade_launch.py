"""Launch with a recipe that works on an earlier run: the form asks for the run, and the start pins it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.recipes.loading import load_recipe
from engine.runs.directory import list_runs
from engine.runs.results import encode_row
from screens import run_files
from screens.launch_draft import load_shelf, make_draft
from screens.run_files import start_run
from tests.row_table import make_row
from tests.run_driver import make_run


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "launch", lambda run: None)
    monkeypatch.setattr(run_files, "wait_ready", lambda run, process, sleep: None)


def test_the_run_of_the_form_is_the_run_that_is_graded_again(tmp_path: Path) -> None:
    earlier = make_run(tmp_path, "demo")
    earlier.stage("evaluate").mkdir()
    earlier.results("evaluate").write_text(encode_row(make_row()) + "\n")
    recipe = next(recipe for recipe in load_shelf().recipes if recipe.name == "regrade")
    draft = make_draft(recipe, "cpu", {"run": "last"})
    assert draft.fields[0].key == "run"
    assert draft.command == "mathreason-tui --batch regrade --preset cpu --set run=last"
    run = start_run(tmp_path, draft.edited, ["test"])
    assert load_recipe(run.recipe).run == str(earlier.path), "the newest is the new run itself by now"


def test_without_a_run_nothing_is_made_and_the_newest_are_named(tmp_path: Path) -> None:
    recipe = next(recipe for recipe in load_shelf().recipes if recipe.name == "regrade")
    with pytest.raises(UserError, match="needs a run"):
        start_run(tmp_path, make_draft(recipe, "cpu", {}).edited, ["test"])
    assert not list_runs(tmp_path)
