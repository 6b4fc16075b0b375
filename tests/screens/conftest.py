"""What every screen test needs: a terminal without surprises, text snapshots, and waiting for conditions.

A snapshot is the screen as text, one file for each test and name in snapshots/. UPDATE_SNAPSHOTS=1 writes them anew;
read the difference before committing it.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot

from screens.runs.screen import RunsScreen
from screens.widgets.charts import get_ready

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
WAIT_S = 10.0
STEP_S = 0.01


class CheckSnapshot(Protocol):
    """Compare the shown screen with the snapshot of this name; `hide` are patterns of what differs in every run."""

    def __call__(self, app: App[Any], name: str, *hide: str) -> None: ...


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own colours and animations must not decide about a test."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def unmeasured_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process measures this machine behind a test's back: the answer never comes."""

    async def measure(question: Mapping[str, Any]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("screens.launch.screen.estimate_memory", measure)


@pytest.fixture(autouse=True, scope="session")
def plots_are_ready() -> None:
    """The plotting library is imported in a thread when it is first needed; no test shall depend on being the first."""
    get_ready()


@pytest.fixture
def check_snapshot() -> CheckSnapshot:
    def check(app: App[Any], name: str, *hide: str) -> None:
        text = screen_text(app)
        for pattern in hide:  # keeps the width, so that frames stay straight
            text = re.sub(pattern, lambda found: "#" * len(found.group()), text)
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.exists(), f"no snapshot {path}: run once with UPDATE_SNAPSHOTS=1 and read it"
        assert text.splitlines() == path.read_text("utf-8").splitlines()

    return check


def screen_lines(app: App[Any]) -> list[str]:
    """The lines of the screen as text. Textual has no public way but SVG, which nobody can read in a diff."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def screen_text(app: App[Any]) -> str:
    return "\n".join(screen_lines(app)) + "\n"


async def wait_for(pilot: Pilot[Any], condition: Callable[[], Any], what: str = "") -> None:
    """Until the condition holds; fails with the screen's text when it does not."""
    waited = 0.0
    while not condition():
        if waited > WAIT_S:
            pytest.fail(f"waited in vain for {what or condition}; the screen:\n{screen_text(pilot.app)}")
        await pilot.pause(STEP_S)
        waited += STEP_S
    await pilot.pause()


async def shown_runs(pilot: Pilot[int], count: int) -> RunsScreen:
    """The Runs screen with its list of so many runs read."""
    app = pilot.app
    await pilot.press("2")
    await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen) and len(app.screen.shown) == count)
    assert isinstance(app.screen, RunsScreen)
    return app.screen


@pytest.fixture
def runs_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs with a short relative name; it, the time zone and the cores are the same everywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    folder = Path("runs")
    folder.mkdir()
    return folder


@pytest.fixture
def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let it be this Unix time from now on."""

    def stop(at: float) -> None:
        monkeypatch.setattr(time, "time", lambda: at)

    return stop


@pytest.fixture
def fixed_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes and presets of the tests' own: what comes with the program is free to change."""
    monkeypatch.setattr("engine.recipes.sources.files", lambda package: Path(__file__).parent / package)
