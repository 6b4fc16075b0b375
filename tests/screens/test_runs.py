"""The list of runs: what it shows of each, empty and unreadable folders, filter, and what can be done to a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.tui import Workbench
from engine.compare.overviews import OverviewReader
from engine.runs.directory import RunDirectory
from engine.runs.files import write_json_atomic
from engine.runs.overview import RunOverview, overview
from engine.statistics.wording import WHOLE_PERCENT, shown
from screens.items.screen import AlignmentScreen
from screens.run.screen import RunScreen
from screens.runs.screen import RunsScreen
from screens.widgets.dialogs import ConfirmDialog, TextDialog
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, shown_runs, wait_for
from tests.screens.live_runs import FakeRun


def some_runs(folder: Path) -> dict[str, RunDirectory]:
    """One run of each kind, oldest first; the newest is live."""
    crashed = FakeRun(folder, "2026-11-20-080000-demo-0000").begin().items(4)
    crashed.run.log.write_text("Loading weights\nKilled\n")
    done = FakeRun(folder, "2026-11-20-090000-demo-1111").begin().figures().items(24).finish()
    cancelled = FakeRun(folder, "2026-11-20-100000-realign-2222", recipe="realign").begin(200).items(51)
    cancelled.finish("cancelled", "cancelled by request", "resume it", 130)
    failed = FakeRun(folder, "2026-11-20-110000-demo-3333").begin().finish("failed", "no model hf:ORG/NAME", "name one")
    torn = RunDirectory(folder / "2026-11-20-120000-odd-4444")
    torn.path.mkdir()
    torn.record.write_text("{torn")
    live = FakeRun(folder, "2026-11-21-100200-demo-5555", worker=os.getpid()).begin().items(15)
    fakes = {"crashed": crashed, "done": done, "cancelled": cancelled, "failed": failed, "live": live}
    return {name: fake.run for name, fake in fakes.items()} | {"torn": torn}


async def choose(pilot: Pilot[int], run: RunDirectory) -> None:
    """Bring the cursor to this run."""
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    await pilot.press("g")
    while (line := screen.selected) is None or line.run.path != run.path:
        await pilot.press("j")


@pytest.mark.parametrize("size", SIZES)
async def test_the_list(
    runs_dir: Path, size: str, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    some_runs(runs_dir)
    stop_the_clock(1_795_255_360.0)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=SIZES[size]) as pilot:
        await shown_runs(pilot, 6)
        check_snapshot(app, f"runs-{size}")


async def test_no_runs_and_an_unreadable_folder_look_different(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> list[RunDirectory]:
        raise PermissionError(13, "Permission denied", str(path))

    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 0)
        await wait_for(pilot, lambda: "no runs yet in runs: press 1 and launch demo" in screen_text(app))
        monkeypatch.setattr("engine.compare.overviews.list_runs", refused)
        await pilot.press("r")
        await wait_for(pilot, lambda: "✕ cannot read runs: Permission denied" in screen_text(app))
        assert "no runs yet" not in screen_text(app)
        monkeypatch.undo()


async def test_a_new_run_turns_up_and_the_cursor_stays_on_its_run(runs_dir: Path) -> None:
    FakeRun(runs_dir, "2026-11-20-080000-demo-0000").begin().finish()
    chosen = FakeRun(runs_dir, "2026-11-20-090000-demo-1111").begin().finish().run
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown_runs(pilot, 2)
        FakeRun(runs_dir, "2026-11-21-090000-demo-2222").begin().finish()
        await wait_for(pilot, lambda: len(screen.shown) == 3)
        line = screen.selected
        assert line is not None
        assert line.run == chosen


async def test_the_filter_keeps_the_lines_that_hold_all_its_words(runs_dir: Path) -> None:
    some_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown_runs(pilot, 6)
        await pilot.press("slash", *"DEMO fail")
        await wait_for(pilot, lambda: [line.run.id for line in screen.shown] == ["2026-11-20-110000-demo-3333"])
        await pilot.press(*"x")
        await wait_for(pilot, lambda: "none of 6 runs has these words" in screen_text(app))
        await pilot.press("tab")
        await wait_for(pilot, lambda: screen.focused is screen.query_one("#runs"))
        assert "⏎ open" not in screen_text(app)
        screen.query_one("Input").focus()
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(screen.shown) == 6 and screen.focused is screen.query_one("#runs"))


async def test_enter_opens_the_run_and_a_its_alignments(runs_dir: Path) -> None:
    runs = some_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 6)
        await choose(pilot, runs["done"])
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == 24)
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen))
        await choose(pilot, runs["cancelled"])
        await pilot.press("a")
        await wait_for(pilot, lambda: isinstance(app.screen, AlignmentScreen) and app.screen.item is not None)
        assert app.follower.run == runs["cancelled"]


@pytest.mark.parametrize(
    ("kind", "can", "cannot"),
    [
        ("live", {"cancel_run"}, {"resume_run", "delete_run"}),
        ("done", {"delete_run"}, {"resume_run", "cancel_run"}),
        ("cancelled", {"resume_run", "delete_run"}, {"cancel_run"}),
        ("crashed", {"resume_run", "delete_run"}, {"cancel_run"}),
        ("torn", {"delete_run"}, {"resume_run", "cancel_run"}),
    ],
)
async def test_only_what_can_be_done_is_offered(runs_dir: Path, kind: str, can: set[str], cannot: set[str]) -> None:
    runs = some_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown_runs(pilot, 6)
        await choose(pilot, runs[kind])
        offered = {active.binding.action for active in screen.active_bindings.values() if active.enabled}
        assert can <= offered
        assert not cannot & offered


async def test_deleting_asks_and_removes_the_folder(runs_dir: Path) -> None:
    runs = some_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 6)
        await choose(pilot, runs["done"])
        await pilot.press("d")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert runs["done"].path.exists()
        await pilot.press("d", "y")
        await shown_runs(pilot, 5)
        assert not runs["done"].path.exists()
        assert [p.name for p in runs_dir.iterdir() if p.name.startswith(".")] == []


async def test_a_run_that_came_alive_meanwhile_is_not_deleted(runs_dir: Path) -> None:
    fake = FakeRun(runs_dir).begin().items(3)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 1)
        await pilot.press("d")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        fake.claim(os.getpid())
        await pilot.press("y")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        assert "it cannot be deleted" in screen_text(app)
        assert fake.run.events.exists()


async def test_e_says_why_a_run_ended(runs_dir: Path) -> None:
    runs = some_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 6)
        await choose(pilot, runs["torn"])
        await pilot.press("e")
        await wait_for(pilot, lambda: "run.json is torn or foreign" in screen_text(app))


# -- reading


def test_accuracy_comes_from_the_summary_else_from_the_finished_items(tmp_path: Path) -> None:
    runs = some_runs(tmp_path)
    lines = {line.run: line for line in OverviewReader(tmp_path).read()}
    assert shown(lines[runs["done"]].accuracy, WHOLE_PERCENT) == "33% [18, 53]"
    assert shown(lines[runs["live"]].accuracy, WHOLE_PERCENT) == "33% [15, 58]"
    assert shown(lines[runs["cancelled"]].accuracy, WHOLE_PERCENT) == "33% [22, 47]"
    assert lines[runs["failed"]].accuracy.value is None
    assert lines[runs["crashed"]].reason == "Killed"
    assert lines[runs["torn"]].overview.status == "unreadable"


def test_an_ended_run_is_read_once_until_its_files_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = FakeRun(tmp_path, "2026-11-20-080000-demo-0000").begin().items(3).finish().run
    live = FakeRun(tmp_path, "2026-11-20-090000-demo-1111", worker=os.getpid()).begin().run
    read: list[str] = []

    def counted(run: RunDirectory) -> RunOverview:
        read.append(run.id)
        return overview(run)

    monkeypatch.setattr("engine.compare.overviews.overview", counted)
    reader = OverviewReader(tmp_path)
    reader.read()
    reader.read()
    assert read == [live.id, ended.id, live.id]
    write_json_atomic(ended.result, {"status": "done", "summary": {"accuracy": 1.0, "accuracy_interval": [0.4, 1.0]}})
    assert shown(reader.read()[1].accuracy, WHOLE_PERCENT) == "100% [40, 100]"


@pytest.mark.parametrize("damage", ["events are a folder", "result is a list", "summary is text", "config is torn"])
def test_damage_never_breaks_the_list(tmp_path: Path, damage: str) -> None:
    run = FakeRun(tmp_path).begin().items(2).finish().run
    match damage:
        case "events are a folder":
            run.events.unlink()
            run.events.mkdir()
        case "result is a list":
            run.result.write_text("[]")
        case "summary is text":
            run.result.write_text('{"summary": {"accuracy": "much", "accuracy_interval": "wide"}}')
        case _:
            (run.path / "config_resolved.json").write_text('{"models": [')
    line = OverviewReader(tmp_path).read()[0]
    unreadable = damage == "events are a folder"
    assert line.overview.status == ("unreadable" if unreadable else "done")
    assert bool(line.reason) == unreadable


async def test_runs_of_one_recipe_show_what_differs_and_a_note_is_found_by_its_words(runs_dir: Path) -> None:
    for name, shots in (("2026-11-20-080000-demo-0000", 0), ("2026-11-20-090000-demo-1111", 8)):
        run = FakeRun(runs_dir, name).begin().items(3).finish().run
        stage = {"name": "evaluate", "kind": "evaluate", "few_shot": shots}
        write_json_atomic(run.path / "config_resolved.json", {"models": {"policy": "p"}, "stages": [stage]})
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown_runs(pilot, 2)
        assert [line.apart for line in screen.shown] == ["few_shot 8", "few_shot 0"]
        assert "few_shot 8" in screen_text(app)
        await pilot.press("N", *"tuned", "enter")
        await wait_for(pilot, lambda: screen.shown[0].note == "tuned")
        await pilot.press("slash", *"tuned")
        await wait_for(pilot, lambda: [line.run.id for line in screen.shown] == ["2026-11-20-090000-demo-1111"])
        assert "tuned · few_shot 8" in screen_text(app)
