"""Start a worker that outlives whoever started it, and learn at once whether it came up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import EnvironmentMissing, RunFailed, UserError
from engine.runs.directory import RunDirectory, read_record
from engine.runs.events import RunStarted
from engine.runs.files import naming_the_place
from engine.runs.process import alive
from engine.runs.status import why_crashed
from engine.runs.tail import EventTail

READY_WITHIN_S = 60.0
"""The worker announces itself before it imports anything heavy; a minute covers a machine under load."""
POLL_S = 0.02


def engine_environment() -> dict[str, str]:
    """The environment in which `python -P -m engine.x` finds this engine, whatever folder the user stands in."""
    home = str(Path(__file__).resolve().parents[2])
    others = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and p != home]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([home, *others]), "PYTHONUNBUFFERED": "1"}


def engine_command(module: str, *arguments: str) -> list[str]:
    """The command line of one of the engine's programs. -P: no module of the current folder can stand in the way."""
    return [sys.executable, "-P", "-m", module, *arguments]


def launch(run: RunDirectory) -> subprocess.Popen[bytes]:
    """Start the worker in a session of its own, stdout and stderr to worker.log; does not wait (`wait_ready`)."""
    record = read_record(run)
    if record is None:
        raise UserError(f"{run.path} has no readable run.json", "start the recipe anew: --batch " + str(run.recipe))
    if alive(record.pid, record.pid_started):
        raise UserError(f"{run.id} has a worker already (process {record.pid})", "watch it, or cancel it first")
    with naming_the_place(run.log):
        log = open(run.log, "ab")  # noqa: SIM115 - the child keeps it open
    with log:
        return subprocess.Popen(
            engine_command("engine.worker", "--run-dir", str(run.path)),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=engine_environment(),
        )  # fmt: skip


def wait_ready(
    run: RunDirectory,
    process: subprocess.Popen[bytes],
    *,
    already: int = 0,
    within_s: float = READY_WITHIN_S,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when this worker's RunStarted is in the file (events before `already` bytes are an earlier worker's).

    Raises RunFailed (or EnvironmentMissing, by the worker's exit code) with the end of its log where it died instead.
    """
    tail = EventTail(run.events)
    tail.offset = already
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if any(isinstance(r.event, RunStarted) and r.event.pid == process.pid for r in tail.read()):
            return
        if process.poll() is not None:
            kind = EnvironmentMissing if process.returncode == EnvironmentMissing.exit_code else RunFailed
            raise kind(f"the worker of {run.id} ended at once: {why_crashed(run)}", f"read {run.log}")
        sleep(POLL_S)
    raise RunFailed(f"the worker of {run.id} says nothing after {within_s:.0f} s", f"read {run.log}")
