"""The terminal application: modes, theme, keys, and the one service that follows runs. It does no work of its own."""

from __future__ import annotations

import app.frame_rate  # noqa: F401  # isort: skip - before Textual

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen

from app.chrome import ModeBar, frame, news_of
from app.following import RunFollower, find_live_run
from app.modes import MODES, NUMBERED, Mode, modules_to_warm
from app.terminal import copy_locally, on_signals, tolerate_foreign_bytes
from app.theme import SLATE
from app.too_small import TooSmall, is_too_small
from engine.runs.status import ENDED
from screens.messages import (
    CompareRuns,
    FollowRun,
    MachineMeasured,
    OpenItem,
    OverrideWritten,
    PrepareLaunch,
    RunUpdated,
)

WARM_AFTER_S, WARM_PAUSE_S = 0.5, 0.05

AGAIN_WITHIN_S = 3.0
"""A second `q` or ctrl+c within this time leaves the application."""


class Workbench(App[int]):
    """The application. Screens talk to it through `screens.messages` and know nothing of each other."""

    TITLE = "mathreason-tui"
    DEFAULT_MODE = "launch"
    CSS = """
    Screen { background: $background; }
    Toast { max-width: 90%; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-middle"), (180, "-wide")]  # noqa: RUF012 - Textual's own type
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall"), (50, "-very-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(m.number, f"show_mode('{m.name}')", f"Show {m.title}", show=False, id=f"app.{m.name}")
            for m in NUMBERED
        ),
        Binding("question_mark,f1", "show_help", "Help", key_display="?", id="app.help"),
        Binding("q", "back", "Back", id="app.back"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
    ]

    def __init__(self, runs_dir: Path, *, adopt: bool = True) -> None:
        super().__init__()
        self.runs_dir = runs_dir
        self.follower = RunFollower(self._tell)
        self._adopt_at_start = adopt
        self._machine = f"{os.cpu_count() or 1} cores"
        self._asked_to_leave_at = 0.0
        self._touched = False
        self._trail: list[str] = []
        self._item_to_open: OpenItem | None = None
        for mode in MODES.values():
            self.add_mode(mode.name, partial(self._make_screen, mode))
        self.register_theme(SLATE)
        if not os.environ.get("TEXTUAL_THEME"):
            self.theme = SLATE.name

    def _make_screen(self, mode: Mode) -> Screen[Any]:
        return frame(mode.make_screen(self.runs_dir), mode.marked)

    # -- life

    def on_mount(self) -> None:
        on_signals(self._leave, self.action_help_quit)
        self.mode_change_signal.subscribe(self, self._mode_changed)
        self.screen_change_signal.subscribe(self, self._screen_changed)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Everything that reads a disk or starts a process waits for the first paint."""
        self.run_worker(self.follower.watch(), name="follow", group="follow")
        if self._adopt_at_start:
            self._adopt()
        self._warm()
        self._dress(self.screen)

    @work(group="warm")
    async def _warm(self) -> None:
        await asyncio.sleep(WARM_AFTER_S)
        for module in modules_to_warm():
            await asyncio.to_thread(import_module, module)
            await asyncio.sleep(WARM_PAUSE_S)

    @work(group="adopt")
    async def _adopt(self) -> None:
        """Follow the run that is still going, else the newest; show the former unless the user is busy already."""
        try:
            live, newest = await asyncio.to_thread(find_live_run, self.runs_dir)
        except OSError:
            return  # the list of runs says so, with the reason
        if self.follower.run is not None or newest is None:
            return
        self.follower.choose(live or newest)
        if live is not None:
            self.notify(f"adopted {live.id}: it is still running", title="Run", timeout=4)
            if not self._touched:
                self.action_show_mode("run")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown):
            self._touched = True
        await super().on_event(event)

    def _leave(self, code: int) -> None:
        self.exit(code, return_code=code)

    # -- following

    def _tell(self, news: RunUpdated) -> None:
        """Hand the news to the screen of the current mode, below any dialog."""
        screen = self.screen_stack[0]
        screen.post_message(news.again())
        self._open_awaited_item()
        self._dress(screen)

    def _mode_changed(self, mode: str) -> None:
        screen = self.screen_stack[0]
        if self.follower.latest is not None:
            screen.post_message(self.follower.latest.again())
        self.call_after_refresh(self._dress, screen)

    def _dress(self, screen: Screen[Any]) -> None:
        """Bring the bar of this screen up to date."""
        for bar in screen.query(ModeBar):
            bar.machine = self._machine
            if self.follower.latest is not None:
                bar.news = news_of(self.follower.latest.state, self.follower.latest.status)

    def on_follow_run(self, message: FollowRun) -> None:
        self.follower.choose(message.run)
        self._jump(message.mode)

    async def on_open_item(self, message: OpenItem) -> None:
        if message.run is not None:
            self.follower.choose(message.run)
        await self._jump(message.opens)
        self._item_to_open = OpenItem(message.position, letter=message.letter, opens=message.opens)
        if self.follower.latest is not None:
            self._open_awaited_item()

    def _open_awaited_item(self) -> None:
        """Tell the screen its item after it was told its run: in another run the position is another item."""
        wanted, self._item_to_open = self._item_to_open, None
        if wanted is not None and self.current_mode == wanted.opens:
            self.screen_stack[0].post_message(wanted)

    @work(group="compare", exclusive=True)
    async def on_compare_runs(self, message: CompareRuns) -> None:
        from screens.runs.picker import RunPicker

        other = message.b or await self.push_screen_wait(RunPicker(self.runs_dir, message.a))
        if other is not None:
            await self._jump("compare")
            self.screen_stack[0].post_message(CompareRuns(message.a, other))

    async def on_prepare_launch(self, message: PrepareLaunch) -> None:
        await self._jump("launch")
        self.screen_stack[0].post_message(PrepareLaunch(message.recipe, message.edits))

    def on_override_written(self, message: OverrideWritten) -> None:
        self.follower.hurry()

    def on_machine_measured(self, message: MachineMeasured) -> None:
        self._machine = message.text
        self._dress(self.screen_stack[0])

    # -- moving about

    def action_show_mode(self, mode: str) -> None:
        """Show a mode, chosen by its number: `q` then leads to its parent."""
        self._trail.clear()
        self.switch_mode(mode)

    def _jump(self, mode: str) -> Any:
        """Show a mode because something was opened: `q` leads back to where it was opened."""
        if mode != self.current_mode:
            self._trail.append(self.current_mode)
        return self.switch_mode(mode)

    async def action_back(self) -> None:
        """To where this screen was opened from, else to the parent of the mode; out of a mode without one."""
        parent = MODES[self.current_mode].parent
        if self._trail:
            self.switch_mode(self._trail.pop())
        elif parent:
            self.switch_mode(parent)
        else:
            self._leave_if_asked_again("q")

    def action_help_quit(self) -> None:
        """ctrl+c (where nothing is selected to copy)."""
        self._leave_if_asked_again("ctrl+c")

    def _leave_if_asked_again(self, key: str) -> None:
        now = time.monotonic()
        if now - self._asked_to_leave_at < AGAIN_WITHIN_S:
            self._leave(0)
            return
        self._asked_to_leave_at = now
        goes_on = self.live_run_id()
        hint = f"; {goes_on} goes on without this window" if goes_on else ""
        self.notify(f"{key} again to leave{hint}", timeout=AGAIN_WITHIN_S)

    def live_run_id(self) -> str:
        """The followed run where it is still at work, else ""."""
        latest = self.follower.latest
        return latest.run.id if latest is not None and latest.status not in ENDED else ""

    def action_show_help(self) -> None:
        from screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    # -- size

    def on_resize(self, event: events.Resize) -> None:
        self._mind_the_size(event.size)  # App.size still is the old one here

    def _screen_changed(self, screen: Screen[Any]) -> None:
        self._mind_the_size(self.size)

    def _mind_the_size(self, size: Size) -> None:
        shown = isinstance(self.screen, TooSmall)
        small = is_too_small(size)
        if small and not shown:
            self.push_screen(TooSmall())
        elif shown and not small:
            self.pop_screen()

    # -- palette and clipboard

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        seen: set[str] = set()
        for node, binding, enabled, tooltip in screen.active_bindings.values():
            if binding.system or not binding.description or not enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            key = self.get_key_display(binding)
            callback = _Action(self, binding.action, node)
            yield SystemCommand(binding.description, tooltip or f"key {key}", callback)

    def copy_to_clipboard(self, text: str) -> None:
        super().copy_to_clipboard(text)
        self.notify(f"copied {len(text):,} characters", timeout=2)
        self._copy_locally(text)

    @work(group="copy")
    async def _copy_locally(self, text: str) -> None:
        await asyncio.to_thread(copy_locally, text)


class _Action:
    """An action of a binding as a command of the palette."""

    def __init__(self, app: App[Any], action: str, node: Any) -> None:
        self._app, self._action, self._node = app, action, node

    async def __call__(self) -> None:
        await self._app.run_action(self._action, self._node)


def run_tui(runs_dir: Path, mouse: bool = True) -> int:
    """Show the application until the user leaves; the exit code."""
    tolerate_foreign_bytes()
    app = Workbench(runs_dir)
    app.run(mouse=mouse)
    if live := app.live_run_id():
        print(f"{live} goes on; start {app.TITLE} again to see it", file=sys.stderr)
    return app.return_code or 0
