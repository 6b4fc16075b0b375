"""Alignment: gold steps against student steps, with the matrix, the path and the scores."""

from __future__ import annotations

from dataclasses import dataclass

from engine.rows.alignment import Divergence, Matrix, Move

__all__ = ["Alignment", "Divergence", "Move", "Scores"]


@dataclass(frozen=True, slots=True)
class Scores:
    """All in [0, 1]. published: mean over matched pairs of raw cosine (system 1, gamma -0.1). coverage: share of the
    gold explained. extra: share of student steps that explain nothing. order_free: the gold explained in any order."""

    published: float
    coverage: float
    extra: float
    order_free: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Matrices are n gold x m student, rows are gold steps, values in [-1, 1] for meaning and [0, 1] for the rest."""

    meaning: Matrix
    values: Matrix
    cell: Matrix
    path: tuple[Move, ...]
    scores: Scores
    divergence: Divergence | None
