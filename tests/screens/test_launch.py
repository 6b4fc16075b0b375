"""Launch: the draft behind the form, editing, what fits, the command line, and starting a run (with a fake worker)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from app.tui import Workbench
from engine.errors import EnvironmentMissing, MathReasonError, UserError
from engine.runs.directory import list_runs
from screens import consulting
from screens.consulting import Estimate, MachineAnswer, Term, machine_line, parse_answer
from screens.launch import LaunchScreen
from screens.launch_draft import load_shelf, make_draft, memory_question
from screens.run import RunScreen
from screens.widgets.dialogs import ConfirmDialog, TextDialog
from screens.widgets.memory_lines import memory_lines, solid_bar
from screens.widgets.panel import Panel
from screens.widgets.recipe_form import FieldEditor, RecipeForm, next_choice
from tests.fake_worker import PLAN, plan_text
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for

HARDWARE = {"cores": 2, "ram_gb": 23.5, "ram_free_gb": 21.8, "devices": []}
TERMS = (
    Term("libraries", 0.55, "Python, torch, transformers, sympy"),
    Term("policy weights", 0.5, "134M parameters, 32 bits each"),
    Term("policy KV cache", 0.3, "16 rows of 320 tokens; 45 KB a token"),
    Term("embedder", 0.195, "22M parameters in 32 bits"),
)


def fake_answer(question: Mapping[str, Any]) -> MachineAnswer:
    """cpu fits, its neighbour is tight, the last does not fit, the others lack their device."""
    names = [preset["name"] for preset in question["presets"]]
    fits = dict.fromkeys(names, "no device") | {names[0]: "fits", names[1]: "tight", names[-1]: "does not fit"}
    reasons = {"fits": "", "no device": "no such device here", "tight": "over 85%", "does not fit": "needs 90 GB"}
    estimates: dict[str, Estimate | str] = {
        name: Estimate(TERMS, 1.5, 23.5, fit, reasons[fit], "" if fit == "fits" else "hardware.batch_size=8 helps")
        for name, fit in fits.items()
    }
    return MachineAnswer(HARDWARE, estimates)


class FakeEngine:
    """Answers what the machine can do; `questions` are kept, `wait` holds the answer back, `error` is raised."""

    def __init__(self) -> None:
        self.questions: list[Mapping[str, Any]] = []
        self.wait = asyncio.Event()
        self.wait.set()
        self.error: MathReasonError | None = None

    async def __call__(self, question: Mapping[str, Any]) -> MachineAnswer:
        self.questions.append(question)
        await self.wait.wait()
        if self.error:
            raise self.error
        return fake_answer(question)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("screens.launch.estimate_memory", fake)
    monkeypatch.setattr("screens.launch.ASK_AFTER_S", 0.01)
    monkeypatch.setattr("app.tui.copy_locally", lambda text: False)
    return fake


@pytest.fixture(autouse=True)
def fixed_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes and presets of the tests' own: what comes with the program is free to change."""
    from engine.recipes import sources

    monkeypatch.setattr(sources, "files", lambda package: Path(__file__).parent / package)


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
    await wait_for(pilot, lambda: screen.draft is not None and screen._answer is not None)
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
        monkeypatch.setattr("screens.launch.ASK_AFTER_S", 0.3)
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
        assert "problems.path=FILE" in screen_text(app)
        assert not list_runs(runs_dir)


# -- without a screen


def test_an_edit_that_changes_nothing_is_none() -> None:
    demo = load_shelf().recipes[0]
    draft = make_draft(demo, None, {"problems.limit": "24", "seed": "7"})
    assert draft.edits == {"seed": "7"}
    assert draft.command == "mathreason-tui --batch demo --preset cpu --set seed=7"


def test_a_wrong_edit_names_its_key() -> None:
    with pytest.raises(UserError, match=r"^problems\.limit"):
        make_draft(load_shelf().recipes[0], "cpu", {"problems.limit": "many"})


def test_the_question_leaves_open_what_nobody_chose() -> None:
    shelf = load_shelf()
    realign = next(recipe for recipe in shelf.recipes if recipe.name == "realign")
    question = memory_question(make_draft(realign, "cpu", {"hardware.batch_size": "3"}), shelf, None)
    assert question["recipe"]["models"]["policy"] is None
    assert question["recipe"]["hardware"] == {"batch_size": 3}
    chosen = memory_question(make_draft(realign, "cpu", {"models.policy": "hf:ORG/NAME"}), shelf, HARDWARE)
    assert chosen["recipe"]["models"]["policy"] == "hf:ORG/NAME"
    assert chosen["hardware"] == HARDWARE


async def test_the_engine_itself_answers_the_question() -> None:
    shelf = load_shelf()
    answer = await consulting.estimate_memory(memory_question(make_draft(shelf.recipes[0], None, {}), shelf, None))
    assert set(answer.estimates) == {preset.name for preset in shelf.presets}
    assert isinstance(answer.estimates["cpu"], Estimate)
    assert "cores" in machine_line(answer.hardware)


@pytest.mark.parametrize(
    "out", [b"", b"[]", b'{"hardware": {}}', b'{"hardware": {}, "estimates": {"cpu": {"fit": 1}}}']
)
def test_a_foreign_answer_is_an_error_with_a_next_step(out: bytes) -> None:
    with pytest.raises(EnvironmentMissing, match="boom") as caught:
        parse_answer(out, "Traceback\nboom\n")
    assert "--doctor" in caught.value.next_step


def test_an_error_answer_keeps_its_words() -> None:
    with pytest.raises(MathReasonError) as caught:
        parse_answer(b'{"error": "no recipe", "next_step": "send one"}', "")
    assert (caught.value.message, caught.value.next_step) == ("no recipe", "send one")


def test_a_preset_without_an_estimate_says_why() -> None:
    answer = parse_answer(b'{"hardware": {}, "estimates": {"cpu": {"error": "unknown model", "next_step": "n"}}}', "")
    assert answer.estimates == {"cpu": "unknown model n"}


def test_memory_lines_fit_the_width_and_name_what_helps() -> None:
    estimate = Estimate(TERMS, 30.0, 23.5, "does not fit", "needs 30.0 GB", "hardware.dtype=bfloat16 helps")
    for width in (30, 46, 78, 120):
        lines = [line if isinstance(line, str) else line.plain for line in memory_lines(estimate, width)]
        assert all(len(line) <= width for line in lines[2:])
        assert lines[0].startswith("✗ does not fit  30.0 of 23.5 GB")
        assert lines[1] == "try: hardware.dtype=bfloat16 helps"
        assert lines[2].startswith("libraries")


@pytest.mark.parametrize(("share", "bar"), [(0.0, ""), (0.001, "▏"), (0.5, "██"), (0.53, "██▏"), (1.0, "████")])
def test_a_bar_shows_a_sliver_of_what_is_not_nothing(share: float, bar: str) -> None:
    assert solid_bar(share, 4) == bar


def test_choices_go_around() -> None:
    assert next_choice(("a", "b", "c"), "c", 1) == "a"
    assert next_choice(("a", "b", "c"), "a", -1) == "c"
    assert next_choice(("a", "b", "c"), "other", 1) == "a"


def test_the_machine_in_a_few_words() -> None:
    assert machine_line(HARDWARE) == "cpu · 2 cores · 22 GB free"
    card = {"cores": 16, "ram_gb": 128.0, "devices": [{"kind": "cuda", "name": "H100", "memory_gb": 79.6}]}
    assert machine_line(card) == "H100 80 GB · 16 cores · 128 GB free"
