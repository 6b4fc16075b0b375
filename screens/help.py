"""`?`: what the screen is for, what the focused part does, and every key that works now."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

GENERAL = """## Everywhere
**1-5** modes · **enter** opens · **q** back · **ctrl+p** every action by name · **ctrl+q** quits; runs go on without
this window. Lists: **j k** or arrows, **g G** ends, **/** filter. **ctrl+c** copies selected text."""


class HelpScreen(ModalScreen[None]):
    """Help for the screen below."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > Vertical {
        width: 100; max-width: 95%; height: auto; max-height: 95%; border: round $primary; background: $surface;
    }
    HelpScreen VerticalScroll { height: auto; max-height: 100%; padding: 0 1; }
    HelpScreen Markdown { background: $surface; padding: 0 1; }
    HelpScreen #keys { padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="help.up"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._texts = _help_texts(below)
        self._keys = _key_table(below)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Help"
            box.border_subtitle = "q close"
            with VerticalScroll():
                yield Markdown("\n\n".join([*self._texts, GENERAL]))
                yield Static(self._keys, id="keys")

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _help_texts(screen: Screen[Any]) -> list[str]:
    """HELP of the screen, then of the focused widget and what it lies in, each once."""
    focused = screen.focused
    chain = focused.ancestors_with_self if focused else []
    texts = [getattr(node, "HELP", None) for node in (screen, *chain)]
    return list(dict.fromkeys(text.strip() for text in texts if isinstance(text, str)))


def _key_table(screen: Screen[Any]) -> Content:
    rows: dict[str, tuple[list[str], str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.description and not binding.system and active.enabled:
            keys, _ = rows.setdefault(binding.action, ([], binding.tooltip or binding.description))
            keys.append(screen.app.get_key_display(binding))
    lines = [
        Content.styled(f"{' '.join(dict.fromkeys(keys)):>16}", "bold $primary") + Content(f"  {words}")
        for keys, words in rows.values()
    ]
    return Content("\n").join([Content.styled("Keys that work here", "bold"), *lines])
