"""The Grades view of one item: each verdict in a line of its own, and the texts in which the answers stand."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from engine.compare.overrides import Override
from engine.rows.graded import GradedRow
from screens.items.grades import grade_entries, passages
from screens.items.steps import HangingText
from screens.notices import retitle

NARROW_BEFORE = 400
"""Characters of the solution before its answer in a narrow terminal: the answer shall be seen without scrolling."""


class GradesView(VerticalScroll):
    """Shows why an item has its verdict; scrolled as a whole, from its beginning for every item."""

    HELP = """The grades of the item: what was read as its answer (»marked« in the solution), and what each grader and
you say of it. **o** gives your verdict or takes it back, **n / p** go on with the next item, **w** or **q** leads back
to the matrix."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="grades.up"),
        Binding("j", "scroll_down", "Down", show=False, id="grades.down"),
        Binding("q,escape", "screen.matrix", "Matrix", key_display="q", id="grades.close"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[GradedRow, bool, int, Override | None, str] | None = None

    def compose(self) -> ComposeResult:
        yield HangingText(id="verdicts")
        with Container(id="passages"):
            with Vertical(id="student_passage_box"):
                yield Static(id="student_passage", markup=False)
            with Vertical(id="gold_passage_box"):
                yield Static(id="gold_passage", markup=False)

    def on_mount(self) -> None:
        retitle(self.query_one("#student_passage_box"), "student, »what was read«")
        retitle(self.query_one("#gold_passage_box"), "gold")

    def show(self, item: GradedRow, number: int, override: Override | None, judge_model: str) -> None:
        """Show this item; the same one with another override stays where it was scrolled to."""
        narrow = self.screen.has_class("-narrow")
        facts = (item, narrow, number, override, judge_model)
        if facts == self._shown:
            return
        same = self._shown is not None and self._shown[:2] == facts[:2]
        self._shown = facts
        verdicts = self.query_one("#verdicts", HangingText)
        retitle(verdicts, f"grades of item {number}")
        entries = grade_entries(item, override, judge_model)
        verdicts.show_entries(entries[:-1] if narrow else entries)  # where there is room, with what it was made with
        if not same:
            student, gold = passages(item, NARROW_BEFORE) if narrow else passages(item)
            self.query_one("#student_passage", Static).update(student)
            self.query_one("#gold_passage", Static).update(gold)
            self.scroll_home(animate=False)
