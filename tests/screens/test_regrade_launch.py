"""Launch with a recipe that works on an earlier run: the form asks for the run, and the start pins it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.tui import Workbench
from engine.errors import Option, UserError
from engine.recipes.loading import load_recipe
from engine.runs.directory import list_runs
from engine.runs.results import encode_row
from screens import run_files
from screens.launch.draft import in_words_of_the_form, load_shelf, make_draft
from screens.launch.recipe_form import RecipeForm
from screens.launch.screen import LaunchScreen
from screens.run.screen import RunScreen
from screens.run_files import start_run
from screens.runs.screen import RunsScreen
from screens.widgets.dialogs import TextDialog
from tests.row_table import make_body
from tests.run_driver import make_run
from tests.screens.conftest import screen_text, wait_for
from tests.screens.live_runs import FakeRun


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "launch", lambda run: None)
    monkeypatch.setattr(run_files, "wait_ready", lambda run, process, sleep: None)


def test_the_run_of_the_form_is_the_run_that_is_graded_again(tmp_path: Path) -> None:
    earlier = make_run(tmp_path, "demo")
    earlier.stage("evaluate").mkdir()
    earlier.results("evaluate").write_text(encode_row(make_body()) + "\n")
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


# -- from a run to Launch


@pytest.mark.parametrize("mode", ["runs", "run"])
async def test_n_opens_launch_with_the_run_filled_in(runs_dir: Path, mode: str) -> None:
    fake = FakeRun(runs_dir).begin().items(3).finish()
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash", *"demo", "enter")  # a filter must not hide the recipe that is wished for
        await pilot.press("2")
        await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.shown)
        if mode == "run":
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == 3)
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))
        launch = app.screen
        assert isinstance(launch, LaunchScreen)
        await wait_for(pilot, lambda: launch.draft is not None and launch.draft.recipe.name == "regrade")
        await wait_for(pilot, lambda: f"--set run={fake.run.id}" in screen_text(app).replace("\n ", " "))
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen if mode == "run" else RunsScreen))


async def test_a_run_without_items_cannot_be_graded_anew(runs_dir: Path) -> None:
    FakeRun(runs_dir).begin().finish("failed", "no such model")
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(200, 40)) as pilot:
        await pilot.press("2")
        await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.shown)
        assert "grade anew" not in screen_text(app)


async def test_what_is_missing_is_named_by_its_field_and_pointed_at(runs_dir: Path) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        launch = app.screen
        assert isinstance(launch, LaunchScreen)
        await wait_for(pilot, lambda: launch.draft is not None)
        await pilot.press("slash", *"score-solutions", "enter")
        await wait_for(pilot, lambda: launch.draft is not None and launch.draft.recipe.name == "score-solutions")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        said = " ".join(screen_text(app).split())
        assert 'name it: the field "from file" of problems' in said
        assert "--set" not in said
        await pilot.press("q")
        await wait_for(pilot, lambda: app.screen is launch)
        field = launch.query_one(RecipeForm).field
        assert field is not None
        assert field.key == "problems.path"


RUN = Option("run", "RUN", example=True)
JUDGE = Option("models.judge", "hf:A/B")
OTHER = Option("problems.path", "FILE", example=True)


@pytest.mark.parametrize(
    ("error", "says", "key"),
    [
        (UserError(f"regrade needs a run: {RUN}", options=(RUN,)), 'regrade needs a run: the field "run"', "run"),
        (
            UserError("?", f"{JUDGE}, or none", options=(JUDGE,)),
            'the field "judge" of models = hf:A/B, or',
            "models.judge",
        ),
        (UserError("run=x: no run", "the newest is y", key="run"), "run=x: no run", "run"),
        (UserError("other", f"{OTHER}", options=(OTHER,)), "--set problems.path=FILE", ""),
    ],
)
def test_options_become_fields(error: UserError, says: str, key: str) -> None:
    recipe = next(recipe for recipe in load_shelf().recipes if recipe.name == "regrade")
    said, found = in_words_of_the_form(error, make_draft(recipe, "cpu", {}))
    assert says in f"{said.message} {said.next_step}"
    assert found == key
