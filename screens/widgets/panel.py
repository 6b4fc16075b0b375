"""A bordered box with a title and some lines; it repaints only when its lines changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class Panel(Widget):
    """`show` its lines; lines wider than the box are cut."""

    DEFAULT_CSS = """
    Panel {
        border: round $border-blurred; border-title-color: $text-muted; padding: 0 1; height: auto;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Panel.-error { border: round $error; border-title-color: $error; text-wrap: wrap; }
    Panel.-warning { border: round $warning; border-title-color: $warning; text-wrap: wrap; }
    """

    def __init__(self, title: str, lines: Sequence[Content | str] = (), *, id: str | None = None, classes: str = ""):
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self._content = _joined(lines)
        self._width = 0

    class Resized(Message):
        """The box has its place, or another width: lines are to be made for it. A later one replaces it."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Panel.Resized)

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            self.post_message(self.Resized())

    def on_show(self) -> None:
        self.post_message(self.Resized())  # a box that is hidden has no width to measure

    def show(self, lines: Sequence[Content | str]) -> None:
        content = _joined(lines)
        if content != self._content:
            taller = content.plain.count("\n") != self._content.plain.count("\n")
            self._content = content
            self.refresh(layout=taller and self.styles.auto_dimensions)

    @property
    def text(self) -> str:
        """What the box says, without colours."""
        return self._content.plain

    def render(self) -> Content:
        return self._content


def _joined(lines: Sequence[Content | str]) -> Content:
    return Content("\n").join(Content(line) if isinstance(line, str) else line for line in lines)
