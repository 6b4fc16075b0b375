"""The table draws what is seen, whatever the number of rows, and keeps its cursor where the user put it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content

from engine.printable import one_line
from screens.widgets.lines import fit
from screens.widgets.virtual_table import TableColumn, VirtualTable, fit_columns
from tests.screens.conftest import screen_lines

COLUMNS = (
    TableColumn("place", "#", 6, align="right"),
    TableColumn("text", "text", 8, fraction=1),
    TableColumn("note", "note", 10, rank=1),
)


def plain_cell(row: int, column: TableColumn) -> str:
    return {"place": str(row), "text": f"row {row}", "note": "a note"}[column.key]


class TableApp(App[None]):
    def __init__(self, count: int, cell: Callable[[int, TableColumn], str | Content] = plain_cell) -> None:
        super().__init__()
        self.calls: list[tuple[int, str]] = []
        self.highlighted: list[int] = []
        self.selected: list[int] = []
        self._count, self._cell = count, cell

    def compose(self) -> ComposeResult:
        def cell(row: int, column: TableColumn) -> str | Content:
            self.calls.append((row, column.key))
            return self._cell(row, column)

        yield VirtualTable(COLUMNS, cell, count=self._count)

    @property
    def table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        self.highlighted.append(event.row)

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self.selected.append(event.row)


def without_scrollbar(lines: list[str]) -> list[str]:
    return [line[:58].rstrip() for line in lines]


async def test_ten_thousand_rows_cost_what_is_in_view() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(60, 21)) as pilot:
        await pilot.pause()
        assert {row for row, _ in app.calls} == set(range(20))
        app.calls.clear()
        await pilot.press("G")
        assert {row for row, _ in app.calls} <= {0, *range(9_980, 10_000)}
        assert screen_lines(app)[20].startswith("▸  9999")


async def test_a_drawn_row_is_not_asked_for_again() -> None:
    app = TableApp(1_000)
    async with app.run_test(size=(60, 21)) as pilot:
        await pilot.press("j", "j", "j")
        app.calls.clear()
        await pilot.press("k", "k", "k")
        assert app.calls == []


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (("j", "j", "down"), 3),
        (("j", "k", "up", "up"), 0),
        (("G",), 99),
        (("end", "k", "home"), 0),
        (("pagedown",), 10),
        (("G", "pageup"), 89),
        (("G", "g"), 0),
        (("G", "j"), 99),
    ],
)
async def test_keys_move_the_cursor_and_keep_it_in_view(keys: tuple[str, ...], row: int) -> None:
    app = TableApp(100)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.table.cursor == row
        assert next(line for line in screen_lines(app) if line.startswith("▸")).split()[1] == str(row)


async def test_enter_and_a_second_click_open_a_row() -> None:
    app = TableApp(100)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(VirtualTable, offset=(5, 5))
        assert app.table.cursor == 4
        assert app.selected == [1]
        await pilot.click(VirtualTable, offset=(5, 5))
        await pilot.click(VirtualTable, offset=(5, 0))  # the titles are no row
        assert app.selected == [1, 4]


async def test_appended_rows_leave_cursor_and_view_alone() -> None:
    app = TableApp(50)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("pagedown", "pagedown")
        before = screen_lines(app)
        app.calls.clear()
        app.table.set_count(5_000)
        await pilot.pause()
        assert app.table.cursor == 20
        assert without_scrollbar(screen_lines(app)) == without_scrollbar(before)
        assert app.calls == []


async def test_other_rows_are_drawn_anew_and_the_cursor_stays_inside() -> None:
    names = ["old"]
    app = TableApp(50, lambda row, column: f"{names[0]} {row}" if column.key == "text" else "")
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("G")
        names[0] = "new"
        app.table.show_rows(7)
        await pilot.pause()
        assert app.table.cursor == 6
        assert "new 6" in screen_lines(app)[7]
        app.table.show_rows(7, 2)
        await pilot.pause()
        assert app.table.cursor == 2
        assert app.highlighted[-1] == 2


async def test_an_empty_table_says_what_it_waits_for_and_begins_with_the_first_row() -> None:
    app = TableApp(0)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j", "enter")
        assert "waiting for the first item" in screen_lines(app)[1]
        assert app.selected == []
        app.table.show_empty("nothing passes the filter")
        await pilot.pause()
        assert "nothing passes the filter" in screen_lines(app)[1]
        app.table.set_count(3)
        await pilot.pause()
        assert screen_lines(app)[1].startswith("▸     0 row 0")
        assert app.highlighted == [0]


async def test_model_text_cannot_break_a_line() -> None:
    nasty = "数学 \x1b[31mred\n[bold]x[/] \ta 👩‍🔬 e\u0301 " * 5
    app = TableApp(3, lambda row, column: nasty if column.key == "text" else "end")
    async with app.run_test(size=(60, 6)) as pilot:
        await pilot.pause()
        lines = screen_lines(app)
        assert "数学" in lines[1]
        assert "[bold]" in lines[1]
        assert all("\x1b" not in line for line in lines)
        assert {cell_len(line[: line.rindex("end")]) for line in lines[1:4]} == {50}


def test_columns_share_the_space_and_the_least_important_goes_first() -> None:
    assert [(c.key, w) for c, w in fit_columns(COLUMNS, 60)] == [("place", 6), ("text", 42), ("note", 10)]
    assert [(c.key, w) for c, w in fit_columns(COLUMNS, 20)] == [("place", 6), ("text", 13)]
    assert [c.key for c, _ in fit_columns(COLUMNS, 3)] == ["place", "text"]


@pytest.mark.parametrize("text", ["", "plain", "a longer text than fits", "数学" * 4, "e\u0301" * 20, "👩‍🔬" * 4])
@pytest.mark.parametrize("width", [1, 2, 5, 11])
def test_a_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    for align in ("left", "right", "center"):
        assert fit(text, width, align).cell_length == width


def test_a_line_keeps_the_words_and_drops_what_moves_the_cursor() -> None:
    assert one_line("a\r\nb\tc\x1b[2Jd") == "a ⏎ b c[2Jd"
    assert one_line("a\u202eb\u2066c 👩\u200d👧") == "abc 👩\u200d👧", "an emoji's joiner stays"
