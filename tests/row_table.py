"""Result rows for tests, each a line of a table: sizes, verdict, score; no model, no embedding."""

from __future__ import annotations

from typing import Any

from engine.rows.graded import MATRICES, SCORES, GradedRow
from engine.runs.results import Row

QUESTION = "Tom has 3 boxes with 12 pencils each and gives away 9. How many are left?"


def make_row(index: int = 0, verdict: str = "right", coverage: float = 0.9, **fields: Any) -> GradedRow:
    """The row of `make_body`."""
    return GradedRow.from_json(make_body(index, verdict, coverage, **fields))


def make_body(index: int = 0, verdict: str = "right", coverage: float = 0.9, **fields: Any) -> Row:
    """A row of 2 gold steps and 3 student steps, the second of them extra; `fields` replace what they name."""
    high = coverage >= 0.5
    quadrant = ("robust" if high else "lucky-guess") if verdict == "right" else ("near-miss" if high else "failure")
    cells = [[coverage, 0.1, 0.0], [0.2, 0.3, coverage]]
    row: Row = {
        "id": f"item-{index}",
        "index": index,
        "question": QUESTION,
        "answer": "27",
        "gold_solution": "3 * 12 = 36\n36 - 9 = 27",
        "gold_steps": ["3 boxes hold 3 * 12 = 36 pencils.", "36 - 9 = 27 are left."],
        "solution": "...",
        "steps": ["There are 3 * 12 = 36.", "Pencils are useful.", "So 36 - 9 = 27."],
        "predicted": "27" if verdict == "right" else "" if verdict == "unparsed" else "45",
        "parsed_from": "none" if verdict == "unparsed" else "hash",
        "verdict": verdict,
        "rule": "no-answer" if verdict == "unparsed" else "numeric",
        "symbolic": verdict,
        "judge": None,
        "scores": {"published": 0.8, "coverage": coverage, "extra": 0.3333, "order_free": coverage},
        "matrix": {"meaning": cells, "values": cells, "cell": cells},
        "path": [["match", 0, 0], ["skip-student", None, 1], ["match", 1, 2]],
        "quadrant": quadrant,
        "first_divergence": None
        if verdict == "right"
        else {"student": 1, "gold": None, "reason": "value 45 not found"},
        "subject": "",
        "level": "",
        "source": "table",
        "tokens": 50,
        "prompt_tokens": 100,
        "truncated": False,
        "seconds": 1.5,
        "variant": "coverage",
        "threshold": 0.5,
        "versions": {"prompt": "1", "few_shot": "9f3a", "grader": "1", "aligner": "1", "model": "toy", "embedder": "e"},
    }
    assert fields.keys() <= row.keys()
    return row | fields


def unaligned_row(index: int = 0, verdict: str = "right") -> GradedRow:
    """A row whose problem has no gold solution."""
    return without_gold(make_row(index, verdict))


NO_GOLD: Row = {
    "gold_solution": "", "gold_steps": [], "path": [], "quadrant": None, "first_divergence": None,
    "scores": dict.fromkeys(SCORES), "matrix": {name: [] for name in MATRICES},
}  # fmt: skip
"""The fields of a row whose problem has no gold solution."""


def without_gold(row: GradedRow) -> GradedRow:
    """The same row of a problem that has no gold solution."""
    return with_fields(row, NO_GOLD)


def with_fields(row: GradedRow, fields: Row) -> GradedRow:
    """The row with these fields, as the file has them, in the place of its own."""
    return GradedRow.from_json(row.to_json() | fields)
