"""The aligner: gold steps against student steps -> matrices, path, scores and the first divergence.

Two variants, both over unit vectors g_i (gold) and s_j (student):

* `published` (system 1): cell = cos(g_i, s_j), path by Needleman-Wunsch with GAP; score = mean of the matched cosines,
  cut to [0, 1], 0 where nothing matches. Missing and repeated steps cost nothing in it.
* `coverage` (the default): cell = (1 - w) max(cos, 0) + w V, where V is the weighted Jaccard index of the two steps'
  values (engine.alignment.cells); one gold step may match two student steps and the reverse. The path maximises the
  weighted sum of what it explains; coverage = that sum / sum of the gold's weights, so a gold step that nothing
  explains costs its whole weight. extra = share of the student steps that are unmatched or matched below EXPLAINS.
  order_free = the same share with every gold step explained by its best cell or merge, whatever the order.

Dropping a student step never raises coverage, whatever the chain; adding or moving one never raises that of a chain
that is the gold's. (No score can do both for every chain: adding a step is the way back from dropping it.)

Measured with MiniLM on questions that chose nothing (recipe validate-alignment): AUC for a right answer on OpenAI's
solutions of GSM8K 0.970, with each chain's final value masked 0.901 (published: 0.721); for a sound chain on
ProcessBench-GSM8K 0.927 (0.608), on CHAMP 0.805 (0.800); first wrong step on ProcessBench-GSM8K F1 0.689.

The scores see steps only, never the verdict. The path in the result is the one of the default variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.alignment.alignment import Alignment, Move, Scores
from engine.alignment.cells import Cells, cells_of
from engine.alignment.divergence import first_divergence
from engine.alignment.needleman_wunsch import Merge, best_paths

ALIGNER_VERSION = "3"
GAP = -0.1  # system 1's gamma, for the published variant
COVERAGE_GAP = 0.0  # cells are never negative; without a price on gaps a dropped student step can only lower coverage
PAIRS_AT_ONCE = 512  # their steps' values are still remembered when the divergence asks for them
EXPLAINS = 0.3  # a matched cell below it explains nothing

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two chains and their unit vectors, (n, d) and (m, d). `question` tells the divergence which values were given."""

    gold_steps: Sequence[str]
    student_steps: Sequence[str]
    gold_vectors: NDArray[np.floating]
    student_vectors: NDArray[np.floating]
    question: str = ""


def align(
    gold_steps: Sequence[str],
    student_steps: Sequence[str],
    gold_vectors: NDArray[np.floating],
    student_vectors: NDArray[np.floating],
    *,
    question: str = "",
) -> Alignment:
    """Align n gold steps with m student steps; see `align_all`."""
    return align_all([Pair(gold_steps, student_steps, gold_vectors, student_vectors, question)])[0]


def align_all(pairs: Sequence[Pair]) -> list[Alignment]:
    """Align many pairs, in their order; every pair's result is the same as alone, whatever is aligned beside it.

    Every score lies in [0, 1]. No student steps: coverage 0, extra 0, every gold step skipped. No gold steps: nothing
    can be covered, all scores 0 and extra 1 (0 without student steps).
    """
    starts = range(0, len(pairs), PAIRS_AT_ONCE)
    return [alignment for start in starts for alignment in _align_some(pairs[start : start + PAIRS_AT_ONCE])]


def coverages(pairs: Sequence[Pair]) -> list[float]:
    """Only the coverage of each pair: what a null needs."""
    starts = range(0, len(pairs), PAIRS_AT_ONCE)
    return [score for start in starts for score in _coverages(_prepared(pairs[start : start + PAIRS_AT_ONCE]))]


def _prepared(pairs: Sequence[Pair]) -> list[tuple[Matrix, Cells]]:
    meanings = [similarity(p.gold_vectors, p.student_vectors, len(p.gold_steps), len(p.student_steps)) for p in pairs]
    return [
        (meaning, cells_of(p.gold_steps, p.student_steps, meaning)) for p, meaning in zip(pairs, meanings, strict=True)
    ]


def _paths(prepared: Sequence[tuple[Matrix, Cells]]) -> list[tuple[float, tuple[Move, ...]]]:
    weighted = [found.cell * found.weights[:, None] for _, found in prepared]
    return best_paths(weighted, COVERAGE_GAP, [found.merges for _, found in prepared])


def _coverages(prepared: Sequence[tuple[Matrix, Cells]]) -> list[float]:
    return [_share(total, found) for (_, found), (total, _) in zip(prepared, _paths(prepared), strict=True)]


def _share(total: float, found: Cells) -> float:
    return min(1.0, max(0.0, total / float(found.weights.sum()))) if len(found.weights) else 0.0


def _align_some(pairs: Sequence[Pair]) -> list[Alignment]:
    prepared = _prepared(pairs)
    published = published_scores([meaning for meaning, _ in prepared])
    return [
        _alignment(pair, meaning, found, score, total, path)
        for pair, (meaning, found), score, (total, path) in zip(
            pairs, prepared, published, _paths(prepared), strict=True
        )
    ]


def similarity(gold: NDArray[np.floating], student: NDArray[np.floating], n: int, m: int) -> Matrix:
    """Cosines in [-1, 1] as an n x m matrix, also where one side is empty."""
    if not n or not m:
        return np.zeros((n, m))
    product = np.asarray(gold, dtype=np.float64) @ np.asarray(student, dtype=np.float64).T
    if product.shape != (n, m):
        raise ValueError(f"{n} gold and {m} student steps, but vectors give {product.shape}")
    return np.clip(product, -1.0, 1.0)


def published_scores(meanings: Sequence[Matrix]) -> list[float]:
    """System 1's score of many matrices: mean raw cosine of the pairs that Needleman-Wunsch with GAP matches, cut to
    [0, 1]."""
    scores = []
    for meaning, (_, path) in zip(meanings, best_paths(meanings, GAP), strict=True):
        rows = meaning.tolist()
        matched = [rows[i][j] for i, j in _met(path)]
        scores.append(min(1.0, max(0.0, sum(matched) / len(matched))) if matched else 0.0)
    return scores


def _alignment(
    pair: Pair, meaning: Matrix, found: Cells, published: float, total: float, path: tuple[Move, ...]
) -> Alignment:
    n, m = len(pair.gold_steps), len(pair.student_steps)
    rows = found.cell.tolist()
    return Alignment(
        meaning=_tuples(meaning),
        values=_tuples(found.values),
        cell=_tuples(found.cell),
        path=path,
        scores=Scores(
            published=published,
            coverage=_share(total, found),
            extra=_extra(rows, path, found, m),
            order_free=_order_free(found) if n and m else 0.0,
        ),
        divergence=first_divergence(pair.gold_steps, pair.student_steps, rows, path, question=pair.question),
    )


def _met(path: Sequence[Move]) -> list[tuple[int, int]]:
    return [(move.gold, move.student) for move in path if move.gold is not None and move.student is not None]


def _extra(rows: Sequence[Sequence[float]], path: Sequence[Move], found: Cells, students: int) -> float:
    """1 - share of the student steps in a match or merge that explains; a merge explains by its joint worth."""
    merges = {(merge.first_gold, merge.first_student, merge.gold, merge.student): merge for merge in found.merges}
    explaining: set[int] = set()
    before = (0, 0)
    for move in path:
        if move.gold is None or move.student is None:
            continue
        if move.kind == "match" and rows[move.gold][move.student] >= EXPLAINS:
            explaining.add(move.student)
        if move.kind == "merge" and _worth(merges[(*before, move.gold, move.student)], found) >= EXPLAINS:
            explaining |= {before[1], move.student}
        before = (move.gold, move.student)
    return 1.0 - len(explaining) / students if students else 0.0


def _worth(merge: Merge, found: Cells) -> float:
    """What a merge is worth on the scale of a cell."""
    return merge.worth / float(found.weights[merge.first_gold : merge.gold + 1].sum())


def _order_free(found: Cells) -> float:
    best = found.cell.max(axis=1)
    for merge in found.merges:
        span = slice(merge.first_gold, merge.gold + 1)
        best[span] = np.maximum(best[span], _worth(merge, found))
    return float((best * found.weights).sum() / found.weights.sum())


def _tuples(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
