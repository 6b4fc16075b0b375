"""The application: modes and the way back, adopting and following runs, leaving, the palette, small terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding

from app.chrome import KeyLine, ModeBar
from app.following import Followed, RunFollower, find_live_run
from app.modes import NUMBERED
from app.too_small import TooSmall
from app.tui import Workbench
from engine.runs.events import Metric
from screens.help import HelpScreen
from screens.items.screen import AlignmentScreen
from screens.launch.screen import LaunchScreen
from screens.messages import FollowRun, OpenItem, RunUpdated
from screens.run.screen import RunScreen
from tests.screens.conftest import screen_text, wait_for
from tests.screens.live_runs import FakeRun


def texts_of_toasts(app: App[Any]) -> str:
    return "\n".join(str(notification.message) for notification in app._notifications)


async def test_it_opens_on_launch_and_the_numbers_show_the_modes(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.current_mode == "launch"
        for mode in NUMBERED:
            await pilot.press(mode.number)
            await wait_for(pilot, lambda mode=mode: app.current_mode == mode.name)  # type: ignore[misc]
            assert f"▸{mode.number} {mode.title}" in screen_text(app).splitlines()[0]


async def test_back_leads_to_the_parent_of_a_mode_chosen_by_its_number(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await wait_for(pilot, lambda: app.current_mode == "alignment")
        await pilot.press("q", "q")
        await wait_for(pilot, lambda: app.current_mode == "runs")


async def test_back_leads_to_where_something_was_opened(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin().items(3).finish().run
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await wait_for(pilot, lambda: app.current_mode == "runs")
        app.screen.post_message(FollowRun(run, "quadrants"))
        await wait_for(pilot, lambda: app.current_mode == "quadrants")
        app.screen.post_message(OpenItem(1))
        await wait_for(pilot, lambda: app.current_mode == "alignment")
        screen = app.screen
        assert isinstance(screen, AlignmentScreen)
        await wait_for(pilot, lambda: screen.item is not None and screen.item.id == "problem-1")
        await pilot.press("q")
        await wait_for(pilot, lambda: app.current_mode == "quadrants")
        await pilot.press("q")
        await wait_for(pilot, lambda: app.current_mode == "runs")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_one_press_at_a_root_asks_and_the_second_leaves(tmp_path: Path, key: str) -> None:
    FakeRun(tmp_path, worker=os.getpid()).begin().items(1)
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await wait_for(pilot, lambda: app.follower.latest is not None)
        await pilot.press("2")
        await wait_for(pilot, lambda: app.current_mode == "runs")
        await pilot.press(key)
        await pilot.pause()
        assert app.is_running
        assert "2026-11-21-100200-demo-3f9a goes on without this window" in texts_of_toasts(app)
        await pilot.press(key)
        await wait_for(pilot, lambda: app.return_code == 0)


async def test_a_run_that_is_still_going_is_adopted_and_shown(tmp_path: Path) -> None:
    FakeRun(tmp_path, "2026-11-20-090000-demo-aaaa", worker=os.getpid()).begin().items(2)
    FakeRun(tmp_path, "2026-11-21-090000-demo-bbbb").begin().items(2).finish()
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await wait_for(pilot, lambda: app.current_mode == "run")
        await wait_for(pilot, lambda: "2026-11-20-090000-demo-aaaa" in screen_text(app))
        assert "adopted 2026-11-20-090000-demo-aaaa" in texts_of_toasts(app)


async def test_modes_and_keys_can_be_clicked(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: "? help" in screen_text(app))
        first, *_, last = screen_text(app).splitlines()
        await pilot.click(ModeBar, offset=(first.index("2 Runs") + 1, 0))
        await wait_for(pilot, lambda: app.current_mode == "runs")
        await pilot.click(KeyLine, offset=(last.index("? help") + 2, 0))
        await wait_for(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_without_a_live_run_the_newest_is_followed_and_nothing_jumps(tmp_path: Path) -> None:
    FakeRun(tmp_path, "2026-11-20-090000-demo-aaaa").begin().items(2).finish()
    newest = FakeRun(tmp_path, "2026-11-21-090000-demo-bbbb").begin().items(2).finish().run
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: app.follower.latest is not None)
        assert app.follower.run == newest
        assert app.current_mode == "launch"


async def test_only_the_shown_screen_gets_news_and_a_shown_one_is_brought_up_to_date(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, worker=os.getpid()).begin().items(2)
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: app.current_mode == "run")
        run_screen = app.screen
        assert isinstance(run_screen, RunScreen)
        await wait_for(pilot, lambda: run_screen.tally.total == 2)
        await pilot.press("2")
        await wait_for(pilot, lambda: app.current_mode == "runs")
        fake.items(3)
        await wait_for(pilot, lambda: app.follower.latest and len(app.follower.latest.state.items) == 5)
        assert run_screen.tally.total == 2
        await pilot.press("3")
        await wait_for(pilot, lambda: run_screen.tally.total == 5)


async def test_a_replaced_events_file_is_folded_from_the_start(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path).begin().items(6)
    followed = Followed(fake.run)
    assert followed.read()
    assert len(followed.state.items) == 6
    lines = fake.run.events.read_bytes().splitlines(keepends=True)
    fake.run.events.write_bytes(b"".join(lines[:4]))
    assert followed.read()
    assert len(followed.state.items) == 1


async def test_news_of_a_run_that_is_no_longer_followed_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FakeRun(tmp_path, "2026-11-20-090000-demo-aaaa").begin().items(2).run
    second = FakeRun(tmp_path, "2026-11-21-090000-demo-bbbb").begin().items(2).run
    told: list[RunUpdated] = []
    follower = RunFollower(told.append)
    read = Followed.read

    def read_while_the_user_chooses_another(followed: Followed) -> bool:
        news = read(followed)
        if followed.run == first:
            follower.choose(second)
        return news

    monkeypatch.setattr(Followed, "read", read_while_the_user_chooses_another)
    app = Workbench(tmp_path, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        follower.choose(first)
        app.run_worker(follower.watch())
        await wait_for(pilot, lambda: told)
    assert {news.run for news in told} == {second}


async def test_a_run_that_cannot_be_read_is_unreadable_and_the_follower_lives_on(tmp_path: Path) -> None:
    bad = FakeRun(tmp_path, "2026-11-20-090000-demo-aaaa").begin().run
    good = FakeRun(tmp_path, "2026-11-21-090000-demo-bbbb").begin().items(2).finish().run
    bad.events.unlink()
    bad.events.mkdir()
    told: list[RunUpdated] = []
    follower = RunFollower(told.append)
    app = Workbench(tmp_path, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        app.run_worker(follower.watch())
        follower.choose(bad)
        await wait_for(pilot, lambda: told and told[-1].status == "unreadable")
        follower.choose(good)
        await wait_for(pilot, lambda: told[-1].status == "done")


def test_a_live_run_is_found_behind_newer_ended_ones(tmp_path: Path) -> None:
    live = FakeRun(tmp_path, "2026-11-20-090000-demo-aaaa", worker=os.getpid()).begin().run
    newest = FakeRun(tmp_path, "2026-11-21-090000-demo-bbbb").begin().finish().run
    assert find_live_run(tmp_path) == (live, newest)
    assert find_live_run(tmp_path / "nothing") == (None, None)


async def test_a_small_terminal_says_so_and_recovers(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: "demo" in screen_text(app))
        focused = app.screen.focused
        await pilot.resize_terminal(20, 5)
        await wait_for(pilot, lambda: isinstance(app.screen, TooSmall))
        assert "too small: needs" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))
        assert app.screen.focused is focused
        assert "demo" in screen_text(app)


async def test_another_mode_in_a_small_terminal_is_covered_too(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin().finish().run
    app = Workbench(tmp_path)
    async with app.run_test(size=(20, 5)) as pilot:
        await wait_for(pilot, lambda: isinstance(app.screen, TooSmall))
        app.post_message(FollowRun(run))
        await wait_for(pilot, lambda: app.current_mode == "run" and isinstance(app.screen, TooSmall))
        await pilot.resize_terminal(80, 24)
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("1")
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))


@pytest.mark.parametrize("mode", [mode.name for mode in NUMBERED])
async def test_every_key_of_a_mode_has_an_id_a_description_and_a_place_in_the_palette(
    tmp_path: Path, mode: str
) -> None:
    FakeRun(tmp_path).begin().figures(1).items(3).finish()
    app = Workbench(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_for(pilot, lambda: app.follower.latest is not None)
        app.action_show_mode(mode)
        await wait_for(pilot, lambda: app.current_mode == mode and app.screen.focused is not None)
        commands = {command.title for command in app.get_system_commands(app.screen)}
        for _, binding, enabled, _ in app.screen.active_bindings.values():
            if binding.system or binding.action == "command_palette" or binding in _textual_bindings(app):
                continue
            assert binding.id, f"{binding.key} has no id"
            assert binding.description, f"{binding.id} has no description"
            if enabled:
                assert binding.description in commands


def _textual_bindings(app: App[Any]) -> set[Binding]:
    """Bindings that come with Textual's own classes."""
    classes = [kind for node in (app, app.screen, app.screen.focused) if node for kind in type(node).__mro__]
    return {
        binding
        for kind in classes
        if kind.__module__.startswith("textual")
        for entry in kind.__dict__.get("BINDINGS", ())
        for binding in Binding.make_bindings([entry])
    }


async def test_binding_ids_are_unique_and_a_keymap_changes_the_key(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    app.set_keymap({"app.help": "f2"})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f2")
        await wait_for(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, LaunchScreen))
    ids = [b.id for b in Workbench.BINDINGS if isinstance(b, Binding)]
    assert len(ids) == len(set(ids))


async def test_a_palette_command_does_what_the_key_does(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await wait_for(pilot, lambda: app.current_mode == "runs")
        command = next(c for c in app.get_system_commands(app.screen) if c.title == "Filter")
        await command.callback()
        await wait_for(pilot, lambda: app.screen.query_one("#filter").display)


async def test_help_names_the_screen_the_focused_part_and_the_keys(tmp_path: Path) -> None:
    app = Workbench(tmp_path)
    async with app.run_test(size=(120, 60)) as pilot:
        await wait_for(pilot, lambda: "demo" in screen_text(app))
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: "Keys that work here" in screen_text(app))
        text = screen_text(app)
        assert "A recipe says what to do" in text
        assert "The row under the cursor is chosen" in text
        assert "copy the equal --batch command line" in text


async def test_copying_says_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tui.copy_locally", lambda text: False)
    app = Workbench(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.copy_to_clipboard("x" * 1234)
        await pilot.pause()
        assert app.clipboard == "x" * 1234
        assert "copied 1,234 characters" in texts_of_toasts(app)


@pytest.mark.parametrize(
    ("theme", "no_color"), [("slate", ""), ("slate", "1"), ("ansi-dark", ""), ("textual-light", "")]
)
async def test_every_mode_says_the_same_in_every_theme_and_without_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str, no_color: str
) -> None:
    FakeRun(tmp_path).begin().figures(3).items(6).finish()
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    app = Workbench(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme
        await pilot.press("3")
        await wait_for(pilot, lambda: "33%  [10, 70]" in screen_text(app))
        text = screen_text(app)
        for sign in ("✓ done", "✗ wrong 2", "? unparsed 1", "… cut off 1", "◆ robust", "▲ near miss", "▸3 Run", "▸ "):
            assert sign in text


async def test_the_mode_bar_tells_of_the_followed_run_and_the_machine(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, worker=os.getpid()).begin().items(2)
    app = Workbench(tmp_path)
    async with app.run_test(size=(120, 24)) as pilot:
        await wait_for(pilot, lambda: app.current_mode == "run" and "2/24" in bar_text(app))
        fake.emit(Metric("", {"machine.cpu_percent": 1.0})).items(1)
        await wait_for(pilot, lambda: f"3/24 · {os.cpu_count()} cores" in bar_text(app))


def bar_text(app: App[Any]) -> str:
    return "".join(bar.render().plain for bar in app.screen.query(ModeBar))


def test_nothing_heavy_is_imported_before_the_first_paint() -> None:
    """What the first screen waits for: a deterministic guard of the time to the first paint."""
    code = "import app.tui, screens.launch.screen, sys; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    loaded = set(done.stdout.split())
    heavy = {"pydantic", "plotext", "numpy", "torch", "transformers", "rich.markdown", "httpx", "psutil", "tomli_w"}
    assert not heavy & loaded
