"""The line that `/` opens to filter a list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Hidden until it is opened; enter goes back to the list, escape also forgets the filter."""

    HELP = "Type words; a line that holds all of them stays. **enter** keeps the filter, **escape** clears it."
    DEFAULT_CSS = """
    FilterLine { height: 1; border: none; padding: 0 1; background: $panel; }
    FilterLine:focus { border: none; background: $primary 20%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", id="filter.clear"),
        Binding("down", "leave", "To the list", show=False, id="filter.leave"),
    ]

    class Left(Message):
        """The user is done typing."""

    def __init__(self, placeholder: str = "filter", *, id: str = "filter") -> None:
        super().__init__(placeholder=f"/ {placeholder}", id=id, compact=True, select_on_focus=False)
        self.display = False

    def open(self) -> None:
        self.display = True
        self.focus()

    def action_clear(self) -> None:
        self.value = ""
        self._close()

    def action_leave(self) -> None:
        self._close()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def _close(self) -> None:
        self.display = bool(self.value)
        self.post_message(self.Left())


def matches(filter_text: str, *texts: str) -> bool:
    """Whether the texts together hold every word of the filter, whatever the case."""
    hay = " ".join(texts).lower()
    return all(word in hay for word in filter_text.lower().split())
