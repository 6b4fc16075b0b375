"""The columns of a table of items and what stands in them, for every screen that lists items."""

from __future__ import annotations

from textual.content import Content

from engine.compare.overrides import Override
from engine.runs.events import Sample
from engine.words import QUADRANT, UNKNOWN, outcome_of, outcome_sign
from screens.widgets.override_mark import override_mark
from screens.widgets.virtual_table import TableColumn

ITEM_COLUMNS = (
    TableColumn("place", "#", 5, align="right"),
    TableColumn("quadrant", "", 1),
    TableColumn("verdict", "verdict", 10),
    TableColumn("coverage", "cov", 4, align="right"),
    TableColumn("predicted", "predicted", 9, fraction=1, rank=1),
    TableColumn("answer", "gold", 8, fraction=1, rank=2),
    TableColumn("id", "id", 9, fraction=1, rank=3),
    TableColumn("divergence", "first divergence", 24, fraction=2, rank=4),
)

SCORE_COLUMNS = {
    "coverage": ITEM_COLUMNS,
    "published": tuple(
        TableColumn("published", "pub", 4, align="right") if column.key == "coverage" else column
        for column in ITEM_COLUMNS
    ),
}
"""The columns of a table beside figures of one score."""


def quadrant_sign(quadrant: str) -> Content:
    """The glyph of a quadrant in its colour; a dot for an item without gold solution."""
    sign = QUADRANT.get(quadrant, UNKNOWN)
    return Content.styled(sign.glyph, f"${sign.color}")


def item_cell(sample: Sample, position: int, column: TableColumn, override: Override | None = None) -> str | Content:
    """What stands in a column for an item; `position` counts from 0 in RunState.samples."""
    if column.key == "quadrant":
        return quadrant_sign(sample.quadrant)
    if column.key == "verdict":
        sign = outcome_sign(outcome_of(sample.verdict, sample.truncated))
        return Content.styled(sign.word, f"${sign.color}") + override_mark(override)
    if column.key in ("coverage", "published"):
        value = sample.coverage if column.key == "coverage" else sample.published
        return "–" if value is None else f"{value:.2f}"
    texts = {
        "place": str(position + 1),
        "predicted": sample.predicted or "–",
        "answer": sample.answer,
        "id": sample.id,
        "divergence": sample.divergence,
    }
    return texts[column.key]
