"""What must hold whatever the data: the path against brute force and an independent program, and edits of gold chains.

Needs no data: matrices are drawn, chains come from the project's own generator.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from random import Random

import numpy as np
from numpy.typing import NDArray

from engine.alignment.needleman_wunsch import best_paths

Matrix = NDArray[np.float64]
Steps = tuple[str, ...]
GAPS = (-0.1, 0.0, -0.35)
SMALL = 6  # steps a side; all monotone alignments of 6 x 6 are 924
CLOSE = 1e-9


def drawn_matrices(count: int, largest: int, seed: int) -> list[Matrix]:
    """Random matrices of 1 to `largest` steps a side, with ties."""
    random = np.random.default_rng(seed)
    return [
        np.round(random.uniform(-1, 1, size=tuple(random.integers(1, largest + 1, size=2))), 1) for _ in range(count)
    ]


def agreement(matrices: Sequence[Matrix], oracle: Callable[[Matrix, float], float]) -> float:
    """Share of (matrix, gap) for which the oracle's best total equals ours, and our path is worth that total."""
    hits = []
    for gap in GAPS:
        for matrix, (total, path) in zip(matrices, best_paths(matrices, gap), strict=True):
            met = [(move.gold, move.student) for move in path if move.gold is not None and move.student is not None]
            worth = sum(float(matrix[i, j]) for i, j in met) + gap * (sum(matrix.shape) - 2 * len(met))
            hits.append(abs(total - oracle(matrix, gap)) < CLOSE and abs(total - worth) < CLOSE)
    return sum(hits) / len(hits)


def brute_force(matrix: Matrix, gap: float) -> float:
    """The best total over every monotone alignment."""
    n, m = matrix.shape
    best: float = max(
        sum(float(matrix[i, j]) for i, j in pairs) + gap * (n + m - 2 * len(pairs))
        for pairs in monotone_alignments(n, m)
    )
    return best


def monotone_alignments(n: int, m: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every set of pairs that rises in both numbers: all a path can match."""
    for size in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), size):
            for columns in itertools.combinations(range(m), size):
                yield tuple(zip(rows, columns, strict=True))


def independent(matrix: Matrix, gap: float) -> float:
    """The same total by another program: pynw where it is installed, else a recursion from the other end."""
    if find_spec("pynw"):
        return float(import_module("pynw").needleman_wunsch_score(matrix, gap_penalty=gap))
    return recursive(matrix, gap)


def independent_name() -> str:
    return "pynw" if find_spec("pynw") else "an independent recursion"


def recursive(matrix: Matrix, gap: float) -> float:
    """Best total of what is left from (i, j) on, by definition."""
    n, m = matrix.shape

    @cache
    def best(i: int, j: int) -> float:
        if i == n or j == m:
            return float(gap * (n - i + m - j))
        return max(float(matrix[i, j]) + best(i + 1, j + 1), gap + best(i + 1, j), gap + best(i, j + 1))

    total: float = best(0, 0)
    return total


def dropped(steps: Steps, random: Random) -> Steps:
    place = random.randrange(len(steps))
    return steps[:place] + steps[place + 1 :]


def repeated(steps: Steps, random: Random) -> Steps:
    place = random.randrange(len(steps))
    return steps[: place + 1] + steps[place:]


def swapped(steps: Steps, random: Random) -> Steps:
    place = random.randrange(len(steps) - 1)
    return (*steps[:place], steps[place + 1], steps[place], *steps[place + 2 :])


def inserted(steps: Steps, foreign: Steps, random: Random) -> Steps:
    place = random.randrange(len(steps) + 1)
    return (*steps[:place], random.choice(foreign), *steps[place:])
