"""Status is derived, never stored: a terminal event, else the process, else crashed."""

from __future__ import annotations

import socket
import time
from typing import Literal

from engine.errors import UserError
from engine.runs.directory import RunDirectory, RunRecord
from engine.runs.process import alive
from engine.runs.state import RunState
from engine.runs.tail import read_end

Status = Literal[
    "starting", "running", "paused", "cancelling", "stalled", "done", "failed", "cancelled", "threshold", "crashed",
    "unreadable",
]  # fmt: skip
ENDED: tuple[Status, ...] = ("done", "failed", "cancelled", "threshold", "crashed", "unreadable")
RESUMABLE: tuple[Status, ...] = ("failed", "cancelled", "crashed")

SETTINGS_CODE = UserError.exit_code
"""How a run ends that was asked for something impossible."""

STALLED_AFTER_S = 30.0
"""The worker writes a metric every two seconds; only loading a large library or a machine under load is this silent."""
WORKER_BEGINS = "--- worker"
"""Begins the line in worker.log that parts a worker's words from those of the one before."""
LOG_LINES = 200
GONE_AFTER_S = 120.0
"""After so much silence the worker of another machine is held to be gone."""
STARTING_FOR_S = 30.0
"""How long a run may be without a process: the launcher fills the record within a second."""


def derive_status(record: RunRecord | None, state: RunState, now: float | None = None) -> Status:
    """What the run is doing, from its record and its folded events."""
    now = time.time() if now is None else now
    elsewhere = record is not None and record.host not in ("", socket.gethostname())
    if record is not None and not elsewhere and _is_new_worker(record, state):
        return "starting"  # it has not written yet; what the events say is an earlier worker's
    if state.finished is not None:
        known: dict[str, Status] = {
            "done": "done", "failed": "failed", "cancelled": "cancelled", "threshold": "threshold",
        }  # fmt: skip
        return known.get(state.finished.status, "failed")
    if record is None:
        return "unreadable"
    silence = now - (state.updated_at or record.created)
    if elsewhere:
        # Another machine's process (or ours under an earlier host name) cannot be probed, only its silence be seen. A
        # silent one may be taken up again: the run's lock guards against two workers.
        return "crashed" if silence > GONE_AFTER_S else "running"
    if record.pid is None:
        return "starting" if now - record.created < STARTING_FOR_S else "crashed"
    if not alive(record.pid, record.pid_started):
        return "crashed"
    if state.cancelling:
        return "cancelling"
    if silence > STALLED_AFTER_S:
        return "stalled"
    return "paused" if state.paused else "running"


def worth_resuming(status: Status, state: RunState) -> bool:
    """Whether to offer to go on. A run whose own settings or files are at fault and that has finished nothing would
    fail in the same way; a new one with other settings costs no more."""
    if status not in RESUMABLE:
        return False
    at_fault = state.finished is not None and state.finished.exit_code == SETTINGS_CODE
    return not at_fault or bool(state.items) or any(stage.status == "finished" for stage in state.stages)


def _is_new_worker(record: RunRecord, state: RunState) -> bool:
    return record.pid is not None and state.pid != record.pid and alive(record.pid, record.pid_started)


def why_crashed(run: RunDirectory, lines: int = 8) -> str:
    """The end of what the latest worker left in worker.log, for the message beside "crashed"."""
    end = read_end(run.log, LOG_LINES)
    begins = [number for number, line in enumerate(end) if line.startswith(WORKER_BEGINS)]
    told = [line for line in end[begins[-1] + 1 if begins else 0 :] if line.strip()]
    return "\n".join(told[-lines:]) if told else "the worker ended without a word (killed, or out of memory)"


def folder_is_gone(run: RunDirectory) -> bool:
    """Whether nothing is left of the run: there is nothing to restore, resume or delete."""
    return not run.path.is_dir()


def why_unreadable(run: RunDirectory) -> str:
    """What is wrong with a run's files, in words."""
    if folder_is_gone(run):
        return f"the run's folder is gone: {run.path}"
    for path in (run.record, run.events):
        try:
            with open(path, "rb") as file:
                file.read(1)
        except FileNotFoundError:
            if path == run.record:
                return f"there is no {path}"
        except OSError as error:
            return f"cannot read {path}: {error.strerror}"
    return f"{run.record} is torn or foreign"
