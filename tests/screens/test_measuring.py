"""A run that measures figures and makes no items: its table on the Run screen, its files, and what lists call them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.listing import show_status
from app.tui import Workbench
from engine.runs.events import Measured, Progress, RunFinished, RunStarted, StageFinished, StageStarted
from screens.run.figure_view import FigureView, figure_lines
from screens.run.screen import RunScreen
from screens.widgets.dialogs import TextDialog
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for
from tests.screens.live_runs import FakeRun

RUN = "2026-11-21-100200-validate-alignment-3f9a"
FIGURES = (
    Measured("validate", "algebra", "best of all monotone alignments (n, m <= 6)", 1.0, n=180),
    Measured("validate", "algebra", "total equals pynw (n, m <= 24)", 0.5, n=180),
    Measured("validate", "GSM8K, OpenAI's solutions", "AUC right answer: coverage, final answers masked", 0.923, 0.893,
             0.953, 620),
    Measured("validate", "GSM8K, OpenAI's solutions", "AUC right answer: number of steps", 0.395, 0.336, 0.454, 620),
    Measured("validate", "GSM8K, OpenAI's solutions", "best threshold: coverage", 0.653, n=620,
             note="right above 91.9%, wrong below 94.7%"),
    Measured("validate", "CHAMP", "not measured", note="data holds no champ/fws_annotations.jsonl"),
)  # fmt: skip
ARTIFACTS = {"text": "validate/summary.txt", "markdown": "validate/validity.md", "validity": "validate/validity.json"}


def begun(runs_dir: Path) -> FakeRun:
    pid = os.getpid()
    fake = FakeRun(runs_dir, RUN, recipe="validate-alignment", stage="validate", worker=pid)
    started = RunStarted(fake.run.id, "validate-alignment", "cpu", 42, ("validate",), pid, estimate_gb=0.7)
    return fake.emit(started, StageStarted("validate", "validate", 5, unit="sections"))


def finished(runs_dir: Path) -> FakeRun:
    fake = begun(runs_dir).figures(1).emit(*FIGURES, Progress("validate", 5, 5))
    return fake.emit(StageFinished("validate", {"validity": []}, ARTIFACTS), RunFinished("done"))


async def shown(pilot: object, app: Workbench) -> RunScreen:
    await wait_for(pilot, lambda: app.follower.latest is not None)  # type: ignore[arg-type]
    await pilot.press("3")  # type: ignore[attr-defined]
    await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.news is not None)  # type: ignore[arg-type]
    assert isinstance(app.screen, RunScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_table_is_the_result(
    runs_dir: Path, size: str, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    fake = finished(runs_dir)
    stop_the_clock(fake.clock.now)
    app = Workbench(runs_dir)
    async with app.run_test(size=SIZES[size]) as pilot:
        screen = await shown(pilot, app)
        await wait_for(pilot, lambda: screen.focused is screen.query_one(FigureView))
        check_snapshot(app, f"run-measured-{size}")


async def test_it_fills_while_the_run_goes_on_and_says_what_it_waits_for(runs_dir: Path) -> None:
    fake = begun(runs_dir).note("loading the embedder")
    app = Workbench(runs_dir)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await wait_for(pilot, lambda: "waits for the first figure: loading the embedder" in screen_text(app))
        assert "Accuracy" not in screen_text(app)
        fake.emit(FIGURES[0], Progress("validate", 1, 5, "edits"))
        await wait_for(pilot, lambda: "1/5 sections" in screen_text(app) and "best of all monotone" in screen_text(app))


async def test_another_run_begins_with_its_first_line(runs_dir: Path) -> None:
    first = finished(runs_dir)
    other = FakeRun(runs_dir, RUN.replace("3f9a", "4000"), recipe="validate-alignment", stage="validate")
    other.emit(RunStarted(other.run.id, "validate-alignment", "cpu", 42, ("validate",), 1))
    other.emit(StageStarted("validate", "validate", 5, unit="sections"), *FIGURES * 4, RunFinished("done"))
    app = Workbench(runs_dir, adopt=False)
    app.follower.choose(other.run)
    async with app.run_test(size=(60, 15)) as pilot:
        screen = await shown(pilot, app)
        view = screen.query_one(FigureView)
        await wait_for(pilot, lambda: view.max_scroll_y > 0)
        await pilot.press("G")
        await wait_for(pilot, lambda: view.scroll_y > 0)
        app.follower.choose(first.run)
        await wait_for(pilot, lambda: screen.news is not None and screen.news.run.path == first.run.path)
        await wait_for(pilot, lambda: view.scroll_y == 0)


async def test_f_names_the_files(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = finished(runs_dir)
    app = Workbench(runs_dir)
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await pilot.press("f")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        await pilot.press("c")
    assert copied[0].startswith(f"in {fake.run.path.resolve()}")
    assert "markdown  validate/validity.md" in copied[0]
    assert "worker.log" in copied[0]


async def test_the_mode_of_items_says_that_there_are_none(runs_dir: Path) -> None:
    finished(runs_dir)
    app = Workbench(runs_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app)
        await pilot.press("4")
        await wait_for(pilot, lambda: "this run measures figures and has no items" in screen_text(app))


async def test_the_lists_count_sections(runs_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await wait_for(pilot, lambda: "5/5 sections" in screen_text(app))
    show_status(runs_dir, "", as_json=False)
    assert "5 sections" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 75, 110, 160])
def test_no_line_is_longer_than_there_is_room(width: int) -> None:
    lines = figure_lines(FIGURES, width)
    figures = [line for line in lines if "620" in line.plain or "180" in line.plain]
    assert len(figures) == 5
    assert max(line.cell_length for line in figures) <= max(width, 60)
    assert ("●" in figures[2].plain) == (width >= 110)
    assert width < 75 or "final answers masked " in figures[2].plain, "names are whole from 80 columns on"


def test_the_drawn_scale_has_the_value_on_its_interval() -> None:
    lines = figure_lines(FIGURES, 130)
    scale = next(line.plain for line in lines if "number of steps" in line.plain).split()[-1]
    assert scale.strip("·").replace("━", "") == "●"
    assert scale.index("●") == round(0.395 * (len(scale) - 1))
    assert scale.index("━") == round(0.336 * (len(scale) - 1))
