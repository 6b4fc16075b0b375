"""One screen in the application's frame, without the application: for tests, and to look at it in a terminal.

`python -m tests.screens.harness alignment|quadrants [ITEMS]` shows a fake run; the screen is told about it at once.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.chrome import frame
from app.theme import SLATE
from app.tui import Workbench
from engine.compare.overrides import overlay_of, read_overrides
from screens.messages import OpenItem, OverrideWritten, RunUpdated
from tests.screens.fake_runs import finished_run


class ScreenApp(App[None]):
    """Shows one screen. What it posts to the application is kept in `opened`, what it copies in `copied`."""

    HORIZONTAL_BREAKPOINTS = Workbench.HORIZONTAL_BREAKPOINTS
    VERTICAL_BREAKPOINTS = Workbench.VERTICAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "show_help", "Help", key_display="?"),
        Binding("q", "quit", "Back"),
    ]

    def __init__(self, make: Callable[[], Screen[Any]], mode: str, news: RunUpdated | None = None) -> None:
        super().__init__()
        self._make, self._mode, self._news = make, mode, news
        self.opened: list[int] = []
        self.copied: list[str] = []
        self.register_theme(SLATE)
        self.theme = SLATE.name

    def on_mount(self) -> None:
        self.push_screen(frame(self._make(), self._mode))
        if self._news is not None:
            self.tell(self._news)

    def tell(self, news: RunUpdated) -> None:
        self._news = news
        self.screen_stack[1].post_message(news.again())

    def on_open_item(self, message: OpenItem) -> None:
        self.opened.append(message.position)

    def on_override_written(self, message: OverrideWritten) -> None:
        if self._news is not None:  # what the follower does
            run, state, found = self._news.run, self._news.state, read_overrides(self._news.run)
            overlay = overlay_of(state.items, found.by_item, found.caution)
            self.tell(RunUpdated(run, state, self._news.status, found.by_item, overlay))

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)

    def action_show_help(self) -> None:
        self.action_show_help_panel()


def main() -> None:
    from screens.items.screen import AlignmentScreen

    screens: dict[str, Callable[[], Screen[Any]]] = {"alignment": AlignmentScreen}
    if sys.argv[1] == "quadrants":
        from screens.quadrants.screen import QuadrantsScreen

        screens["quadrants"] = QuadrantsScreen
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    with tempfile.TemporaryDirectory() as folder:
        ScreenApp(screens[sys.argv[1]], sys.argv[1], finished_run(Path(folder), count).news()).run()


if __name__ == "__main__":
    main()
