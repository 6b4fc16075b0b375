"""The two loops of Needleman-Wunsch, written so that they run as plain Python over lists and compiled over arrays.

Matrices lie one after the other in flat sequences, row by row; results are written into the sequences given for them.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import NamedTuple

SKIP_GOLD, SKIP_STUDENT, MATCH, MERGE = 0, 1, 2, 3  # choices; MERGE + k is merge k
EQUAL = 1e-12  # totals closer than this are ties: sums of the same cells may round apart


class Offers(NamedTuple):
    """Merges as columns, in order of pair, gold, student; closed by one whose pair is -1 and that is no merge."""

    pair: Sequence[int]
    first_gold: Sequence[int]
    gold: Sequence[int]
    first_student: Sequence[int]
    student: Sequence[int]
    worth: Sequence[float]


def fill(
    cells: Sequence[float],  # all n x m matrices
    rows: Sequence[int],  # n of each pair
    columns: Sequence[int],  # m of each pair
    gap: float,
    offers: Offers,
    table: MutableSequence[float],  # room for the largest (n + 1) x (m + 1)
    choices: MutableSequence[int],  # all (n + 1) x (m + 1): how each place is reached best
    totals: MutableSequence[float],
) -> None:
    """Fill every pair's table, and say how its last place is reached."""
    pair, first_gold, gold, first_student, student, worth = offers
    cell = merge = base = 0
    for k in range(len(rows)):
        width = columns[k] + 1
        for j in range(width):
            table[j] = j * gap
            choices[base + j] = SKIP_STUDENT
        here = width
        for i in range(rows[k]):
            before, left = table[here - width], (i + 1) * gap
            table[here] = left
            choices[base + here] = SKIP_GOLD
            offered = pair[merge] == k and gold[merge] == i
            for j in range(columns[k]):
                here += 1
                above = table[here - width]
                # Values that are selected, not branches that are taken: compiled, this waits for no prediction.
                choice = SKIP_GOLD if above >= left - EQUAL else SKIP_STUDENT
                best = (above if above >= left else left) + gap
                matched = before + cells[cell]
                choice = MATCH if matched >= best - EQUAL else choice
                best = matched if matched >= best else best
                while offered and student[merge] == j:
                    joined = table[first_gold[merge] * width + first_student[merge]] + worth[merge]
                    if joined > best + EQUAL:
                        best, choice = joined, MERGE + merge
                    merge += 1
                    offered = pair[merge] == k and gold[merge] == i
                table[here] = best
                choices[base + here] = choice
                before, left = above, best
                cell += 1
            here += 1
        totals[k] = table[here - 1]
        base += here


def walk_back(
    rows: Sequence[int],
    columns: Sequence[int],
    offers: Offers,
    choices: Sequence[int],
    taken: MutableSequence[int],  # room for n + m choices of every pair, filled without holes
    lengths: MutableSequence[int],
) -> None:
    """The choices of every pair's path, from its end to its start."""
    base = count = 0
    for k in range(len(rows)):
        i, j, width = rows[k], columns[k], columns[k] + 1
        start = count
        while i > 0 or j > 0:
            choice = choices[base + i * width + j]
            taken[count] = choice
            count += 1
            if choice >= MERGE:
                i, j = offers.first_gold[choice - MERGE], offers.first_student[choice - MERGE]
            else:
                if choice != SKIP_STUDENT:
                    i -= 1
                if choice != SKIP_GOLD:
                    j -= 1
        lengths[k] = count - start
        base += (rows[k] + 1) * width
