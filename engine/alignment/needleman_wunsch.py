"""Needleman-Wunsch: the best monotone path through a matrix of cell scores, with a linear gap.

D[i][j] = max(D[i-1][j-1] + cell[i-1][j-1], D[i-1][j] + gap, D[i][j-1] + gap), D[i][0] = i gap, D[0][j] = j gap.
Ties, decided while walking back from the end: match, then skip gold, then skip student.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.alignment.alignment import Move

_MATCH, _SKIP_GOLD, _SKIP_STUDENT = 0, 1, 2


def best_path(cells: Sequence[Sequence[float]], columns: int, gap: float) -> tuple[float, tuple[Move, ...]]:
    """(total score, moves from first to last) for n gold rows of `columns` student cells.

    Plain lists beat numpy here: a chain has some ten steps, and a numpy call costs as much as a whole row.
    """
    rows = len(cells)
    above = [j * gap for j in range(columns + 1)]
    choices: list[list[int]] = [[_SKIP_STUDENT] * (columns + 1)]
    for i, row in enumerate(cells, start=1):
        current = [i * gap]
        chosen = [_SKIP_GOLD]
        left = current[0]
        diagonal = above[0]
        for j, cell in enumerate(row, start=1):
            best, choice = diagonal + cell, _MATCH
            up = above[j]
            if up + gap > best:
                best, choice = up + gap, _SKIP_GOLD
            if left + gap > best:
                best, choice = left + gap, _SKIP_STUDENT
            current.append(best)
            chosen.append(choice)
            left, diagonal = best, up
        choices.append(chosen)
        above = current
    return above[columns], _walk_back(choices, rows, columns)


def _walk_back(choices: list[list[int]], rows: int, columns: int) -> tuple[Move, ...]:
    moves: list[Move] = []
    i, j = rows, columns
    while i or j:
        choice = choices[i][j]
        if choice == _MATCH:
            i, j = i - 1, j - 1
            moves.append(Move("match", i, j))
        elif choice == _SKIP_GOLD:
            i -= 1
            moves.append(Move("skip-gold", i, None))
        else:
            j -= 1
            moves.append(Move("skip-student", None, j))
    return tuple(reversed(moves))
