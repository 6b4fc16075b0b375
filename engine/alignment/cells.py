"""Cells: how far a student step explains a gold step, from what the two mean and the values they name.

Values: a weighted Jaccard index in which a value that either step finds out (the right side of its equations; where it
has none, its last number) weighs RESULT_WEIGHT and an operand 1: a wrong result costs more than another way to it. A
student step whose arithmetic is false explains nothing, unless the gold makes the same claim.

Merges: two student steps together for one gold step, or one for two neighbouring gold steps, with the union of their
values and the better of their meanings; offered only where each of the two brings a gold value the other lacks. What a
merge is worth depends on its own steps alone, so a chain without one of its steps has no option that the whole lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.alignment.arithmetic import claims, results
from engine.alignment.needleman_wunsch import Merge
from engine.alignment.values import Value, step_numbers, step_values

VALUE_WEIGHT = 0.5  # of a cell; the rest is meaning. Chosen with the two below on half of three labelled sets
RESULT_WEIGHT = 16  # of a value that a step finds out, beside 1 of an operand
FINAL_WEIGHT = 3.0  # of the last gold step, which holds what was asked, beside 1 of every other
MERGE_PRICE = 0.05  # of the cell's worth; a merge that explains hardly more is not worth reading
MERGED_STEPS = 64  # of a student's chain; in a longer one no two steps are merged, pairs grow with its square
STEPS_REMEMBERED = 16_384

Matrix = NDArray[np.float64]
FalseClaim = tuple[str, Fraction]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step names (`values`), what of that it finds out (`results`), and the false claims it makes."""

    values: frozenset[Value]
    results: frozenset[Value]
    false: frozenset[FalseClaim]


@lru_cache(maxsize=STEPS_REMEMBERED)
def facts(step: str) -> Facts:
    """The facts of a step; remembered, because the gold meets many students."""
    found: frozenset[Value] = frozenset(result.value for result in results(step))
    numbers = step_numbers(step)
    return Facts(
        step_values(step) | found,
        found or frozenset(numbers[-1:]),
        frozenset((claim.left, claim.claimed) for claim in claims(step) if not claim.holds),
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """`values` (0 where neither step names one) and `cell`, n gold x m student; the gold's weights; the merges.

    A merge's worth is weighted, cells are not.
    """

    values: Matrix
    cell: Matrix
    weights: NDArray[np.float64]
    merges: tuple[Merge, ...]


def cells_of(gold_steps: Sequence[str], student_steps: Sequence[str], meaning: Matrix) -> Cells:
    """The cells of a pair of chains whose steps have these cosines."""
    gold, student = [facts(step) for step in gold_steps], [facts(step) for step in student_steps]
    bits = {value: 1 << k for k, value in enumerate(dict.fromkeys(v for side in (gold, student) for f in side
                                                                 for v in f.values | f.results))}  # fmt: skip
    slips = frozenset(claim for fact in gold for claim in fact.false)
    masks = _Masks(
        [_mask(f.values | f.results, bits) for f in gold], [_mask(f.results, bits) for f in gold],
        [_mask(f.values | f.results, bits) for f in student], [_mask(f.results, bits) for f in student],
        [bool(f.false - slips) for f in student], np.maximum(meaning, 0.0).tolist(),
    )  # fmt: skip
    shape = (len(gold), len(student))
    values = [[_jaccard(a, ar | br, b) for b, br in zip(masks.student, masks.student_results, strict=True)]
              for a, ar in zip(masks.gold, masks.gold_results, strict=True)]  # fmt: skip
    cell = [
        [0.0 if void else _joined(close, share) for void, close, share in zip(masks.void, near, shares, strict=True)]
        for near, shares in zip(masks.meaning, values, strict=True)
    ]
    weights = np.ones(shape[0])
    weights[-1:] = FINAL_WEIGHT
    return Cells(
        np.array([[share or 0.0 for share in row] for row in values], dtype=np.float64).reshape(shape),
        np.array(cell, dtype=np.float64).reshape(shape),
        weights,
        (*_student_merges(masks, cell, weights.tolist()), *_gold_merges(masks, cell, weights.tolist())),
    )


@dataclass(frozen=True, slots=True)
class _Masks:
    """Sets of values as bits of integers: a union or a count is one operation."""

    gold: list[int]
    gold_results: list[int]
    student: list[int]
    student_results: list[int]
    void: list[bool]
    meaning: list[list[float]]


def _mask(values: frozenset[Value], bits: dict[Value, int]) -> int:
    mask = 0
    for value in values:
        mask |= bits[value]
    return mask


def _jaccard(one: int, found: int, other: int) -> float | None:
    """Weighted Jaccard index of two sets, `found` being the results among both; None where both are empty."""
    union = one | other
    if not union:
        return None
    shared = one & other
    if not shared:
        return 0.0
    heavy = RESULT_WEIGHT - 1
    return (shared.bit_count() + heavy * (shared & found).bit_count()) / (
        union.bit_count() + heavy * (union & found).bit_count()
    )


def _joined(meaning: float, share: float | None) -> float:
    return min(1.0, meaning if share is None else (1 - VALUE_WEIGHT) * meaning + VALUE_WEIGHT * share)


def _student_merges(masks: _Masks, cell: list[list[float]], weights: list[float]) -> list[Merge]:
    """Pairs of student steps, not always neighbours, for one gold step; only what is worth more than either alone."""
    merges: list[Merge] = []
    if len(masks.student) > MERGED_STEPS:
        return merges
    for i, (gold, found) in enumerate(zip(masks.gold, masks.gold_results, strict=True)):
        brings = [(j, gold & own) for j, own in enumerate(masks.student) if gold & own and not masks.void[j]]
        for place, (j, second) in enumerate(brings):
            for k, first in brings[:place]:
                if first | second in (first, second):
                    continue
                found_by_all = found | masks.student_results[j] | masks.student_results[k]
                share = _jaccard(gold, found_by_all, masks.student[j] | masks.student[k])
                worth = _joined(max(masks.meaning[i][j], masks.meaning[i][k]), share) - MERGE_PRICE
                if worth > max(cell[i][j], cell[i][k]):
                    merges.append(Merge(i, i, k, j, worth * weights[i]))
    return merges


def _gold_merges(masks: _Masks, cell: list[list[float]], weights: list[float]) -> list[Merge]:
    """One student step for two neighbouring gold steps, where that is worth more than the better of the two."""
    merges = []
    for i in range(1, len(masks.gold)):
        both = masks.gold[i - 1] | masks.gold[i]
        found = masks.gold_results[i - 1] | masks.gold_results[i]
        for j, own in enumerate(masks.student):
            first, second = masks.gold[i - 1] & own, masks.gold[i] & own
            if masks.void[j] or first | second in (first, second):
                continue
            share = _jaccard(both, found | masks.student_results[j], own)
            worth = _joined(max(masks.meaning[i - 1][j], masks.meaning[i][j]), share) - MERGE_PRICE
            worth *= weights[i - 1] + weights[i]
            if worth > max(cell[i - 1][j] * weights[i - 1], cell[i][j] * weights[i]):
                merges.append(Merge(i - 1, i, j, j, worth))
    return merges
