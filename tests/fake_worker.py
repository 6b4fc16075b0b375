"""A worker whose run is a table: it writes the events of a plan, answers cancel, and needs no model.

`python tests/fake_worker.py --run-dir DIR` stands in for `engine.worker` after `install()`; the plan comes by the
environment, so that it reaches a worker that another process starts.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.errors import Cancelled
from engine.runs import launch as launching
from engine.runs.control import drop_request, pending_requests
from engine.runs.directory import RunDirectory, read_record, write_record
from engine.runs.events import (
    ControlAcked,
    Progress,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
    Warned,
)
from engine.runs.process import start_time
from engine.runs.writer import RunWriter
from tests.graded_items import graded_item

PLAN = "MATHREASON_FAKE_PLAN"
DEFAULT: dict[str, Any] = {
    "items": 4,  # all of them right, except the last; 0: ends in its first stage
    "seconds": 0.0,  # between items
    "stops_at": None,  # waits for ever before this item
    "dies_at": None,  # ends without a word before this item
    "deaf": False,  # ignores requests and SIGTERM
    "end": ["done", 0, ""],  # status, exit code, reason
    "report": "the report's own text\n",
    "slow_start": False,  # never announces itself
    "at_once": None,  # exit code: ends before it announces itself
}


def plan_text(**plan: Any) -> str:
    """The value of the variable PLAN."""
    return json.dumps(DEFAULT | plan)


def install() -> None:
    """From now on this process starts fake workers."""
    original = launching.engine_command

    def fake(module: str, *arguments: str) -> list[str]:
        if module != "engine.worker":
            return original(module, *arguments)
        return [sys.executable, str(Path(__file__).resolve()), *arguments]

    launching.engine_command = fake


def main() -> int:
    run = RunDirectory(Path(sys.argv[sys.argv.index("--run-dir") + 1]))
    plan: Mapping[str, Any] = json.loads(os.environ[PLAN])
    if plan["at_once"] is not None:
        print("no such model", file=sys.stderr)
        return int(plan["at_once"])
    if plan["deaf"]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if plan["slow_start"]:
        time.sleep(60)
    record = read_record(run)
    assert record is not None
    write_record(run, replace(record, pid=os.getpid(), pid_started=start_time(os.getpid())))
    with RunWriter(run) as writer:
        try:
            status, code, reason = _work(run, writer, plan)
        except Cancelled as error:
            status, code, reason = "cancelled", error.exit_code, error.message
        writer.write_result({"summary": {"accuracy": 0.75}, "status": status})
        writer.emit(RunFinished(status, reason, "a next step" if code else "", code))
    return int(code)


def _work(run: RunDirectory, writer: RunWriter, plan: Mapping[str, Any]) -> tuple[str, int, str]:
    earlier = writer.earlier
    models = {"policy": "embedded:smollm2-135m-instruct"}
    stages = ("evaluate", "report")
    writer.emit(RunStarted(run.id, "demo", "cpu", 42, stages, os.getpid(), bool(earlier.workers), models=models))
    done = len(earlier.items)
    writer.emit(StageStarted("evaluate", "evaluate", plan["items"], done))
    writer.emit(Warned("evaluate", "something odd", "look at it"))
    for number in range(done, plan["items"]):
        if number == plan["dies_at"] and not done:
            os.kill(os.getpid(), signal.SIGKILL)
        waits = number == plan["stops_at"]
        until = time.monotonic() + (60 if waits else plan["seconds"])
        while True:
            _answer(run, writer, plan["deaf"])
            if time.monotonic() >= until:
                break
            time.sleep(0.01)
        verdict, quadrant = ("wrong", "failure") if number == plan["items"] - 1 else ("right", "robust")
        writer.emit(
            graded_item("evaluate", f"item-{number}", number, 0, verdict, "numeric", "1", "1", quadrant, coverage=0.5)
        )
        writer.emit(Progress("evaluate", number + 1, plan["items"]))
    status, code, reason = plan["end"]
    if not plan["items"]:
        return status, code, reason
    writer.emit(StageFinished("evaluate"))
    writer.emit(StageStarted("report", "report", None, unit="files"))
    run.stage("report").mkdir(exist_ok=True)
    (run.stage("report") / "summary.txt").write_text(plan["report"], encoding="utf-8")
    artifacts = {
        "text": "report/summary.txt", "report": "report/report.md", "figure:scores": "report/figures/scores.png"
    }  # fmt: skip
    writer.emit(StageFinished("report", {"accuracy": 0.75}, artifacts))
    return status, code, reason


def _answer(run: RunDirectory, writer: RunWriter, deaf: bool) -> None:
    for request in () if deaf else pending_requests(run):
        writer.emit(ControlAcked(request.id, request.kind, True))
        drop_request(run, request.id)
        if request.kind == "cancel":
            raise Cancelled("cancelled by request")


if __name__ == "__main__":
    sys.exit(main())
