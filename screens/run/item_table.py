"""The finished items of a stage, newest first, in the columns of their kind (`engine.rows.kinds`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from engine.compare.overrides import Key, Override
from engine.rows.kinds import GRADED, Column, RowKind
from engine.runs.events import Item
from engine.words import QUADRANT, UNKNOWN, Sign, outcome_sign
from screens.widgets.override_mark import override_mark
from screens.widgets.virtual_table import TableColumn, VirtualTable

NOTHING = "–"


def table_columns(kind: RowKind) -> tuple[TableColumn, ...]:
    """The kind's columns as the table takes them."""
    return tuple(
        TableColumn(column.key, column.title, column.least, column.fraction, "right" if column.right else "left",
                    column.rank)
        for column in kind.columns
    )  # fmt: skip


def _fact(item: Item, column: Column) -> str:
    return item.fact(column.key) or item.fact(column.otherwise) or NOTHING


def _share(item: Item, column: Column) -> str:
    score = item.score(column.key)
    return NOTHING if score is None else f"{score:.2f}"


def _count(item: Item, column: Column) -> str:
    score = item.score(column.key)
    return f"{score:,.0f}" if score else NOTHING


def _quadrant(item: Item, column: Column) -> Content:
    sign = QUADRANT.get(item.fact(column.key), UNKNOWN)
    return _signed(sign._replace(word=sign.word.partition(" (")[0]))


CELLS: Mapping[str, Callable[[Item, Column], str | Content]] = {
    "number": lambda item, column: str(item.index + 1),
    "outcome": lambda item, column: _signed(outcome_sign(item.outcome)),
    "fact": _fact,
    "share": _share,
    "count": _count,
    "quadrant": _quadrant,
}
"""What stands in a column, by what it shows."""


class ItemTable(VirtualTable):
    """Row 0 is the newest item; the cursor stays on its item while new ones come in above it."""

    HELP = """The finished items of the stage, newest first. **enter** opens the item under the cursor."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open item", id="items.open", tooltip="look at the item under the cursor")
    ]

    def __init__(self, *, id: str = "items") -> None:
        super().__init__(table_columns(GRADED), self._cell_of, empty="waiting for the first finished item", id=id)
        self.kind = GRADED
        self._items: Sequence[Item] = ()
        self._overrides: Mapping[Key, Override] = {}

    def show_kind(self, kind: RowKind) -> None:
        """Take the columns of this kind."""
        if kind is not self.kind:
            self.kind = kind
            self.show_columns(table_columns(kind))

    def show_items(
        self, items: Sequence[Item], overrides: Mapping[Key, Override] | None = None, *, other: bool = False
    ) -> None:
        """Show these with the humans' verdicts; without `other` they are the earlier ones and some more."""
        self._overrides, before = overrides or {}, self._overrides
        if self._overrides != before:
            self.redraw()
        if len(items) == len(self._items) and not other:
            return
        added = len(items) - len(self._items)
        self._items = items
        cursor = 0 if other or self.cursor == 0 or added < 0 else self.cursor + added
        self.show_rows(len(items), cursor)

    def position(self, row: int) -> int:
        """Where the item of a row stands among those of its stage."""
        return len(self._items) - 1 - row

    def _cell_of(self, row: int, column: TableColumn) -> str | Content:
        item = self._items[self.position(row)]
        wanted = next(one for one in self.kind.columns if one.key == column.key)
        cell = CELLS[wanted.shows](item, wanted)
        return Content("") + cell + override_mark(self._overrides.get(item.key)) if wanted.shows == "outcome" else cell


def _signed(sign: Sign) -> Content:
    return Content.styled(sign.glyph, f"${sign.color}") + Content(f" {sign.word}")
