"""What frames every mode: the bar with the numbered modes above, the line with the keys that matter now below.

Both are single widgets that draw one line: a change of focus repaints a line instead of building a dozen widgets anew.
"""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from app.modes import NUMBERED, Mode
from engine.runs.state import RunState
from engine.runs.status import Status
from engine.words import STATUS, UNKNOWN

NAME = "mathreason-tui"

ALWAYS = ("show_help", "back")
"""Actions whose keys stand at the right end of the key line, whatever else there is."""


class ModeBar(Widget):
    """Name, modes (the active one marked), and on the right the followed run and the machine, as far as they fit."""

    DEFAULT_CSS = """
    ModeBar { dock: top; height: 1; background: $panel; color: $text-muted; padding: 0 1; text-wrap: nowrap; }
    """
    ALLOW_SELECT = False
    machine: reactive[str] = reactive("", init=False)
    news: reactive[Content] = reactive(Content(""), init=False)

    def __init__(self, active: str) -> None:
        super().__init__()
        self._active = active

    def render(self) -> Content:
        width = self.size.width
        modes = Content("  ").join(_mode_label(mode, mode.name == self._active) for mode in NUMBERED)
        name = Content.styled(NAME, "bold $text")
        left = name + Content("   ") + modes
        if left.cell_length > width:
            left = modes
        parts = [part for part in (self.news, Content(self.machine)) if part.plain]
        while parts:
            right = Content(" · ").join(parts)
            space = width - left.cell_length - right.cell_length
            if space >= 2:
                return left + Content(" " * space) + right
            parts.pop()
        return left


class KeyLine(Widget):
    """The keys that work now, in the order of the bindings; what does not fit is under `?`."""

    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; background: $panel; color: $text-muted; padding: 0 1; text-wrap: nowrap; }
    """
    ALLOW_SELECT = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, screen: Screen[Any]) -> None:
        self.refresh()

    def render(self) -> Content:
        entries = self._entries()
        right = Content("   ").join(label for action, label in entries if action in ALWAYS)
        line, width = Content(""), self.size.width
        for action, label in entries:
            if action in ALWAYS:
                continue
            longer = line + Content("   ") + label if line.plain else label
            if longer.cell_length + 3 + right.cell_length > width:
                break
            line = longer
        space = max(0, width - line.cell_length - right.cell_length)
        return line + Content(" " * space) + right

    def _entries(self) -> list[tuple[str, Content]]:
        found: dict[str, Content] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            action = binding.action.removeprefix("app.")
            if binding.show and action not in found:
                style = "bold $primary" if active.enabled else "dim"
                label = Content.from_markup(
                    f"[@click=app.simulate_key('{binding.key}')][{style}]$key[/] $description[/]",
                    key=self.app.get_key_display(binding),
                    description=binding.description.lower(),
                )
                found[action] = label
        return list(found.items())


def news_of(state: RunState, status: Status) -> Content:
    """The followed run in a few words, for the mode bar."""
    sign = STATUS.get(status, UNKNOWN)
    stage = state.current_stage
    done = f" {stage.done}/{stage.total}" if stage and stage.total and status not in ("done", "unreadable") else ""
    return Content.from_markup(f"[${sign.color}]$sign[/]", sign=f"{sign}{done}")


def frame(screen: Screen[Any], mode: str) -> Screen[Any]:
    """The screen of a mode with its bar and key line; they are composed with it, so the first paint has all."""
    screen.compose_add_child(ModeBar(mode))
    screen.compose_add_child(KeyLine())
    return screen


def _mode_label(mode: Mode, active: bool) -> Content:
    style = "bold $text on $primary 35%" if active else "$foreground-muted"
    left, right = ("▸", " ") if active else (" ", " ")
    return Content.from_markup(
        f"[@click=app.show_mode('{mode.name}')][{style}]$label[/][/]", label=f"{left}{mode.number} {mode.title}{right}"
    )
