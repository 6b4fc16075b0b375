"""How a graded row comes about: from a problem, a solution and what grader and aligner say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.alignment.alignment import Alignment
from engine.evaluation.attempt import Attempt
from engine.grading.verdict import Verdict
from engine.rows.alignment import Matrix
from engine.rows.graded import MATRICES, NULL, SCORES, VERSIONS, GradedRow
from engine.words import quadrant

DECIMALS = 4
"""Of scores and matrix cells: finer than any embedding is reproducible across machines."""


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """The fields of a row that the graders decide."""
    return {
        "predicted": verdict.predicted,
        "parsed_from": verdict.parsed_from,
        "verdict": verdict.label,
        "rule": verdict.rule,
        "symbolic": verdict.symbolic,
        "judge": verdict.judge,
    }


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found in a solution: its steps, the graders' verdict, its alignment (None without a gold solution) and
    its coverage of a foreign gold."""

    steps: tuple[str, ...]
    verdict: Verdict
    alignment: Alignment | None = None
    null: float | None = None


@dataclass(frozen=True, slots=True)
class Scoring:
    """By which score, from which threshold on, and with which versions of everything the rows of a stage are made."""

    variant: str
    threshold: float
    versions: Mapping[str, str]


def build_row(attempt: Attempt, found: Assessment, scoring: Scoring) -> GradedRow:
    """The row of an attempt.

    The quadrant is taken at the rounded score, so that whoever reads the row and its threshold finds the same one.
    """
    problem, completion, alignment = attempt.problem, attempt.completion, found.alignment
    null = found.null
    scores = _scores(alignment) | {NULL: None if null is None else round(null, DECIMALS)}
    score = scores[scoring.variant]
    return GradedRow(
        id=attempt.id,
        index=attempt.index,
        question=problem.question,
        answer=problem.answer,
        gold_solution=problem.gold_solution,
        gold_steps=tuple(problem.gold_steps),
        solution=attempt.solution,
        steps=tuple(found.steps),
        **verdict_fields(found.verdict),
        scores=scores,
        matrix={name: _rounded(getattr(alignment, name) if alignment else ()) for name in MATRICES},
        path=alignment.path if alignment else (),
        quadrant=None if score is None else quadrant(score, found.verdict.label, scoring.threshold),
        first_divergence=alignment.divergence if alignment else None,
        subject=problem.subject,
        level=problem.level,
        source=problem.source,
        tokens=completion.tokens if completion else 0,
        prompt_tokens=completion.prompt_tokens if completion else 0,
        truncated=completion.truncated if completion else False,
        seconds=round(completion.seconds, 3) if completion else 0.0,
        variant=scoring.variant,
        threshold=scoring.threshold,
        versions={**dict.fromkeys(VERSIONS, ""), **scoring.versions},
        problem=problem.id if attempt.sample is not None else "",
        sample=attempt.sample,
    )


def _scores(alignment: Alignment | None) -> dict[str, float | None]:
    if alignment is None:
        return dict.fromkeys(SCORES)
    return {name: round(float(getattr(alignment.scores, name)), DECIMALS) for name in SCORES}


def _rounded(matrix: Iterable[Iterable[float]]) -> Matrix:
    return tuple(tuple(round(float(cell), DECIMALS) for cell in row) for row in matrix)
