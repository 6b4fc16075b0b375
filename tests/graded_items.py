"""Items of graded answers for tests, with a parameter for each fact and score."""

from __future__ import annotations

from engine.rows.graded import YES
from engine.runs.events import Item
from engine.words import outcome_of


def graded_item(
    stage: str, id: str, index: int, offset: int, verdict: str, rule: str, predicted: str, answer: str, quadrant: str,
    published: float | None = None, coverage: float | None = None, extra: float | None = None, tokens: int = 0,
    truncated: bool = False, divergence: str = "", subject: str = "", level: str = "", symbolic: str = "",
    judge: str = "", merged: bool = False,
) -> Item:  # fmt: skip
    """As `GradedRow.to_item` makes it: what is empty is left out."""
    facts = {
        "verdict": verdict, "rule": rule, "predicted": predicted, "answer": answer, "quadrant": quadrant,
        "divergence": divergence, "subject": subject, "level": level, "symbolic": symbolic, "judge": judge,
        "truncated": YES if truncated else "", "merged": YES if merged else "",
    }  # fmt: skip
    scores: dict[str, float | None] = {"published": published, "coverage": coverage, "extra": extra}
    return Item(
        stage, id, index, offset, outcome_of(verdict, truncated),
        {name: value for name, value in scores.items() if value is not None} | ({"tokens": tokens} if tokens else {}),
        {name: value for name, value in facts.items() if value},
    )  # fmt: skip
