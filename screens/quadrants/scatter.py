"""The quadrant scatter: score across, one band a verdict, the threshold as a line, a cursor on one item.

Items that share a cell are drawn as their number, and a crowd as its density: 10,000 items cost what the cells cost.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from engine.words import QUADRANT, VERDICT, is_high, quadrant_of
from screens.quadrants.cloud import BANDS, Cloud, Dot
from screens.widgets.series import nice_ticks, short_number
from screens.widgets.virtual_table import POINTER

GUTTER = 13
"""Cells left of the canvas: pointer, the band's sign and word, the frame."""
DENSITY = "░▒▓█"
"""Where ten items or more share a cell, every cell shows its density instead of its sign or number."""
CROWD = 10
THRESHOLD = "┊"
WEIGHTS = {"right": 2, "unparsed": 1, "wrong": 2}
"""How the bands share the height."""

Cell = tuple[int, int]


class Scatter(Widget, can_focus=True):
    """Shows a Cloud at a threshold; `cursor` is the position of the chosen item, None without items."""

    HELP = "The scatter. **left/right** by score, **up/down** by verdict, **enter** opens, **+ -** the threshold."
    DEFAULT_CSS = """
    Scatter { height: 1fr; }
    Scatter > .scatter--frame { color: $text-muted; }
    Scatter > .scatter--threshold { color: $text; text-style: bold; }
    Scatter > .scatter--success { color: $success; }
    Scatter > .scatter--warning { color: $warning; }
    Scatter > .scatter--accent { color: $accent; }
    Scatter > .scatter--error { color: $error; }
    Scatter > .scatter--cursor { color: $background; background: $foreground; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "scatter--frame", "scatter--threshold", "scatter--cursor",
        "scatter--success", "scatter--warning", "scatter--accent", "scatter--error",
    }  # fmt: skip
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "beside(-1)", "Lower score", show=False, id="scatter.left"),
        Binding("right,l", "beside(1)", "Higher score", show=False, id="scatter.right"),
        Binding("up,k", "across(-1)", "Band above", show=False, id="scatter.up"),
        Binding("down,j", "across(1)", "Band below", show=False, id="scatter.down"),
        Binding("home,g", "beside(-1000000)", "Lowest score", show=False, id="scatter.first"),
        Binding("end,G", "beside(1000000)", "Highest score", show=False, id="scatter.last"),
        Binding("enter", "select", "Open", id="scatter.select"),
    ]

    cursor: var[int | None] = var(None, init=False)

    class DotHighlighted(Message):
        """The cursor stands on the item at this position."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Scatter.DotHighlighted)

    class DotSelected(Message):
        """The user opened the item at this position."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cloud = Cloud()
        self.threshold = 0.5
        self._cells: dict[int, dict[int, list[Dot]]] | None = None
        self._rows: dict[str, tuple[int, int]] = {}
        self._largest = 0
        self._inks: dict[str, RichStyle] = {}

    # -- what the owner says

    def show(self, cloud: Cloud, threshold: float) -> None:
        """Show this cloud (again, when it has grown) at this threshold; the cursor stays on its item."""
        self.cloud, self.threshold, self._cells = cloud, threshold, None
        if self.cursor not in cloud.dots:
            first = cloud.first()
            self.cursor = first.position if first else None
        self.refresh()

    def add(self, dots: list[Dot]) -> None:
        """The shown cloud has grown by these."""
        if self._rows != self.band_rows():
            self._cells = None  # the first items of a band: all bands move
        if self._cells is not None:
            for dot in dots:
                row, column = self.place_of(dot)
                there = self._cells.setdefault(row, {}).setdefault(column, [])
                there.append(dot)
                self._largest = max(self._largest, len(there))
        if self.cursor is None and dots:
            self.cursor = dots[0].position
        self.refresh()

    def move_threshold(self, threshold: float) -> None:
        self.threshold = threshold
        self.refresh()

    # -- cursor

    def watch_cursor(self) -> None:
        self.refresh()
        if self.cursor is not None:
            self.post_message(self.DotHighlighted(self.cursor))

    def action_beside(self, steps: int) -> None:
        self._go(self.cloud.beside(-1 if self.cursor is None else self.cursor, steps))

    def action_across(self, bands: int) -> None:
        self._go(self.cloud.across(-1 if self.cursor is None else self.cursor, bands))

    def _go(self, dot: Dot | None) -> None:
        if dot is not None:
            self.cursor = dot.position

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select" or self.cursor is not None

    def action_select(self) -> None:
        if self.cursor is not None:
            self.post_message(self.DotSelected(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Choose the nearest item; a click on the chosen one opens it."""
        x, y = event.x - GUTTER, event.y
        near = [
            (abs(row - y) * 2 + abs(column - x), dots[0])
            for row, columns in self.grid().items() if abs(row - y) <= 1
            for column, dots in columns.items() if abs(column - x) <= 2
        ]  # fmt: skip
        if not near:
            return
        dots = self.dots_at(self.place_of(min(near, key=lambda entry: entry[0])[1]))
        chosen = [dot.position for dot in dots]
        if self.cursor in chosen:
            self.action_select()
        else:
            self.cursor = chosen[0]

    # -- places

    @property
    def canvas(self) -> tuple[int, int]:
        """Columns and rows for dots: without gutter, axis and tick labels."""
        return max(1, self.size.width - GUTTER), max(3, self.size.height - 2)

    def band_rows(self) -> dict[str, tuple[int, int]]:
        """(first row, height) of each band; a row between two bands is left to the line that parts them.

        A band without items takes one row: the room belongs to those that have some.
        """
        height = self.canvas[1] - (len(BANDS) - 1)
        weights = {band: WEIGHTS[band] if self.cloud.band(band) else 0 for band in BANDS}
        spare, total = max(0, height - len(BANDS)), sum(weights.values()) or 1
        rows, top = {}, 0
        for band in BANDS:
            extra = spare * weights[band] // total
            spare, total = spare - extra, total - weights[band] or 1
            rows[band] = (top, 1 + extra)
            top += 2 + extra
        return rows

    def column(self, score: float) -> int:
        return round(score * (self.canvas[0] - 1))

    def place_of(self, dot: Dot) -> Cell:
        top, height = self.band_rows()[dot.band]
        return top + int(dot.jitter * height), self.column(dot.score)

    def grid(self) -> dict[int, dict[int, list[Dot]]]:
        """Dots by row and column."""
        if self._cells is None:
            self._cells = {}
            self._rows, last = self.band_rows(), self.canvas[0] - 1
            for dot in self.cloud.dots.values():
                top, height = self._rows[dot.band]
                row = self._cells.setdefault(top + int(dot.jitter * height), {})
                row.setdefault(round(dot.score * last), []).append(dot)
            self._largest = max((len(d) for row in self._cells.values() for d in row.values()), default=0)
        return self._cells

    def dots_at(self, cell: Cell) -> list[Dot]:
        return self.grid().get(cell[0], {}).get(cell[1], [])

    # -- drawing

    def on_resize(self, event: events.Resize) -> None:
        self._cells = None

    def render_line(self, y: int) -> Strip:
        width, rows = self.canvas
        if y < rows:
            return self._pad(self._band_line(y, width))
        if y == rows:
            return self._pad(self._axis(width))
        return self._pad(self._ticks(width)) if y == rows + 1 else Strip.blank(self.size.width, self._ink())

    def _pad(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, self._ink())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()

    def _ink(self, part: str = "") -> RichStyle:
        if part not in self._inks:
            style = self.get_component_rich_style(f"scatter--{part}") if part else self.visual_style.rich_style
            self._inks[part] = style
        return self._inks[part]

    def _band_line(self, y: int, width: int) -> list[Segment]:
        frame = self._ink("frame")
        cursor = self.cloud.dots.get(self.cursor) if self.cursor is not None else None
        at_cursor = self.place_of(cursor) if cursor else (-1, -1)
        pointer = POINTER if at_cursor[0] == y else " "
        for band, (top, height) in self.band_rows().items():
            if y == top + height:  # the line below the band
                return [Segment(" " * (GUTTER - 1) + "├" + "╌" * width, frame)]
            if top <= y < top + height:
                label = f"{pointer}{VERDICT[band]}" if y == top + height // 2 else pointer
                return [Segment(label.ljust(GUTTER - 1) + "│", frame), *self._dots_line(y, band, width, at_cursor)]
        return [Segment(" " * (GUTTER - 1) + "│", frame)]

    def _dots_line(self, y: int, band: str, width: int, at_cursor: Cell) -> list[Segment]:
        line, threshold = self.grid().get(y, {}), self.column(self.threshold)
        blank, segments, at = self._ink(), [], 0
        for column in sorted({*line, threshold}):
            if column > at:
                segments.append(Segment(" " * (column - at), blank))
            dots = line.get(column)
            if (y, column) == at_cursor and dots:
                segments.append(Segment(self._sign(dots, band)[0], self._ink("cursor")))
            elif dots:
                sign, color = self._sign(dots, band)
                segments.append(Segment(sign, self._ink(color)))
            else:
                segments.append(Segment(THRESHOLD, self._ink("threshold")))
            at = column + 1
        return segments

    def _sign(self, dots: list[Dot], band: str) -> tuple[str, str]:
        quadrant = QUADRANT[quadrant_of(band, is_high(dots[0].score, self.threshold))]
        count = len(dots)
        if self._largest >= CROWD:
            return DENSITY[min(len(DENSITY) - 1, count * len(DENSITY) // (self._largest + 1))], quadrant.color
        return quadrant.glyph if count == 1 else str(count), quadrant.color

    def _axis(self, width: int) -> list[Segment]:
        frame = self._ink("frame")
        ticks = {self.column(tick) for tick in self._tick_values(width)}
        line = "".join("┴" if column in ticks else "─" for column in range(width))
        at = self.column(self.threshold)
        return [
            Segment(" " * (GUTTER - 1) + "└" + line[:at], frame),
            Segment("┻", self._ink("threshold")),
            Segment(line[at + 1 :], frame),
        ]

    def _ticks(self, width: int) -> list[Segment]:
        values = self._tick_values(width)
        labels = [" "] * (GUTTER + width)
        for value in values:
            text = short_number(value, values)
            start = min(GUTTER + self.column(value) - len(text) // 2, len(labels) - len(text))
            labels[start : start + len(text)] = text
        text = f"{self.cloud.score} "
        labels[: len(text)] = text
        return [Segment("".join(labels), self._ink("frame"))]

    def _tick_values(self, width: int) -> list[float]:
        return nice_ticks(0.0, 1.0, max(2, width // 12))
