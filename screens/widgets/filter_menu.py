"""The menu of what to look at: choices with their counts, several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.words import Sign


class FilterMenu(ModalScreen[frozenset[str] | None]):
    """Answers with the chosen names, or None where the user left it as it was."""

    HELP = "Choose what to look at. **space** chooses, **enter** shows it, **x** shows all, **escape** changes nothing."
    DEFAULT_CSS = """
    FilterMenu { align: center middle; background: $background 60%; }
    FilterMenu > Vertical {
        width: 54; max-width: 95%; height: auto; max-height: 95%; border: round $primary; background: $surface;
    }
    FilterMenu OptionList { height: auto; border: none; background: $surface; padding: 0; }
    FilterMenu OptionList:focus { border: none; background-tint: $foreground 0%; }
    FilterMenu Static { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Show", priority=True, id="filter_menu.apply"),
        Binding("space", "choose", "Choose", id="filter_menu.toggle"),
        Binding("x", "clear", "Show all", id="filter_menu.clear"),
        Binding("escape,q", "leave", "Leave", id="filter_menu.leave"),
        Binding("j", "move(1)", "Down", show=False, id="filter_menu.down"),
        Binding("k", "move(-1)", "Up", show=False, id="filter_menu.up"),
    ]

    def __init__(self, choices: Mapping[str, Sign], counts: Mapping[str, int], chosen: frozenset[str]) -> None:
        super().__init__()
        self._choices, self._counts, self._chosen = choices, counts, chosen

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "show only"
            yield OptionList(*(Option(self._prompt(name), id=name) for name in self._choices), compact=True)
            yield Static("space choose   enter show   x all   escape leave", markup=False)

    def _prompt(self, name: str) -> Content:
        sign = self._choices[name]
        tick = "[x]" if name in self._chosen else "[ ]"  # a box, because colour alone must not say it
        return (
            Content(f"{tick} ")
            + Content.styled(f"{sign.glyph} {sign.word:<27}", f"${sign.color}")
            + Content(f"{self._counts.get(name, 0):>7,}")
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        name = event.option.id or ""
        self._chosen = self._chosen ^ {name}
        event.option_list.replace_option_prompt(name, self._prompt(name))

    def action_choose(self) -> None:
        self.query_one(OptionList).action_select()

    def action_apply(self) -> None:
        self.dismiss(self._chosen)

    def action_clear(self) -> None:
        self.dismiss(frozenset())

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        choices = self.query_one(OptionList)
        (choices.action_cursor_down if rows > 0 else choices.action_cursor_up)()
