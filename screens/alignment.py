"""Alignment (mode 4): the items of the followed run, one at a time, as a matrix with everything that belongs to it.

Facts come as RunUpdated; the rows themselves are read in a thread when they are looked at. Waiting, empty, failed and
no run look different.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from engine.errors import MathReasonError
from engine.runs.events import Sample
from screens import item_text
from screens.item import Item
from screens.item_browser import Browser
from screens.item_filter import CHOICES, ItemFilter, count_choices
from screens.item_panels import ItemPanels
from screens.item_reader import ItemRead, ItemReader
from screens.item_table import ITEM_COLUMNS, item_cell
from screens.messages import OpenItem, RunUpdated
from screens.notices import failed, no_run, nothing_yet
from screens.widgets.dialogs import TextDialog
from screens.widgets.filter_line import FilterLine
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.flow import Flow
from screens.widgets.matrix import MatrixMap
from screens.widgets.virtual_table import TableColumn, VirtualTable

LOADING_AFTER_S = 0.15
"""A read that takes no longer than this shows no "loading": it would only flicker."""


class AlignmentScreen(Screen[None]):
    """Shows one item; `show_item` chooses it, at any time."""

    HELP = """# Alignment
One item: the gold solution's steps (down) against the student's (across). **[ ]** marks the path that the aligner
found, ⚑ where the student first leaves the gold. Shade and number say how alike two steps are.

* **n / p** next and previous item, **g** to a number, **t** the list, **/** a text in id, prediction or answer
* **f** shows only some quadrants or verdicts, **F** all again
* **arrows** or **hjkl** another cell, **[ ]** along the path, **m** meaning, values or both
* **w** why this verdict, **r** the raw solution, **c** copies the item, **tab** and **space** scroll the details
"""
    CSS_PATH = "alignment.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "step(1)", "Next", id="alignment.next"),
        Binding("p", "step(-1)", "Previous", id="alignment.previous"),
        Binding("f", "filter", "Filter", id="alignment.filter"),
        Binding("slash", "search", "Search", key_display="/", id="alignment.search"),
        Binding("t", "toggle_list", "List", id="alignment.list"),
        Binding("w", "why", "Why", tooltip="why this verdict", id="alignment.why"),
        Binding("m", "next_matrix", "Matrix", tooltip="meaning, values or both", id="alignment.matrix"),
        Binding("r", "toggle_raw", "Raw", tooltip="the solution as it was written", id="alignment.raw"),
        Binding("c", "copy", "Copy", tooltip="the item as text", id="alignment.copy"),
        Binding("g,colon", "go_to", "Go to", key_display="g", tooltip="an item's number", id="alignment.go_to"),
        Binding("F", "clear_filter", "All items", show=False, id="alignment.clear_filter"),
        Binding("R", "reload", "Read again", show=False, id="alignment.reload"),
        Binding("space,pagedown", "details(1)", "Details down", show=False, id="alignment.details_down"),
        Binding("b,pageup", "details(-1)", "Details up", show=False, id="alignment.details_up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.browser = Browser()
        self.item: Item | None = None
        self.failure: MathReasonError | None = None
        self._reader = ItemReader(self)
        self._asked: Sample | None = None
        self._loading: Timer | None = None
        self._news: RunUpdated | None = None
        self._listing: bool | None = None

    def compose(self) -> ComposeResult:
        yield Flow(item_text.DOT, id="item_header")
        yield Static(id="filter_state", markup=False)
        with Container(id="item_body"):
            yield VirtualTable(ITEM_COLUMNS, self._list_cell, empty="no item passes the filter", id="items")
            yield Static(no_run(), id="notice")
            yield ItemPanels(id="panels")
        yield FilterLine("text in id, prediction or answer", id="search")
        yield FilterLine("number of an item", id="go_to")

    def on_mount(self) -> None:
        self._show_state()
        self.query_one(MatrixMap).focus()

    # -- what the app says

    def on_run_updated(self, news: RunUpdated) -> None:
        """The run has grown, or is another one."""
        news.stop()
        if self._news is None or self._news.run.path != news.run.path:
            self._drop_item()
        self._news = news
        rows_changed = self.browser.follow(news.run, news.state.samples)
        table = self.query_one("#items", VirtualTable)
        if rows_changed:
            table.show_rows(len(self.browser.shown), self.browser.row or 0)
        else:
            table.set_count(len(self.browser.shown))
        self._show_current()

    def show_item(self, position: int) -> None:
        """Show the item at this place of RunState.samples, as soon as it is known; a filter that hides it goes."""
        self.browser.choose(position)
        if self.is_mounted:
            self._after_choice()

    def on_open_item(self, message: OpenItem) -> None:
        message.stop()
        self.show_item(message.position)

    # -- choosing

    def action_step(self, items: int) -> None:
        """The next or previous item that passes the filter."""
        if self.browser.step(items):
            self._after_choice()

    def action_go_to(self) -> None:
        self._open_line("#go_to")

    def action_search(self) -> None:
        self._open_line("#search")

    def _open_line(self, selector: str) -> None:
        if self.browser.samples:
            line = self.query_one(selector, FilterLine)
            line.open()
            self.set_focus(line)  # at once, so that fast typing lands in it

    @on(Input.Changed, "#search")
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter(ItemFilter(self.browser.filter.chosen, event.value.strip()))

    @on(FilterLine.Left)
    def _line_left(self) -> None:
        line = self.query_one("#go_to", FilterLine)
        number, line.value, line.display = line.value.strip().removeprefix("#"), "", False
        if number.isdecimal() and 1 <= int(number) <= len(self.browser.samples):
            self.show_item(int(number) - 1)
        elif number:
            last = len(self.browser.samples)
            self.notify(f"no item {number}: the items are 1 to {last:,}", severity="warning", markup=False)
        self._settle_search()
        self._focus_main()

    def _settle_search(self) -> None:
        """The search line goes when it is left (the filter line tells), and forgets a text that no longer filters."""
        search = self.query_one("#search", FilterLine)
        search.display = False
        with search.prevent(Input.Changed):
            search.value = self.browser.filter.text

    def action_filter(self) -> None:
        if self.browser.samples:
            menu = FilterMenu(CHOICES, count_choices(self.browser.samples), self.browser.filter.chosen)
            self.app.push_screen(menu, self._chosen_in_menu)

    def _chosen_in_menu(self, chosen: frozenset[str] | None) -> None:
        if chosen is not None:
            self._filter(ItemFilter(chosen, self.browser.filter.text))

    def action_clear_filter(self) -> None:
        self._filter(ItemFilter())

    def _filter(self, wanted: ItemFilter) -> None:
        if wanted != self.browser.filter:
            self.browser.apply(wanted)
            self._after_choice(rows_changed=True)
            if not self.query_one("#search").has_focus:
                self._settle_search()

    def _after_choice(self, rows_changed: bool = False) -> None:
        table, row = self.query_one("#items", VirtualTable), self.browser.row
        if rows_changed or table.count != len(self.browser.shown):
            table.show_rows(len(self.browser.shown), row or 0)
        elif row is not None:
            table.cursor = row
        self._show_current()

    # -- the list

    def _list_cell(self, row: int, column: TableColumn) -> str | Content:
        position = self.browser.shown[row]
        return item_cell(self.browser.samples[position], position, column)

    def action_toggle_list(self) -> None:
        if self.browser.samples:
            self._listing = not self.has_class("-listing")
            self._arrange()
            self._focus_main()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._arrange)  # after the breakpoints' classes

    def _arrange(self) -> None:
        """The list stands beside the item where there is room, and instead of it where there is none."""
        wanted = self.has_class("-wide") if self._listing is None else self._listing
        self.set_class(wanted and bool(self.browser.samples), "-listing")

    def _focus_main(self) -> None:
        self.query_one("#items" if self._listing else "#matrix").focus()

    @on(VirtualTable.RowHighlighted)
    def _row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        event.stop()
        beside = self.has_class("-listing") and not self.has_class("-narrow")
        if beside and event.table.has_focus and event.row < len(self.browser.shown):
            self.browser.choose(self.browser.shown[event.row])
            self._show_current()

    @on(VirtualTable.RowSelected)
    def _row_selected(self, event: VirtualTable.RowSelected) -> None:
        event.stop()
        self.browser.choose(self.browser.shown[event.row])
        if self.has_class("-narrow"):
            self._listing = False
            self._arrange()
        self._show_current()
        self.query_one(MatrixMap).focus()

    # -- reading

    def _show_current(self) -> None:
        """Read the chosen item if it is not the one that was asked for last; meanwhile the last one stays."""
        sample, run = self.browser.sample, self.browser.run
        if sample is None or run is None:
            self._drop_item()
        elif sample != self._asked:
            self._asked = sample
            self._reader.want(run, sample)
            self._stop_loading()
            self._loading = self.set_timer(LOADING_AFTER_S, self._say_loading)
        self._show_state()

    def _drop_item(self) -> None:
        self.item = self.failure = self._asked = None
        self._reader.forget()
        self._stop_loading()

    def _say_loading(self) -> None:
        self._loading, self.item, self.failure = None, None, None
        self._show_state()

    def _stop_loading(self) -> None:
        if self._loading is not None:
            self._loading.stop()
            self._loading = None

    def on_item_read(self, message: ItemRead) -> None:
        message.stop()
        if not self._reader.wanted(message):
            return
        self._stop_loading()
        if isinstance(message.result, Item):
            self.item, self.failure = message.result, None
            self.query_one(ItemPanels).show(message.result)
        else:
            self.item, self.failure = None, message.result
        self._show_state()

    def action_reload(self) -> None:
        self._asked = None
        self._show_current()

    # -- showing

    def _show_state(self) -> None:
        """Header, filter line, and either the panels or what there is to say instead."""
        sample, browser = self.browser.sample, self.browser
        item = self.item if self.item is not None and sample is not None and self.item.id == sample.id else None
        header = self.query_one("#item_header", Flow)
        header.display = sample is not None
        if sample is not None:
            header.show(item_text.header(sample, browser.position + 1, len(browser.samples), item))
        state = self.query_one("#filter_state", Static)
        state.display = bool(browser.filter)
        if browser.filter:
            count = f"{len(browser.shown):,} of {len(browser.samples):,}"
            state.update(Content(f"only {browser.filter.describe()} · {count} · F shows all"), layout=False)
        self._arrange()
        notice = self._notice()
        self.set_class(notice is not None, "-notice")
        self.set_class(self.failure is not None, "-failed")
        if notice is not None:
            self.query_one("#notice", Static).update(notice)

    def _notice(self) -> Content | None:
        """What to say instead of an item; None where there is one."""
        if self._news is None:
            return no_run()
        if not self.browser.samples:
            return nothing_yet(self._news.state, self._news.status)
        if self.browser.sample is None:
            return Content(f"no item passes: {self.browser.filter.describe()}\n\nF shows all items, f chooses others")
        if self.failure is not None:
            return failed(self.failure, "R reads it again   c copies this   n next item")
        if self.item is None:
            return Content("" if self._loading else f"loading item {self.browser.position + 1} …")
        return None

    def action_why(self) -> None:
        if self.item is not None:
            title = f"why {self.item.verdict}: item {self.browser.position + 1}"
            self.app.push_screen(TextDialog(title, item_text.why(self.item)))

    def action_copy(self) -> None:
        if self.item is not None:
            self.app.copy_to_clipboard(item_text.as_text(self.item))
        elif self.failure is not None:
            self.app.copy_to_clipboard(str(self.failure))

    def action_next_matrix(self) -> None:
        self.query_one(ItemPanels).next_kind()

    def action_toggle_raw(self) -> None:
        self.query_one(ItemPanels).toggle_raw()

    def action_details(self, pages: int) -> None:
        self.query_one(ItemPanels).scroll_details(pages)
