"""The Run screen when runs are changed, when there is much to say in little room, and when a run vanishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.modes import MODES
from app.tui import Workbench
from engine.rows.kinds import ROW_KINDS
from engine.runs.events import StageFinished, StageStarted, Warned
from engine.stages import STAGES
from screens.items.screen import AlignmentScreen
from screens.run.focus import FIGURES
from screens.run.item_table import CELLS, ItemTable
from screens.run.panels import PANELS
from screens.run.screen import RunScreen
from screens.widgets.dialogs import TextDialog
from tests.screens.conftest import SIZES, screen_text, wait_for
from tests.screens.live_runs import FakeRun
from tests.screens.test_run import panel_text, shown


def figures_of(screen: RunScreen) -> dict[str, str]:
    return {name: panel_text(screen, name) for name in ("accuracy", "quadrants", "speed", "machine")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("before", ["score", "validate"])
async def test_a_run_looks_the_same_whatever_was_shown_before(runs_dir: Path, size: str, before: str) -> None:
    first = FakeRun(runs_dir, "2026-11-20-090000-first-aaaa", stage=before)
    first.begin(kind=before, stages=(before,)).figures().items(7 * (before == "score")).finish()
    run = FakeRun(runs_dir, "2026-11-21-090000-demo-bbbb").begin().figures().items(12).finish().run
    app = Workbench(runs_dir)
    async with app.run_test(size=SIZES[size]) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: "▆▆▇" in panel_text(screen, "speed"))
        await pilot.pause()
        alone = figures_of(screen)
        app.follower.choose(first.run)
        await wait_for(pilot, lambda: screen.news is not None and screen.news.run.path == first.run.path)
        await pilot.pause()
        app.follower.choose(run)
        await wait_for(pilot, lambda: screen.news is not None and screen.news.run.path == run.path)
        await pilot.pause()
        await wait_for(pilot, lambda: figures_of(screen) == alone)


def offered_by(screen: RunScreen) -> set[str]:
    return {active.binding.action for active in screen.active_bindings.values() if active.enabled}


async def test_the_keys_of_a_long_text_stay_in_sight(runs_dir: Path) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        for lines in (2, 20, 60):
            await app.push_screen(TextDialog("Files", "\n".join(f"name  path {n}" for n in range(lines))))
            await pilot.pause()
            assert "c copy   q close" in screen_text(app)
            await pilot.press("G", "down", "down")
            await pilot.pause()
            assert "c copy   q close" in screen_text(app)
            assert ("path 1 " in screen_text(app)) or lines > 2
            await pilot.press("q")


@pytest.mark.parametrize("status", ["done", "failed"])
async def test_a_run_whose_folder_vanishes_says_so_and_offers_nothing_of_it(runs_dir: Path, status: str) -> None:
    run = FakeRun(runs_dir).begin().items(7).finish(status, "a reason" * (status == "failed")).run
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.query_one(ItemTable).count == 7)
        assert {"files", "compare", "grade_anew"} <= offered_by(screen)
        run.path.rename(runs_dir / ".deleted")
        app.follower.hurry()
        await wait_for(pilot, lambda: "the run's folder is gone" in screen_text(app))
        assert "done ·" not in screen_text(app)
        assert not {"files", "compare", "grade_anew"} & offered_by(screen)


@pytest.mark.parametrize(
    ("size", "warned", "failed", "panels"),
    [
        ((60, 15), False, False, True),
        ((60, 15), True, False, False),
        ((60, 15), False, True, False),
        ((60, 15), True, True, False),
        ((80, 24), True, False, True),
        ((80, 24), True, True, False),
    ],
)
async def test_what_went_wrong_leaves_room_for_the_items(
    runs_dir: Path, size: tuple[int, int], warned: bool, failed: bool, panels: bool
) -> None:
    fake = FakeRun(runs_dir).begin()
    if warned:
        fake.emit(Warned("evaluate", "a long warning " * 9, "wait"), Warned("evaluate", "another " * 9, "wait"))
    fake.items(7)
    fake.finish(*(("failed", "a long reason " * 12, "do something else") if failed else ()))
    app = Workbench(runs_dir)
    async with app.run_test(size=size) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.query_one("#failure").display == failed)
        await pilot.pause()
        assert screen.query_one("#panels").display == panels
        table = screen.query_one(ItemTable)
        assert table.region.bottom <= screen.size.height - 1
        assert table.region.height >= 3


async def test_each_of_two_stages_has_its_items_and_figures(runs_dir: Path) -> None:
    fake = FakeRun(runs_dir, stage="base").begin(stages=("base", "tuned")).items(5)
    fake.emit(StageFinished("base", {}), StageStarted("tuned", "evaluate", 8))
    fake.stage = "tuned"
    fake.items(8).finish()
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        table = screen.query_one(ItemTable)
        await wait_for(pilot, lambda: table.count == 8)
        assert (screen.stage.name, table.border_title) == ("tuned", "Newest · tuned")
        await pilot.press("s")
        await wait_for(pilot, lambda: table.count == 5)
        assert (screen.stage.name, table.border_title) == ("base", "Newest · base")
        assert "of 5" in panel_text(screen, "accuracy")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, AlignmentScreen) and app.screen.item is not None)
        assert isinstance(app.screen, AlignmentScreen)
        assert app.screen.item is not None
        assert app.screen.item.index == 4


def test_the_screen_knows_every_panel_that_a_stage_asks_for() -> None:
    wanted = {panel for kind in STAGES.values() for panel in kind.panels}
    assert wanted <= {*PANELS, FIGURES}


def test_every_kind_of_row_opens_in_a_mode_and_has_columns_that_can_be_drawn() -> None:
    for kind in ROW_KINDS.values():
        assert kind.opens in MODES, kind.name
        assert {column.shows for column in kind.columns} <= set(CELLS), kind.name
