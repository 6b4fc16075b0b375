"""All runs of the folder, newest first: open, resume, cancel, delete. While shown, it looks again every two seconds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from engine.compare.overviews import OverviewReader, RunLine
from engine.errors import MathReasonError
from engine.runs.directory import RunDirectory
from engine.words import STATUS, UNKNOWN, duration, moment
from screens.messages import CompareRuns, FollowRun, RunUpdated
from screens.run.panels import styled
from screens.run_control import RunControlScreen, RungClimbed
from screens.run_files import delete_run
from screens.runs.columns import about_lines, accuracy_cell, apart_words, columns_for, human_cell
from screens.widgets.dialogs import ConfirmDialog, TextDialog
from screens.widgets.filter_line import FilterLine, matches
from screens.widgets.panel import Panel
from screens.widgets.virtual_table import TableColumn, VirtualTable

LOOK_EVERY_S = 2.0
"""Runs of other terminals appear this late; the followed run is read ten times a second elsewhere."""


class RunTable(VirtualTable):
    """The runs; `enter` stands in the key line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="runs.open", tooltip="watch this run")
    ]


class RunsScreen(RunControlScreen):
    """The list of runs."""

    HELP = """## Runs
Every run of the folder, newest first, also those that another terminal or `--batch` started.
**enter** opens the run, **a** its alignments, **R** resumes an ended one, **x** cancels a live one, **d** deletes an
ended one. **v** marks a run as A, **v** on another one compares that one with it, **escape** lets go of A. **n** grades
its answers again. **c** copies its command line, **C** its id, **e** shows why it ended, **/** filters by words of the
line, **N** writes a note on the run. Runs of one recipe show the settings in which they differ. **→** behind an
accuracy: you overrode verdicts, and the line below says what the accuracy is with yours."""
    CSS = """
    RunsScreen #about { height: 5; }
    RunsScreen.-tall #about { height: 6; }
    RunsScreen #marked { display: none; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RunsScreen.-marked #marked { display: block; }
    """
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "open_alignment", "Alignment", id="runs.alignment", tooltip="browse this run's items"),
        Binding("v", "mark", "Compare", id="runs.mark", tooltip="mark a run; v on another one compares"),
        Binding("v", "compare", "With the marked", id="runs.compare", tooltip="this run against the marked one"),
        Binding("escape", "unmark", "Let go of A", show=False, id="runs.unmark", tooltip="mark no run"),
        Binding("slash", "filter", "Filter", key_display="/", id="runs.filter"),
        Binding("R", "resume_run", "Resume", id="runs.resume"),
        Binding("x", "cancel_run", "Cancel", id="runs.cancel"),
        Binding("d", "delete_run", "Delete", id="runs.delete"),
        Binding("n", "grade_anew", "Grade anew", id="runs.regrade", tooltip="grade its answers again, in Launch"),
        Binding("N", "note", "Note", show=False, id="runs.note", tooltip="a few words to know this run by"),
        Binding("c", "copy_command", "Copy command", id="runs.copy"),
        Binding("C", "copy_id", "Copy id", show=False, id="runs.copy_id"),
        Binding("e", "explain", "Why it ended", show=False, id="runs.explain"),
        Binding("r", "look_again", "Look again", show=False, id="runs.refresh"),
    ]

    def __init__(self, runs_dir: Path) -> None:
        super().__init__()
        self.runs_dir = runs_dir
        self._reader = OverviewReader(runs_dir)
        self._lines: list[RunLine] = []
        self.shown: list[RunLine] = []
        """The lines that pass the filter."""
        self._looking = False
        self._look_again = False
        self._problem = ""
        self._looked = False
        self.marked: RunDirectory | None = None

    def compose(self) -> ComposeResult:
        yield FilterLine("words of a run: recipe, status, model, id")
        yield Static(id="marked")
        yield RunTable(columns_for((), marked=False), self._cell, empty=f"looking into {self.runs_dir}…", id="runs")
        yield Panel("Run", ["–"], id="about")

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY_S, self._tick)
        self.look()

    def on_screen_resume(self) -> None:
        self.look()

    def _tick(self) -> None:
        if self.is_current:
            self.look()

    # -- reading: one reader at a time; a tick that comes too early is dropped, a wish is remembered

    def look(self, *, wished: bool = False) -> None:
        if self._looking:
            self._look_again = self._look_again or wished
            return
        self._looking = True
        self._read()

    @work(group="look")
    async def _read(self) -> None:
        try:
            lines = await asyncio.to_thread(self._reader.read)
        except OSError as error:
            self._problem = f"cannot read {self.runs_dir}: {error.strerror or error}"
            self._show([])
        else:
            self._problem = ""
            self._show(lines)
        finally:
            self._looking = False
            if self._look_again:
                self._look_again = False
                self.look()

    # -- showing

    def _show(self, lines: list[RunLine]) -> None:
        """Show these lines where they differ; the cursor stays on its run."""
        self._looked = True
        self._lines = lines
        if self.marked is not None and all(line.run.path != self.marked.path for line in lines):
            self._mark(None)  # somebody deleted it
        table, wanted = self.query_one("#runs", VirtualTable), self.selected
        text = self.query_one(FilterLine).value
        shown = [line for line in lines if not text or matches(text, *self._words(line))]
        if shown != self.shown or not shown:
            self.shown = shown
            self._show_columns()
            table.show_empty(self._why_empty(bool(text)))
            places = {line.run.path: place for place, line in enumerate(shown)}
            table.show_rows(len(shown), places.get(wanted.run.path, table.cursor) if wanted else 0)
        self._describe()
        self.refresh_bindings()

    def _show_columns(self) -> None:
        columns = columns_for(self.shown, marked=self.marked is not None)
        self.query_one("#runs", VirtualTable).show_columns(columns)

    def _why_empty(self, filtered: bool) -> Content:
        if self._problem:
            return styled(f"✕ {self._problem}", "$error")
        if filtered and self._lines:
            return styled(
                f"none of {len(self._lines)} runs has these words; escape clears the filter", "$foreground-muted"
            )
        return Content(f"no runs yet in {self.runs_dir}: press 1 and launch demo")

    def _words(self, line: RunLine) -> list[str]:
        record = line.overview.record
        return [line.run.id, line.overview.status, line.policy, record.preset if record else "", line.note, line.apart]

    @property
    def selected(self) -> RunLine | None:
        """The line under the cursor."""
        cursor = self.query_one("#runs", VirtualTable).cursor
        return self.shown[cursor] if cursor < len(self.shown) else None

    def _cell(self, row: int, column: TableColumn) -> str | Content:
        line = self.shown[row]
        about, record = line.overview, line.overview.record
        match column.key:
            case "mark":
                return styled("A", "bold $primary") if self._is_marked(line) else ""
            case "started":
                return moment(record.created) if record else "–"
            case "status":
                sign = STATUS.get(about.status, UNKNOWN)
                return styled(str(sign), f"${sign.color}")
            case "recipe":
                return record.recipe if record else line.run.id
            case "preset":
                return record.preset if record else "–"
            case "policy":
                return line.policy or "–"
            case "accuracy":
                return accuracy_cell(line, column)
            case "apart":
                return apart_words(line)
            case "human":
                return human_cell(line)
            case "done":
                unit = "" if about.unit == "items" else f" {about.unit}"
                return f"{about.done:,}/{about.total:,}{unit}" if about.total else "–"
            case "duration":
                return duration(about.duration_s)
            case _:
                return line.run.id

    def _describe(self) -> None:
        """The lines below the table: the selected run in full."""
        line, panel = self.selected, self.query_one("#about", Panel)
        if line is None:
            panel.border_title = "Run"
            panel.show([styled("no run is selected", "$foreground-muted")])
            return
        panel.border_title = line.run.id
        panel.show(about_lines(line))

    # -- events

    @on(VirtualTable.RowHighlighted)
    def _highlighted(self) -> None:
        self._describe()
        self.refresh_bindings()

    @on(VirtualTable.RowSelected)
    def _chosen(self) -> None:
        if line := self.selected:
            self.post_message(FollowRun(line.run))

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show(self._lines)

    @on(FilterLine.Left)
    def _filter_left(self) -> None:
        self.query_one("#runs").focus()

    def on_run_updated(self, message: RunUpdated) -> None:
        known = next((line for line in self._lines if line.run.path == message.run.path), None)
        if known is None or known.overview.status != message.status:
            self.look(wished=True)

    def on_rung_climbed(self, message: RungClimbed) -> None:
        if message.words:
            self.notify(message.words, title=message.run.id, timeout=4)
        else:
            self.look(wished=True)

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        line = self.selected if self._looked else None
        if action in ("open_alignment", "copy_command", "copy_id", "explain", "note"):
            return line is not None
        if action == "grade_anew":
            return line is not None and line.accuracy.value is not None
        if action == "resume_run":
            return line is not None and line.overview.resumable
        if action == "cancel_run":
            return line is not None and line.live
        if action == "delete_run":
            return line is not None and not line.live
        if action in ("mark", "compare"):
            other = self.marked is not None and line is not None and not self._is_marked(line)
            return line is not None and line.accuracy.value is not None and other == (action == "compare")
        if action == "unmark":
            return self.marked is not None
        return True

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    # -- comparing: v marks the baseline A, v on another run compares that one with it; the mark stays for the next one

    def _is_marked(self, line: RunLine) -> bool:
        return self.marked is not None and line.run.path == self.marked.path

    def _mark(self, run: RunDirectory | None) -> None:
        self.marked = run
        self.set_class(run is not None, "-marked")
        self._show_columns()
        if run is not None:
            keys = styled("   v on another run compares   escape lets go", "$foreground-muted")
            self.query_one("#marked", Static).update(styled("A  ", "bold $primary") + styled(run.id, "bold") + keys)
        self.refresh_bindings()

    def action_mark(self) -> None:
        if line := self.selected:
            self._mark(None if self._is_marked(line) else line.run)

    def action_unmark(self) -> None:
        self._mark(None)

    def action_compare(self) -> None:
        if (line := self.selected) and self.marked is not None:
            self.post_message(CompareRuns(self.marked, line.run))

    def action_look_again(self) -> None:
        self.look(wished=True)

    def action_open_alignment(self) -> None:
        if line := self.selected:
            self.post_message(FollowRun(line.run, "alignment"))

    def action_grade_anew(self) -> None:
        if line := self.selected:
            self.grade_anew(line.run)

    def action_note(self) -> None:
        if line := self.selected:
            self.edit_note(line.run)

    def on_note_written(self) -> None:
        self.look(wished=True)

    def action_copy_id(self) -> None:
        if line := self.selected:
            self.app.copy_to_clipboard(line.run.id)

    def action_copy_command(self) -> None:
        if line := self.selected:
            self.copy_command(line.run)

    def action_explain(self) -> None:
        if line := self.selected:
            text = line.reason or f"the run is {line.overview.status}; there is nothing to explain"
            self.app.push_screen(TextDialog(line.run.id, f"{text}\n\n{line.run.path}", error=bool(line.reason)))

    def action_resume_run(self) -> None:
        if line := self.selected:
            self.resume(line.run)

    def action_cancel_run(self) -> None:
        if line := self.selected:
            self.cancel(line.run)

    @work(group="delete")
    async def action_delete_run(self) -> None:
        line = self.selected
        if line is None:
            return
        explanation = f"{line.run.path}\n\nIts results, figures and checkpoints are removed for good."
        if not await self.app.push_screen_wait(ConfirmDialog("Delete this run?", explanation, "delete", "keep it")):
            return
        try:
            await asyncio.to_thread(delete_run, line.run)
        except (MathReasonError, OSError) as error:
            self.failed("The run was not deleted", error)
        self.look(wished=True)
