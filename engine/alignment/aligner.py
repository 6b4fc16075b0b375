"""The aligner: gold steps against student steps -> matrices, path, scores and the first divergence.

Two variants, both over unit vectors g_i (gold) and s_j (student):

* `published` (system 1): cell = cos(g_i, s_j), path by Needleman-Wunsch with GAP; score = mean of the matched cosines,
  cut to [0, 1], 0 where nothing matches. Missing and repeated steps cost nothing in it.
* `coverage` (the default): cell = (1 - w) max(cos, 0) + w J, where J is the Jaccard index of the two steps' values and
  w = VALUE_WEIGHT; meaning alone where neither step names a value. The path maximises the sum of matched cells;
  coverage = that sum / n_gold, so a gold step that nothing explains counts 0. extra = share of the student steps that
  are unmatched or matched below EXPLAINS. order_free = mean over gold steps of the best cell, whatever the order.

The scores see steps only, never the verdict. The path in the result is the one of the default variant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.alignment.alignment import Alignment, Move, Scores
from engine.alignment.divergence import first_divergence
from engine.alignment.needleman_wunsch import best_path
from engine.alignment.values import step_values, value_similarity

ALIGNER_VERSION = "1"
GAP = -0.1  # system 1's gamma, for the published variant
COVERAGE_GAP = 0.0  # cells are never negative; without a price on gaps a dropped student step can only lower coverage
VALUE_WEIGHT = 0.5  # AUC for a correct answer on 5,276 GSM8K solutions: 0.795 at 0, 0.895 at 0.5, 0.902 at 0.7
EXPLAINS = 0.3  # a matched cell below it explains nothing: 95 % of the matches with a foreign gold lie under it

Matrix = NDArray[np.float64]


def align(
    gold_steps: Sequence[str],
    student_steps: Sequence[str],
    gold_vectors: NDArray[np.floating],
    student_vectors: NDArray[np.floating],
    *,
    question: str = "",
) -> Alignment:
    """Align n gold steps with m student steps; vectors are (n, d) and (m, d) with unit rows.

    Every score lies in [0, 1]. No student steps: coverage 0, extra 0, every gold step skipped. No gold steps: nothing
    can be covered, all scores 0 and extra 1 (0 without student steps). `question` tells the divergence which values
    were given; without it only gold and student values are known.
    """
    n, m = len(gold_steps), len(student_steps)
    meaning = similarity(gold_vectors, student_vectors, n, m)
    values, known = _value_matrix(gold_steps, student_steps)
    cell = np.clip(np.where(known, (1 - VALUE_WEIGHT) * np.maximum(meaning, 0) + VALUE_WEIGHT * values,
                            np.maximum(meaning, 0)), 0.0, 1.0)  # fmt: skip
    rows = cell.tolist()
    _, path = best_path(rows, m, COVERAGE_GAP)
    return Alignment(
        meaning=_tuples(meaning),
        values=_tuples(values),
        cell=_tuples(cell),
        path=path,
        scores=Scores(
            published=published_score(meaning),
            coverage=_matched_sum(rows, path) / n if n else 0.0,
            extra=_extra(rows, path, m),
            order_free=float(cell.max(axis=1).mean()) if n and m else 0.0,
        ),
        divergence=first_divergence(gold_steps, student_steps, rows, path, question=question),
    )


def similarity(gold: NDArray[np.floating], student: NDArray[np.floating], n: int, m: int) -> Matrix:
    """Cosines in [-1, 1] as an n x m matrix, also where one side is empty."""
    if not n or not m:
        return np.zeros((n, m))
    product = np.asarray(gold, dtype=np.float64) @ np.asarray(student, dtype=np.float64).T
    if product.shape != (n, m):
        raise ValueError(f"{n} gold and {m} student steps, but vectors give {product.shape}")
    return np.clip(product, -1.0, 1.0)


def published_score(meaning: Matrix) -> float:
    """System 1's score: mean raw cosine of the pairs that Needleman-Wunsch with GAP matches, cut to [0, 1]."""
    rows = meaning.tolist()
    _, path = best_path(rows, meaning.shape[1], GAP)
    matched = [rows[move.gold][move.student] for move in path if move.gold is not None and move.student is not None]
    return min(1.0, max(0.0, sum(matched) / len(matched))) if matched else 0.0


def _value_matrix(gold_steps: Sequence[str], student_steps: Sequence[str]) -> tuple[Matrix, NDArray[np.bool_]]:
    """(Jaccard of the values, whether either of the two steps names a value), n x m each."""
    gold = [step_values(step) for step in gold_steps]
    student = [step_values(step) for step in student_steps]
    found = [[value_similarity(one, other) for other in student] for one in gold]
    shape = (len(gold), len(student))
    values = np.array([[share or 0.0 for share in row] for row in found], dtype=np.float64).reshape(shape)
    known = np.array([[share is not None for share in row] for row in found], dtype=np.bool_).reshape(shape)
    return values, known


def _matched_sum(rows: Sequence[Sequence[float]], path: Sequence[Move]) -> float:
    return sum(rows[move.gold][move.student] for move in path if move.gold is not None and move.student is not None)


def _extra(rows: Sequence[Sequence[float]], path: Sequence[Move], students: int) -> float:
    explaining = sum(
        rows[move.gold][move.student] >= EXPLAINS for move in path if move.gold is not None and move.student is not None
    )
    return 1.0 - explaining / students if students else 0.0


def _tuples(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
