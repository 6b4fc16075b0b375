"""Launch: the draft behind the form, editing, what fits, the command line, and starting a run (with a fake worker)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.tui import Workbench
from engine.errors import EnvironmentMissing
from engine.runs.directory import list_runs
from screens.launch.recipe_form import FieldEditor, RecipeForm
from screens.launch.screen import LaunchScreen
from screens.run.screen import RunScreen
from screens.widgets.dialogs import ConfirmDialog, TextDialog
from screens.widgets.panel import Panel
from tests.fake_worker import PLAN, plan_text
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for
from tests.screens.fake_engine import FakeEngine

pytestmark = pytest.mark.usefixtures("fixed_presets")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("screens.launch.screen.estimate_memory", fake)
    monkeypatch.setattr("screens.launch.screen.ASK_AFTER_S", 0.01)
    monkeypatch.setattr("app.tui.copy_locally", lambda text: False)
    return fake


@pytest.fixture
def fake_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that are started here are done by a table."""
    from engine.runs import launch
    from tests import fake_worker

    command = launch.engine_command

    def fake(module: str, *arguments: str) -> list[str]:
        if module != "engine.worker":
            return command(module, *arguments)
        return [sys.executable, str(Path(fake_worker.__file__).resolve()), *arguments]

    monkeypatch.setattr(launch, "engine_command", fake)
    monkeypatch.setenv(PLAN, plan_text())


async def ready(pilot: Pilot[int]) -> LaunchScreen:
    """Launch with a draft and an answer about the machine."""
    screen = pilot.app.screen
    assert isinstance(screen, LaunchScreen)
    await wait_for(pilot, lambda: screen.draft is not None and screen.answer is not None)
    return screen


def memory_text(screen: LaunchScreen) -> str:
    return screen.query_one("#memory", Panel).text


@pytest.mark.parametrize("size", SIZES)
async def test_the_screen(runs_dir: Path, engine: FakeEngine, size: str, check_snapshot: CheckSnapshot) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=SIZES[size]) as pilot:
        await ready(pilot)
        await wait_for(pilot, lambda: size == "80x24" or "22 GB free" in screen_text(app))
        check_snapshot(app, f"launch-{size}")


async def test_measuring_and_failing_to_measure_look_different(runs_dir: Path, engine: FakeEngine) -> None:
    engine.wait.clear()
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, LaunchScreen)
        await wait_for(pilot, lambda: engine.questions)
        assert memory_text(screen) == "measuring the machine…"
        engine.error = EnvironmentMissing("nvidia-smi hangs", "restart the driver")
        engine.wait.set()
        await wait_for(pilot, lambda: "could not be measured" in memory_text(screen))
        assert "nvidia-smi hangs\nnext: restart the driver" in memory_text(screen)
        engine.error = None
        await pilot.press("m")
        await wait_for(pilot, lambda: "✓ fits" in memory_text(screen))


async def test_walking_through_recipes_changes_the_form_and_asks_once_it_rests(
    runs_dir: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        monkeypatch.setattr("screens.launch.screen.ASK_AFTER_S", 0.3)
        engine.questions.clear()
        await pilot.press("j", "j")
        await wait_for(pilot, lambda: screen.draft and screen.draft.recipe.name == "score-solutions")
        await wait_for(pilot, lambda: engine.questions)
        assert [q["recipe"]["name"] for q in engine.questions] == ["score-solutions"]
        assert "$ mathreason-tui --batch score-solutions --preset cpu" in screen_text(app)


async def test_editing_in_place_changes_command_line_and_can_be_undone(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await edit(pilot, "problems.limit", "5")
        await wait_for(pilot, lambda: screen.draft and screen.draft.edits == {"problems.limit": "5"})
        assert "--set problems.limit=5" in screen_text(app)
        assert "● limit" in screen_text(app)
        await pilot.press("c")
        assert app.clipboard == "mathreason-tui --batch demo --preset cpu --set problems.limit=5"
        await pilot.press("u")
        await wait_for(pilot, lambda: screen.draft and not screen.draft.edits)
        assert "--set" not in screen_text(app)


async def edit(pilot: Pilot[int], key: str, text: str) -> None:
    """Type `text` as the new value of a field."""
    form = pilot.app.screen.query_one(RecipeForm)
    await pilot.press("e", "g")
    while form.field is None or form.field.key != key:
        await pilot.press("j")
    await pilot.press("enter")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen.focused, FieldEditor))
    await pilot.press("ctrl+u", *text, "enter")


async def test_a_wrong_value_says_what_was_meant_and_keeps_the_editor_open(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await edit(pilot, "problems.source", "gsm9k")
        await wait_for(pilot, lambda: 'did you mean "gsm8k"' in screen_text(app))
        assert isinstance(screen.focused, FieldEditor)
        await pilot.press("escape")
        await wait_for(pilot, lambda: screen.focused is screen.query_one(RecipeForm).table)
        assert screen.draft is not None
        assert not screen.draft.edits
        assert "did you mean" not in screen_text(app)


async def test_left_and_right_walk_through_choices(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        form = screen.query_one(RecipeForm)
        await pilot.press("e")
        while form.field is None or form.field.key != "problems.split":
            await pilot.press("j")
        await pilot.press("right")
        await wait_for(pilot, lambda: screen.draft and screen.draft.edits == {"problems.split": "train"})
        await pilot.press("left")
        await wait_for(pilot, lambda: screen.draft and not screen.draft.edits)


async def test_edits_stay_with_their_recipe(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await edit(pilot, "seed", "7")
        await wait_for(pilot, lambda: screen.draft and screen.draft.edits)
        screen.query_one("#recipes").focus()
        await pilot.press("j")
        await wait_for(pilot, lambda: screen.draft and screen.draft.recipe.name == "realign")
        assert screen.draft is not None
        assert not screen.draft.edits
        await pilot.press("k")
        await wait_for(pilot, lambda: screen.draft and screen.draft.edits == {"seed": "7"})


async def test_another_preset_brings_its_own_models(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("j")
        await wait_for(pilot, lambda: screen.draft and screen.draft.recipe.name == "realign")
        await pilot.press("p", "G")
        await wait_for(pilot, lambda: screen.draft and screen.draft.preset == "h100-bf16")
        assert "--preset h100-bf16" in screen_text(app)
        assert "hf:Qwen/Qwen2.5-Math" in screen_text(app)
        await wait_for(pilot, lambda: "✗ does not fit" in memory_text(screen))


async def test_the_filter_chooses_among_the_recipes(runs_dir: Path, engine: FakeEngine) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("slash", *"score", "enter")
        await wait_for(pilot, lambda: screen.draft and screen.draft.recipe.name == "score-solutions")
        assert screen.focused is screen.query_one("#recipes")


async def test_enter_starts_a_run_and_shows_it(runs_dir: Path, engine: FakeEngine, fake_workers: None) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await edit(pilot, "problems.limit", "4")
        await wait_for(pilot, lambda: "--set problems.limit=4" in screen_text(app))
        app.screen.query_one("#recipes").focus()
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == 4)
        await wait_for(pilot, lambda: "✓ done" in screen_text(app))
        run = list_runs(runs_dir)[0]
        assert app.follower.run is not None
        assert app.follower.run.path == run.path.resolve()
        record = json.loads(run.record.read_text())
        assert record["argv"] == ["mathreason-tui", "--batch", "demo", "--preset", "cpu", "--set", "problems.limit=4"]
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))


async def test_what_does_not_fit_is_started_only_after_a_yes(
    runs_dir: Path, engine: FakeEngine, fake_workers: None
) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("p", "G")
        await wait_for(pilot, lambda: screen.draft and screen.draft.preset == "h100-bf16")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        assert "needs 90 GB" in screen_text(app)
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))
        assert not list_runs(runs_dir)
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("y")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_a_worker_that_ends_at_once_is_explained_to_read_and_copy(
    runs_dir: Path, engine: FakeEngine, fake_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAN, plan_text(at_once=3))
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("r")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        assert "no such model" in screen_text(app)
        await pilot.press("c")
        assert "next: read" in app.clipboard


async def test_a_recipe_that_lacks_something_is_refused_before_anything_is_made(
    runs_dir: Path, engine: FakeEngine
) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("G")
        await wait_for(pilot, lambda: screen.draft and screen.draft.recipe.name == "score-solutions")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        assert 'the field "from file" of problems' in " ".join(screen_text(app).split())
        assert not list_runs(runs_dir)
