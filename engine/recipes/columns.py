"""The columns of a table of problems: their usual names, looking into a row, and the first rows of a file.

Standard library only: a look before the launch and the reading of the problems find the same columns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

USUAL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "problem", "prompt"),
    "answer": ("answer", "final_answer", "target", "ground_truth"),
    "solution": ("solution", "student_solution"),
    "gold_solution": ("gold_solution", "reference_solution"),
    "id": ("id", "unique_id", "problem_id"),
    "subject": ("subject", "type"),
    "level": ("level", "difficulty"),
}
"""The names that are tried where the settings name no column, best first."""

ROWS_LOOKED_AT = 100
"""Rows by which the columns are settled: an optional column need not be filled in the first one."""
ROW_CHARACTERS = 1 << 20
"""A longer line is left to the stage: a look before the launch must cost nothing."""


def look_up(row: Mapping[str, Any], column: str) -> object:
    """The value of a column, `a.b` being column b within column a; None where there is none."""
    if column in row:
        return row[column]
    value: object = row
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def has_column(rows: Iterable[Mapping[str, Any]], column: str) -> bool:
    """Whether any of the rows has something in the column."""
    return any(look_up(row, column) is not None for row in rows)


def column_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All columns of the rows, with those one level inside, in the order they appear."""
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            found[name] = None
            if isinstance(value, Mapping):
                found.update((f"{name}.{inner}", None) for inner in value)
    return list(found)


def first_rows(path: str) -> Iterator[Mapping[str, Any]]:
    """The first rows of a plain file with one JSON object a line; none where it is anything else."""
    if not path.endswith(".jsonl") or not os.path.isfile(path):
        return
    try:
        with open(path, encoding="utf-8") as file:
            for line in (file.readline(ROW_CHARACTERS) for _ in range(ROWS_LOOKED_AT)):
                row = json.loads(line) if line.strip() else None
                if isinstance(row, dict):
                    yield row
    except (OSError, ValueError, RecursionError):
        return
