"""The service that follows the chosen run: one reader, at most one read under way, news only when there is some.

Lives as long as the application, whatever screen is shown. It reads in a thread and hands `RunUpdated` messages to
`tell`, on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.compare.overrides import Overlay, OverrideReader, overlay_of, with_strays
from engine.runs.directory import RunDirectory, list_runs, read_record
from engine.runs.overview import overview
from engine.runs.process import alive
from engine.runs.state import RunState, fold_many
from engine.runs.status import ENDED, Status, derive_status
from engine.runs.tail import EventTail
from screens.messages import RunUpdated

QUICK_S = 0.1
"""Between two reads of a run that has news: ten frames a second look live."""
QUIET_S = 0.5
"""Between two reads of a live run that was silent for QUIET_AFTER reads."""
ENDED_S = 2.0
"""An ended run changes only when somebody resumes it."""
QUIET_AFTER = 10


@dataclass
class Followed:
    """One run being read: its cursor and what was folded so far. `read` runs in a thread, never twice at once."""

    run: RunDirectory
    tail: EventTail = field(init=False)
    state: RunState = field(default_factory=RunState)
    status: Status = "starting"
    overlay: Overlay = field(default_factory=Overlay)

    def __post_init__(self) -> None:
        self.tail = EventTail(self.run.events)
        self.overrides = OverrideReader(self.run)

    def read(self) -> bool:
        """Take in what is new; True where the state, the status or a human's verdict changed."""
        news, overridden = self._read_events(), self.overrides.read()
        if overridden or news:
            items, found = self.state.items, self.overrides
            caution = with_strays(found.caution, items, found.overrides, ended=self.status in ENDED)
            self.overlay = overlay_of(self.state.in_focus.items, found.overrides, caution)
        return news or overridden

    def _read_events(self) -> bool:
        if not self.run.path.is_dir():  # somebody deleted it: what was read of it stays on the screen
            before, self.status = self.status, "unreadable"
            return before != self.status
        try:
            events = self.tail.read()
            restarted = self.tail.restarted
            if restarted:
                self.state = RunState()
            if events:
                self.state = fold_many(self.state, events)
        except OSError:  # no permission, a folder in its place: the screens say which
            before, self.status = self.status, "unreadable"
            return before != self.status
        before, self.status = self.status, derive_status(read_record(self.run), self.state)
        return restarted or bool(events) or self.status != before


class RunFollower:
    """Follows one run at a time. `choose` may be called at any moment; `watch` is the task that does the work."""

    def __init__(self, tell: Callable[[RunUpdated], None]) -> None:
        self._tell = tell
        self._followed: Followed | None = None
        self._wake = asyncio.Event()
        self.latest: RunUpdated | None = None

    @property
    def run(self) -> RunDirectory | None:
        return self._followed.run if self._followed else None

    def choose(self, run: RunDirectory) -> None:
        """Follow this run from its first event on; choosing the followed one again only hurries the next read."""
        if self.run is None or self.run.path != run.path:
            self._followed = Followed(run)
            self.latest = None
        self._wake.set()

    def hurry(self) -> None:
        """Read now: something was written."""
        self._wake.set()

    async def watch(self) -> None:
        """Read for ever (until the task is cancelled)."""
        silent = 0
        while True:
            followed = self._followed
            if followed is None:
                await self._sleep(None)
                continue
            first = self.latest is None
            news = await asyncio.to_thread(followed.read)
            if followed is not self._followed:
                continue  # another run was chosen meanwhile: this news is late, drop it
            if news or first:
                self.latest = RunUpdated(
                    followed.run, followed.state, followed.status, followed.overrides.overrides, followed.overlay
                )
                self._tell(self.latest)
            silent = 0 if news else silent + 1
            await self._sleep(_pause(followed.status, silent))

    async def _sleep(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()


def _pause(status: Status, silent: int) -> float:
    if silent < QUIET_AFTER:
        return QUICK_S
    return ENDED_S if status in ENDED else QUIET_S


def find_live_run(runs_dir: Path) -> tuple[RunDirectory | None, RunDirectory | None]:
    """(the newest run that a worker is at work on, the newest run at all). Blocks; OSError where DIR cannot be read."""
    runs = list_runs(runs_dir)
    for run in runs:
        record = read_record(run)
        if record and alive(record.pid, record.pid_started) and overview(run).status not in ENDED:
            return run, runs[0]
    return None, runs[0] if runs else None
