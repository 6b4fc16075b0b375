"""RunState: everything a screen or `--batch` may show of a run, as a pure fold over its events.

What belongs to a stage is kept with that stage: two stages of one kind never mix. Folding one more event costs the same
after a hundred thousand as after ten, and replaying the file from the start gives the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.runs.events import (
    ControlAcked,
    Item,
    Measured,
    Metric,
    Progress,
    Recorded,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
    Warned,
)
from engine.runs.growing import Growing, Items, Together
from engine.runs.series import Series


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage: `status` is waiting | running | finished; `resumed_at` items were there when this worker began.

    `items` are the finished ones and `counts` how many have which outcome; `series` are its curves by name; `figures`
    is what it measured so far, where it makes no items. `restarted`: begun again, and no step was told since.
    """

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
    figures: Growing[Measured] = field(default_factory=Growing)
    items: Items = field(default_factory=Items)
    counts: Mapping[str, int] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    restarted: bool = False

    def last(self, name: str) -> float | None:
        """The newest value of a curve; None where there is none."""
        series = self.series.get(name)
        return series.last if series else None

    def eta_s(self, now: float | None = None) -> float | None:
        """Seconds left from `now` (None: the last news) at the mean pace of this worker; None while there is nothing
        to go by."""
        now = self.updated_at if now is None else now
        if self.status != "running" or not self.total or self.started_at is None or now is None:
            return None
        made = self.done - self.resumed_at
        if made <= 0:
            return None
        return (self.total - self.done) * (now - self.started_at) / made


NO_STAGE = StageState("")


@dataclass(frozen=True, slots=True)
class RunState:
    """The folded facts. `machine` are the curves of the worker as a whole; `paused` follows the acknowledged
    requests."""

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
    machine: Mapping[str, Series] = field(default_factory=dict)
    warnings: Growing[Warned] = field(default_factory=Growing)
    acks: Growing[ControlAcked] = field(default_factory=Growing)
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

    @property
    def items(self) -> Sequence[Item]:
        """The finished items of all stages, stage by stage."""
        with_some = [stage.items for stage in self.stages if stage.items]
        return with_some[0] if len(with_some) == 1 else Together(with_some)

    @property
    def in_focus(self) -> StageState:
        """The stage whose items the run is about now: that at work where it has some, else the last that has;
        NO_STAGE while there are none."""
        current = self.current_stage
        if current is not None and current.items:
            return current
        return next((stage for stage in reversed(self.stages) if stage.items), NO_STAGE)

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


class _Stage:
    """A stage being folded: what is told of it is gathered here, and laid over what was known once at the end."""

    __slots__ = ("counts", "items", "known", "series", "told")

    def __init__(self, known: StageState) -> None:
        self.known = known
        self.told: dict[str, Any] = {}
        self.items = known.items
        self.counts: dict[str, int] | None = None
        self.series: dict[str, Series] | None = None

    def begin(self, known: StageState) -> None:
        """Take another account of the stage; its items and curves stay."""
        self.known, self.told = known, {}

    def take(self, item: Item) -> None:
        counts = self.counts = dict(self.known.counts) if self.counts is None else self.counts
        place = self.items.place_of(item.id)
        if place is not None:  # its row was lost and a later worker made it again: one item stays one item
            counts[self.items[place].outcome] -= 1
        counts[item.outcome] = counts.get(item.outcome, 0) + 1
        self.items = self.items.with_item(item)

    def add(self, event: Metric, x: float) -> None:
        series = dict(self.known.series) if self.series is None else self.series
        if event.step is not None and self.told.get("restarted", self.known.restarted):
            # A trainer that was taken up again: what its curves say of later steps is of a future that was lost.
            series = {name: curve.before(x) if curve.stepped else curve for name, curve in series.items()}
            self.told["restarted"] = False
        self.series = _with_points(series, event, x)

    def result(self) -> StageState:
        counts = self.known.counts if self.counts is None else self.counts
        series = self.known.series if self.series is None else self.series
        return replace(self.known, **self.told, items=self.items, counts=counts, series=series)


class _Folding:
    """A batch being folded, frozen again at the end."""

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.told: dict[str, Any] = {}
        self.stages: dict[str, StageState | _Stage] = {stage.name: stage for stage in state.stages}
        self.machine: dict[str, Series] | None = None
        self.warnings, self.acks = state.warnings, state.acks
        self.started_at, self.workers = state.started_at, state.workers

    def stage(self, name: str) -> _Stage:
        """The stage of this name. A reader that began in the middle of the file has not seen its beginning."""
        stage = self.stages.get(name)
        if not isinstance(stage, _Stage):
            stage = self.stages[name] = _Stage(stage or StageState(name, status="running"))
        return stage

    def take(self, recorded: Recorded) -> None:
        event, t = recorded.event, recorded.t
        self.told["updated_at"], self.told["next_seq"] = t, recorded.seq + 1
        match event:
            case Item():
                self.stage(event.stage).take(event)
            case Progress():
                stage = self.stage(event.stage)
                stage.told |= {"done": event.done, "note": event.note, "updated_at": t}
                if event.total:
                    stage.told["total"] = event.total
            case Metric():
                self._measured_now(event, t)
            case RunStarted():
                self._run_started(event, t)
            case StageStarted():
                self.stage(event.stage).begin(_begun(event, self.stage(event.stage).result(), t))
            case Measured():
                stage = self.stage(event.stage)
                figures = stage.told.get("figures", stage.known.figures)
                stage.told |= {"figures": figures.with_one(event), "updated_at": t}
            case Warned():
                self.warnings = self.warnings.with_one(event)
            case ControlAcked():
                self._acked(event)
            case StageFinished():
                self.stage(event.stage).told |= {
                    "status": "finished", "note": "", "finished_at": t, "updated_at": t,
                    "summary": event.summary, "artifacts": event.artifacts,
                }  # fmt: skip
            case RunFinished():
                self.told |= {"finished": event, "paused": False, "cancelling": False}

    def _measured_now(self, event: Metric, t: float) -> None:
        """Without a step the x value is the time, in seconds of the run."""
        x = float(event.step) if event.step is not None else t - (self.started_at or t)
        if event.stage:
            self.stage(event.stage).add(event, x)
        else:
            self.machine = _with_points(dict(self.state.machine) if self.machine is None else self.machine, event, x)

    def _run_started(self, event: RunStarted, t: float) -> None:
        """A new worker goes through the stages anew; what was finished or made of them stays."""
        self.started_at, self.workers = self.started_at or t, self.workers + 1
        known = {name: stage.result() if isinstance(stage, _Stage) else stage for name, stage in self.stages.items()}
        listed = {name: _waiting(known.get(name) or StageState(name)) for name in event.stages}
        self.stages = {**listed, **{n: s for n, s in known.items() if n not in listed and s.status == "finished"}}
        self.told |= {
            "run_id": event.run_id, "recipe": event.recipe, "preset": event.preset, "seed": event.seed,
            "pid": event.pid, "versions": event.versions, "models": event.models, "estimate_gb": event.estimate_gb,
            "finished": None, "paused": False, "cancelling": False,
        }  # fmt: skip

    def _acked(self, event: ControlAcked) -> None:
        self.acks = self.acks.with_one(event)
        if event.accepted and event.kind in ("pause", "resume"):
            self.told["paused"] = event.kind == "pause"
        if event.accepted and event.kind == "cancel":
            self.told["cancelling"] = True

    def result(self) -> RunState:
        stages = tuple(stage.result() if isinstance(stage, _Stage) else stage for stage in self.stages.values())
        machine = self.state.machine if self.machine is None else self.machine
        return replace(
            self.state, **self.told, stages=stages, machine=machine,
            warnings=self.warnings, acks=self.acks, started_at=self.started_at, workers=self.workers,
        )  # fmt: skip


def _with_points(curves: dict[str, Series], event: Metric, x: float) -> dict[str, Series]:
    """The curves with the event's points. A step that comes again replaces what came from it on."""
    for name, value in event.values.items():
        curve = curves.get(name) or Series(stepped=event.step is not None)
        curves[name] = (curve.before(x) if event.step is not None else curve).with_point(x, value)
    return curves


def _waiting(stage: StageState) -> StageState:
    if stage.status == "finished":
        return stage
    return StageState(stage.name, stage.kind, items=stage.items, counts=stage.counts, series=stage.series)


def _begun(event: StageStarted, before: StageState, t: float) -> StageState:
    return StageState(
        event.stage, event.kind, "running", event.total, event.done, event.done, event.unit,
        started_at=t, updated_at=t, items=before.items, counts=before.counts, series=before.series,
        restarted=bool(before.series),
    )  # fmt: skip
