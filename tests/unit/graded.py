"""Pairs of answers, graded as if the second had been found in a box: one alone, or a table of them in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.grading.grader import Grader, GradeRequest
from engine.grading.verdict import Extraction, Verdict


def grade_one(grader: Grader, gold: str, answer: str) -> Verdict:
    return grade_all(grader, [(gold, answer)])[0]


def grade_all(grader: Grader, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    """One verdict a pair, in order."""
    requests = [GradeRequest("", gold, "") for gold, _ in pairs]
    return grader.grade_extracted(requests, [Extraction(answer, "boxed") for _, answer in pairs])


def right(grader: Grader, gold: str, answer: str) -> bool:
    return grade_one(grader, gold, answer).label == "right"


def assert_right(grader: Grader, pairs: Iterable[tuple[str, str]]) -> None:
    """Every answer is right; the error lists all that are not."""
    assert_judged(grader, [(gold, answer, True) for gold, answer in pairs])


def assert_not_right(grader: Grader, pairs: Iterable[tuple[str, str]]) -> None:
    """No answer is right; the error lists all that are."""
    assert_judged(grader, [(gold, answer, False) for gold, answer in pairs])


def assert_judged(grader: Grader, cases: Sequence[tuple[str, str, bool]]) -> None:
    """Each answer is right exactly where the table says so; the error lists every other case with its verdict."""
    assert cases, "an empty table proves nothing"
    verdicts = grade_all(grader, [(gold, answer) for gold, answer, _ in cases])
    misjudged = [
        f"{answer!r} for {gold!r}: expected {'right' if same else 'not right'}, got {verdict.label} by {verdict.rule}"
        for (gold, answer, same), verdict in zip(cases, verdicts, strict=True)
        if (verdict.label == "right") is not same
    ]
    assert not misjudged, f"{len(misjudged)} of {len(cases)} cases\n" + "\n".join(misjudged)
