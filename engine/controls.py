"""Controls: how a worker answers requests. The general ones (pause, resume, cancel) it takes itself, at safe points;
those of the kinds that the stage at work takes wait for the stage; the rest is answered with no.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection

from engine.errors import Cancelled
from engine.runs.control import Request, drop_request, pending_requests
from engine.runs.events import ControlAcked
from engine.runs.writer import RunWriter

REQUESTS_EVERY_S = 0.2
"""How often a checkpoint looks into control/: a listing of an empty folder, far below a decoding step."""
PAUSED_POLL_S = 0.1


class Controls:
    """`checkpoint` is the safe point that every stage calls often."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer
        self._paused = False
        self._cancelled = ""
        self._looked_at = 0.0
        self._taken: frozenset[str] = frozenset()
        self._waiting: dict[str, Request] = {}

    def cancel(self, reason: str) -> None:
        """End at the next checkpoint (called from a signal handler: only sets a flag)."""
        self._cancelled = self._cancelled or reason

    def checkpoint(self) -> None:
        """Return at once mostly; block while the run is paused; raise Cancelled when it is to end."""
        now = time.monotonic()
        if now - self._looked_at >= REQUESTS_EVERY_S:
            self._looked_at = now
            self._look()
        while self._paused and not self._cancelled:
            time.sleep(PAUSED_POLL_S)
            self._look()
        if self._cancelled:
            raise Cancelled(
                self._cancelled,
                f"resume with: {shlex.join(['mathreason-tui', '--resume', str(self._writer.run.path)])}",
            )

    def refuse_old(self) -> None:
        """Requests to an earlier worker are answered with no: a stale cancel must not end a resumed run."""
        for request in pending_requests(self._writer.run):
            self.answer(request, "came before this worker started", accepted=False)

    def take(self, kinds: Collection[str]) -> None:
        """From now on a stage takes requests of these kinds; what still waits for the one before is refused."""
        for request in list(self._waiting.values()):
            self.answer(request, "the stage that takes it has ended", accepted=False)
        self._taken = frozenset(kinds)

    def close(self) -> None:
        """The worker ends: nobody is to wait for an answer for ever."""
        self.take(())
        for request in pending_requests(self._writer.run):
            self.answer(request, "came when the worker was about to end", accepted=False)

    def requests(self) -> list[Request]:
        """What waits for the stage, oldest first. Each is to be answered, at once or when it is done."""
        if self._taken:
            self._look()
        return list(self._waiting.values())

    def answer(self, request: Request, message: str = "", *, accepted: bool = True) -> None:
        """Tell the front ends what came of a request; it is gone then."""
        self._waiting.pop(request.id, None)
        self._writer.emit(ControlAcked(request.id, request.kind, accepted, message))
        drop_request(self._writer.run, request.id)

    def _look(self) -> None:
        for request in pending_requests(self._writer.run):
            match request.kind:
                case "pause" | "resume":
                    self._paused = request.kind == "pause"
                    self.answer(request)
                case "cancel":
                    self.answer(request, "ending at a safe point")
                    self.cancel("cancelled by request")
                case kind if kind in self._taken:
                    self._waiting.setdefault(request.id, request)
                case other:
                    self.answer(request, f'nothing at work here takes the request "{other}"', accepted=False)
