"""A dialog for the words that a human keeps with a run."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.runs.notes import RUN_NOTE_LIMIT


class NoteDialog(ModalScreen[str | None]):
    """Answers with the note, or None where it stays as it was."""

    HELP = "A few words to know this run by. **enter** keeps them, empty ones take the note away, **escape** leaves."
    DEFAULT_CSS = """
    NoteDialog { align: center middle; background: $background 60%; }
    NoteDialog > Vertical { width: 90; max-width: 95%; height: auto; border: round $primary; background: $surface; }
    NoteDialog Input { height: 1; border: none; padding: 0 1; background: $panel; }
    NoteDialog Input:focus { border: none; background: $primary 20%; }
    NoteDialog Static { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="note.leave", tooltip="the note stays as it was")
    ]

    def __init__(self, run_id: str, note: str) -> None:
        super().__init__()
        self._run_id, self._note = run_id, note

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"note on {self._run_id}"
            yield Input(
                self._note, placeholder="a few words", id="note", compact=True, max_length=RUN_NOTE_LIMIT,
                select_on_focus=False,
            )  # fmt: skip
            yield Static("enter keep   escape leave", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)
