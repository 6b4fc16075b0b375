"""The row behind an item, read and made safe to show: texts of a model must not reach the terminal as anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.errors import RunFailed
from engine.printable import printable
from engine.rows.graded import GradedRow
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from engine.runs.results import read_row

TEXTS = (
    "id", "question", "answer", "gold_solution", "solution", "predicted", "parsed_from", "rule", "subject", "level",
    "source", "variant",
)  # fmt: skip


def read_item(run: RunDirectory, item: Item) -> GradedRow:
    """The row of an item, from the results of its stage. Blocks; RunFailed says what cannot be read."""
    path = run.results(item.stage)
    body = read_row(path, item.offset)
    place = f"item {item.index + 1} ({item.id}) at byte {item.offset} of {path}"
    if body is None:
        if not run.path.is_dir():
            raise RunFailed(f"cannot read {place}: the run's folder is gone", "choose another run (2)")
        gone = "" if path.exists() else ": the file is gone"
        raise RunFailed(f"cannot read {place}{gone}", "restore the file, or run the recipe again (mode 2, resume)")
    if body.get("id") != item.id:
        raise RunFailed(
            f'{place} is "{body.get("id")}" instead', "the file was changed after the run; run the recipe again"
        )
    try:
        return shown(GradedRow.from_json(body, lenient=True))
    except ValueError as error:
        raise RunFailed(
            f"{place} is not a result row of this version: {error}", "score the run again to write its rows anew"
        ) from error


def shown(row: GradedRow) -> GradedRow:
    """The row with every text made printable."""
    texts: dict[str, Any] = {name: printable(getattr(row, name)) for name in TEXTS}
    divergence = row.first_divergence
    return replace(
        row,
        **texts,
        gold_steps=tuple(map(printable, row.gold_steps)),
        steps=tuple(map(printable, row.steps)),
        first_divergence=divergence and replace(divergence, reason=printable(divergence.reason)),
    )
