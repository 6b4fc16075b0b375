"""Launch: choose a recipe and a preset, change settings, see whether it fits, start it. The equal command line is
always in sight."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static
from textual.worker import WorkerCancelled, WorkerFailed

from engine.errors import Cancelled, MathReasonError, UserError
from screens.consulting import Estimate, MachineAnswer, estimate_memory, machine_line
from screens.launch.draft import Draft, Shelf, in_words_of_the_form, load_shelf, make_draft, memory_question
from screens.launch.memory_lines import memory_lines
from screens.launch.preset_cells import PRESET_COLUMNS, preset_cell
from screens.launch.recipe_form import RecipeForm
from screens.messages import FollowRun, MachineMeasured, PrepareLaunch
from screens.run.panels import styled
from screens.run_control import RunControlScreen
from screens.run_files import start_run
from screens.widgets.dialogs import ConfirmDialog
from screens.widgets.filter_line import FilterLine, matches
from screens.widgets.panel import Panel
from screens.widgets.virtual_table import TableColumn, VirtualTable

ASK_AFTER_S = 0.25
"""The machine is asked when the user has rested this long: walking through a list must not start a process a line."""

RECIPE_COLUMNS = (TableColumn("name", "recipe", 12, fraction=1), TableColumn("minutes", "", 7, align="right"))


class ChoiceTable(VirtualTable):
    """A list in which the row under the cursor is the chosen one."""

    HELP = "The row under the cursor is chosen at once. **enter** launches, **e** edits the settings, **tab** goes on."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Launch", id="launch.enter")]


class LaunchScreen(RunControlScreen):
    """What to run, where, and with which settings."""

    HELP = """## Launch
A **recipe** says what to do, a **preset** where and how. The settings are the recipe's; what you change is marked.
The estimate says whether it fits into this machine's memory, and which term is large. **enter** in a list (or **r**)
starts the run in a process of its own: closing this window does not end it. **c** copies the equal command line."""
    CSS = """
    LaunchScreen #left { width: 30; }
    LaunchScreen.-middle #left { width: 42; }
    LaunchScreen.-wide #left { width: 52; }
    LaunchScreen ChoiceTable { border: round $border-blurred; border-title-color: $text-muted; }
    LaunchScreen ChoiceTable:focus { border: round $border; border-title-color: $text; }
    LaunchScreen #recipes { height: 2fr; }
    LaunchScreen #presets { height: 11; }
    LaunchScreen #form { height: 1fr; }
    LaunchScreen #memory-box { height: 9; }
    LaunchScreen.-tall #memory-box { height: 11; }
    LaunchScreen #memory { text-wrap: wrap; }
    LaunchScreen #about-recipe { display: none; height: auto; padding: 0 2; color: $text-muted; }
    LaunchScreen.-tall #about-recipe { display: block; }
    LaunchScreen #command {
        dock: bottom; height: auto; max-height: 3; padding: 0 1; margin-bottom: 1; color: $text-success;
    }
    """
    AUTO_FOCUS = "#recipes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "launch", "Launch", show=False, id="launch.run", tooltip="start the run"),
        Binding("e", "edit", "Edit", id="launch.edit", tooltip="edit the settings"),
        Binding("p", "presets", "Presets", id="launch.presets", tooltip="choose a preset"),
        Binding("slash", "filter", "Filter", key_display="/", id="launch.filter"),
        Binding("c", "copy_command", "Copy command", id="launch.copy", tooltip="copy the equal --batch command line"),
        Binding("m", "measure", "Measure again", show=False, id="launch.measure"),
    ]

    def __init__(self, runs_dir: Path) -> None:
        super().__init__()
        self.runs_dir = runs_dir
        self.shelf: Shelf | None = None
        self.draft: Draft | None = None
        self._shown: list[Any] = []
        self._preset: str | None = None
        self._edits: dict[str, dict[str, str]] = {}
        self.answer: MachineAnswer | None = None
        self._starting = False
        self._wished: PrepareLaunch | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield FilterLine("words of a recipe")
                recipes = ChoiceTable(RECIPE_COLUMNS, self._recipe_cell, empty="reading the recipes…", id="recipes")
                recipes.border_title = "Recipes"
                yield recipes
                yield Static("", id="about-recipe", markup=False)
                presets = ChoiceTable(PRESET_COLUMNS, self._preset_cell, empty="reading the presets…", id="presets")
                presets.border_title = "Presets"
                yield presets
            with Vertical():
                yield RecipeForm()
                with VerticalScroll(id="memory-box", can_focus=False):
                    yield Panel("Memory", [styled("measuring the machine…", "$foreground-muted")], id="memory")
        yield Static("", id="command", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self._load)

    async def on_unmount(self) -> None:
        """Let the process that measures the machine end before the event loop that watches it does."""
        for worker in [w for w in self.workers if w.node is self and w.group == "consult" and w.is_running]:
            worker.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()

    # -- recipes and presets

    @work(group="load")
    async def _load(self) -> None:
        try:
            self.shelf = await asyncio.to_thread(load_shelf)
        except MathReasonError as error:
            self.query_one("#recipes", VirtualTable).show_empty(styled(f"✕ {error.message}", "$error"))
            self.failed("The recipes cannot be read", error)
            return
        self.query_one("#presets", VirtualTable).show_rows(len(self.shelf.presets))
        self._show_recipes()
        self._prepare()

    def on_prepare_launch(self, message: PrepareLaunch) -> None:
        message.stop()
        self._wished = message
        self._prepare()

    def _prepare(self) -> None:
        """Choose the recipe that another screen wished for, with its settings, as soon as there are recipes."""
        wished = self._wished
        if wished is None or self.shelf is None:
            return
        self._wished = None
        edits = self._edits[wished.recipe] = {**self._edits.get(wished.recipe, {}), **wished.edits}
        line, table = self.query_one(FilterLine), self.query_one("#recipes", VirtualTable)
        with line.prevent(Input.Changed):
            line.value, line.display = "", False
        self._show_recipes()
        if self.draft is not None and self.draft.recipe.name == wished.recipe:
            self._redraft(self.draft.recipe, self.draft.preset, edits)
        table.cursor = [recipe.name for recipe in self._shown].index(wished.recipe)
        table.focus()

    def _show_recipes(self) -> None:
        if self.shelf is None:
            return
        text = self.query_one(FilterLine).value
        chosen = self.draft.recipe.name if self.draft else ""
        self._shown = [r for r in self.shelf.recipes if matches(text, r.name, r.title, r.description)]
        table = self.query_one("#recipes", VirtualTable)
        table.show_empty("no recipe has these words")
        names = [recipe.name for recipe in self._shown]
        table.show_rows(len(names), names.index(chosen) if chosen in names else 0)

    def _recipe_cell(self, row: int, column: TableColumn) -> str | Content:
        recipe = self._shown[row]
        if column.key == "name":
            return str(recipe.name)
        return f"{recipe.minutes:g} min" if recipe.minutes else ""

    def _preset_cell(self, row: int, column: TableColumn) -> str | Content:
        assert self.shelf is not None  # there are no rows without it
        return preset_cell(self.shelf.presets[row], self.answer, column)

    @on(VirtualTable.RowHighlighted, "#recipes")
    def _recipe_chosen(self, event: VirtualTable.RowHighlighted) -> None:
        if event.row >= len(self._shown):
            return
        recipe = self._shown[event.row]
        if self.draft is None or self.draft.recipe.name != recipe.name:
            self._redraft(recipe, self._preset or recipe.preset, self._edits.get(recipe.name, {}))

    @on(VirtualTable.RowHighlighted, "#presets")
    def _preset_chosen(self, event: VirtualTable.RowHighlighted) -> None:
        if self.shelf is None or self.draft is None:
            return
        preset = self.shelf.presets[event.row].name
        if preset != self.draft.preset:
            self._preset = preset
            self._redraft(self.draft.recipe, preset, self.draft.edits)

    # -- the draft

    @work(group="draft", exclusive=True)
    async def _redraft(self, recipe: Any, preset: str, edits: Any) -> None:
        """Show what these choices come to; a later choice replaces an earlier one that is still being worked out."""
        form = self.query_one(RecipeForm)
        try:
            draft = await asyncio.to_thread(make_draft, recipe, preset, edits)
        except MathReasonError as error:
            form.show_problem(f"{error.message}  {error.next_step}" if not form.editing else error.message)
            return
        self.draft = draft
        self._edits[recipe.name] = dict(draft.edits)
        form.show(draft)
        self.query_one("#about-recipe", Static).update(recipe.description)
        self.query_one("#command", Static).update(f"$ {draft.command}")
        assert self.shelf is not None
        names = [known.name for known in self.shelf.presets]
        presets = self.query_one("#presets", VirtualTable)
        if preset in names and presets.cursor != names.index(preset):
            presets.cursor = names.index(preset)
        self._show_memory()
        self._consult()
        self.refresh_bindings()

    @on(RecipeForm.FieldEdited)
    def _field_edited(self, event: RecipeForm.FieldEdited) -> None:
        if self.draft is not None:
            self._redraft(self.draft.recipe, self.draft.preset, {**self.draft.edits, event.key: event.text})

    # -- the machine

    @work(group="consult", exclusive=True)
    async def _consult(self) -> None:
        """Ask whether the draft fits, once the user rests."""
        await asyncio.sleep(ASK_AFTER_S)
        if self.draft is None or self.shelf is None:
            return
        known = self.answer.hardware if self.answer else None
        question = memory_question(self.draft, self.shelf, known)
        try:
            self.answer = await estimate_memory(question)
        except (MathReasonError, OSError) as error:
            self.answer = None
            words = f"{error.message}\nnext: {error.next_step}" if isinstance(error, MathReasonError) else str(error)
            self.query_one("#memory", Panel).show(
                [styled("✕ the machine could not be measured", "$error"), words, "m asks again; launching works anyway"]
            )
        else:
            self.post_message(MachineMeasured(machine_line(self.answer.hardware)))
            self._show_memory()
        self.query_one("#presets", VirtualTable).redraw()

    def _show_memory(self) -> None:
        panel = self.query_one("#memory", Panel)
        if self.answer is None or self.draft is None:
            panel.show([styled("measuring the machine…", "$foreground-muted")])
            return
        found = self.answer.estimates.get(self.draft.preset)
        panel.border_title = f"Memory on {self.draft.preset}"
        if isinstance(found, Estimate):
            panel.show(memory_lines(found, max(20, panel.content_size.width)))
        else:
            panel.show([styled(f"✕ {found or 'no estimate for this preset'}", "$error")])

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_memory)

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("launch", "copy_command", "edit", "undo_field", "undo_all", "cycle"):
            return self.draft is not None
        return True

    @on(VirtualTable.RowSelected, "#recipes")
    @on(VirtualTable.RowSelected, "#presets")
    def _enter_pressed(self) -> None:
        self.action_launch()

    def action_edit(self) -> None:
        self.query_one(RecipeForm).table.focus()

    def action_presets(self) -> None:
        self.query_one("#presets").focus()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    def action_measure(self) -> None:
        self.answer = None
        self._show_memory()
        self._consult()

    def action_cycle(self, step: int) -> None:
        self.query_one(RecipeForm).cycle(step)

    def action_undo_field(self) -> None:
        field = self.query_one(RecipeForm).field
        if self.draft is not None and field is not None and field.key in self.draft.edits:
            edits = {key: text for key, text in self.draft.edits.items() if key != field.key}
            self._redraft(self.draft.recipe, self.draft.preset, edits)

    def action_undo_all(self) -> None:
        if self.draft is not None:
            self._redraft(self.draft.recipe, self.draft.preset, {})

    def action_copy_command(self) -> None:
        if self.draft is not None:
            self.app.copy_to_clipboard(self.draft.command)

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show_recipes()

    @on(FilterLine.Left)
    def _filter_left(self) -> None:
        self.query_one("#recipes").focus()

    @work(group="launch")
    async def action_launch(self) -> None:
        """Start the run and show it; what does not fit is asked about first."""
        draft = self.draft
        if draft is None or self._starting:
            return
        found = self.answer.estimates.get(draft.preset) if self.answer else None
        if isinstance(found, Estimate) and found.fit in ("does not fit", "no device"):
            why = f"{found.reason}\n{found.hint}\n\nIt will most likely fail."
            if not await self.app.push_screen_wait(ConfirmDialog("Launch all the same?", why, "launch", "back")):
                return
        self._starting = True
        command = self.query_one("#command", Static)
        command.update(f"◌ starting a worker for {draft.recipe.name}…")
        try:
            argv = shlex.split(draft.command)
            run = await asyncio.to_thread(start_run, self.runs_dir, draft.edited, argv, self.patience.sleep)
        except Cancelled:
            return
        except (MathReasonError, OSError) as error:
            if isinstance(error, UserError):
                error, key = in_words_of_the_form(error, draft)
                self.query_one(RecipeForm).point_at(key)
            self.failed(f"{draft.recipe.name} was not started", error)
        else:
            self.post_message(FollowRun(run))
        finally:
            self._starting = False
        command.update(f"$ {self.draft.command if self.draft else ''}")
