"""Compare: one run against another, item by item: the table, the outcome in words, the flips, the curves.

The runs are read in a thread. An item that flipped opens in Alignment, in either run.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.compare.comparison import Flip
from engine.errors import EnvironmentMissing, MathReasonError
from engine.runs.directory import RunDirectory
from engine.words import FLIP
from screens.compare import text as compare_text
from screens.compare.flip_table import FlipTable
from screens.compare.reader import Compared, Stamp, read_compared, stamp_of
from screens.messages import CompareRuns, OpenItem
from screens.notices import failed, retitle
from screens.widgets.dialogs import TextDialog
from screens.widgets.filter_line import FilterLine, matches
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.panel import Panel
from screens.widgets.plot import Plot
from screens.widgets.virtual_table import TableColumn, VirtualTable

LETTERS = ("A", "B")
FIGURES_FROM = 22
"""Lines of a terminal in which figures and flips have room together."""
BOTH_FROM = 78
"""Cells in which the table and the accuracies have room side by side."""


class CompareScreen(Screen[None]):
    """Shows B against A; `compare` chooses them, at any time."""

    HELP = """# Compare
B against the baseline A, over the items that both have. **p** is the exact McNemar test on the items that are right
in only one of them; the intervals are Wilson's for an accuracy and a paired bootstrap for a difference (Tango's score
interval where few items differ). Coverage and extra are differences of means, B minus A. Of several samples a problem,
the problems are counted: an exact sign-flip test, intervals by problem, and none of a difference below six problems.

Where you overrode verdicts (**o** in Alignment), the lines with **→** are the same figures with yours; in a flip **→**
leads from the graders' outcome to yours.

A flip is an item whose outcome differs: **↓** right to not right, **↑** not right to right, **~** wrong, unparsed or
cut off in another way, **=** a flip to the graders but not with a human's verdict.

* **enter** opens the item in one run, **o** changes which; **x** exchanges A and B
* **f** shows only some kinds of flips, **/** words in id or answers, **F** all again
* **t** the curves instead of the flips, in a short terminal first the figures, and back to the flips
* **w** everything to mind and all differences, **c** copies, **r** reads again
"""
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#flips"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "other_run", "Other", tooltip="the other run: which one enter opens in", id="compare.other"),
        Binding("w", "details", "Differs", tooltip="cautions, settings and versions", id="compare.details"),
        Binding("f", "filter", "Filter", tooltip="only some kinds of flips", id="compare.filter"),
        Binding("t", "next_view", "View", tooltip="curves (and figures) for flips, and back", id="compare.view"),
        Binding("x", "exchange", "Swap", tooltip="exchange A and B", id="compare.exchange"),
        Binding("slash", "search", "Search", key_display="/", id="compare.search"),
        Binding("c", "copy", "Copy", tooltip="the comparison as text", id="compare.copy"),
        Binding("r", "read_again", "Read again", show=False, id="compare.refresh"),
        Binding("F", "clear_filter", "All flips", show=False, id="compare.clear_filter"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.runs: tuple[RunDirectory, RunDirectory] | None = None
        self.compared: Compared | None = None
        self.failure: MathReasonError | None = None
        self.opens = 1
        self._kinds: frozenset[str] = frozenset()
        self.shown: list[Flip] = []
        self._stamp: Stamp = ()

    def compose(self) -> ComposeResult:
        yield Static(id="notice")
        with Vertical(id="comparison"):
            yield Static(id="run_a")
            yield Static(id="run_b")
            yield Static(id="finding")
            yield Static(id="differs")
            with Horizontal(id="figures"):
                yield Panel("right in both?", id="table")
                yield Panel("accuracy, 95 % intervals", id="accuracy")
                yield Panel("what differs", id="differences")
                yield Panel("flips", id="legend")
            yield FlipTable(compare_text.FLIP_COLUMNS, self._cell, id="flips")
            with Horizontal(id="curves"):
                yield Plot(id="accuracy_curve")
                yield Plot(id="scores_a", empty="no scores: without gold solutions there is nothing to align with")
                yield Plot(id="scores_b", empty="no scores: without gold solutions there is nothing to align with")
            yield FilterLine("words in id or answers", id="search")

    def on_mount(self) -> None:
        self.query_one("#legend", Panel).show(compare_text.legend_lines())
        self._show()

    # -- which runs

    def compare(self, a: RunDirectory, b: RunDirectory) -> None:
        """Show B against A; the same pair again is read again, and the place in it stays."""
        other = self.runs is None or {run.path for run in self.runs} != {a.path, b.path}
        if other:
            self.compared, self._kinds, self.shown, self.opens = None, frozenset(), [], 1
            self._forget_search()
        self.runs, self.failure = (a, b), None
        self._show()
        self._read()

    def on_compare_runs(self, message: CompareRuns) -> None:
        message.stop()
        if message.b is not None:
            self.compare(message.a, message.b)

    def on_screen_resume(self) -> None:
        """Back from an item, which may have been overridden, or after a while in which a run went on."""
        if self.compared is not None:
            self._read(only_news=True)

    @work(group="read", exclusive=True)
    async def _read(self, *, only_news: bool = False) -> None:
        runs = self.runs
        if runs is None:
            return
        stamp = await asyncio.to_thread(stamp_of, *runs)
        if only_news and stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            compared = await asyncio.to_thread(read_compared, *runs)
        except MathReasonError as error:
            self.compared, self.failure = None, error
        except OSError as error:
            said = f"cannot read {error.filename or runs[0].path.parent}: {error.strerror or error}"
            self.compared, self.failure = None, EnvironmentMissing(said, "check the folder of runs")
        else:
            self.compared, self.failure = compared, None
        self._show()

    def action_read_again(self) -> None:
        self._read()

    def action_exchange(self) -> None:
        if self.runs is not None:
            a, b = self.runs
            self.compare(b, a)

    # -- showing

    def _show(self) -> None:
        """Everything, or what there is to say instead."""
        notice = self._notice()
        self.set_class(notice is not None, "-notice")
        self.refresh_bindings()
        if notice is not None:
            self.query_one("#notice", Static).update(notice)
            return
        compared = self.compared
        assert compared is not None
        found = compared.found
        self.query_one("#run_a", Static).update(compare_text.run_line("A", compared.a))
        self.query_one("#run_b", Static).update(compare_text.run_line("B", compared.b))
        self.query_one("#finding", Static).update(compare_text.finding_line(found))
        self.query_one("#differs", Static).update(compare_text.difference_line(found))
        self.query_one("#table", Panel).show(compare_text.table_lines(found))
        self.query_one("#accuracy", Panel).show(compare_text.accuracy_lines(found))
        self.query_one("#accuracy").border_subtitle = compare_text.human_words(found)
        self.set_class(found.overridden is not None, "-overridden")
        self.query_one("#differences", Panel).show(compare_text.difference_lines(found))
        retitle(self.query_one("#accuracy"), f"accuracy over the {len(found.pairs):,} items of both")
        self._show_curves(compared)
        self._show_flips()

    def _show_curves(self, compared: Compared) -> None:
        self.query_one("#accuracy_curve", Plot).show(compared.accuracy)
        retitle(self.query_one("#accuracy_curve"), "accuracy so far")
        for letter, scores in zip(LETTERS, compared.scores, strict=True):
            plot = self.query_one(f"#scores_{letter.lower()}", Plot)
            plot.show(scores)
            retitle(plot, f"coverage of {letter}")

    def _show_flips(self) -> None:
        """The flips that pass; the cursor stays on its item, or in its place where the item is no flip any more."""
        if self.compared is None:
            return
        table, before = self.query_one(FlipTable), self._chosen()
        words, found = self.query_one(FilterLine).value, self.compared.found
        self.shown = [
            flip
            for flip in found.flips
            if (not self._kinds or flip.kind in self._kinds) and (not words or matches(words, *_words(flip)))
        ]
        table.show_columns(compare_text.flip_columns(found))
        if not found.flips:
            table.show_empty("no item came to anything else in the other run")
        elif not self.shown:
            table.show_empty("no flip passes; F shows all")
        wanted = before.pair.a.id if before else ""
        places = (place for place, flip in enumerate(self.shown) if flip.pair.a.id == wanted)
        table.show_rows(len(self.shown), next(places, table.cursor if before else 0))
        self._title_flips()
        self.refresh_bindings()

    def _title_flips(self) -> None:
        if self.compared is not None:
            parts = [FLIP[kind].word for kind in FLIP if kind in self._kinds]
            words = self.query_one(FilterLine).value
            filtered = " or ".join(parts) + (f' "{words}"' if words else "")
            title = compare_text.flips_title(
                self.compared.found, len(self.shown), LETTERS[self.opens], filtered.strip()
            )
            retitle(self.query_one(FlipTable), title)

    def _notice(self) -> Content | None:
        """What to say instead of a comparison; None where there is one."""
        if self.failure is not None:
            return failed(self.failure, "r reads the runs again   c copies this   q back")
        if self.runs is None:
            return Content.from_markup("no runs are compared\n\n[bold]2[/] lists the runs: v marks the first, v opens")
        if self.compared is None:
            return Content(f"reading {self.runs[0].id}\n    and {self.runs[1].id} …")
        return None

    # -- flips

    def _chosen(self) -> Flip | None:
        cursor = self.query_one(FlipTable).cursor
        return self.shown[cursor] if cursor < len(self.shown) else None

    def _cell(self, row: int, column: TableColumn) -> str | Content:
        return compare_text.flip_cell(self.shown[row], column)

    @on(VirtualTable.RowSelected)
    def _opened(self, event: VirtualTable.RowSelected) -> None:
        event.stop()
        flip = self._chosen()
        if flip is not None and self.compared is not None:
            about = (self.compared.a, self.compared.b)[self.opens]
            position = (flip.pair.place_a, flip.pair.place_b)[self.opens]
            self.post_message(OpenItem(position, about.run, LETTERS[self.opens]))

    def action_other_run(self) -> None:
        self._view_flips()
        self.opens = 1 - self.opens
        self._title_flips()

    def action_filter(self) -> None:
        if self.compared is not None:
            self._view_flips()
            menu = FilterMenu(FLIP, self.compared.found.flip_counts, self._kinds)
            self.app.push_screen(menu, self._filtered)

    def _filtered(self, kinds: frozenset[str] | None) -> None:
        if kinds is not None:
            self._kinds = kinds
            self._show_flips()

    def action_search(self) -> None:
        self._view_flips()
        line = self.query_one(FilterLine)
        line.open()
        self.set_focus(line)  # at once, so that fast typing lands in it

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._show_flips()

    @on(FilterLine.Left)
    def _search_left(self) -> None:
        self.query_one(FlipTable).focus()

    def action_clear_filter(self) -> None:
        self._kinds = frozenset()
        self._forget_search()
        self._show_flips()

    def _forget_search(self) -> None:
        line = self.query_one(FilterLine)
        with line.prevent(Input.Changed):
            line.value = ""
        line.display = False

    # -- the rest

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("other_run", "filter", "search"):
            return self.compared is not None and bool(self.compared.found.flips)
        if action in ("next_view", "details"):
            return self.compared is not None
        if action == "clear_filter":
            return bool(self._kinds) or (self.is_mounted and bool(self.query_one(FilterLine).value))
        if action in ("exchange", "read_again"):
            return self.runs is not None
        return True

    # -- what fills the screen: flips, in a short terminal the figures that have no room above them, curves

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < FIGURES_FROM, "-cramped")
        self.set_class(event.size.width < BOTH_FROM, "-slim")
        if not self.has_class("-cramped"):
            self.remove_class("-figures")

    def action_next_view(self) -> None:
        if self.has_class("-curves"):
            self._view_flips()
        elif self.has_class("-cramped") and not self.has_class("-figures"):
            self.add_class("-figures")
        else:
            self.remove_class("-figures")
            self.add_class("-curves")

    def _view_flips(self) -> None:
        """Keys that act on the flips show them."""
        if self.has_class("-figures") or self.has_class("-curves"):
            self.remove_class("-figures", "-curves")
            self.query_one(FlipTable).focus()

    def action_details(self) -> None:
        if self.compared is not None:
            self.app.push_screen(TextDialog("What differs", compare_text.details(self.compared.found)))

    def action_copy(self) -> None:
        if self.compared is not None:
            self.app.copy_to_clipboard(compare_text.as_text(self.compared, self.shown))
        elif self.failure is not None:
            self.app.copy_to_clipboard(str(self.failure))


def _words(flip: Flip) -> tuple[str, ...]:
    return flip.pair.a.id, flip.pair.a.fact("answer"), flip.pair.a.fact("predicted"), flip.pair.b.fact("predicted")
