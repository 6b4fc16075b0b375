"""The columns of a table of items and what stands in them, for every screen that lists items."""

from __future__ import annotations

from textual.content import Content

from engine.compare.overrides import Override
from engine.runs.events import Item
from engine.words import QUADRANT, UNKNOWN, outcome_sign
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


def item_cell(sample: Item, position: int, column: TableColumn, override: Override | None = None) -> str | Content:
    """What stands in a column for an item; `position` counts from 0 in RunState.items."""
    if column.key == "quadrant":
        return quadrant_sign(sample.fact("quadrant"))
    if column.key == "verdict":
        sign = outcome_sign(sample.outcome)
        return Content.styled(sign.word, f"${sign.color}") + override_mark(override)
    if column.key in ("coverage", "published"):
        value = sample.score("coverage") if column.key == "coverage" else sample.score("published")
        return "–" if value is None else f"{value:.2f}"
    texts = {
        "place": str(position + 1),
        "predicted": sample.fact("predicted") or "–",
        "answer": sample.fact("answer"),
        "id": sample.id,
        "divergence": sample.fact("divergence"),
    }
    return texts[column.key]
