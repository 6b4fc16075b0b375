"""Start a worker that outlives whoever started it, and learn at once whether it came up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import EnvironmentMissing, MathReasonError, RunFailed, UserError
from engine.runs.directory import RunDirectory, RunRecord, read_record
from engine.runs.events import RunFinished, RunStarted
from engine.runs.files import naming_the_place
from engine.runs.process import alive
from engine.runs.status import WORKER_BEGINS, why_crashed
from engine.runs.tail import EventTail

READY_WITHIN_S = 60.0
"""The worker announces itself before it imports anything heavy; a minute covers a machine under load."""
LEAVING_WITHIN_S = 10.0
"""A worker that has said its last word still unloads its libraries: a second or two, more under load."""
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
    if not run.recipe.is_file():
        raise UserError(f"{run.recipe} is missing: the run cannot go on", "start its recipe anew with --batch")
    if not _left(run, record):
        raise UserError(f"{run.id} has a worker already (process {record.pid})", "watch it, or cancel it first")
    with naming_the_place(run.log):
        log = open(run.log, "ab")  # noqa: SIM115 - the child keeps it open
    with log:
        with naming_the_place(run.log):
            log.write(f"{WORKER_BEGINS} {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
            log.flush()
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

    Raises RunFailed (by the worker's exit code UserError or EnvironmentMissing) with its last words, in the events or
    else in its log, where it died instead.
    """
    tail = EventTail(run.events)
    tail.offset = already
    deadline = time.monotonic() + within_s
    last: RunFinished | None = None
    while time.monotonic() < deadline:
        ended = process.poll() is not None  # before reading: what it wrote last is then there
        for event in (recorded.event for recorded in tail.read()):
            if isinstance(event, RunStarted) and event.pid == process.pid:
                return
            if isinstance(event, RunFinished):
                last = event
        if ended:
            if last is not None:
                raise _kind_of(process)(last.reason, last.next_step)
            what, _, step = why_crashed(run).partition("\n  next: ")
            raise _kind_of(process)(f"the worker of {run.id} ended at once: {what}", step or f"read {run.log}")
        sleep(POLL_S)
    raise RunFailed(f"the worker of {run.id} says nothing after {within_s:.0f} s", f"read {run.log}")


def _left(run: RunDirectory, record: RunRecord) -> bool:
    """Whether no worker is there; one that has written its result is on its way out and is waited for."""
    deadline = time.monotonic() + LEAVING_WITHIN_S
    while alive(record.pid, record.pid_started):
        if not run.result.exists() or time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _kind_of(process: subprocess.Popen[bytes]) -> type[MathReasonError]:
    kinds: tuple[type[MathReasonError], ...] = (UserError, EnvironmentMissing)
    return next((kind for kind in kinds if kind.exit_code == process.returncode), RunFailed)
