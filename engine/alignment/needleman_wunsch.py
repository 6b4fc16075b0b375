"""Needleman-Wunsch over many pairs at once: the best monotone path through each matrix of cell scores, linear gap.

D[i][j] = max(D[i-1][j-1] + cell[i-1][j-1], D[i-1][j] + gap, D[i][j-1] + gap), and where merges are offered also the
value before a merge plus its worth. D[i][0] = i gap, D[0][j] = j gap. Ties, decided while walking back from the end:
match, then skip gold, then skip student; a merge only where it is worth more.

Pairs of like size form one batch. The tables hold S = D - gap (i + j), in which a gap costs nothing: a row of all of
them is one sum, one maximum and one running maximum, and nothing waits for its left neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.alignment.alignment import Move, MoveKind

BATCH = 1_024  # pairs in one batch: enough to make the cost of an array operation a matter of its elements
ALIKE = 3  # rows that one batch may differ in before columns count
BATCH_CELLS = 150_000  # of one batch, however few pairs: its table of doubles stays in the processor's cache
EQUAL = 1e-12  # totals closer than this are ties; the running maximum rounds in the last place
_SKIP_GOLD, _SKIP_STUDENT, _MATCH, _MERGE = 0, 1, 2, 3
_KINDS: tuple[MoveKind, ...] = ("skip-gold", "skip-student", "match", "merge")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two steps of one side that together match one of the other. Equal ends mean: one step there.

    Gold steps of a merge are neighbours; student steps between the two are skipped. `worth` counts like a cell.
    """

    first_gold: int
    gold: int
    first_student: int
    student: int
    worth: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Solved pairs: step k of each walk back does `choice[k]` (-1: it has arrived) at (`gold[k]`, `student[k]`).

    A choice of _MERGE and more is the number of a merge, plus _MERGE.
    """

    total: NDArray[np.float64]
    choice: NDArray[np.int32]
    gold: NDArray[np.int64]
    student: NDArray[np.int64]
    merges: Sequence[tuple[int, Merge]]


def best_path(cells: Sequence[Sequence[float]], columns: int, gap: float) -> tuple[float, tuple[Move, ...]]:
    """(total score, moves from first to last) for n gold rows of `columns` student cells."""
    return best_paths([np.asarray(cells, dtype=np.float64).reshape(len(cells), columns)], gap)[0]


def best_paths(
    cells: Sequence[Matrix], gap: float, merges: Sequence[Sequence[Merge]] | None = None
) -> list[tuple[float, tuple[Move, ...]]]:
    """The same for many matrices (n x m each, empty sides allowed), in their order."""
    answers: list[tuple[float, tuple[Move, ...]]] = [(0.0, ())] * len(cells)
    for members in batches([matrix.shape for matrix in cells]):
        batch = solve([cells[k] for k in members], gap, [merges[k] for k in members] if merges else None)
        columns = zip(batch.choice.T.tolist(), batch.gold.T.tolist(), batch.student.T.tolist(), strict=True)
        for member, total, steps in zip(members, batch.total.tolist(), columns, strict=True):
            answers[member] = (total, _moves(*steps, batch.merges))
    return answers


def batches(shapes: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Positions of matrices of like size together, so that little is padded."""
    if not shapes:
        return []
    rows, columns = np.array(shapes).T
    order = np.lexsort((columns, rows // ALIKE))
    found: list[list[int]] = []
    start = 0
    while start < len(order):
        some = order[start : start + BATCH]
        cells = (np.maximum.accumulate(rows[some]) + 1) * (np.maximum.accumulate(columns[some]) + 1)
        fitting = int((cells * np.arange(1, len(some) + 1) <= BATCH_CELLS).sum())
        found.append(some[: max(1, fitting)].tolist())
        start += len(found[-1])
    return found


def solve(cells: Sequence[Matrix], gap: float, merges: Sequence[Sequence[Merge]] | None = None) -> Batch:
    """Fill one batch's tables and walk all of them back together."""
    rows = np.array([matrix.shape[0] for matrix in cells])
    columns = np.array([matrix.shape[1] for matrix in cells])
    named = [(k, merge) for k, offered in enumerate(merges or ()) for merge in offered]
    gains = _gains(cells, gap, rows, columns)
    table = _fill(gains, gap, named)
    total = table[rows, columns, np.arange(len(cells))] + gap * (rows + columns)
    return _walk_back(total, table, gains, gap, rows, columns, named)


def _gains(
    cells: Sequence[Matrix], gap: float, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What a match into (i, j) gains, (n + 1) x (m + 1) x pairs; minus infinity where there is nothing to match."""
    padded = np.full((len(cells), int(rows.max(initial=0)) + 1, int(columns.max(initial=0)) + 1), -np.inf)
    for own, matrix, n, m in zip(padded, cells, rows.tolist(), columns.tolist(), strict=True):
        own[1 : n + 1, 1 : m + 1] = matrix
    padded -= 2 * gap
    return np.ascontiguousarray(padded.transpose(1, 2, 0))


def _fill(gains: NDArray[np.float64], gap: float, named: Sequence[tuple[int, Merge]]) -> NDArray[np.float64]:
    table = np.zeros(gains.shape)
    ending: dict[int, list[tuple[int, Merge]]] = {}
    for k, merge in named:
        ending.setdefault(merge.gold + 1, []).append((k, merge))
    for i in range(1, len(table)):
        row = table[i]
        np.add(table[i - 1, :-1], gains[i, 1:], out=row[1:])
        np.maximum(row, table[i - 1], out=row)
        for k, merge in ending.get(i, ()):
            row[merge.student + 1, k] = max(row[merge.student + 1, k], _with_merge(table, gap, k, merge))
        np.maximum.accumulate(row, axis=0, out=row)
    return table


def _with_merge(table: NDArray[np.float64], gap: float, k: int, merge: Merge) -> float:
    spanned = merge.gold - merge.first_gold + merge.student - merge.first_student + 2
    return float(table[merge.first_gold, merge.first_student, k]) + merge.worth - gap * spanned


def _walk_back(
    total: NDArray[np.float64],
    table: NDArray[np.float64],
    gains: NDArray[np.float64],
    gap: float,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    named: Sequence[tuple[int, Merge]],
) -> Batch:
    """One step of every walk at a time; the kind of a step is found again from the totals around it.

    A walk that has arrived stays at (0, 0). What it reads beside the table's edge does not count.
    """
    count = len(total)
    up, left = table.shape[1] * count, count
    flat, gain = table.ravel(), gains.ravel()
    here = rows * up + columns * left + np.arange(count)  # where each walk stands in the flat table
    length = int((rows + columns).max(initial=0))
    places = np.zeros((length, count), dtype=np.int64)
    choice = np.full((length, count), -1, dtype=np.int32)
    ending: dict[int, list[int]] = {}
    for known, (k, merge) in enumerate(named):
        ending.setdefault((merge.gold + 1) * up + (merge.student + 1) * left + k, []).append(known)
    for step in range(length):
        places[step] = here
        value = flat[here] - EQUAL
        match = flat.take(here - (up + left), mode="wrap") + gain[here] >= value
        above = (flat.take(here - up, mode="wrap") >= value) & (here >= up) & ~match
        beside = (here >= left) & ~(match | above)
        if named:
            beside &= (flat.take(here - left, mode="wrap") >= value) & (here % up >= left)
            jumps = np.flatnonzero((here >= left) & ~(match | above | beside)).tolist()
        choice[step] = match * (_MATCH + 1) + beside * (_SKIP_STUDENT + 1) + above * (_SKIP_GOLD + 1) - 1
        here = here - (match | above) * up - (match | beside) * left
        for k in jumps if named else ():
            best = max(ending[int(here[k])], key=lambda one: _with_merge(table, gap, *named[one]))
            merge = named[best][1]
            choice[step, k] = _MERGE + best
            here[k] = merge.first_gold * up + merge.first_student * left + k
    return Batch(total, choice, places // up, places % up // left, named)


def _moves(
    choice: list[int], gold: list[int], student: list[int], merges: Sequence[tuple[int, Merge]]
) -> tuple[Move, ...]:
    moves: list[Move] = []
    for taken, i, j in zip(choice, gold, student, strict=True):
        if taken < 0:
            break
        if taken < _MERGE:
            moves.append(_move(taken, i, j))
        else:
            moves += _merge_moves(merges[taken - _MERGE][1])
    moves.reverse()
    return tuple(moves)


@lru_cache(maxsize=1 << 15)
def _move(taken: int, i: int, j: int) -> Move:
    return Move(_KINDS[taken], None if taken == _SKIP_STUDENT else i - 1, None if taken == _SKIP_GOLD else j - 1)


def _merge_moves(merge: Merge) -> list[Move]:
    """From last to first, as the walk goes: the further step, what lies between, the match."""
    between = [Move("skip-student", None, j) for j in range(merge.student - 1, merge.first_student, -1)]
    first = Move("match", merge.first_gold, merge.first_student)
    return [Move("merge", merge.gold, merge.student), *between, first]
