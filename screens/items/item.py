"""Item: one result row made safe to show. Reading it checks what the screens rely on and names what is wrong.

The row comes from a file that another version may have written or an editor may have touched: a missing field has an
empty default, a wrong one is an error with a next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.errors import RunFailed
from engine.printable import printable
from engine.runs.directory import RunDirectory
from engine.runs.events import Sample
from engine.runs.results import Row, read_row

Matrix = tuple[tuple[float, ...], ...]
MATRICES = ("cell", "meaning", "values")
"""The three matrices of a row: the similarity the path was found in, and its two parts."""


class Move(NamedTuple):
    """One move of the path: kind match | merge | skip-gold | skip-student; steps count from 0, None is the skipped
    side."""

    kind: str
    gold: int | None
    student: int | None

    @property
    def pair(self) -> tuple[int, int] | None:
        """(gold, student) where the move ties two steps."""
        if self.kind not in ("match", "merge") or self.gold is None or self.student is None:
            return None
        return self.gold, self.student


class Divergence(NamedTuple):
    """Where the student first leaves the gold solution, and why."""

    student: int | None
    gold: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of one item. Without a gold solution the matrices and the path are empty."""

    id: str
    question: str = ""
    answer: str = ""
    gold_steps: tuple[str, ...] = ()
    gold_solution: str = ""
    solution: str = ""
    steps: tuple[str, ...] = ()
    predicted: str = ""
    parsed_from: str = ""
    verdict: str = ""
    rule: str = ""
    symbolic: str = ""
    judge: str | None = None
    scores: Mapping[str, float | None] = field(default_factory=dict)
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    path: tuple[Move, ...] = ()
    quadrant: str = ""
    divergence: Divergence | None = None
    subject: str = ""
    level: str = ""
    source: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    truncated: bool = False
    seconds: float = 0.0
    threshold: float | None = None
    variant: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def aligned(self) -> bool:
        """Whether there is a matrix to look at."""
        return bool(self.matrices.get("cell")) and bool(self.gold_steps) and bool(self.steps)

    def partners(self, student: int) -> tuple[int, ...]:
        """Gold steps that the path ties to this student step."""
        return tuple(move.pair[0] for move in self.path if move.pair and move.pair[1] == student)

    def matched_gold(self) -> frozenset[int]:
        """Gold steps that the path ties to anything."""
        return frozenset(move.pair[0] for move in self.path if move.pair)


def read_item(run: RunDirectory, sample: Sample) -> Item:
    """The item of a sample, from the results of its stage. Blocks; RunFailed says what cannot be read."""
    path = run.results(sample.stage)
    row = read_row(path, sample.offset)
    place = f"item {sample.index + 1} ({sample.id}) at byte {sample.offset} of {path}"
    if row is None:
        if not run.path.is_dir():
            raise RunFailed(f"cannot read {place}: the run's folder is gone", "choose another run (2)")
        gone = "" if path.exists() else ": the file is gone"
        raise RunFailed(f"cannot read {place}{gone}", "restore the file, or run the recipe again (mode 2, resume)")
    if row.get("id") != sample.id:
        raise RunFailed(
            f'{place} is "{row.get("id")}" instead', "the file was changed after the run; run the recipe again"
        )
    try:
        return item_of(row)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RunFailed(
            f"{place} is not a result row of this version: {error}", "score the run again to write its rows anew"
        ) from error


def item_of(row: Row) -> Item:
    """The item of a row. ValueError or TypeError name the field that is wrong."""
    gold_steps, steps = _texts(row, "gold_steps"), _texts(row, "steps")
    matrices = {name: _matrix(row, name, len(gold_steps), len(steps)) for name in MATRICES}
    divergence = row.get("first_divergence")
    return Item(
        **{name: printable(str(row.get(name) or "")) for name in _TEXT_FIELDS},
        gold_steps=gold_steps,
        steps=steps,
        judge=None if row.get("judge") is None else str(row["judge"]),
        scores={k: _number(v, f"scores.{k}") for k, v in _object(row, "scores").items()},
        matrices=matrices,
        path=tuple(_move(move, len(gold_steps), len(steps)) for move in row.get("path") or ()),
        divergence=_divergence(divergence, len(gold_steps), len(steps)),
        tokens=int(row.get("tokens") or 0),
        prompt_tokens=int(row.get("prompt_tokens") or 0),
        truncated=bool(row.get("truncated")),
        seconds=float(row.get("seconds") or 0.0),
        threshold=_number(row.get("threshold"), "threshold"),
        versions={str(k): str(v) for k, v in _object(row, "versions").items()},
    )


_TEXT_FIELDS = (
    "id", "question", "answer", "gold_solution", "solution", "predicted", "parsed_from", "verdict", "rule", "symbolic",
    "quadrant", "subject", "level", "source", "variant",
)  # fmt: skip


def _object(row: Row, name: str) -> Mapping[str, Any]:
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise ValueError(f'"{name}" is not an object')
    return value


def _texts(row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(f'"{name}" is not a list of texts')
    return tuple(printable(text) for text in value)


def _number(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f'"{name}" is {value!r}, not a number')
    return float(value)


def _matrix(row: Row, name: str, golds: int, students: int) -> Matrix:
    lines = _object(row, "matrix").get(name) or []
    if lines and (len(lines) != golds or any(len(line) != students for line in lines)):
        raise ValueError(f'"matrix.{name}" is not {golds} gold steps x {students} student steps')
    return tuple(tuple(_number(value, f"matrix.{name}") or 0.0 for value in line) for line in lines)


def _step(value: object, count: int, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise ValueError(f'"{name}" names step {value!r} of {count}')
    return value


def _move(move: Any, golds: int, students: int) -> Move:
    kind, gold, student = move
    return Move(str(kind), _step(gold, golds, "path"), _step(student, students, "path"))


def _divergence(value: Any, golds: int, students: int) -> Divergence | None:
    if not value:
        return None
    return Divergence(
        _step(value.get("student"), students, "first_divergence"),
        _step(value.get("gold"), golds, "first_divergence"),
        str(value.get("reason") or ""),
    )
