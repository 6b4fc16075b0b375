"""Which answers of a problem are the same: the classes that a majority vote counts, by the grader's own equality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.evaluation.samples import by_problem, is_sampled
from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest
from engine.grading.verdict import Extraction
from engine.rows.graded import GradedRow

KEPT = "answer_classes.json"
"""Under this name a stage keeps `classes_of` its rows: hundreds of LaTeX answers take a while to compare."""

Same = Callable[[Sequence[str], str], Sequence[bool]]
"""Of each known answer: whether the new one is the same."""


def with_answer_classes(
    rows: Sequence[GradedRow], checkpoint: Callable[[], None] = lambda: None, kept: object = None
) -> list[GradedRow]:
    """The rows, each of several samples with `answer_class`: a number within its problem, None without an answer.

    `kept` is what `classes_of` gave of the same rows; where it is of another grader or lacks a row, all are compared.
    """
    if not is_sampled(rows):
        return list(rows)
    classes = _known(rows, kept)
    if classes is None:
        classes = {}
        with Grader() as grader:
            for members in by_problem(rows).values():
                checkpoint()
                classes |= answer_classes(members, lambda known, answer: _equal(grader, known, answer))
    return [replace(row, answer_class=classes[row.id]) for row in rows]


def classes_of(rows: Sequence[GradedRow]) -> dict[str, Any]:
    """A small document of the classes of rows that have them."""
    return {"grader": GRADER_VERSION, "classes": {row.id: row.answer_class for row in rows}}


def _known(rows: Sequence[GradedRow], kept: object) -> dict[str, int | None] | None:
    if not isinstance(kept, dict) or kept.get("grader") != GRADER_VERSION or not isinstance(kept.get("classes"), dict):
        return None
    classes: dict[str, int | None] = kept["classes"]
    return classes if all(row.id in classes for row in rows) else None


def answer_classes(members: Sequence[GradedRow], same: Same) -> dict[str, int | None]:
    """Row id -> class, for the samples of one problem in their order.

    All right answers are one class, whatever they look like. Another answer joins the first class whose first member
    it equals; one that the grader could not read equals only itself, letter by letter.
    """
    classes: dict[str, int | None] = {}
    by_text: dict[str, int] = {}
    known: dict[int, str] = {}
    right: int | None = None
    for row in members:
        answer = row.predicted
        place: int | None = None
        if row.verdict == "right":
            right = place = len(classes) if right is None else right
        elif answer:
            place = by_text.get(answer)
            if place is None and row.verdict == "wrong" and known:
                equal = same(list(known.values()), answer)
                place = next((number for number, is_same in zip(known, equal, strict=True) if is_same), None)
            if place is None:
                place = len(classes)
                if row.verdict == "wrong":
                    known[place] = answer
            by_text[answer] = place
        classes[row.id] = place
    return classes


def _equal(grader: Grader, known: Sequence[str], answer: str) -> list[bool]:
    requests = [GradeRequest("", one, answer) for one in known]
    return [
        v.label == "right" for v in grader.grade_extracted(requests, [Extraction(answer, "answer-tag")] * len(known))
    ]
