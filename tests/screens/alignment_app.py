"""The Alignment screen alone, for the tests of what it shows, of choosing and of overriding."""

from __future__ import annotations

from textual.pilot import Pilot

from screens.items.screen import AlignmentScreen
from screens.messages import RunUpdated
from tests.screens.conftest import wait_for
from tests.screens.harness import ScreenApp


def showing(news: RunUpdated | None) -> ScreenApp:
    return ScreenApp(AlignmentScreen, "alignment", news)


def screen_of(app: ScreenApp) -> AlignmentScreen:
    screen = app.screen_stack[1]
    assert isinstance(screen, AlignmentScreen)
    return screen


async def shown_item(pilot: Pilot[None], number: int) -> None:
    """Until the item with this number (from 1) is on the screen with its panels."""
    app = pilot.app
    assert isinstance(app, ScreenApp)
    screen = screen_of(app)
    wanted = f"gen-{number - 1:05}"
    await wait_for(pilot, lambda: screen.item is not None and screen.item.id == wanted, f"item {number}")
