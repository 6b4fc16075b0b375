"""One pair of answers, graded as if the second had been found in a box."""

from __future__ import annotations

from engine.grading.grader import Grader, GradeRequest
from engine.grading.verdict import Extraction, Verdict


def grade_one(grader: Grader, gold: str, answer: str) -> Verdict:
    return grader.grade_extracted([GradeRequest("", gold, "")], [Extraction(answer, "boxed")])[0]


def right(grader: Grader, gold: str, answer: str) -> bool:
    return grade_one(grader, gold, answer).label == "right"
