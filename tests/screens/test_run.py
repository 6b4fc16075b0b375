"""The Run screen: its figures at three sizes, what it waits for, how a run ends, its controls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.tui import Workbench
from engine.runs.control import pending_requests
from engine.runs.events import ControlAcked, Warned
from engine.runs.growing import Growing
from engine.runs.overview import overview
from engine.runs.process import alive, start_time
from engine.runs.series import Series
from engine.runs.state import RunState, StageState, fold_many
from engine.runs.tail import EventTail
from screens.items.screen import AlignmentScreen
from screens.run.item_table import ItemTable
from screens.run.log_view import LogView
from screens.run.panels import headline, sparkline
from screens.run.screen import RunScreen
from screens.run.tally import CURVE_POINTS, RunTally
from screens.widgets.dialogs import ConfirmDialog, TextDialog
from screens.widgets.panel import Panel
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for
from tests.screens.live_runs import FakeRun, finished_item


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that can be taken for a worker, and cancelled."""
    process = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"], stdout=-1)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


async def shown(pilot: Pilot[int]) -> RunScreen:
    """The Run screen, when it has its first news."""
    app = pilot.app
    assert isinstance(app, Workbench)
    await wait_for(pilot, lambda: app.follower.latest is not None)
    await pilot.press("3")
    await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.news is not None)
    assert isinstance(app.screen, RunScreen)
    return app.screen


def panel_text(screen: RunScreen, name: str) -> str:
    return screen.query_one(f"#{name}", Panel).text


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_under_way(
    runs_dir: Path, size: str, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    fake = FakeRun(runs_dir, worker=os.getpid()).begin().figures().items(15)
    fake.emit(Warned("evaluate", "2 problems share an id", "rename them"), after=0.0)
    stop_the_clock(fake.clock.now + 1)
    app = Workbench(runs_dir)
    async with app.run_test(size=SIZES[size]) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.query_one(ItemTable).count == 15)
        check_snapshot(app, f"run-under-way-{size}")


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_loads_its_model_says_so_in_every_panel(
    runs_dir: Path, size: str, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    fake = FakeRun(runs_dir, worker=os.getpid()).begin().note("loading the model")
    stop_the_clock(fake.clock.now + 5)
    app = Workbench(runs_dir)
    async with app.run_test(size=SIZES[size]) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: "loading the model" in panel_text(screen, "accuracy"))
        check_snapshot(app, f"run-loading-{size}")


async def test_a_failed_run_shows_reason_and_next_step_to_copy(
    runs_dir: Path, check_snapshot: CheckSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tui.copy_locally", lambda text: False)
    FakeRun(runs_dir).begin().finish("failed", "there is no model hf:ORG/NAME", "name another one", 3)
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.query_one("#failure").display)
        check_snapshot(app, "run-failed-80x24")
        await pilot.press("e")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        await pilot.press("c")
        assert "there is no model hf:ORG/NAME\n\nnext: name another one" in app.clipboard


async def test_a_crashed_run_shows_the_end_of_its_log_and_can_be_resumed(
    runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun(runs_dir).begin().items(3)
    fake.run.log.write_text("Loading weights\nSegmentation fault\n")
    resumed: list[object] = []
    monkeypatch.setattr("screens.run_control.resume_run", lambda run, sleep: resumed.append(run))
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: "Segmentation fault" in panel_text(screen, "failure"))
        assert "R resumes" in panel_text(screen, "failure")
        await pilot.press("R")
        await wait_for(pilot, lambda: resumed == [fake.run])


async def test_scoring_shows_no_speed(runs_dir: Path) -> None:
    FakeRun(runs_dir, recipe="score-solutions", stage="score").begin(kind="score", stages=("score", "report")).items(4)
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.tally.total == 4)
        assert not screen.query_one("#speed").display
        assert screen.query_one("#quadrants").display


async def test_without_a_run_it_says_what_to_do(runs_dir: Path) -> None:
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await wait_for(pilot, lambda: "press 1 and launch demo" in screen_text(app))


async def test_the_cursor_stays_on_its_item_while_new_ones_come_and_enter_opens_it(runs_dir: Path) -> None:
    fake = FakeRun(runs_dir, worker=os.getpid()).begin().items(5)
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        table = screen.query_one(ItemTable)
        await wait_for(pilot, lambda: table.count == 5)
        await pilot.press("j")
        assert table.position(table.cursor) == 3
        fake.items(3)
        await wait_for(pilot, lambda: table.count == 8)
        assert table.position(table.cursor) == 3
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, AlignmentScreen) and app.screen.item is not None)
        assert isinstance(app.screen, AlignmentScreen)
        assert app.screen.item is not None
        assert app.screen.item.id == "problem-3"


async def test_space_asks_to_pause_and_again_to_go_on(runs_dir: Path, stop_the_clock: Callable[[float], None]) -> None:
    fake = FakeRun(runs_dir, worker=os.getpid()).begin().items(2)
    stop_the_clock(fake.clock.now)
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.press("space")
        await wait_for(pilot, lambda: pending_requests(fake.run))
        request = pending_requests(fake.run)[0]
        assert request.kind == "pause"
        await wait_for(pilot, lambda: "asked to pause at the next safe point" in screen_text(app))
        fake.emit(ControlAcked(request.id, "pause", True))
        await wait_for(pilot, lambda: "‖ paused" in screen_text(app).splitlines()[1])
        assert "asked" not in screen_text(app)
        await pilot.press("space")
        await wait_for(pilot, lambda: pending_requests(fake.run)[-1].kind == "resume")


async def test_x_asks_first_and_then_climbs_the_ladder(
    runs_dir: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.runs.cancel.POLL_S", 0.01)
    fake = FakeRun(runs_dir, worker=sleeper.pid).begin().items(2)
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await shown(pilot)
        await pilot.press("x")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        assert "Finished items are kept" in screen_text(app)
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))
        assert alive(sleeper.pid, start_time(sleeper.pid))
        assert not pending_requests(fake.run)
        await pilot.press("x", "y")
        await wait_for(pilot, lambda: "asked to stop at a safe point" in screen_text(app))
        sleeper.send_signal(signal.SIGTERM)
        sleeper.wait()
        await wait_for(pilot, lambda: any("2 finished items are kept" in n.message for n in app._notifications))


async def test_leaving_does_not_wait_for_a_ladder(runs_dir: Path, sleeper: subprocess.Popen[bytes]) -> None:
    FakeRun(runs_dir, worker=sleeper.pid).begin().items(2)
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("x", "y")
        await wait_for(pilot, lambda: "asked to stop" in screen_text(app))
        app.exit()
    with pytest.raises(Exception, match="the screen was closed"):
        screen.patience.sleep(60.0)


async def test_l_shows_the_end_of_the_log_and_follows_it(runs_dir: Path) -> None:
    fake = FakeRun(runs_dir, worker=os.getpid()).begin()
    fake.run.log.write_text("".join(f"line {n}\n" for n in range(1000)))
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press("l")
        await wait_for(pilot, lambda: "line 999" in screen_text(app))
        with fake.run.log.open("a") as log:
            log.write("\x1b[2Jnew [bold]words\n")
        await wait_for(pilot, lambda: "new [bold]words" in screen_text(app))
        await pilot.press("l")
        await wait_for(pilot, lambda: not screen.query_one(LogView).display)


async def test_c_copies_the_command_line(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tui.copy_locally", lambda text: False)
    FakeRun(runs_dir).begin().finish()
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("c")
        await wait_for(pilot, lambda: app.clipboard == "mathreason-tui --batch demo --preset cpu")


async def test_another_run_replaces_the_figures(runs_dir: Path) -> None:
    first = FakeRun(runs_dir, "2026-11-20-090000-demo-aaaa").begin().items(7).finish("failed", "odd", "do it").run
    FakeRun(runs_dir, "2026-11-21-090000-demo-bbbb").begin().items(2).finish()
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await wait_for(pilot, lambda: screen.tally.total == 2)
        app.follower.choose(first)
        await wait_for(pilot, lambda: screen.tally.total == 7 and screen.query_one("#failure").display)
        assert screen.query_one(ItemTable).count == 7


# -- pure parts


def test_the_eta_is_at_the_pace_of_this_worker() -> None:
    stage = StageState("evaluate", status="running", total=20, done=12, resumed_at=10, started_at=100.0)
    assert stage.eta_s(110.0) == pytest.approx(40.0)
    assert replace(stage, done=10).eta_s(110.0) is None


@pytest.mark.parametrize("heartbeats", [0, 1200])
def test_every_place_says_the_same_of_how_long_a_run_took(tmp_path: Path, heartbeats: int) -> None:
    """Also where it was resumed and its beginning lies before what the list reads."""
    fake = FakeRun(tmp_path, worker=None)
    fake.clock.now += 0.7  # the worker begins some time after its folder is there
    fake.begin().items(3).figures(heartbeats).begin().items(2).finish()
    state = fold_many(RunState(), EventTail(fake.run.events).read_all())
    assert overview(fake.run).duration_s == state.took_s()


def test_an_ended_run_took_until_its_last_event(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path).begin().items(30).finish()
    state = fold_many(RunState(), EventTail(fake.run.events).read_all())
    assert " 1:03 " in headline("run", state, "done", now=fake.clock.now + 9999).plain


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ((), 5, ""),
        ((0.0, 0.0), 5, ""),
        ((0.0, 50.0, 100.0), 5, "▁▅█"),
        ((100.0, None, 100.0), 5, "█ █"),
        ((1.0, 2.0, 4.0, 8.0), 2, "▅█"),
    ],
)
def test_the_sparkline_goes_from_zero_to_the_largest_of_what_is_shown(
    values: tuple[float | None, ...], width: int, expected: str
) -> None:
    assert sparkline(Series(Growing(map(float, range(len(values)))), Growing(values)), width) == expected


def test_each_item_has_one_outcome_and_the_tally_counts_only_what_is_new() -> None:
    samples = tuple(finished_item("evaluate", i)[1] for i in range(12))
    tally = RunTally()
    tally.take(samples[:5])
    tally.take(samples)
    assert tally.outcomes == {"right": 4, "wrong": 4, "unparsed": 2, "truncated": 2}
    assert tally.rules == {"symbolic": 4}
    assert [n for n, _ in tally.curve] == list(range(1, 13))
    tally.take(samples[6:8])
    assert tally.total == 2


def test_the_accuracy_curve_is_bounded() -> None:
    samples = tuple(finished_item("evaluate", i)[1] for i in range(3000))
    tally = RunTally()
    tally.take(samples)
    assert CURVE_POINTS / 2 <= len(tally.curve) <= CURVE_POINTS
    places = [n for n, _ in tally.curve]
    assert len({b - a for a, b in pairwise(places)}) == 1
