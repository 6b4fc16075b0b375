"""A chart as a widget: drawn when it is visible and only when its data or its size changed.

The plotting library is imported in a thread when the first plot is shown: the screen is painted before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import work
from textual.content import Content
from textual.widget import Widget

from screens.widgets.charts import ROLES, Chart, Line, draw, get_ready, has_data, ready

STYLES = {role: "" if not role else "$foreground-muted" if role == "axis" else f"${role}" for role in ROLES}
"""What each role looks like in every theme."""


def to_content(lines: Sequence[Line]) -> Content:
    """The lines of a chart in the colours of the theme."""
    return Content("\n").join(
        Content.assemble(*((run.text, STYLES[run.role]) if run.role else run.text for run in line)) for line in lines
    )


class Plot(Widget):
    """Shows a chart; without data it says what it waits for."""

    DEFAULT_CSS = """
    Plot { height: 1fr; min-height: 4; text-wrap: nowrap; text-overflow: clip; }
    """
    ALLOW_SELECT = False

    def __init__(
        self,
        chart: Chart | None = None,
        *,
        empty: str | Content = "waiting for the first values",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.empty = empty
        self.draws = 0
        self._chart = chart
        self._drawn: tuple[Chart | None, int, int, Content] | None = None

    def on_mount(self) -> None:
        if not ready():
            self._import()

    @work(group="plotting library")
    async def _import(self) -> None:
        await asyncio.to_thread(get_ready)
        self.refresh()

    @property
    def chart(self) -> Chart | None:
        return self._chart

    def show(self, chart: Chart | None) -> None:
        """Show this chart from now on; an equal one costs nothing."""
        if chart != self._chart:
            self._chart = chart
            self.refresh()

    def render(self) -> Content:
        width, height = self.content_size
        drawn = self._drawn
        if not ready():
            return Content("")
        if drawn is None or drawn[0] is not self._chart or drawn[1:3] != (width, height):
            drawn = self._drawn = (self._chart, width, height, self._picture(width, height))
        return drawn[3]

    def _picture(self, width: int, height: int) -> Content:
        if self._chart is None or not has_data(self._chart):
            text = self.empty if isinstance(self.empty, Content) else Content(self.empty)
            return text.stylize("$foreground-muted")
        self.draws += 1
        return to_content(draw(self._chart, width, height))
