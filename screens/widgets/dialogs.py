"""Dialogs: a question with yes and no, and a text to read and copy (errors, details)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from engine.errors import MathReasonError


class ConfirmDialog(ModalScreen[bool]):
    """A question; `y` or the marked button says yes, `n`, `q` or escape says no. The safe answer has the focus."""

    DEFAULT_CSS = """
    ConfirmDialog { align: center middle; background: $background 60%; }
    ConfirmDialog > Vertical {
        width: 70; max-width: 95%; height: auto; border: round $warning; background: $surface; padding: 1 2;
    }
    ConfirmDialog Horizontal { height: auto; align-horizontal: right; margin-top: 1; }
    ConfirmDialog Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="dialog.yes"),
        Binding("n,escape,q", "answer(False)", "No", id="dialog.no"),
        Binding("left,right,h,l", "other", "Other button", show=False, id="dialog.other"),
    ]

    def __init__(self, question: str, explanation: str = "", yes: str = "yes", no: str = "no") -> None:
        super().__init__()
        self._question, self._explanation, self._yes, self._no = question, explanation, yes, no

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._question
            yield Static(self._explanation, markup=False)
            with Horizontal():
                yield Button(f"n · {self._no}", id="no", compact=True)
                yield Button(f"y · {self._yes}", id="yes", variant="warning", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)

    def action_other(self) -> None:
        self.focus_next()


class TextDialog(ModalScreen[None]):
    """A text to scroll through; `c` copies it, any of the closing keys leaves."""

    DEFAULT_CSS = """
    TextDialog { align: center middle; background: $background 60%; }
    TextDialog > Vertical {
        width: 90; max-width: 95%; height: auto; max-height: 90%; border: round $primary; background: $surface;
        &.-error { border: round $error; }
    }
    TextDialog VerticalScroll { height: auto; max-height: 100%; padding: 1 2; margin-bottom: 1; }
    TextDialog #keys { dock: bottom; height: 1; padding: 0 2; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy", id="dialog.copy"),
        Binding("escape,q,enter", "close", "Close", id="dialog.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="dialog.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="dialog.up"),
    ]

    def __init__(self, title: str, text: str, *, error: bool = False) -> None:
        super().__init__()
        self._title, self._text, self._error = title, text, error

    def compose(self) -> ComposeResult:
        with Vertical(classes="-error" if self._error else "") as box:
            box.border_title = ("✕ " if self._error else "") + self._title
            with VerticalScroll():
                yield Static(self._text, markup=False)
            yield Static("c copy   q close", id="keys", markup=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def error_dialog(title: str, error: MathReasonError) -> TextDialog:
    """An error as a dialog: what happened and what to do next."""
    text = f"{error.message}\n\nnext: {error.next_step}" if error.next_step else error.message
    return TextDialog(title, text, error=True)
