"""A line about a run for the list of runs, without folding the whole of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.runs.directory import RunDirectory, RunRecord, read_record
from engine.runs.files import read_json
from engine.runs.state import RunState, fold_many
from engine.runs.status import Status, derive_status
from engine.runs.tail import EventTail

TAIL_BYTES = 64 * 1024
"""Holds the last Progress and any terminal event of a live run by a wide margin."""


@dataclass(frozen=True, slots=True)
class RunOverview:
    """What the list shows: `done` of `total` items of the stage at work, `headline` figures of a finished run."""

    run: RunDirectory
    record: RunRecord | None
    status: Status
    stage: str = ""
    done: int = 0
    total: int | None = None
    headline: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    duration_s: float | None = None
    reason: str = ""


def overview(run: RunDirectory) -> RunOverview:
    """Reads run.json, result.json and at most the last TAIL_BYTES of the events; never raises for a damaged run."""
    record = read_record(run)
    state = _tail_state(run)
    result = read_json(run.result)
    result = result if isinstance(result, dict) else {}
    current = state.current_stage
    status = derive_status(record, state)
    began = record.created if record else state.started_at
    duration = state.updated_at - began if state.updated_at and began else None
    if status not in ("done", "failed", "cancelled", "threshold"):
        result = {}  # a result from before the run was taken up again says nothing about now
    return RunOverview(
        run, record, status,
        stage=current.name if current else "",
        done=current.done if current else 0,
        total=current.total if current else None,
        headline=_object(result.get("summary")),
        models=_object(result.get("models")),
        duration_s=duration,
        reason=state.finished.reason if state.finished else "",
    )  # fmt: skip


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tail_state(run: RunDirectory) -> RunState:
    tail = EventTail(run.events)
    try:
        size = run.events.stat().st_size
    except OSError:
        return RunState()
    tail.offset = max(0, size - TAIL_BYTES)
    state = fold_many(RunState(), tail.read_all())
    if state.pid is None and (record := read_record(run)) is not None and record.pid is not None:
        # RunStarted lies before the tail: the record knows the same.
        state = replace(state, pid=record.pid)
    return state
