"""<stage>/results.jsonl: a JSON object a line for each finished item; read whole, or one row by its offset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.runs.directory import RunDirectory

Row = dict[str, Any]


def encode_row(row: Row) -> str:
    """One line of results.jsonl (without the newline)."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """(offset, row) of every whole, readable row; a torn or foreign line is passed over."""
    return ((offset, row) for offset, row in read_lines(path) if row is not None)


def read_lines(path: Path) -> Iterator[tuple[int, Row | None]]:
    """(offset, row) of every line; None where it is torn or foreign."""
    if not path.exists():
        return
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            yield offset, _decode(line)
            offset += len(line)


def read_row(path: Path, offset: int) -> Row | None:
    """The row that starts at `offset`; None where the file is gone or holds something else there."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return _decode(file.readline())
    except OSError:
        return None


def count_rows(run: RunDirectory) -> int:
    """Whole lines in the results of all stages."""
    return sum(_count_lines(path) for path in run.path.glob("*/results.jsonl"))


def _count_lines(path: Path) -> int:
    with open(path, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _decode(line: bytes) -> Row | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("id"), str) else None
