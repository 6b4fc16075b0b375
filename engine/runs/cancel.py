"""The cancel ladder: ask, then SIGTERM, then SIGKILL; it says what is kept. Cancelling an ended run changes nothing."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.errors import UserError
from engine.runs.control import send_request
from engine.runs.directory import RunDirectory, read_record
from engine.runs.process import alive, signal_process
from engine.runs.results import count_rows

ASK_FOR_S = 15.0
"""A batch of decoding on two cores takes under a second a step; loading a model can take ten."""
TERM_FOR_S = 5.0
POLL_S = 0.05

Rung = Literal["not running", "request", "SIGTERM", "SIGKILL"]


@dataclass(frozen=True, slots=True)
class CancelOutcome:
    """By which rung the worker ended and how many finished items are kept."""

    rung: Rung
    kept: int

    def __str__(self) -> str:
        if self.rung == "not running":
            return f"was not running; {self.kept} finished items are there"
        how = {"request": "stopped", "SIGTERM": "stopped by SIGTERM", "SIGKILL": "killed"}[self.rung]
        return f"{how}; {self.kept} finished items are kept, resume continues after them"


def cancel_run(
    run: RunDirectory,
    *,
    ask_for_s: float = ASK_FOR_S,
    term_for_s: float = TERM_FOR_S,
    on_rung: Callable[[Rung], None] = lambda rung: None,
    sleep: Callable[[float], None] = time.sleep,
) -> CancelOutcome:
    """Climb the ladder until the worker is gone. Blocks: a front end calls it in a thread.

    UserError where the worker is another machine's: no signal reaches it.
    """
    record = read_record(run)
    if record is not None and record.host not in ("", socket.gethostname()):
        raise UserError(f"{run.id} was started on {record.host}, which cannot be reached from here", "cancel it there")
    if record is None or record.pid is None or not alive(record.pid, record.pid_started):
        return CancelOutcome("not running", count_rows(run))
    pid, started = record.pid, record.pid_started

    def gone_within(seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while alive(pid, started):
            if time.monotonic() > deadline:
                return False
            sleep(POLL_S)
        return True

    on_rung("request")
    send_request(run, "cancel")
    if gone_within(ask_for_s):
        return CancelOutcome("request", count_rows(run))
    on_rung("SIGTERM")
    signal_process(pid, started, signal.SIGTERM)
    if gone_within(term_for_s):
        return CancelOutcome("SIGTERM", count_rows(run))
    on_rung("SIGKILL")
    signal_process(pid, started, signal.SIGKILL)
    gone_within(term_for_s)
    return CancelOutcome("SIGKILL", count_rows(run))
