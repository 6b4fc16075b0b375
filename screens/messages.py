"""What screens and the app tell each other: facts and wishes, so that no screen knows another."""

from __future__ import annotations

from collections.abc import Mapping

from textual.message import Message

from engine.compare.overrides import Key, Overlay, Override
from engine.rows.kinds import GRADED
from engine.runs.directory import RunDirectory
from engine.runs.state import RunState
from engine.runs.status import Status


class RunUpdated(Message):
    """The followed run has news (or another run is followed now). Sent by the app to the screen that is shown.

    `state` is what the worker says; `overrides` is what humans say of its items, `overlay` what that changes.
    """

    def __init__(
        self,
        run: RunDirectory,
        state: RunState,
        status: Status,
        overrides: Mapping[Key, Override] | None = None,
        overlay: Overlay | None = None,
    ) -> None:
        super().__init__()
        self.run = run
        self.state = state
        self.status = status
        self.overrides = overrides or {}
        self.overlay = overlay or Overlay()

    def again(self) -> RunUpdated:
        """The same news to be sent once more: a message is posted only once."""
        return RunUpdated(self.run, self.state, self.status, self.overrides, self.overlay)

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts: a slow screen skips what it missed."""
        return isinstance(message, RunUpdated)


class FollowRun(Message):
    """The user chose a run: follow it, and show `mode` (run, alignment, quadrants)."""

    def __init__(self, run: RunDirectory, mode: str = "run") -> None:
        super().__init__()
        self.run = run
        self.mode = mode


class OpenItem(Message):
    """The user chose an item: show it in the mode that its kind `opens` in ("": that of graded answers).

    `position` counts in RunState.items; without a `run` it is one of the followed run, else that run is followed from
    now on. `letter` is what the run is called where two are compared.
    """

    def __init__(self, position: int, run: RunDirectory | None = None, letter: str = "", opens: str = "") -> None:
        super().__init__()
        self.position = position
        self.run = run
        self.letter = letter
        self.opens = opens or GRADED.opens


class CompareRuns(Message):
    """The user wants `b` compared with the baseline `a`; without a `b` they have yet to choose it."""

    def __init__(self, a: RunDirectory, b: RunDirectory | None = None) -> None:
        super().__init__()
        self.a = a
        self.b = b


class PrepareLaunch(Message):
    """The user wants to launch `recipe` with these settings (key -> text): show them, and start on their word."""

    def __init__(self, recipe: str, edits: Mapping[str, str]) -> None:
        super().__init__()
        self.recipe = recipe
        self.edits = edits


class OverrideWritten(Message):
    """The user's verdict on an item of the followed run was written: the follower shall look at once."""


class MachineMeasured(Message):
    """The machine was probed: `text` is its line for the mode bar ("cpu · 2 cores · 23 GB free")."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
