"""Which answers of a problem are the same: the classes that a majority vote counts, by the grader's own equality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.evaluation.samples import by_problem, is_sampled
from engine.grading.grader import Grader, GradeRequest
from engine.grading.verdict import Extraction
from engine.runs.results import Row

Same = Callable[[Sequence[str], str], Sequence[bool]]
"""Of each known answer: whether the new one is the same."""


def with_answer_classes(rows: Sequence[Row], checkpoint: Callable[[], None] = lambda: None) -> list[Row]:
    """The rows, each of several samples with `answer_class`: a number within its problem, None without an answer."""
    if not is_sampled(rows):
        return list(rows)
    with Grader() as grader:
        classes: dict[str, int | None] = {}
        for members in by_problem(rows).values():
            checkpoint()
            classes |= answer_classes(members, lambda known, answer: _equal(grader, known, answer))
    return [row | {"answer_class": classes[row["id"]]} for row in rows]


def answer_classes(members: Sequence[Row], same: Same) -> dict[str, int | None]:
    """Row id -> class, for the samples of one problem in their order.

    All right answers are one class, whatever they look like. Another answer joins the first class whose first member
    it equals; one that the grader could not read equals only itself, letter by letter.
    """
    classes: dict[str, int | None] = {}
    by_text: dict[str, int] = {}
    known: dict[int, str] = {}
    right: int | None = None
    for row in members:
        answer = row["predicted"]
        place: int | None = None
        if row["verdict"] == "right":
            right = place = len(classes) if right is None else right
        elif answer:
            place = by_text.get(answer)
            if place is None and row["verdict"] == "wrong" and known:
                equal = same(list(known.values()), answer)
                place = next((number for number, is_same in zip(known, equal, strict=True) if is_same), None)
            if place is None:
                place = len(classes)
                if row["verdict"] == "wrong":
                    known[place] = answer
            by_text[answer] = place
        classes[row["id"]] = place
    return classes


def _equal(grader: Grader, known: Sequence[str], answer: str) -> list[bool]:
    requests = [GradeRequest("", one, answer) for one in known]
    return [
        v.label == "right" for v in grader.grade_extracted(requests, [Extraction(answer, "answer-tag")] * len(known))
    ]
