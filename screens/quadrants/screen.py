"""Quadrants (mode 5): score against verdict for all items of the followed run, with a threshold that can be moved.

The counts follow the threshold at once; an item chosen in the scatter or in the table opens in Alignment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from engine.compare.overrides import Overlay, Override
from engine.rows.graded import GradedRow
from engine.runs.events import Item
from engine.words import DEFAULT_THRESHOLD, is_high, quadrant_of
from screens.items.reader import ItemRead, ItemReader
from screens.items.table import ITEM_COLUMNS, SCORE_COLUMNS, item_cell, quadrant_sign
from screens.items.text import short_id
from screens.messages import OpenItem, RunUpdated
from screens.notices import no_run, nothing_yet, retitle
from screens.quadrants.cloud import SCORES, Cloud
from screens.quadrants.scatter import Scatter
from screens.quadrants.text import Counted, count_lines, item_line
from screens.widgets.charts import Histogram, Mark
from screens.widgets.panel import Panel
from screens.widgets.plot import Plot
from screens.widgets.virtual_table import TableColumn, VirtualTable

FINE, COARSE = 0.01, 0.05
SETTLE_S = 0.08
"""How long a held key keeps the histogram and the table waiting, so that the line itself follows it smoothly."""
BINS, NARROW_BINS = 20, 10
"""Of the histogram: as wide as 0.05, or 0.1 where there is little room."""

NEED_SCORES = ("move_threshold", "reset_threshold", "toggle_table", "copy")


class ItemTable(VirtualTable):
    """The items; `enter` stands in the key line."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open", id="quadrants.open")]


class QuadrantsScreen(Screen[None]):
    """Shows the cloud of the followed run; posts OpenItem."""

    HELP = """# Quadrants
Every item by its alignment score (across) and its verdict (bands). Right of the threshold the reasoning follows the
gold solution: **◆ robust** and right, **▲ near miss (Hallucination)** and not right; left of it **○ lucky
guess** and **✕ failure**. A digit stands for that many items in one place, a shade ░▒▓█ for a crowd.

* **arrows** or **hjkl** choose an item, **enter** opens its matrix, **t** the table, **tab** goes between them
* **+ -** move the threshold by 0.01, **> <** by 0.05, **0** back to the run's own; the counts follow
* **v** coverage or published score

What you overrode (**o** in Alignment) moves no point: the graders' counts stay, **→** leads to those with your
verdicts.
"""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", f"move_threshold({FINE})", "Threshold", key_display="+ -", id="quadrants.raise"),
        Binding("minus,underscore", f"move_threshold(-{FINE})", "Lower", show=False, id="quadrants.lower"),
        Binding("greater_than_sign", f"move_threshold({COARSE})", "Raise more", show=False, id="quadrants.raise_more"),
        Binding("less_than_sign", f"move_threshold(-{COARSE})", "Lower more", show=False, id="quadrants.lower_more"),
        Binding("0", "reset_threshold", "Run's threshold", id="quadrants.reset"),
        Binding("v", "next_score", "Score", tooltip="coverage or published", id="quadrants.score"),
        Binding("t", "toggle_table", "Table", id="quadrants.table"),
        Binding("c", "copy", "Copy", tooltip="the counts as text", id="quadrants.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud()
        self._own: dict[str, float] = {}
        self.threshold = self.own_threshold
        self._moved = False
        self._overridden: dict[int, str] = {}
        self._samples: Sequence[Item] = ()
        self._news: RunUpdated | None = None
        self._reader = ItemReader(self)
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(no_run(), id="notice")
        with Container(id="quadrants_body"):
            with Vertical(id="scatter_box"):
                yield Scatter(id="scatter")
                yield Static(id="chosen", markup=False)
            with Container(id="figures"):
                yield Panel("quadrants", id="counts")
                with Vertical(id="histogram_box"):
                    yield Plot(id="histogram", empty="waiting for the first score")
                yield ItemTable(ITEM_COLUMNS, self._cell, id="items")

    def on_mount(self) -> None:
        self.query_one("#items").border_title = "items"
        self.query_one(Scatter).focus()
        self._show_all()

    # -- what the app says

    def on_run_updated(self, news: RunUpdated) -> None:
        """The run has grown, or is another one."""
        news.stop()
        samples = news.state.items
        scored = bool(self.cloud.dots)
        other = self._news is None or self._news.run.path != news.run.path or len(samples) < len(self._samples)
        overridden = self._news is None or self._news.overrides != news.overrides
        self._news, self._samples = news, samples
        if overridden or news.overrides:
            self._overridden = {
                position: override.verdict
                for position, sample in enumerate(samples)
                if (override := news.overrides.get(sample.key)) and override.verdict
            }
        if other:
            self._own, self._moved = {}, False
            self.query_one("#items", VirtualTable).show_rows(len(samples), 0)
            self._use(Cloud(self.cloud.score))
        else:
            table = self.query_one("#items", VirtualTable)
            table.set_count(len(samples))
            if overridden:
                table.redraw()
            self.query_one(Scatter).add(self.cloud.take(samples))
            self._show_figures()
        if samples and not self._own:
            self._reader.want(news.run, samples[0])
        if scored != bool(self.cloud.dots):
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a score there is nothing to move, to choose or to copy; another score may still have some."""
        if action == "next_score":
            return bool(self._samples)
        return action not in NEED_SCORES or bool(self.cloud.dots)

    def on_item_read(self, message: ItemRead) -> None:
        """A row tells the threshold of its run; without one the published threshold stays."""
        message.stop()
        if self._reader.wanted(message) and isinstance(message.result, GradedRow):
            item = message.result
            if item.threshold is not None:
                self._own = {item.variant: item.threshold}
                if not self._moved:
                    self.action_reset_threshold()

    # -- threshold and score

    @property
    def own_threshold(self) -> float:
        """The run's threshold for the shown score, as far as it has one."""
        return self._own.get(self.cloud.score, DEFAULT_THRESHOLD[self.cloud.score])

    def action_move_threshold(self, by: float) -> None:
        self._moved = True
        self._set_threshold(round(max(0.0, min(1.0, self.threshold + by)), 4))

    def action_reset_threshold(self) -> None:
        self._moved = False
        self._set_threshold(self.own_threshold)

    def _set_threshold(self, threshold: float) -> None:
        self.threshold = threshold
        self.query_one(Scatter).move_threshold(threshold)
        self._show_counts()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_S, self._settled)

    def _settled(self) -> None:
        """The threshold has come to rest: what is dear to draw follows it."""
        self._settling = None
        self.query_one("#items", VirtualTable).redraw()
        self._show_figures()

    def action_next_score(self) -> None:
        self._use(Cloud(SCORES[(SCORES.index(self.cloud.score) + 1) % len(SCORES)]))

    def _use(self, cloud: Cloud) -> None:
        """Show another cloud of the same samples, at its own threshold unless the user has moved it."""
        self.cloud = cloud
        cloud.take(self._samples)
        if not self._moved:
            self.threshold = self.own_threshold
        self.query_one("#items", VirtualTable).show_columns(SCORE_COLUMNS[cloud.score])
        self._show_all()

    # -- showing

    def _show_all(self) -> None:
        self.query_one(Scatter).show(self.cloud, self.threshold)
        self._show_figures()

    def _show_figures(self) -> None:
        notice = self._notice()
        self.set_class(notice is not None, "-notice")
        if notice is not None:
            self.query_one("#notice", Static).update(notice)
            return
        run = f"{short_id(self._news.run.id)} · " if self._news else ""
        retitle(self.query_one("#scatter_box"), f"{run}{self.cloud.score} against verdict")
        self._show_counts()
        retitle(self.query_one("#histogram_box"), f"{self.cloud.score}, {len(self.cloud.dots):,} items")
        counts = self.cloud.histogram(NARROW_BINS if self.has_class("-narrow") else BINS)
        self.query_one(Plot).show(Histogram((), counts=counts, vertical=(Mark(self.threshold),)))

    def _show_counts(self) -> None:
        self.query_one("#counts", Panel).show(self._count_lines())
        self._show_chosen()

    def _count_lines(self) -> list[Content]:
        news = self._news
        moved: Counter[tuple[str, str]] = Counter()
        for position, verdict in self._overridden.items():
            if (dot := self.cloud.dots.get(position)) is not None:
                high = is_high(dot.score, self.threshold)
                moved[quadrant_of(dot.band, high), quadrant_of(verdict, high)] += 1
        overlay = news.overlay if news is not None else Overlay()
        known = self.cloud.score in self._own
        counted = Counted(self.threshold, self.own_threshold, known, overlay, moved)
        return count_lines(self.cloud, counted, self.query_one("#counts", Panel).content_size.width)

    def _notice(self) -> Content | None:
        if self._news is None:
            return no_run()
        if not self._samples:
            return nothing_yet(self._news.state, self._news.status)
        if not self.cloud.dots:
            return Content(
                f"{len(self._samples):,} items, none with a {self.cloud.score} score: without gold solutions there is "
                "nothing to align with\n\n3 shows the verdicts"
            )
        return None

    def _show_chosen(self) -> None:
        position = self.query_one(Scatter).cursor
        chosen = Content("")
        if position is not None and position < len(self._samples):
            dot = self.cloud.dots.get(position)
            sample = self._samples[position]
            chosen = item_line(sample, position, dot, self.threshold, self.cloud.score, self._override_of(sample))
        self.query_one("#chosen", Static).update(chosen, layout=False)

    def action_copy(self) -> None:
        if self.cloud.dots:
            self.app.copy_to_clipboard("\n".join(line.plain.rstrip() for line in self._count_lines()))

    # -- choosing

    def _cell(self, row: int, column: TableColumn) -> str | Content:
        dot = self.cloud.dots.get(row)
        if column.key == "quadrant" and dot is not None:  # at the threshold that is shown, not the run's
            return quadrant_sign(quadrant_of(dot.band, is_high(dot.score, self.threshold)))
        return item_cell(self._samples[row], row, column, self._override_of(self._samples[row]))

    def _override_of(self, sample: Item) -> Override | None:
        return self._news.overrides.get(sample.key) if self._news else None

    def action_toggle_table(self) -> None:
        """To the table and back; in a narrow terminal it takes the place of the figures."""
        table = self.query_one("#items", VirtualTable)
        to_table = not table.has_focus
        self.set_class(to_table, "-table")
        (table if to_table else self.query_one(Scatter)).focus()

    @on(Scatter.DotHighlighted)
    def _dot_highlighted(self, event: Scatter.DotHighlighted) -> None:
        event.stop()
        table = self.query_one("#items", VirtualTable)
        if not table.has_focus:
            table.cursor = event.position
        self._show_chosen()

    @on(VirtualTable.RowHighlighted)
    def _row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        event.stop()
        if event.table.has_focus and event.row in self.cloud.dots:
            self.query_one(Scatter).cursor = event.row

    @on(Scatter.DotSelected)
    def _dot_selected(self, event: Scatter.DotSelected) -> None:
        event.stop()
        self.post_message(OpenItem(event.position))

    @on(VirtualTable.RowSelected)
    def _row_selected(self, event: VirtualTable.RowSelected) -> None:
        event.stop()
        self.post_message(OpenItem(event.row))
