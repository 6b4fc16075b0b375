"""Alignment: gold steps against student steps, with the matrix, the path and the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MoveKind = Literal["match", "skip-gold", "skip-student", "merge"]
DivergenceKind = Literal["arithmetic", "contradiction", "underivable", "missing", "unlike"]


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the path; gold and student are 0-based step numbers, None where that side is skipped.

    "merge" is a further student step of the gold step that is matched just before, or a further gold step of the
    student step that is: the two explain (or are explained) together.
    """

    kind: MoveKind
    gold: int | None
    student: int | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All in [0, 1]. published: mean over matched pairs of raw cosine (system 1, gamma -0.1). coverage: share of the
    gold explained. extra: share of student steps that explain nothing. order_free: the gold explained in any order."""

    published: float
    coverage: float
    extra: float
    order_free: float


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where the student first leaves the gold: 0-based student step (None: it ended early), aligned gold step, why.

    `kind` is the reason in one word, `reason` says it with the numbers.
    """

    student: int | None
    gold: int | None
    reason: str
    kind: DivergenceKind | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """Matrices are n gold x m student, rows are gold steps, values in [-1, 1] for meaning and [0, 1] for the rest."""

    meaning: tuple[tuple[float, ...], ...]
    values: tuple[tuple[float, ...], ...]
    cell: tuple[tuple[float, ...], ...]
    path: tuple[Move, ...]
    scores: Scores
    divergence: Divergence | None
