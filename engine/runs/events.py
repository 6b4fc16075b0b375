"""The facts a run writes to events.jsonl, one JSON object a line: {"seq", "t", "v", "type", ...fields}.

The set is closed and small; each event is a frozen dataclass of JSON-able fields. Only the worker writes them
(`engine.runs.writer`), everybody else reads (`engine.runs.tail`) and folds (`engine.runs.state`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from engine.runs.older import OLDER
from engine.statistics.figure import Figure

EVENT_VERSION = 2
"""2: Item in the place of Sample, which `engine.runs.older` still reads."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A worker began (or, with `resumed`, took up again) the run."""

    run_id: str
    recipe: str
    preset: str
    seed: int
    stages: tuple[str, ...]
    pid: int
    resumed: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    estimate_gb: float | None = None


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage began; `done` items of `total` were there already from an earlier worker."""

    stage: str
    kind: str
    total: int | None = None
    done: int = 0
    unit: str = "items"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the stage is doing now: `note` is a short present-tense phrase ("loading the model")."""

    stage: str
    done: int
    total: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """Figures at one moment. Names are dotted: "machine.rss_gb", "speed.tokens_per_second", "train.loss"."""

    stage: str
    values: Mapping[str, float | None]
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A finished item of any kind (`engine.rows.kinds`): the short form of its row, which starts at byte `offset` of
    <stage>/results.jsonl.

    `outcome` is what became of it, one word of the kind's own; `scores` are its numbers (None: not measured) and
    `facts` its texts, by the kind's names. What is empty is left out.
    """

    stage: str
    id: str
    index: int
    offset: int
    outcome: str
    scores: Mapping[str, float | None] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    def score(self, name: str) -> float | None:
        return self.scores.get(name)

    def fact(self, name: str) -> str:
        return self.facts.get(name, "")

    @property
    def key(self) -> tuple[str, str]:
        """(stage, id), which only one item of a run has."""
        return self.stage, self.id


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a stage that measures something else than items: a line of its table, under the heading `section`.

    `low` and `high` bound its 95 % interval, `n` is how many it is over. Without a value it was not measured, and
    `note` says why; `by` names the method of the interval ("": of an earlier version, or none).
    """

    stage: str
    section: str
    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    note: str = ""
    by: str = ""

    @property
    def figure(self) -> Figure:
        return Figure(self.value, self.low, self.high, self.n, self.by)


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know that does not stop the run."""

    stage: str
    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ControlAcked:
    """The worker answered a request from a front end (`engine.runs.control`)."""

    request: str
    kind: str
    accepted: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage ended well; `summary` is small and JSON-able, `artifacts` are paths relative to the run directory."""

    stage: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event: `status` is done | failed | cancelled | threshold."""

    status: str
    reason: str = ""
    next_step: str = ""
    exit_code: int = 0


Event = (
    RunStarted | StageStarted | Progress | Metric | Item | Measured | Warned | ControlAcked | StageFinished
    | RunFinished
)  # fmt: skip
EVENT_TYPES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RunStarted, StageStarted, Progress, Metric, Item, Measured, Warned, ControlAcked, StageFinished, RunFinished,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the file: `seq` counts from 0, `t` is Unix time in seconds."""

    seq: int
    t: float
    event: Event


def encode(event: Event, seq: int, t: float) -> str:
    """One line (without the newline). Floats that JSON lacks (NaN, infinity) become null."""
    body = {"seq": seq, "t": round(t, 3), "v": EVENT_VERSION, "type": type(event).__name__, **asdict(event)}
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(body), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "bool": (bool,), "int | None": (int, type(None)),
    "float | None": (int, float, type(None)), "tuple[str, ...]": (tuple,),
}  # fmt: skip
FIELDS: dict[type[Any], dict[str, tuple[type, ...]]] = {
    kind: {f.name: _JSON_TYPES.get(str(f.type), (dict,)) for f in fields(kind)} for kind in EVENT_TYPES.values()
}
"""Looked up once: a screen decodes twenty thousand lines when it opens a large run."""


def decode(line: str | bytes) -> Recorded | None:
    """The event of a line; None for a torn line, a foreign one, a type of a later version or a value of a wrong type:
    what comes out of here can be folded and shown."""
    try:
        body = json.loads(line if isinstance(line, str) else line.decode("utf-8"))
        if body["type"] in OLDER:
            body = OLDER[body["type"]](body)
        kind = EVENT_TYPES[body["type"]]
        known = FIELDS[kind]
        if "stages" in body:
            body["stages"] = tuple(map(str, body["stages"]))
        values = {k: v for k, v in body.items() if k in known}
        for name, value in values.items():
            if not isinstance(value, known[name]):
                return None
        if kind in _CHECKS and not _CHECKS[kind](values):
            return None
        return Recorded(int(body["seq"]), float(body["t"]), kind(**values))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def _numbers(value: Any) -> bool:
    """Whether all are numbers that can be reckoned with, or None; OverflowError for a whole number of 400 digits."""
    return all(v is None or (isinstance(v, int | float) and math.isfinite(v)) for v in value.values())


def _texts(value: Any) -> bool:
    return all(isinstance(v, str) for v in value.values())


_CHECKS: dict[type[Any], Callable[[dict[str, Any]], bool]] = {
    Metric: lambda values: _numbers(values["values"]),
    Item: lambda values: _numbers(values.get("scores", {})) and _texts(values.get("facts", {})),
}
"""What is to be true of the tables inside an event: they are shown and added up."""


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return value
