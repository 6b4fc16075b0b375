"""The recipe as a form: a table of fields, edited in place; what is wrong stands below until it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from screens.run.panels import styled
from screens.widgets.virtual_table import TableColumn, VirtualTable, fit_columns

if TYPE_CHECKING:
    from engine.recipes.loading import FormField
    from screens.launch.draft import Draft

SECTION = TableColumn("section", "", 10)
LABEL = TableColumn("label", "setting", 16)
VALUE = TableColumn("value", "value", 17, fraction=3)
HELP = TableColumn("help", "meaning", 12, fraction=3, rank=1)
CYCLED = ("choice", "bool")
"""Kinds of fields whose values left and right walk through."""


class FieldTable(VirtualTable):
    """The fields of the recipe."""

    HELP = """The recipe's settings. **enter** edits one, **left / right** walk through choices, **u** undoes an edit,
**U** all of them; ● marks what differs from the recipe as written."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,e", "select", "Edit", id="form.edit"),
        Binding("left,h", "screen.cycle(-1)", "Choice before", show=False, id="form.previous_choice"),
        Binding("right,l", "screen.cycle(1)", "Next choice", show=False, id="form.next_choice"),
        Binding("u,backspace,delete", "screen.undo_field", "Undo edit", id="form.undo"),
        Binding("U", "screen.undo_all", "Undo all edits", show=False, id="form.undo_all"),
    ]


class FieldEditor(Input):
    """The line in which one field is edited: up and down walk through its choices, escape gives up."""

    HELP = (
        "**enter** takes the value, **escape** keeps the old one, **up / down** walk through choices, **→** completes"
    )
    DEFAULT_CSS = """
    FieldEditor { layer: editor; height: 1; border: none; padding: 0; background: $primary 30%; display: none; }
    FieldEditor:focus { border: none; background: $primary 40%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Take", id="editor.take"),
        Binding("escape", "give_up", "Keep the old value", id="editor.give_up"),
        Binding("up", "walk(-1)", "Choice before", show=False, id="editor.previous_choice"),
        Binding("down", "walk(1)", "Next choice", show=False, id="editor.next_choice"),
    ]

    class GivenUp(Message):
        """The user keeps the old value."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.choices: tuple[str, ...] = ()

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())

    def action_walk(self, step: int) -> None:
        if self.choices:
            self.value = next_choice(self.choices, self.value, step)
            self.cursor_position = len(self.value)

    def on_blur(self, event: events.Blur) -> None:
        self.post_message(self.GivenUp())


class RecipeForm(Vertical):
    """Shows a draft; posts FieldEdited, and closes the editor when the draft that follows is shown."""

    DEFAULT_CSS = """
    RecipeForm { border: round $border-blurred; border-title-color: $text-muted; layers: base editor; }
    RecipeForm:focus-within { border: round $border; border-title-color: $text; }
    RecipeForm #about-field { height: 2; padding: 0 1; color: $text-muted; }
    RecipeForm #about-field.-error { color: $error; }
    """

    class FieldEdited(Message):
        """The user wants `key` to be `text`."""

        def __init__(self, key: str, text: str) -> None:
            super().__init__()
            self.key = key
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="form")
        self._draft: Draft | None = None
        self._editing = ""

    def compose(self) -> ComposeResult:
        yield FieldTable((SECTION, LABEL, VALUE, HELP), self._cell, empty="reading the recipe…", id="fields")
        yield Static("", id="about-field", markup=False)
        yield FieldEditor()

    # -- what it shows

    def show(self, draft: Draft) -> None:
        """Show this draft; an editor that is open has done its work."""
        other = self._draft is None or self._draft.recipe.name != draft.recipe.name
        self._draft = draft
        self.border_title = f"{draft.recipe.name} · {draft.recipe.title}"
        count = f"● {len(draft.edits)} edited" if draft.edits else ""
        self.border_subtitle = count
        self.close_editor()
        self.table.show_rows(len(draft.fields), 0 if other else None)

    def show_problem(self, text: str) -> None:
        """Say what is wrong with the value that is being edited (or with the recipe)."""
        about = self.query_one("#about-field", Static)
        about.set_class(True, "-error")
        about.update("✕ " + text.removeprefix(f"{self._editing}: "))

    @property
    def table(self) -> FieldTable:
        return self.query_one(FieldTable)

    @property
    def field(self) -> FormField | None:
        """The field under the cursor."""
        fields = self._draft.fields if self._draft else ()
        return fields[self.table.cursor] if self.table.cursor < len(fields) else None

    def point_at(self, key: str) -> None:
        """Bring the cursor to the field, where there is one: it is the next thing to change."""
        keys = [field.key for field in self._draft.fields] if self._draft else []
        if key in keys:
            self.table.cursor = keys.index(key)
            self.table.focus()

    @property
    def editing(self) -> bool:
        return bool(self._editing)

    def _cell(self, row: int, column: TableColumn) -> str | Content:
        assert self._draft is not None  # there are no rows without a draft
        field = self._draft.fields[row]
        if column is SECTION:
            section = section_of(field)
            before = self._draft.fields[row - 1] if row else None
            first = before is None or section_of(before) != section
            return styled(section if first and section != field.key else "", "$foreground-muted")
        if column is LABEL:
            return ("● " if field.key in self._draft.edits else "  ") + field.label
        if column is VALUE:
            shown = field.value or "–"
            return styled(shown, "bold $accent") if field.key in self._draft.edits else Content(shown)
        return styled(field.help, "$foreground-muted")

    @on(VirtualTable.RowHighlighted)
    def _describe(self) -> None:
        field = self.field
        if field is None or self.editing:
            return
        about = self.query_one("#about-field", Static)
        about.set_class(False, "-error")
        choices = f"\none of: {', '.join(field.choices)}" if field.kind in CYCLED else ""
        original = self._draft.originals.get(field.key, "") if self._draft and field.key in self._draft.edits else None
        was = f"   (recipe: {original or '–'})" if original is not None else ""
        about.update(f"{field.help}{was}{choices}")

    # -- editing

    @on(VirtualTable.RowSelected)
    def edit(self) -> None:
        """Open the editor over the value under the cursor."""
        field = self.field
        if field is None:
            return
        self._editing = field.key
        editor = self.query_one(FieldEditor)
        x, width = self._value_cells()
        # A layer is laid out by itself: the editor's own place is the top left corner.
        editor.styles.offset = (x, self.table.cursor - round(self.table.scroll_y) + 1)
        editor.styles.width = width
        editor.choices = field.choices
        editor.suggester = SuggestFromList(field.choices, case_sensitive=False) if field.choices else None
        editor.value = field.value
        editor.display = True
        editor.focus()

    def _value_cells(self) -> tuple[int, int]:
        x = 1
        for column, width in fit_columns(self.table.columns, max(1, self.table.scrollable_content_region.width - 1)):
            if column is VALUE:
                return x, width
            x += width + 1
        return x, 10

    def close_editor(self) -> None:
        if self._editing:
            self._editing = ""
            self.query_one(FieldEditor).display = False
            self.table.focus()
            self._describe()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        if self._editing:
            self.post_message(self.FieldEdited(self._editing, event.value))

    @on(FieldEditor.GivenUp)
    def _give_up(self) -> None:
        self.close_editor()

    def cycle(self, step: int) -> None:
        """The next choice of a field that has few."""
        field = self.field
        if field is not None and field.kind in CYCLED:
            self.post_message(self.FieldEdited(field.key, next_choice(field.choices, field.value, step)))


def section_of(field: FormField) -> str:
    """What the field belongs to: models, problems, a stage, hardware; its own name where it stands alone."""
    return field.key.partition(".")[0]


def next_choice(choices: tuple[str, ...], value: str, step: int) -> str:
    """The choice `step` after `value`, around the end; the first where the value is none of them."""
    return choices[(choices.index(value) + step) % len(choices)] if value in choices else choices[0]
