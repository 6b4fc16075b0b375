"""A solution as numbered steps, each with its mark, wrapped with a hanging indent; one step can be the current one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from engine.printable import one_line
from engine.words import Sign
from screens.widgets.virtual_table import POINTER

MIN_TEXT = 8
"""Cells a text gets at least, however narrow the widget is."""


class Entry(NamedTuple):
    """A head, the text that hangs on it, and a tail that follows the text in one piece where it fits a line."""

    head: Content
    text: Content
    tail: Content = Content("")


class HangingText(Widget):
    """Entries, each wrapped beside its head; as high as they need."""

    DEFAULT_CSS = """
    HangingText { height: auto; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = empty
        self._entries: tuple[Entry, ...] = ()
        self._wrapped: tuple[int, list[tuple[int, Content]]] | None = None

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these; an unchanged height costs no layout."""
        self._entries, self._wrapped = tuple(entries), None
        width, height = self.content_size
        self.refresh(layout=not width or len(self._lines(width)) != height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(line for _, line in self._lines(self.content_size.width))

    def entry_at(self, y: int) -> int | None:
        """Which entry is on this line."""
        lines = self._lines(self.content_size.width)
        return lines[y][0] if self._entries and 0 <= y < len(lines) else None

    def _lines(self, width: int) -> list[tuple[int, Content]]:
        """(entry, line) of each line at this width."""
        if self._wrapped is None or self._wrapped[0] != width:
            indent = max((entry.head.cell_length for entry in self._entries), default=0)
            lines = [(n, line) for n, entry in enumerate(self._entries) for line in _hang(entry, indent, width)]
            self._wrapped = (width, lines or [(0, Content.styled(self.empty, "$foreground-muted"))])
        return self._wrapped[1]


def _hang(entry: Entry, indent: int, width: int) -> list[Content]:
    room = max(MIN_TEXT, width - indent)
    lines = [line.rstrip() for line in entry.text.wrap(room)] or [Content("")]
    if entry.tail.plain:
        joined = lines[-1] + Content("  ") + entry.tail
        lines[-1:] = [joined] if joined.cell_length <= room else [lines[-1], *entry.tail.wrap(room)]
    head = entry.head.pad_right(indent - entry.head.cell_length)
    return [(head if n == 0 else Content(" " * indent)) + line for n, line in enumerate(lines)]


class StepLine(NamedTuple):
    """One step: its sign, its text, and a note after it ("= g2", why it diverges)."""

    sign: Sign
    text: str
    note: str = ""


class StepList(HangingText):
    """Shows steps; a click posts StepPicked."""

    class StepPicked(Message):
        """The user clicked on a step (0-based)."""

        def __init__(self, steps: StepList, step: int) -> None:
            super().__init__()
            self.steps = steps
            self.step = step

        @property
        def control(self) -> StepList:
            return self.steps

    def __init__(self, *, empty: str = "no steps", id: str | None = None) -> None:
        super().__init__(empty=empty, id=id)
        self._steps: tuple[StepLine, ...] = ()
        self._current: int | None = None

    def show(self, steps: Sequence[StepLine]) -> None:
        """Show these steps; none is current."""
        self._steps, self._current = tuple(steps), None
        self._show_steps()

    def mark_current(self, step: int | None) -> None:
        """Point at this step."""
        if self._current != step:
            self._current = step
            self._show_steps()

    def on_click(self, event: events.Click) -> None:
        step = self.entry_at(event.y)
        if step is not None:
            self.post_message(self.StepPicked(self, step))

    def _show_steps(self) -> None:
        digits = len(str(len(self._steps)))
        self.show_entries([self._entry(number, step, digits) for number, step in enumerate(self._steps)])

    def _entry(self, number: int, step: StepLine, digits: int) -> Entry:
        current = number == self._current
        pointer = Content.styled(POINTER, "bold $primary") if current else Content(" ")
        sign = Content.styled(f"{step.sign.glyph} ", f"${step.sign.color}")
        text = Content(one_line(step.text))
        if current:
            text = text.stylize("bold")
        note = Content.styled(step.note, f"${step.sign.color}") if step.note else Content("")
        return Entry(pointer + Content(f"{number + 1:>{digits}} ") + sign, text, note)
