"""Which run to compare with: a dialog over the runs of the folder, those over the same problems first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.compare.origin import origin_of, same_problems
from engine.compare.overviews import OverviewReader, RunLine
from engine.runs.directory import RunDirectory
from engine.words import STATUS, UNKNOWN, moment
from screens.runs.columns import accuracy_cell
from screens.widgets.filter_line import FilterLine, matches
from screens.widgets.virtual_table import TableColumn, VirtualTable

COLUMNS = (
    TableColumn("same", "problems", 8),
    TableColumn("started", "started", 11, rank=1),
    TableColumn("status", "status", 12, rank=2),
    TableColumn("policy", "policy", 10, fraction=1),
    TableColumn("accuracy", "accuracy", 15, align="right"),
    TableColumn("id", "run", 27, rank=3),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run to compare with; `same` where its items are over the same problems, with as many samples of each."""

    line: RunLine
    same: bool


def read_candidates(runs_dir: Path, run: RunDirectory) -> list[Candidate]:
    """Every other run with finished items: those over the same problems first, newest first. Blocks."""
    wanted = origin_of(run)
    found = [
        Candidate(line, same_problems(wanted, origin_of(line.run)))
        for line in OverviewReader(runs_dir).read()
        if line.run.path.resolve() != run.path.resolve() and line.accuracy.value is not None
    ]
    return sorted(found, key=lambda candidate: not candidate.same)


class RunPicker(ModalScreen[RunDirectory | None]):
    """Answers with a run, or None."""

    HELP = """Choose the run to compare with. **enter** compares, **/** filters by words, **escape** leaves. Runs over
the same problems come first; others can be compared as far as they share items."""
    DEFAULT_CSS = """
    RunPicker { align: center middle; background: $background 60%; }
    RunPicker > Vertical {
        width: 110; max-width: 95%; height: 70%; min-height: 12; border: round $primary; background: $surface;
    }
    RunPicker VirtualTable { background: $surface; }
    RunPicker #picker_keys { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="picker.filter"),
        Binding("escape,q", "leave", "Leave", id="picker.leave"),
    ]

    def __init__(self, runs_dir: Path, run: RunDirectory) -> None:
        super().__init__()
        self._runs_dir, self._run = runs_dir, run
        self._candidates: list[Candidate] = []
        self.shown: list[Candidate] = []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"compare {self._run.id} with"
            yield VirtualTable(COLUMNS, self._cell, empty=f"looking into {self._runs_dir} …", id="candidates")
            yield FilterLine("words of a run", id="picker_filter")
            yield Static("enter compare   / filter   escape leave", id="picker_keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(VirtualTable).focus()
        self._read()

    @work(group="read")
    async def _read(self) -> None:
        table = self.query_one(VirtualTable)
        try:
            self._candidates = await asyncio.to_thread(read_candidates, self._runs_dir, self._run)
        except OSError as error:
            said = f"✕ cannot read {self._runs_dir}: {error.strerror or error}"
            table.show_empty(Content.styled(said, "$error"))
            return
        table.show_empty(f"no other run in {self._runs_dir} has a finished item")
        self._show()

    def _show(self) -> None:
        words = self.query_one(FilterLine).value
        self.shown = [c for c in self._candidates if not words or matches(words, c.line.run.id, c.line.policy)]
        table = self.query_one(VirtualTable)
        if self._candidates and not self.shown:
            table.show_empty("no run has these words")
        table.show_rows(len(self.shown), 0)

    def _cell(self, row: int, column: TableColumn) -> str | Content:
        candidate = self.shown[row]
        line, record = candidate.line, candidate.line.overview.record
        match column.key:
            case "same":
                return Content.styled("= same", "$success") if candidate.same else Content.styled("other", "dim")
            case "started":
                return moment(record.created) if record else "–"
            case "status":
                sign = STATUS.get(line.overview.status, UNKNOWN)
                return Content.styled(str(sign), f"${sign.color}")
            case "policy":
                return line.policy or "–"
            case "accuracy":
                return accuracy_cell(line, column)
            case _:
                return line.run.id

    @on(VirtualTable.RowSelected)
    def _chosen(self, event: VirtualTable.RowSelected) -> None:
        event.stop()
        self.dismiss(self.shown[event.row].line.run)

    @on(Input.Changed, "#picker_filter")
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @on(FilterLine.Left)
    def _filter_left(self, event: FilterLine.Left) -> None:
        event.stop()
        self.query_one(VirtualTable).focus()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    def action_leave(self) -> None:
        self.dismiss(None)
