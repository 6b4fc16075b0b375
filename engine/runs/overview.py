"""A line about a run for the list of runs, without folding the whole of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.runs.directory import RunDirectory, RunRecord, read_record
from engine.runs.files import read_json
from engine.runs.state import RunState, fold_many
from engine.runs.status import Status, derive_status, worth_resuming
from engine.runs.tail import EventTail, first_time

TAIL_BYTES = (64 * 1024, 1024 * 1024, 16 * 1024 * 1024)
"""How much of the end is read, growing until it tells of a stage: a run that is paused writes nothing but heartbeats,
64 KB of them in a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class RunOverview:
    """What the list shows: `done` of `total` items (or what else `unit` names) of the stage at work, of a finished run
    all its items, and the `headline` figures of a finished run. `resumable`: going on is worth offering."""

    run: RunDirectory
    record: RunRecord | None
    status: Status
    stage: str = ""
    done: int = 0
    total: int | None = None
    unit: str = "items"
    headline: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    duration_s: float | None = None
    reason: str = ""
    resumable: bool = False


def overview(run: RunDirectory) -> RunOverview:
    """Reads run.json, result.json and at most the last TAIL_BYTES of the events; never raises for a damaged run."""
    record = read_record(run)
    state = _tail_state(run)
    result = read_json(run.result)
    result = result if isinstance(result, dict) else {}
    current = state.current_stage
    status = derive_status(record, state)
    began = first_time(run.events) or state.started_at or (record.created if record else None)
    if status not in ("done", "failed", "cancelled", "threshold"):
        result = {}  # a result from before the run was taken up again says nothing about now
    done, total, unit = (current.done, current.total, current.unit) if current else (0, None, "items")
    headline = _object(result.get("summary"))
    if isinstance(items := headline.get("items"), int) and status in ("done", "threshold"):
        done, total, unit = items, items, "items"  # what the run was about, not the files that its last stage wrote
    return RunOverview(
        run, record, status,
        stage=current.name if current else "",
        done=done,
        total=total,
        unit=unit,
        headline=headline,
        models=_object(result.get("models")),
        duration_s=replace(state, started_at=began).took_s(),
        reason=state.finished.reason if state.finished else "",
        resumable=worth_resuming(status, state),
    )  # fmt: skip


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tail_state(run: RunDirectory) -> RunState:
    """The state folded from the end of the events: enough for status, stage and progress."""
    try:
        size = run.events.stat().st_size
    except OSError:
        return RunState()
    state = RunState()
    for length in TAIL_BYTES:
        tail = EventTail(run.events)
        tail.offset = max(0, size - length)
        state = fold_many(RunState(), tail.read_all())
        if state.finished is not None or state.current_stage is not None or length >= size:
            break
    if state.pid is None and state.finished is None and (record := read_record(run)) is not None:
        state = replace(state, pid=record.pid)  # RunStarted lies before what was read: the record knows the same
    return state
