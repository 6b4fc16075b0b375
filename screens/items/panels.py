"""The panels of one item: matrix with its path, the cell under the cursor, question, both solutions, the answer."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.rows.graded import GradedRow
from screens.items import text as item_text
from screens.items.matrix import MatrixData, MatrixMap
from screens.items.path import pairs_of, path_parts
from screens.items.steps import HangingText, StepList
from screens.notices import retitle
from screens.widgets.flow import Flow

KINDS = {"cell": "meaning and values", "meaning": "meaning", "values": "values"}
"""What each matrix of an item holds, for the title."""


LOOKED_AT = ("cell", "meaning", "values")
"""The matrices in the order in which a key goes through them: the one that the path was found in comes first."""


class Details(VerticalScroll):
    """What stands beside or below the matrix, scrolled with the vim keys too."""

    HELP = "Details of the cell and of the item. **j/k** or arrows scroll, **tab** goes back to the matrix."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="details.up"),
        Binding("j", "scroll_down", "Down", show=False, id="details.down"),
    ]


class ItemPanels(Container):
    """Shows an GradedRow. The cursor of the matrix and the marks in both solutions go together."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.item: GradedRow | None = None
        self.kind = LOOKED_AT[0]
        self.raw = False

    def compose(self) -> ComposeResult:
        with Vertical(id="matrix_column"):
            with Vertical(id="matrix_box"):
                yield MatrixMap(id="matrix")
                yield Static(id="no_matrix", markup=False)
                yield Flow("  ", id="path")
            yield Flow(item_text.DOT, id="answer_below", classes="answer")
        with Details(id="details"):
            yield HangingText(id="cell")
            yield Static(id="question", markup=False)
            with Container(id="solutions"):
                with Vertical(id="student_box"):
                    yield StepList(empty="the answer holds no steps", id="student")
                    yield Static(id="raw", markup=False)
                with Vertical(id="gold_box"):
                    yield StepList(empty="no gold solution", id="gold")
            yield Flow(item_text.DOT, id="answer_last", classes="answer")  # where there is no room below the matrix

    def on_mount(self) -> None:
        for selector, title in (("#question", "question"), ("#gold_box", "gold solution"), (".answer", "answer")):
            for panel in self.query(selector):
                panel.border_title = title

    def show(self, item: GradedRow) -> None:
        """Show another item from its beginning."""
        self.item = item
        self.query_one("#question", Static).update(Content(item.question))
        self.query_one("#student", StepList).show(item_text.student_steps(item))
        self.query_one("#gold", StepList).show(item_text.gold_steps(item))
        for answer in self.query(".answer").results(Flow):
            answer.show(*item_text.answer_lines(item))
        self.query_one("#raw", Static).update(Content(item.solution or "(empty)"))
        self.query_one("#path", Flow).show(path_parts(item))
        self.query_one("#no_matrix", Static).update(_why_no_matrix(item))
        self.set_class(not item.has_matrix, "-unaligned")
        self.query_one(Details).scroll_home(animate=False)
        self._show_matrix(None)
        self._show_raw()

    def next_kind(self) -> None:
        """Show the next of the item's matrices; the cursor stays."""
        self.kind = LOOKED_AT[(LOOKED_AT.index(self.kind) + 1) % len(LOOKED_AT)]
        if self.item is not None:
            self._show_matrix(self.query_one(MatrixMap).cursor)

    def toggle_raw(self) -> None:
        """The student's solution as it was written, or as steps."""
        self.raw = not self.raw
        self._show_raw()

    def _show_raw(self) -> None:
        self.set_class(self.raw, "-raw")
        retitle(self.query_one("#student_box"), "student, as written" if self.raw else "student solution")

    def _show_matrix(self, cursor: tuple[int, int] | None) -> None:
        item = self.item
        if item is None:
            return
        if not item.has_matrix:
            retitle(self.query_one("#matrix_box"), "alignment")
            self.query_one(MatrixMap).show(MatrixData())
            return
        retitle(self.query_one("#matrix_box"), f"{KINDS[self.kind]} · gold ↓ student →")
        matched, merged = pairs_of(item)
        flag = item.first_divergence.student if item.first_divergence else None
        self.query_one(MatrixMap).show(MatrixData(item.matrix[self.kind], matched, flag, merged), cursor)

    @on(MatrixMap.CellHighlighted)
    def _cell_highlighted(self, event: MatrixMap.CellHighlighted) -> None:
        event.stop()
        item = self.item
        if item is None or event.gold >= len(item.gold_steps) or event.student >= len(item.steps):
            return  # of an item that is no longer shown
        cell = self.query_one("#cell", HangingText)
        retitle(cell, f"cell g{event.gold + 1} · s{event.student + 1}")
        cell.show_entries(item_text.cell_details(item, event.gold, event.student))
        self.query_one("#student", StepList).mark_current(event.student)
        self.query_one("#gold", StepList).mark_current(event.gold)

    @on(StepList.StepPicked)
    def _step_picked(self, event: StepList.StepPicked) -> None:
        event.stop()
        matrix = self.query_one(MatrixMap)
        gold, student = matrix.cursor
        matrix.cursor = (gold, event.step) if event.steps.id == "student" else (event.step, student)


def _why_no_matrix(item: GradedRow) -> str:
    if not item.gold_steps:
        return "no gold solution: this item was graded, but there is nothing to align with"
    if not item.steps:
        return "the answer holds no steps: there is nothing to align"
    return "this row holds no matrix: score the run again to align it"
