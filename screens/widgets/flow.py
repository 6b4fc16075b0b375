"""Lines of short parts that break only between parts: a score keeps its name, a move of the path its brackets."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget


def flow(parts: Sequence[Content], between: Content, width: int) -> list[Content]:
    """The parts side by side with `between` them, in as many lines as `width` asks for."""
    lines: list[Content] = []
    for part in parts:
        longer = lines[-1] + between + part if lines else part
        if lines and longer.cell_length <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


class Flow(Widget):
    """Paragraphs of parts; as high as they need."""

    DEFAULT_CSS = """
    Flow { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, between: str | Content = " · ", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._between = Content(between) if isinstance(between, str) else between
        self._paragraphs: tuple[tuple[Content, ...], ...] = ()

    def show(self, *paragraphs: Sequence[Content]) -> None:
        """Show these; the layout is made anew only if the height changes."""
        made = tuple(tuple(parts) for parts in paragraphs)
        if made != self._paragraphs:
            self._paragraphs = made
            width, height = self.content_size
            self.refresh(layout=not width or len(self._lines(width)) != height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        return [line for parts in self._paragraphs for line in flow(parts, self._between, width)]
