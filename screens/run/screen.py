"""One run, live: how far, how right, how fast, at what cost, the newest items, the log, and its controls."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import MathReasonError
from engine.rows.kinds import rows_of
from engine.runs.control import send_request
from engine.runs.events import Warned
from engine.runs.state import NO_STAGE, StageState
from engine.runs.status import ENDED, worth_resuming
from screens.messages import CompareRuns, OpenItem, RunUpdated
from screens.notices import retitle
from screens.run import panels as run_panels
from screens.run.curves import RunCurves
from screens.run.ending import Ending, why_it_ended
from screens.run.figure_view import FigureView
from screens.run.focus import first_position, measures, stage_after, stage_in_focus, stages_to_show
from screens.run.item_table import ItemTable
from screens.run.log_view import LogView
from screens.run.panels import PANELS, View, panels_for, styled
from screens.run.tally import RunTally
from screens.run_control import RunControlScreen, RungClimbed
from screens.widgets.dialogs import TextDialog
from screens.widgets.panel import Panel
from screens.widgets.virtual_table import VirtualTable

CLOCK_S = 1.0
NO_RUN = "no run is chosen: press 1 and launch demo, or press 2 and open a run"
WARNINGS_SHOWN = 2
FAILURE_ROWS, WARNING_ROWS, OTHER_ROWS = 6, 6, 14
"""What a failure and warnings take, and the frame, four panels and the least table: without room the panels go."""


class RunScreen(RunControlScreen):
    """The followed run."""

    HELP = """## Run
The accuracy stands with its 95 % interval (Wilson); wrong, unparsed and cut off are counted apart. **space** pauses and
resumes at the next safe point, **x** cancels (finished items are kept), **R** takes up an ended run, **enter** opens
the item under the cursor, **s** shows another stage of the run, **v** compares with another run, **n** grades its
answers again with the present grader, **f** names the files it made, **l** shows the worker's log, **e** the reason of
a failure, **w** all warnings, **N** writes a note on the run, **c** copies the command line that does the same."""
    CSS = """
    RunScreen #head { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RunScreen #progress { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RunScreen #panels { height: 7; }
    RunScreen #panels Panel { width: 1fr; height: 7; text-wrap: wrap; }
    RunScreen.-tall #panels, RunScreen.-tall #panels Panel { height: 8; }
    RunScreen #failure, RunScreen #warnings { display: none; max-height: 6; }
    RunScreen.-crowded #failure, RunScreen.-crowded #warnings { max-height: 4; }
    RunScreen #failure.-shown, RunScreen #warnings.-shown { display: block; }
    RunScreen RunCurves { display: none; height: 12; }
    RunScreen.-tall RunCurves.-filled { display: block; }
    RunScreen.-very-tall RunCurves.-filled { height: 18; }
    RunScreen ItemTable { border: round $border-blurred; border-title-color: $text-muted; }
    RunScreen ItemTable:focus { border: round $border; }
    RunScreen LogView { display: none; height: 1fr; }
    RunScreen LogView.-shown { display: block; }
    """
    AUTO_FOCUS = "ItemTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", key_display="space", id="run.pause", tooltip="pause at the next safe point"),
        Binding("space", "go_on", "Go on", key_display="space", id="run.go_on", tooltip="go on after a pause"),
        Binding("R", "resume_run", "Resume", id="run.resume", tooltip="go on where the run ended"),
        Binding("x", "cancel_run", "Cancel", id="run.cancel", tooltip="end at a safe point; finished items are kept"),
        Binding("s", "next_stage", "Next stage", id="run.stage", tooltip="the items and figures of another stage"),
        Binding("l", "toggle_log", "Log", id="run.log", tooltip="show or hide the end of worker.log"),
        Binding("e", "explain", "Why it ended", id="run.explain", tooltip="the reason of the end, to read and copy"),
        Binding("w", "warnings", "Warnings", id="run.warnings", tooltip="all warnings, to read and copy"),
        Binding("v", "compare", "Compare", id="run.compare", tooltip="compare with another run, item by item"),
        Binding("f", "files", "Files", id="run.files", tooltip="what the run made: paths to read and copy"),
        Binding("n", "grade_anew", "Grade anew", id="run.regrade", tooltip="grade these answers again, in Launch"),
        Binding("N", "note", "Note", show=False, id="run.note", tooltip="a few words to know this run by"),
        Binding("c", "copy_command", "Copy command", id="run.copy", tooltip="copy the equal --batch command line"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.news: RunUpdated | None = None
        self.tally = RunTally()
        self._chosen = ""
        self._shown = ("", "")
        self._asked = ""
        self._asked_id = ""
        self._end = Ending()
        self._keys_for: object = None

    def compose(self) -> ComposeResult:
        yield Static(NO_RUN, id="head")
        yield Static("", id="progress")
        with Horizontal(id="panels"):
            for name, kind in PANELS.items():
                yield Panel(kind.title, id=name)
        yield Panel("Why it ended", id="failure", classes="-error")
        yield Panel("Warnings", id="warnings", classes="-warning")
        yield RunCurves()
        yield ItemTable()
        yield FigureView()
        yield LogView()

    def on_mount(self) -> None:
        table = self.query_one(ItemTable)
        table.border_title = "Newest"
        table.show_empty(NO_RUN)
        self.set_interval(CLOCK_S, self._clock)

    @property
    def stage(self) -> StageState:
        """The stage that is shown: the one the user chose, else the one that the run is about."""
        return NO_STAGE if self.news is None else stage_in_focus(self.news.state, self._chosen)

    # -- news

    def on_run_updated(self, message: RunUpdated) -> None:
        other = self.news is None or self.news.run.path != message.run.path
        self.news = message
        if other:
            self._chosen = self._asked = ""
        self.tally.take(self.stage.items)
        if any(ack.request == self._asked_id for ack in message.state.acks) or message.status in ENDED:
            self._asked = "" if self._asked_id else self._asked
        with self.app.batch_update():
            self._show_figures()
            self._show_items()
        if message.status in ENDED or self._end[0] or other:
            self._show_end()
        self._mind_keys()

    def _mind_keys(self) -> None:
        """The key line changes only where other keys work now."""
        news = self.news
        stages = len(stages_to_show(news.state)) if news else 0
        facts = news and (news.status, bool(news.state.items), bool(self._warned), self._end[0], stages)
        if facts != self._keys_for:
            self._keys_for = facts
            self.refresh_bindings()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_figures)

    def _clock(self) -> None:
        """Time goes on without news; the log is read while it is shown."""
        if not self.is_current or self.news is None:
            return
        if self.news.status not in ENDED:
            self._show_head(self.news)
        self.query_one(LogView).look(self.news.run)

    def _show_head(self, news: RunUpdated) -> None:
        line = run_panels.headline(news.run.id, news.state, news.status, time.time(), self._asked)
        _say(self.query_one("#head", Static), line)

    def _show_figures(self) -> None:
        news = self.news
        if news is None:
            return
        self._show_head(news)
        self._arrange(news)
        if measures(news.state, self._chosen):
            self.query_one(FigureView).show(news.run, news.state, self.stage, news.status)
        _say(self.query_one("#progress", Static), run_panels.progress_line(news.state, self.size.width - 2))
        self._fill_panels()

    def _arrange(self, news: RunUpdated) -> None:
        """Show the parts that this run has something for."""
        view, table, panels = self.query_one(FigureView), self.query_one(ItemTable), self.query_one("#panels")
        measuring = measures(news.state, self._chosen)
        said = FAILURE_ROWS * bool(self._end[0]) + WARNING_ROWS * bool(self._warned)
        crowded = bool(said) and said + OTHER_ROWS > self.size.height
        self.set_class(crowded, "-crowded")
        wanted: dict[Widget, bool] = {table: not measuring, panels: not measuring and not crowded}
        shown = panels_for(self.stage)
        wanted |= {self.query_one(f"#{name}"): measuring or name in shown for name in PANELS}
        for widget, display in wanted.items():
            if widget.display != display:
                widget.display = display
        if view.has_class("-shown") != measuring:
            view.set_class(measuring, "-shown")
            if self.focused in (None, table, view):
                (view if measuring else table).focus()

    @on(Panel.Resized)
    def _fill_panels(self) -> None:
        """Again where a panel became wider or narrower, as all do when another is shown or hidden."""
        news, stage = self.news, self.stage
        names = panels_for(stage)
        if news is None or not names:
            return
        room = self.size.width // len(names) - 4  # also before the layout
        several = len(stages_to_show(news.state)) > 1
        for place, name in enumerate(names):
            panel, kind = self.query_one(f"#{name}", Panel), PANELS[name]
            view = View(news.state, stage, self.tally, news.overlay, panel.content_size.width)
            panel.show(kind.told(view))
            title = f"{kind.title} · {stage.name}" if several and not place else kind.title
            titles = (title, kind.subtitle(replace(view, width=room)))
            if (panel.border_title, panel.border_subtitle) != titles:
                panel.border_title, panel.border_subtitle = titles

    def _show_items(self) -> None:
        assert self.news is not None
        news, stage, table = self.news, self.stage, self.query_one(ItemTable)
        shown = (str(news.run.path), stage.name)
        other, self._shown = shown != self._shown, shown
        at_work = news.state.current_stage
        doing = f" ({at_work.note})" if at_work and at_work.note else ""
        ended = news.status in ENDED
        table.show_empty("the run ended before its first item" if ended else f"waiting for the first item{doing}")
        retitle(table, f"Newest · {stage.name}" if len(stages_to_show(news.state)) > 1 else "Newest")
        table.show_kind(rows_of(stage.kind))
        table.show_items(stage.items, news.overrides, other=other)
        self.query_one(RunCurves).show(View(news.state, stage, self.tally), other=other)
        warnings = self.query_one("#warnings", Panel)
        warned = self._warned
        warnings.set_class(bool(warned), "-shown")
        if warned:
            warnings.border_title = f"Warnings ({len(warned)})"
            warnings.show([styled(f"! {w.message}", "$warning") for w in warned[-WARNINGS_SHOWN:]])

    @work(group="end", exclusive=True)
    async def _show_end(self) -> None:
        """The failure panel: reason and next step; a crash is explained by the end of the log."""
        news = self.news
        panel = self.query_one("#failure", Panel)
        self._end = await why_it_ended(news)
        reason, next_step, _ = self._end
        panel.set_class(bool(reason), "-shown")
        if reason:
            panel.border_title = f"Ended: {news.status}" if news else ""
            panel.border_subtitle = "e read and copy"
            lines = [*reason.splitlines()[-3:]] + ([f"next: {next_step}"] if next_step else [])
            panel.show(lines)
        self._show_figures()
        self._mind_keys()

    def on_rung_climbed(self, message: RungClimbed) -> None:
        if self.news is not None and message.run.path == self.news.run.path:
            self._asked, self._asked_id = message.words, ""
            self._show_head(self.news)

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        status = self.news.status if self.news else None
        live = status is not None and status not in ENDED
        there = self.news is not None and not (status == "unreadable" and self._end.gone)
        items = there and bool(self.news and self.news.state.items)
        allowed = {
            "pause": live and status != "paused",
            "go_on": status == "paused",
            "cancel_run": live,
            "resume_run": self.news is not None and worth_resuming(self.news.status, self.news.state),
            "compare": items,
            "explain": bool(self._end[0]),
            "warnings": bool(self._warned),
            "next_stage": self.news is not None and bool(stage_after(self.news.state, self.stage)),
            "toggle_log": self.news is not None,
            "files": there,
            "grade_anew": items,
            "note": there,
            "copy_command": self.news is not None,
        }
        return allowed.get(action, True)

    @on(VirtualTable.RowSelected)
    def _row_chosen(self, event: VirtualTable.RowSelected) -> None:
        if self.news is not None:
            table = self.query_one(ItemTable)
            position = first_position(self.news.state, self.stage) + table.position(event.row)
            self.post_message(OpenItem(position, opens=table.kind.opens))

    def action_next_stage(self) -> None:
        if self.news is not None:
            self._chosen = stage_after(self.news.state, self.stage)
            self.tally.take(self.stage.items)
            with self.app.batch_update():
                self._show_figures()
                self._show_items()

    def action_pause(self) -> None:
        self._request("pause", "asked to pause at the next safe point")

    def action_go_on(self) -> None:
        self._request("resume", "asked to go on")

    @work(group="request")
    async def _request(self, kind: str, words: str) -> None:
        if self.news is None:
            return
        self._asked = words
        self._show_head(self.news)
        try:
            self._asked_id = await asyncio.to_thread(send_request, self.news.run, kind)
        except (MathReasonError, OSError) as error:
            self._asked = ""
            self.failed(f"The run was not asked to {kind}", error)

    def action_cancel_run(self) -> None:
        if self.news:
            self.cancel(self.news.run)

    def action_resume_run(self) -> None:
        if self.news:
            self.resume(self.news.run)

    def action_copy_command(self) -> None:
        if self.news:
            self.copy_command(self.news.run)

    def action_note(self) -> None:
        if self.news:
            self.edit_note(self.news.run)

    def action_compare(self) -> None:
        if self.news:
            self.post_message(CompareRuns(self.news.run))

    def action_files(self) -> None:
        if self.news:
            self.show_files(self.news.run, self.news.state)

    def action_grade_anew(self) -> None:
        if self.news:
            self.grade_anew(self.news.run)

    def action_toggle_log(self) -> None:
        log = self.query_one(LogView)
        log.toggle_class("-shown")
        if self.news:
            log.look(self.news.run)

    def action_explain(self) -> None:
        reason, next_step, _ = self._end
        if reason and self.news:
            text = f"{reason}\n\nnext: {next_step}\n\n{self.news.run.path}"
            self.app.push_screen(TextDialog(f"Ended: {self.news.status}", text, error=True))

    @property
    def _warned(self) -> tuple[Warned, ...]:
        """What the worker warned of, and what the file of human verdicts leaves open."""
        if self.news is None:
            return ()
        caution = self.news.overlay.caution
        return (*self.news.state.warnings, *([Warned("", caution)] if caution else []))

    def action_warnings(self) -> None:
        texts = [f"! {w.message}" + (f"\n  next: {w.next_step}" if w.next_step else "") for w in self._warned]
        self.app.push_screen(TextDialog("Warnings", "\n".join(texts)))


def _say(widget: Static, content: Content) -> None:
    """Change the text where it differs: what did not move is not painted again."""
    if widget.content != content:
        widget.update(content, layout=False)
