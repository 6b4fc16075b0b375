"""RunState: everything a screen or `--batch` may show of a run, as a pure fold over its events.

`fold(state, recorded)` is the definition; `fold_many` does the same for a batch without copying the long tuples for
each event. Replaying the file from the start gives the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.runs.events import (
    ControlAcked,
    Measured,
    Metric,
    Progress,
    Recorded,
    RunFinished,
    RunStarted,
    Sample,
    StageFinished,
    StageStarted,
    Warned,
)

SERIES_POINTS = 2000
"""A series longer than this is thinned to every second point: twice the widest plot anyone has."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over time: `steps` are the x values (training step, else seconds of the run), None is a gap."""

    steps: tuple[float, ...] = ()
    values: tuple[float | None, ...] = ()

    @property
    def last(self) -> float | None:
        """The newest value that is a number."""
        return next((v for v in reversed(self.values) if v is not None), None)


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage: `status` is waiting | running | finished; `resumed_at` items were there when this worker began;
    `figures` is what it measured so far, where it makes no items."""

    name: str
    kind: str = ""
    status: str = "waiting"
    total: int | None = None
    done: int = 0
    resumed_at: int = 0
    unit: str = "items"
    note: str = ""
    started_at: float | None = None
    updated_at: float | None = None
    finished_at: float | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[Measured, ...] = ()

    def eta_s(self) -> float | None:
        """Seconds left at the mean pace of this worker; None while there is nothing to go by."""
        if self.status != "running" or not self.total or self.started_at is None or self.updated_at is None:
            return None
        made = self.done - self.resumed_at
        if made <= 0:
            return None
        return (self.total - self.done) * (self.updated_at - self.started_at) / made


@dataclass(frozen=True, slots=True)
class RunState:
    """The folded facts. Counters are over finished items; `paused` follows the acknowledged requests."""

    run_id: str = ""
    recipe: str = ""
    preset: str = ""
    seed: int = 0
    pid: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    estimate_gb: float | None = None
    started_at: float | None = None
    updated_at: float | None = None
    workers: int = 0
    stages: tuple[StageState, ...] = ()
    samples: tuple[Sample, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    quadrants: Mapping[str, int] = field(default_factory=dict)
    truncated: int = 0
    metrics: Mapping[str, Series] = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()
    acks: tuple[ControlAcked, ...] = ()
    paused: bool = False
    cancelling: bool = False
    finished: RunFinished | None = None
    next_seq: int = 0

    @property
    def current_stage(self) -> StageState | None:
        """The stage at work, else the last one that was."""
        running = [s for s in self.stages if s.status == "running"]
        begun = [s for s in self.stages if s.status != "waiting"]
        return (running or begun)[-1] if running or begun else None

    def stage(self, name: str) -> StageState | None:
        return next((s for s in self.stages if s.name == name), None)

    def took_s(self, now: float | None = None) -> float | None:
        """Seconds from the first worker's first word to the last one, or to `now`: what every place says it took."""
        ended = self.updated_at if now is None else now
        return None if self.started_at is None or ended is None else ended - self.started_at


def fold(state: RunState, recorded: Recorded) -> RunState:
    """The state after one more event."""
    return fold_many(state, (recorded,))


def fold_many(state: RunState, events: Iterable[Recorded]) -> RunState:
    """The state after these events, in order; equal to folding them one by one."""
    folding = _Folding(state)
    for recorded in events:
        folding.take(recorded)
    return folding.result()


class _Folding:
    """A batch being folded: the long tuples are lists here, and frozen again once at the end."""

    def __init__(self, state: RunState) -> None:
        self.scalars: dict[str, Any] = {}
        self.state = state
        self.stages = {s.name: s for s in state.stages}
        self.samples: list[Sample] = []
        self.places: dict[tuple[str, str], int] | None = None  # of the samples, made when the first one comes
        self.verdicts = dict(state.verdicts)
        self.quadrants = dict(state.quadrants)
        self.truncated = state.truncated
        self.points: dict[str, list[tuple[float, float | None]]] = {}
        self.warnings: list[Warned] = []
        self.acks: list[ControlAcked] = []
        self.started_at = state.started_at

    def take(self, recorded: Recorded) -> None:
        event, t = recorded.event, recorded.t
        self.scalars |= {"updated_at": t, "next_seq": recorded.seq + 1}
        match event:
            case RunStarted():
                self._run_started(event, t)
            case StageStarted():
                self.stages[event.stage] = StageState(
                    event.stage, event.kind, "running", event.total, event.done, event.done, event.unit,
                    started_at=t, updated_at=t,
                )  # fmt: skip
            case Progress():
                # A reader that began in the middle of the file has not seen StageStarted.
                stage = self.stages.get(event.stage, StageState(event.stage, status="running"))
                self.stages[event.stage] = replace(
                    stage, done=event.done, total=event.total or stage.total, note=event.note, updated_at=t
                )
            case Metric():
                x = float(event.step) if event.step is not None else t - (self.started_at or t)
                for name, value in event.values.items():
                    self.points.setdefault(name, []).append((x, value))
            case Sample():
                self._sample(event)
            case Measured():
                stage = self.stages.get(event.stage, StageState(event.stage, status="running"))
                self.stages[event.stage] = replace(stage, figures=(*stage.figures, event), updated_at=t)
            case Warned():
                self.warnings.append(event)
            case ControlAcked():
                self._acked(event)
            case StageFinished():
                stage = self.stages.get(event.stage, StageState(event.stage))
                self.stages[event.stage] = replace(
                    stage, status="finished", note="", finished_at=t, updated_at=t,
                    summary=event.summary, artifacts=event.artifacts,
                )  # fmt: skip
            case RunFinished():
                self.scalars |= {"finished": event, "paused": False, "cancelling": False}

    def _run_started(self, event: RunStarted, t: float) -> None:
        self.started_at = self.started_at or t
        waiting = {name: StageState(name) for name in event.stages}
        self.stages = waiting | {n: s for n, s in self.stages.items() if s.status == "finished"}
        self.scalars |= {
            "run_id": event.run_id, "recipe": event.recipe, "preset": event.preset, "seed": event.seed,
            "pid": event.pid, "versions": event.versions, "models": event.models, "estimate_gb": event.estimate_gb,
            "started_at": self.started_at, "workers": self.scalars.get("workers", self.state.workers) + 1,
            "finished": None, "paused": False, "cancelling": False,
        }  # fmt: skip

    def _sample(self, event: Sample) -> None:
        if self.places is None:
            self.samples = list(self.state.samples)
            self.places = {(s.stage, s.id): place for place, s in enumerate(self.samples)}
        place = self.places.setdefault((event.stage, event.id), len(self.samples))
        if place == len(self.samples):
            self.samples.append(event)
        else:  # its row was lost and a later worker made it again: one item stays one item
            self._count(self.samples[place], -1)
            self.samples[place] = event
        self._count(event, 1)

    def _count(self, sample: Sample, by: int) -> None:
        self.verdicts[sample.verdict] = self.verdicts.get(sample.verdict, 0) + by
        if sample.quadrant:
            self.quadrants[sample.quadrant] = self.quadrants.get(sample.quadrant, 0) + by
        self.truncated += by * sample.truncated

    def _acked(self, event: ControlAcked) -> None:
        self.acks.append(event)
        if event.accepted and event.kind in ("pause", "resume"):
            self.scalars["paused"] = event.kind == "pause"
        if event.accepted and event.kind == "cancel":
            self.scalars["cancelling"] = True

    def result(self) -> RunState:
        state = self.state
        metrics = state.metrics
        if self.points:
            metrics = dict(metrics) | {n: _extend(metrics.get(n, Series()), p) for n, p in self.points.items()}
        return replace(
            state, **self.scalars,
            stages=tuple(self.stages.values()),
            samples=tuple(self.samples) if self.samples else state.samples,
            verdicts=self.verdicts, quadrants=self.quadrants, truncated=self.truncated, metrics=metrics,
            warnings=state.warnings + tuple(self.warnings), acks=state.acks + tuple(self.acks),
        )  # fmt: skip


def _extend(series: Series, points: list[tuple[float, float | None]]) -> Series:
    """Append point by point, thinning whenever the series is full, so that batching never changes the result."""
    steps, values = list(series.steps), list(series.values)
    for step, value in points:
        steps.append(step)
        values.append(value)
        if len(steps) > SERIES_POINTS:
            steps, values = steps[::2], values[::2]
    return Series(tuple(steps), tuple(values))
