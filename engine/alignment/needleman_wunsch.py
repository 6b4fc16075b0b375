"""Needleman-Wunsch over many pairs at once: the best monotone path through each matrix of cell scores, linear gap.

D[i][j] = max(D[i-1][j-1] + cell[i-1][j-1], D[i-1][j] + gap, D[i][j-1] + gap), and where merges are offered also the
value before a merge plus its worth. D[i][0] = i gap, D[0][j] = j gap. Ties, decided while walking back from the end:
match, then skip gold, then skip student; a merge only where it is worth more.

Pairs of like size form one batch. A row of all its matrices is computed in a handful of array operations: what comes
from the left within a row is a running maximum of D - j gap, so nothing waits for its left neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.alignment.alignment import Move, MoveKind

BATCH = 512  # pairs in one batch: 512 x 12 x 12 doubles stay in the processor's cache
BATCH_CELLS = 2_000_000  # of one batch, however few pairs: 16 MB of doubles
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
    """Solved pairs: `choice[k]` is what step k of the walk back does, where it stands is (`gold[k]`, `student[k]`)."""

    total: NDArray[np.float64]
    choice: NDArray[np.int32]
    gold: NDArray[np.int32]
    student: NDArray[np.int32]
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
    order = sorted(range(len(shapes)), key=lambda k: shapes[k])
    found: list[list[int]] = []
    rows = columns = 0
    for position in order:
        rows, columns = max(rows, shapes[position][0]), max(columns, shapes[position][1])
        full = not found or len(found[-1]) >= BATCH or (len(found[-1]) + 1) * (rows + 1) * (columns + 1) > BATCH_CELLS
        if full:
            found.append([])
            rows, columns = shapes[position]
        found[-1].append(position)
    return found


def solve(cells: Sequence[Matrix], gap: float, merges: Sequence[Sequence[Merge]] | None = None) -> Batch:
    """Fill one batch's tables and walk all of them back together."""
    rows = np.array([matrix.shape[0] for matrix in cells])
    columns = np.array([matrix.shape[1] for matrix in cells])
    n, m = int(rows.max(initial=0)), int(columns.max(initial=0))
    padded = np.zeros((n, len(cells), m))
    for k, matrix in enumerate(cells):
        padded[: matrix.shape[0], k, : matrix.shape[1]] = matrix
    named = [(k, merge) for k, offered in enumerate(merges or ()) for merge in offered]
    table, choices = _fill(padded, gap, named)
    total = table[rows, np.arange(len(cells)), columns]
    return _walk_back(total, choices, rows, columns, named)


def _fill(
    padded: Matrix, gap: float, named: Sequence[tuple[int, Merge]]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    n, count, m = padded.shape
    slope = gap * np.arange(m + 1)
    table = np.empty((n + 1, count, m + 1))
    table[0] = slope
    choices = np.full((n + 1, count, m + 1), _SKIP_STUDENT, dtype=np.int32)
    ending: dict[int, list[int]] = {}
    for number, (_, merge) in enumerate(named):
        ending.setdefault(merge.gold, []).append(number)
    for i in range(n):
        best = table[i] + gap
        choice = choices[i + 1]
        choice[...] = _SKIP_GOLD
        matched = table[i, :, :-1] + padded[i]
        better = matched >= best[:, 1:] - EQUAL
        np.copyto(best[:, 1:], matched, where=better)
        choice[:, 1:][better] = _MATCH
        for number in ending.get(i, ()):
            k, merge = named[number]
            worth = table[merge.first_gold, k, merge.first_student] + merge.worth
            if worth > best[k, merge.student + 1] + EQUAL:
                best[k, merge.student + 1] = worth
                choice[k, merge.student + 1] = _MERGE + number
        best -= slope
        running = np.maximum.accumulate(best, axis=1)
        choice[running > best + EQUAL] = _SKIP_STUDENT
        np.add(running, slope, out=table[i + 1])
    return table, choices


def _walk_back(
    total: NDArray[np.float64],
    choices: NDArray[np.int32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    named: Sequence[tuple[int, Merge]],
) -> Batch:
    """One step of every walk at a time; a walk that has arrived stays and writes -1."""
    count = len(total)
    every = np.arange(count)
    i, j = rows.astype(np.int32), columns.astype(np.int32)
    # Where a choice leads: the first three kinds step by one, a merge jumps to before its first pair.
    to_gold = np.array([1, 0, 1] + [merge.gold - merge.first_gold + 1 for _, merge in named], dtype=np.int32)
    to_student = np.array([0, 1, 1] + [merge.student - merge.first_student + 1 for _, merge in named], dtype=np.int32)
    length = int((rows + columns).max(initial=0))
    choice = np.full((length, count), -1, dtype=np.int32)
    gold = np.zeros((length, count), dtype=np.int32)
    student = np.zeros((length, count), dtype=np.int32)
    for step in range(length):
        walking = (i > 0) | (j > 0)
        if not walking.any():
            choice, gold, student = choice[:step], gold[:step], student[:step]
            break
        taken = choices[i, every, j]
        choice[step] = np.where(walking, taken, -1)
        gold[step], student[step] = i, j
        i = np.where(walking, i - to_gold[taken], 0)
        j = np.where(walking, j - to_student[taken], 0)
    return Batch(total, choice, gold, student, named)


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
