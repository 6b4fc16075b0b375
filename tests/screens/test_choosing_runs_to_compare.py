"""The way into Compare, from Runs and from Run: which run, and which with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.tui import Workbench
from screens.compare.screen import CompareScreen
from screens.run.screen import RunScreen
from screens.runs.picker import RunPicker, read_candidates
from tests.screens.compared_runs import ITEMS, ONE, TWO, made, two_runs
from tests.screens.conftest import CheckSnapshot, screen_text, shown_runs, wait_for
from tests.screens.fake_runs import FakeRun, varied_row


async def test_v_marks_a_run_and_compares_the_next_with_it(
    runs_dir: Path, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        runs = await shown_runs(pilot, 2)
        await pilot.press("j", "v", "k")
        check_snapshot(app, "runs-marked-80x24", r"\d\d-\d\d \d\d:\d\d")
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
        assert isinstance(app.screen, CompareScreen)
        assert app.screen.compared is not None
        assert (app.screen.compared.found.run_a, app.screen.compared.found.run_b) == (ONE, TWO)
        await pilot.press("q")
        await wait_for(pilot, lambda: app.screen is runs)
        assert "v on another run compares" in screen_text(app), "the mark stays for the next one"
        await pilot.press("escape")
        assert "v on another run" not in screen_text(app)


async def test_v_on_the_marked_run_lets_it_go_and_so_does_its_end(runs_dir: Path) -> None:
    one, _ = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        runs = await shown_runs(pilot, 2)
        await pilot.press("v", "v")
        assert runs.marked is None
        await pilot.press("G", "v")
        assert runs.marked is not None
        assert runs.marked.id == ONE
        one.path.rename(runs_dir / ".gone")
        await pilot.press("r")
        await wait_for(pilot, lambda: runs.marked is None, "the mark to go with its run")


async def test_v_in_run_offers_runs_over_the_same_problems_first(runs_dir: Path, check_snapshot: CheckSnapshot) -> None:
    two_runs(runs_dir)
    rows = [varied_row(n) for n in range(5)]
    made(runs_dir, "2026-11-21-100000-demo-3333", "hf:org/other", rows, problems={"source": "gsm8k"})
    FakeRun(runs_dir, "empty").begin(3)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown_runs(pilot, 4)
        await pilot.press("G", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == ITEMS)
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(app.screen, RunPicker) and len(app.screen.shown) == 2)
        check_snapshot(app, "compare-picker-120x40", r"\d\d-\d\d \d\d:\d\d", r"2026-11-21-\d{6}-empty-\S{4}")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
        assert isinstance(app.screen, CompareScreen)
        assert app.screen.runs is not None
        assert [run.id for run in app.screen.runs] == [ONE, TWO]
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_the_picker_can_be_left_and_says_when_it_has_nothing(runs_dir: Path) -> None:
    made(runs_dir, ONE, "m", [varied_row(0)])
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == 1)
        await pilot.press("v")
        await wait_for(pilot, lambda: "no other run in runs has a finished item" in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))


def test_a_regrade_of_a_run_is_over_its_problems(tmp_path: Path) -> None:
    rows = [varied_row(0)]
    one = made(tmp_path, ONE, "m", rows, problems={"source": "gsm8k"})
    made(tmp_path, TWO, "", rows, run=str(tmp_path / ONE), stages=[{"name": "regrade", "kind": "regrade"}])
    made(tmp_path, "2026-11-22-090000-demo-3333", "m", rows, problems={"source": "math"})
    found = read_candidates(tmp_path, one)
    assert [(candidate.line.run.id, candidate.same) for candidate in found] == [
        (TWO, True), ("2026-11-22-090000-demo-3333", False),
    ]  # fmt: skip
