"""THE TABLE of the modes: an entry is all that a new mode needs beside its screen.

A screen is named and not imported: it is when it is first shown, or while the user reads the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.screen import Screen

from engine.stages import Lazy, resolve_lazy


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of the application: shown as `number title`, reached by its number; without one it is opened from other
    modes only, and the bar marks its parent.

    `parent` is where `q` leads ("" leaves the application). `screen` is "module:Class"; `takes_folder`: it is given
    the folder of runs. `warm` are modules that it needs later on, imported with it.
    """

    number: str
    name: str
    title: str
    parent: str
    screen: Lazy
    takes_folder: bool = False
    warm: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Where its screen is defined."""
        return self.screen.partition(":")[0]

    @property
    def marked(self) -> str:
        """The mode that the bar marks while this one is shown."""
        return self.name if self.number else self.parent

    def make_screen(self, runs_dir: Path) -> Screen[Any]:
        """Its screen, imported now."""
        screen_class = resolve_lazy(self.screen)
        screen: Screen[Any] = screen_class(runs_dir) if self.takes_folder else screen_class()
        return screen


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("1", "launch", "Launch", "", "screens.launch.screen:LaunchScreen", takes_folder=True),
        Mode("2", "runs", "Runs", "", "screens.runs.screen:RunsScreen", takes_folder=True),
        Mode("3", "run", "Run", "runs", "screens.run.screen:RunScreen"),
        Mode("4", "alignment", "Alignment", "run", "screens.items.screen:AlignmentScreen"),
        Mode("5", "quadrants", "Quadrants", "run", "screens.quadrants.screen:QuadrantsScreen", warm=("plotext",)),
        Mode("", "compare", "Compare", "runs", "screens.compare.screen:CompareScreen", warm=("screens.runs.picker",)),
    )
}

NUMBERED = tuple(mode for mode in MODES.values() if mode.number)
"""The modes in the bar."""


def modules_to_warm() -> tuple[str, ...]:
    """Imported while the user reads the first screen, so that no key waits for them later."""
    return (*(module for mode in MODES.values() for module in (mode.module, *mode.warm)), "screens.help")
