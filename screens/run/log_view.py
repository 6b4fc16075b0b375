"""The end of worker.log, read while it is shown; it keeps to the end unless the user scrolled up."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.printable import one_line
from engine.runs.directory import RunDirectory
from engine.runs.status import WORKER_BEGINS
from engine.runs.tail import read_end

LINES = 300
"""Enough to scroll back over a traceback; the file itself is there for more."""


class LogView(VerticalScroll):
    """Shown while it has the class -shown."""

    HELP = "The end of **worker.log**: what the worker and its libraries printed. **l** hides it."
    DEFAULT_CSS = """
    LogView { border: round $border-blurred; border-title-color: $text-muted; padding: 0 1; }
    LogView:focus { border: round $border; }
    """

    def compose(self) -> ComposeResult:
        yield Static("reading…", markup=False)

    def on_mount(self) -> None:
        self.border_title = "worker.log"

    def look(self, run: RunDirectory) -> None:
        if self.has_class("-shown"):
            self._read(run)

    @work(exclusive=True)
    async def _read(self, run: RunDirectory) -> None:
        lines = await asyncio.to_thread(read_end, run.log, LINES)
        text = "\n".join(one_line(line.rpartition("\r")[2]) for line in lines) or f"{run.log} is empty"
        if lines and all(line.startswith(WORKER_BEGINS) for line in lines):
            text += "\nnothing else: the worker and its libraries printed no word"
        shown = self.query_one(Static)
        if shown.content != text:
            at_end = self.is_vertical_scroll_end
            shown.update(text)
            if at_end:
                self.call_after_refresh(self.scroll_end, animate=False)
