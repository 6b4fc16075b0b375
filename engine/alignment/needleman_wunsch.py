"""Needleman-Wunsch over many pairs at once: the best monotone path through each matrix of cell scores, linear gap.

D[i][j] = max(D[i-1][j-1] + cell[i-1][j-1], D[i-1][j] + gap, D[i][j-1] + gap), and where merges are offered also the
value before a merge plus its worth. D[i][0] = i gap, D[0][j] = j gap. Ties go to a match, then to skipping gold, then
to skipping student; to a merge only where it is worth more.

The loops (engine.alignment.loops) run as plain Python at first and are compiled by numba after COMPILE_AFTER cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.alignment import loops
from engine.rows.alignment import Move, MoveKind

COMPILE_AFTER = 3_000_000  # cells of one process; compiling takes about the second that plain Python takes for these
_KINDS: dict[int, MoveKind] = {
    loops.SKIP_GOLD: "skip-gold",
    loops.SKIP_STUDENT: "skip-student",
    loops.MATCH: "match",
}

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Merge:
    """Two steps of one side that together match one of the other. Equal ends mean: one step there.

    Gold steps of a merge are neighbours; student steps between the two are skipped, at the price of gaps. `worth`
    counts like a cell.
    """

    first_gold: int
    gold: int
    first_student: int
    student: int
    worth: float

    def gain(self, gap: float) -> float:
        """What a path gains by it."""
        return self.worth + gap * max(0, self.student - self.first_student - 1)


@dataclass(frozen=True, slots=True)
class Solved:
    """Totals of k pairs, and their choices from each path's end to its start, one pair after the other.

    Pair p has `lengths[p]` choices. One of loops.MERGE and more is the number of a merge in `merges`, plus MERGE.
    """

    totals: NDArray[np.float64]
    choices: NDArray[np.int32]
    lengths: NDArray[np.int64]
    merges: Sequence[Merge]


def best_paths(
    cells: Sequence[Matrix], gap: float, merges: Sequence[Sequence[Merge]] | None = None
) -> list[tuple[float, tuple[Move, ...]]]:
    """(total score, moves from first to last) of many matrices (n gold x m student, empty sides allowed), in
    their order."""
    solved = solve(cells, gap, merges)
    choices, ends = solved.choices.tolist(), np.cumsum(solved.lengths)
    return [
        (total, _moves(choices[end - length : end], len(matrix), matrix.shape[1], solved.merges))
        for matrix, total, length, end in zip(
            cells, solved.totals.tolist(), solved.lengths.tolist(), ends.tolist(), strict=True
        )
    ]


def solve(
    cells: Sequence[Matrix],
    gap: float,
    merges: Sequence[Sequence[Merge]] | None = None,
    *,
    compiled: bool | None = None,
) -> Solved:
    """Totals and choices of every pair. `compiled` None: as the work done so far decides; the results are the same."""
    rows, columns = [len(matrix) for matrix in cells], [matrix.shape[1] for matrix in cells]
    named = sorted(
        ((k, merge) for k, offered in enumerate(merges or ()) for merge in offered),
        key=lambda one: (one[0], one[1].gold, one[1].student),
    )
    if compiled is None:
        compiled = _work.passes(sum(n * m for n, m in zip(rows, columns, strict=True)))
    found = _compiled(cells, rows, columns, gap, named) if compiled else _plain(cells, rows, columns, gap, named)
    return Solved(*found, [merge for _, merge in named])


class _Work:
    """How many cells this process has solved."""

    def __init__(self) -> None:
        self.cells = 0

    def passes(self, cells: int) -> bool:
        """Count these as well: is it now worth it to compile?"""
        self.cells += cells
        return self.cells > COMPILE_AFTER


_work = _Work()
_Named = Sequence[tuple[int, Merge]]
_Found = tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]


def _plain(cells: Sequence[Matrix], rows: list[int], columns: list[int], gap: float, named: _Named) -> _Found:
    pair, first_gold, gold, first_student, student = (list(column) for column in zip(*_ends(named), strict=True))
    worth = [merge.gain(gap) for _, merge in named]
    offers = loops.Offers(pair, first_gold, gold, first_student, student, worth)
    sizes = [(n + 1) * (m + 1) for n, m in zip(rows, columns, strict=True)]
    flat = [cell for matrix in cells for cell in matrix.ravel().tolist()]
    totals, choices = [0.0] * len(rows), [0] * sum(sizes)
    loops.fill(flat, rows, columns, gap, offers, [0.0] * max(sizes, default=0), choices, totals)
    taken, lengths = [0] * (sum(rows) + sum(columns)), [0] * len(rows)
    loops.walk_back(rows, columns, offers, choices, taken, lengths)
    return np.array(totals), np.array(taken[: sum(lengths)], dtype=np.int32), np.array(lengths, dtype=np.int64)


def _compiled(cells: Sequence[Matrix], rows: list[int], columns: list[int], gap: float, named: _Named) -> _Found:
    fill, walk_back = _kernels()
    ends = np.array(_ends(named), dtype=np.int64).T.copy()
    offered: list[Any] = [*ends, np.array([merge.gain(gap) for _, merge in named], dtype=np.float64)]
    offers = loops.Offers(*offered)
    n, m = np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
    sizes = (n + 1) * (m + 1)
    flat = np.concatenate(cells, axis=None) if cells else np.empty(0)
    totals, choices = np.empty(len(n)), np.empty(int(sizes.sum()), dtype=np.int32)
    fill(flat, n, m, gap, offers, np.empty(int(sizes.max(initial=0))), choices, totals)
    taken, lengths = np.empty(int((n + m).sum()), dtype=np.int32), np.empty(len(n), dtype=np.int64)
    walk_back(n, m, offers, choices, taken, lengths)
    return totals, taken[: int(lengths.sum())], lengths


def _ends(named: _Named) -> list[tuple[int, ...]]:
    ends = [(k, merge.first_gold, merge.gold, merge.first_student, merge.student) for k, merge in named]
    return [*ends, (-1,) * 5]


@cache
def _kernels() -> tuple[Any, Any]:
    """Compiled anew by each process that needs them: numba's cache on disk is made of pickles."""
    from numba import njit  # a fifth of a second that small jobs do not pay

    return njit(loops.fill), njit(loops.walk_back)


def _moves(choices: Sequence[int], i: int, j: int, merges: Sequence[Merge]) -> tuple[Move, ...]:
    moves: list[Move] = []
    for choice in choices:
        if choice < loops.MERGE:
            moves.append(_move(choice, i, j))
            i, j = i - (choice != loops.SKIP_STUDENT), j - (choice != loops.SKIP_GOLD)
        else:
            merge = merges[choice - loops.MERGE]
            moves += _merge_moves(merge)
            i, j = merge.first_gold, merge.first_student
    moves.reverse()
    return tuple(moves)


@lru_cache(maxsize=1 << 15)
def _move(choice: int, i: int, j: int) -> Move:
    return Move(
        _KINDS[choice], None if choice == loops.SKIP_STUDENT else i - 1, None if choice == loops.SKIP_GOLD else j - 1
    )


def _merge_moves(merge: Merge) -> list[Move]:
    """From last to first, as the walk goes: the further step, what lies between, the match."""
    between = [Move("skip-student", None, j) for j in range(merge.student - 1, merge.first_student, -1)]
    first = Move("match", merge.first_gold, merge.first_student)
    return [Move("merge", merge.gold, merge.student), *between, first]
