"""A table over any number of rows that costs only what is on the screen: 10,000 rows open as fast as ten.

The owner keeps the rows; the table knows their number and asks `cell(row, column)` for what it is about to draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from screens.widgets.lines import Align, fit

CACHED_LINES = 512
"""Lines kept ready: a few screens of the tallest terminal, so that paging back is free."""

POINTER = "▸"
"""Marks the cursor row, which colour alone must not do."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: `width` in cells, or a `fraction` of what the fixed ones leave (at least `width` then).

    Where the table is too narrow for all, columns with the highest `rank` are left out first; rank 0 always stays.
    """

    key: str
    title: str
    width: int = 1
    fraction: int = 0
    align: Align = "left"
    rank: int = 0


CellSource = Callable[[int, TableColumn], str | Content]


def fit_columns(columns: Sequence[TableColumn], width: int) -> list[tuple[TableColumn, int]]:
    """The columns that fit into `width` cells with one cell between them, each with its width."""
    shown = list(columns)
    while len(shown) > 1 and sum(c.width + 1 for c in shown) - 1 > width and any(c.rank for c in shown):
        shown.remove(max(reversed(shown), key=lambda c: c.rank))
    spare = max(0, width - sum(c.width + 1 for c in shown) + 1)
    parts = sum(c.fraction for c in shown)
    widths = []
    for column in shown:
        extra = spare * column.fraction // parts if column.fraction else 0
        spare, parts = spare - extra, parts - column.fraction
        widths.append((column, column.width + extra))
    return widths


class VirtualTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor. `count` grows by `set_count`; other changes of the rows are announced by `show_rows`.

    While there are no rows, `empty` is shown: what the table waits for, or why there is nothing.
    """

    HELP = "A table. **j/k** or arrows move, **g/G** first and last row, **page up/down** a screen, **enter** opens."
    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: clip;
        & > .virtual-table--header { text-style: bold; color: $text-muted; }
        & > .virtual-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        & > .virtual-table--empty { color: $text-muted; }
        &:focus > .virtual-table--cursor { background: $primary 40%; text-style: bold; }
        &:focus > .virtual-table--header { color: $text; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header", "virtual-table--cursor", "virtual-table--empty", "virtual-table--row",
    }  # fmt: skip
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Row up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "Row down", show=False, id="table.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="table.page_down"),
        Binding("home,g", "first", "First row", show=False, id="table.first"),
        Binding("end,G", "last", "Last row", show=False, id="table.last"),
        Binding("enter", "select", "Open", show=False, id="table.select"),
    ]

    cursor: var[int] = var(0, init=False)

    class RowHighlighted(Message):
        """The cursor came to rest on `row` (a later one of the same table replaces it)."""

        def __init__(self, table: VirtualTable, row: int) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> VirtualTable:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, VirtualTable.RowHighlighted) and message.table is self.table

    class RowSelected(Message):
        """The user opened `row` (enter, or a click on the row under the cursor)."""

        def __init__(self, table: VirtualTable, row: int) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> VirtualTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[TableColumn],
        cell: CellSource,
        *,
        count: int = 0,
        empty: str | Content = "waiting for the first item",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.count = count
        self._cell = cell
        self._empty = empty
        self._strips: LRUCache[tuple[int, int, bool, bool], Strip] = LRUCache(CACHED_LINES)
        self._widths: tuple[int, list[tuple[TableColumn, int]]] | None = None

    def on_mount(self) -> None:
        self._measure()

    # -- what the owner says

    def set_count(self, count: int) -> None:
        """Rows were appended: those already there are unchanged, the cursor and what is in view stay."""
        if count < self.count:
            self.show_rows(count)
            return
        was_empty, self.count = self.count == 0, count
        self._measure()
        self.refresh()
        if was_empty and count:
            self.cursor = self.validate_cursor(self.cursor)
            self.post_message(self.RowHighlighted(self, self.cursor))

    def show_rows(self, count: int, cursor: int | None = None) -> None:
        """Other rows than before (a filter, another run, another order): forget what was drawn, move the cursor."""
        self.count = count
        self.redraw()
        self._measure()
        wanted = self.validate_cursor(self.cursor if cursor is None else cursor)
        if wanted != self.cursor:
            self.cursor = wanted
        else:
            self._reveal(wanted)
            if count:
                self.post_message(self.RowHighlighted(self, wanted))

    def show_empty(self, text: str | Content) -> None:
        """What to say while there are no rows."""
        if text != self._empty:
            self._empty = text
            self.refresh()

    def show_columns(self, columns: Sequence[TableColumn]) -> None:
        """Other columns of the same rows."""
        self.columns, self._widths = tuple(columns), None
        self.redraw()

    def redraw(self) -> None:
        """Cells changed though the rows are the same."""
        self._strips.clear()
        self.refresh()

    # -- cursor

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self._refresh_row(old)
        self._refresh_row(new)
        self._reveal(new)
        if self.count:
            self.post_message(self.RowHighlighted(self, new))

    @property
    def page(self) -> int:
        """Rows in view."""
        return max(1, self.scrollable_content_region.height - 1)

    def _reveal(self, row: int) -> None:
        top = round(self.scroll_y)
        if row < top:
            self.scroll_to(y=row, animate=False, immediate=True)
        elif row >= top + self.page:
            self.scroll_to(y=row - self.page + 1, animate=False, immediate=True)

    def _refresh_row(self, row: int) -> None:
        y = row - round(self.scroll_y) + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * self.page

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.count - 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "select" or self.count > 0

    def action_select(self) -> None:
        if self.count:
            self.post_message(self.RowSelected(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        row = event.y - 1 + round(self.scroll_y)
        if event.y < 1 or row >= self.count:
            return
        event.stop()
        if row == self.cursor:
            self.action_select()
        else:
            self.cursor = row

    # -- drawing

    def on_resize(self, event: events.Resize) -> None:
        self._measure()
        self._reveal(self.cursor)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self.count + 1)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row = y - 1 + round(self.scroll_y)
        if y == 0:
            return self._header(width)
        if row < self.count:
            return self._row(row, width)
        if self.count == 0 and y == 1:
            empty = self._empty if isinstance(self._empty, Content) else Content(self._empty)
            return self._strip(fit(Content("  ") + empty, width), "virtual-table--empty")
        return Strip.blank(width, self.visual_style.rich_style)

    def _columns(self, width: int) -> list[tuple[TableColumn, int]]:
        if self._widths is None or self._widths[0] != width:
            self._widths = (width, fit_columns(self.columns, max(1, width - 1)))
        return self._widths[1]

    def _header(self, width: int) -> Strip:
        titles = [fit(column.title, cells, column.align) for column, cells in self._columns(width)]
        return self._strip(Content(" ") + Content(" ").join(titles), "virtual-table--header")

    def _row(self, row: int, width: int) -> Strip:
        key = (row, width, row == self.cursor, self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            at_cursor = row == self.cursor
            cells = [fit(self._cell(row, column), cells, column.align) for column, cells in self._columns(width)]
            line = Content(POINTER if at_cursor else " ") + Content(" ").join(cells)
            strip = self._strip(line, "virtual-table--cursor" if at_cursor else "virtual-table--row")
            self._strips[key] = strip
        return strip

    def _strip(self, line: Content, component: str) -> Strip:
        width = self.scrollable_content_region.width
        style = self.get_visual_style(component)
        strips = Visual.to_strips(self, line, max(1, width), 1, style)
        return (strips[0] if strips else Strip.blank(0)).adjust_cell_length(width, style.rich_style)
