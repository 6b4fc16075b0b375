"""Alignment (mode 4): the items of the followed run, one at a time, as a matrix with everything that belongs to it.

Facts come as RunUpdated; the rows themselves are read in a thread when they are looked at. Waiting, empty, failed and
no run look different.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from engine.errors import EnvironmentMissing, MathReasonError
from engine.rows.graded import GradedRow
from engine.runs.events import Item
from screens.items import text as item_text
from screens.items.choosing import ItemChoosing
from screens.items.figure import save_figure
from screens.items.grades_view import GradesView
from screens.items.matrix import MatrixMap
from screens.items.override import Overriding
from screens.items.panels import ItemPanels
from screens.items.reader import ItemRead, ItemReader
from screens.items.table import ITEM_COLUMNS, item_cell
from screens.messages import OpenItem, RunUpdated
from screens.notices import failed, no_run, nothing_yet
from screens.widgets.dialogs import error_dialog
from screens.widgets.filter_line import FilterLine
from screens.widgets.flow import Flow
from screens.widgets.virtual_table import TableColumn, VirtualTable

LOADING_AFTER_S = 0.15
"""A read that takes no longer than this shows no "loading": it would only flicker."""

NEED_ITEMS = (
    "step", "filter", "grades", "override", "search", "toggle_list", "next_matrix", "toggle_raw", "save_figure", "copy",
    "go_to", "clear_filter", "reload", "details",
)  # fmt: skip
"""Actions that have nothing to work on in a run without items."""


class AlignmentScreen(ItemChoosing):
    """Shows one item; `show_item` chooses it, at any time."""

    HELP = """# Alignment
One item: the gold solution's steps (down) against the student's (across). **[ ]** marks the path that the aligner
found, **( )** a step merged into a match, ⚑ where the student first leaves the gold. Shade and number say how alike
two steps are.

* **n / p** next and previous item, **g** to a number, **t** the list, **/** a text in id, prediction or answer
* **w** why this verdict: the grades, **o** your own verdict, kept beside the graders'
* **f** shows only some quadrants, verdicts or what you overrode, **F** all again
* **arrows** or **hjkl** another cell, **[ ]** along the path, **m** meaning, values or both
* **r** the raw solution, **s** saves the heat map, **c** copies the item with its grades
* **tab** and **space** scroll the details

The header's **order-free** is the score without the order of the steps, **null** the coverage against the gold of
another problem: what chance explains. **published** is the original formula, which does not see missing steps.
"""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "step(1)", "Next", id="alignment.next"),
        Binding("p", "step(-1)", "Previous", id="alignment.previous"),
        Binding("f", "filter", "Filter", id="alignment.filter"),
        Binding("w", "grades", "Why", tooltip="the grades: why this verdict", id="alignment.why"),
        Binding("w", "screen.matrix", "Matrix", tooltip="back from the grades", id="alignment.matrix_again"),
        Binding("o", "override", "Override", tooltip="your own verdict on this item", id="alignment.override"),
        Binding("slash", "search", "Search", key_display="/", id="alignment.search"),
        Binding("t", "toggle_list", "List", id="alignment.list"),
        Binding("m", "next_matrix", "Matrix", tooltip="meaning, values or both", id="alignment.matrix"),
        Binding("r", "toggle_raw", "Raw", tooltip="the solution as it was written", id="alignment.raw"),
        Binding("s", "save_figure", "Save figure", tooltip="the heat map as PNG and PDF", id="alignment.figure"),
        Binding("c", "copy", "Copy", tooltip="the item as text", id="alignment.copy"),
        Binding("g,colon", "go_to", "Go to", key_display="g", tooltip="an item's number", id="alignment.go_to"),
        Binding("F", "clear_filter", "All items", show=False, id="alignment.clear_filter"),
        Binding("R", "reload", "Read again", show=False, id="alignment.reload"),
        Binding("space,pagedown", "details(1)", "Details down", show=False, id="alignment.details_down"),
        Binding("b,pageup", "details(-1)", "Details up", show=False, id="alignment.details_up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.item: GradedRow | None = None
        self.failure: MathReasonError | None = None
        self._reader = ItemReader(self)
        self._asked: Item | None = None
        self._loading: Timer | None = None
        self._news: RunUpdated | None = None
        self._listing: bool | None = None
        self._overriding = Overriding(self)
        self._letter = ""

    def compose(self) -> ComposeResult:
        yield Flow(item_text.DOT, id="item_header")
        yield Static(id="filter_state", markup=False)
        yield Static(id="caution", markup=False)
        with Container(id="item_body"):
            yield VirtualTable(ITEM_COLUMNS, self._list_cell, empty="no item passes the filter", id="items")
            yield Static(no_run(), id="notice")
            yield ItemPanels(id="panels")
            yield GradesView(id="grades")
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
            self._letter = ""
        self._news = news
        overridden, had_items = self.browser.overrides != news.overrides, bool(self.browser.samples)
        rows_changed = self.browser.follow(news.run, news.state.items, news.overrides)
        table = self.query_one("#items", VirtualTable)
        if rows_changed:
            table.show_rows(len(self.browser.shown), self.browser.row or 0)
        else:
            if overridden:
                table.redraw()
            table.set_count(len(self.browser.shown))
        self._show_current()
        if had_items != bool(self.browser.samples):
            self.refresh_bindings()

    def on_open_item(self, message: OpenItem) -> None:
        message.stop()
        self._letter = message.letter
        self.show_item(message.position)

    # -- choosing (by number, text or menu: ItemChoosing)

    def after_choice(self, rows_changed: bool = False) -> None:
        table, row = self.query_one("#items", VirtualTable), self.browser.row
        if rows_changed or table.count != len(self.browser.shown):
            table.show_rows(len(self.browser.shown), row or 0)
        elif row is not None:
            table.cursor = row
        self._show_current()

    # -- the list

    def _list_cell(self, row: int, column: TableColumn) -> str | Content:
        position = self.browser.shown[row]
        sample = self.browser.samples[position]
        return item_cell(sample, position, column, self.browser.override_of(sample))

    def action_toggle_list(self) -> None:
        if self.browser.samples:
            self._listing = not self.has_class("-listing")
            self._arrange()
            self.focus_main()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._arrange)  # after the breakpoints' classes

    def _arrange(self) -> None:
        """The list stands beside the item where there is room, and instead of it where there is none."""
        wanted = self.has_class("-wide") if self._listing is None else self._listing
        self.set_class(wanted and bool(self.browser.samples), "-listing")

    def focus_main(self) -> None:
        self.query_one("#items" if self._listing else self._main).focus()

    @property
    def _main(self) -> str:
        """What the item is shown by."""
        return "#grades" if self.has_class("-grades") else "#matrix"

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
        self.query_one(self._main).focus()

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
        if isinstance(message.result, GradedRow):
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
        if sample is not None and browser.run is not None:
            override = browser.override_of(sample)
            run = item_text.run_name(item_text.short_id(browser.run.id), self._letter)
            header.show(item_text.header(sample, browser.position + 1, len(browser.samples), item, override, run))
            if item is not None and self.has_class("-grades"):
                self.query_one(GradesView).show(item, browser.position + 1, override, self._judge_model)
        state = self.query_one("#filter_state", Static)
        state.display = bool(browser.filter)
        if browser.filter:
            count = f"{len(browser.shown):,} of {len(browser.samples):,}"
            state.update(Content(f"only {browser.filter.describe()} · {count} · F shows all"), layout=False)
        caution, told = self.query_one("#caution", Static), self._news.overlay.caution if self._news else ""
        caution.display = bool(told)
        caution.update(f"! {told}", layout=False)
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

    def action_grades(self) -> None:
        """The grades in the place of the matrix."""
        if self.item is not None:
            self._show_grades(True)

    def action_matrix(self) -> None:
        self._show_grades(False)

    def _show_grades(self, shown: bool) -> None:
        self.set_class(shown, "-grades")
        self._show_state()
        self.refresh_bindings()
        if not self.query_one("#items").has_focus:
            self.query_one(self._main).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is not shown has no keys, and nothing has any where there is no item."""
        if action in NEED_ITEMS and not self.browser.samples:
            return False
        if action in ("grades", "next_matrix", "toggle_raw"):
            return not self.has_class("-grades")
        return action != "matrix" or self.has_class("-grades")

    @property
    def _judge_model(self) -> str:
        return self._news.state.models.get("judge", "") if self._news else ""

    def action_override(self) -> None:
        sample, run = self.browser.sample, self.browser.run
        if sample is not None and run is not None:
            override = self.browser.override_of(sample)
            self._overriding.ask(run, sample, self.browser.position + 1, override, self._letter)

    def action_copy(self) -> None:
        if self.item is not None:
            override = self.browser.override_of(self.browser.sample) if self.browser.sample else None
            run_id = self.browser.run.id if self.browser.run else ""
            self.app.copy_to_clipboard(item_text.as_text(self.item, override, self._judge_model, run_id))
        elif self.failure is not None:
            self.app.copy_to_clipboard(str(self.failure))

    @work(thread=True, group="figure", exit_on_error=False)
    def action_save_figure(self) -> None:
        """Into the folder the program was started in."""
        sample, run = self.browser.sample, self.browser.run
        if sample is None or run is None or self.item is None:
            return
        try:
            files = save_figure(run, sample, Path.cwd())
        except (MathReasonError, OSError) as error:
            failure = error if isinstance(error, MathReasonError) else EnvironmentMissing(str(error), "try again")
            self.app.call_from_thread(self.app.push_screen, error_dialog("The figure was not saved", failure))
        else:
            self.notify(f"saved {' and '.join(Path(file).name for file in files)}", markup=False)

    def action_next_matrix(self) -> None:
        self.query_one(ItemPanels).next_kind()

    def action_toggle_raw(self) -> None:
        self.query_one(ItemPanels).toggle_raw()

    def action_details(self, pages: int) -> None:
        shown = self.query_one("#grades" if self.has_class("-grades") else "#details", VerticalScroll)
        (shown.scroll_page_down if pages > 0 else shown.scroll_page_up)(animate=False)
