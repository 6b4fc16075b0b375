"""What grading again changed, for a terminal and for report.md: one sentence and three tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size

from engine.evaluation.changes import change_lines, headline, regrade_diff, turn_lines, version_lines
from engine.reports.text import clip
from engine.rows.graded import GradedRow
from engine.statistics.wording import PERCENT, REPORT_PERCENT

CHANGES_IN_TERMINAL = 40
CHANGES_IN_REPORT = 200
TURNS = ("before", "now", "items")
VERSIONS = ("graded before by", "now by", "items", "changed")
CHANGES = ("item", "before", "now", "answer before", "answer now", "gold")

CELL_COLUMNS = 40  # the widest column; a longer answer or version is cut


def regrade_lines(rows: Sequence[GradedRow], width: int) -> list[str]:
    """Lines for a terminal, none where the rows were not graded again."""
    diff = regrade_diff(rows)
    if diff is None:
        return []
    lines = ["", *wrapped(headline(diff, PERCENT), width)]
    if diff.changes:
        lines += ["", *columns(TURNS, turn_lines(diff), width)]
    lines += ["", *columns(VERSIONS, version_lines(diff), width)]
    if diff.changes:
        lines += ["", *columns(CHANGES, change_lines(diff, CHANGES_IN_TERMINAL), width)]
    if len(diff.changes) > CHANGES_IN_TERMINAL:
        lines.append(f"... and {len(diff.changes) - CHANGES_IN_TERMINAL} more changed items in changes.json")
    return lines


def regrade_section(rows: Sequence[GradedRow], escape: Callable[[str], str]) -> list[str]:
    """A section of report.md, empty where the rows were not graded again."""
    diff = regrade_diff(rows)
    if diff is None:
        return []
    lines = ["## Graded again", "", escape(headline(diff, REPORT_PERCENT)) + ".", ""]
    tables: list[tuple[Sequence[str], Sequence[Sequence[str]]]] = [
        (TURNS, turn_lines(diff)), (VERSIONS, version_lines(diff)), (CHANGES, change_lines(diff, CHANGES_IN_REPORT)),
    ]  # fmt: skip
    for header, body in tables:
        if body:
            rule = "|".join(["---"] * len(header))
            lines += [f"| {' | '.join(header)} |", f"|{rule}|"]
            lines += [f"| {' | '.join(map(escape, line))} |" for line in body]
            lines.append("")
    if len(diff.changes) > CHANGES_IN_REPORT:
        lines.append(f"{len(diff.changes) - CHANGES_IN_REPORT} more changed items are in the stage's changes.json.")
    return lines[:-1] if not lines[-1] else lines


def columns(header: Sequence[str], body: Sequence[Sequence[str]], width: int) -> list[str]:
    """A table of texts that may be a model's: printable, each line within `width`."""
    table: list[Sequence[str]] = [header, *([clip(cell, CELL_COLUMNS) for cell in line] for line in body)]
    widths = [max(cell_len(line[place]) for line in table) for place in range(len(header))]
    lines = ["  ".join(set_cell_size(cell, size) for cell, size in zip(line, widths, strict=True)) for line in table]
    lines.insert(1, "  ".join("─" * size for size in widths))
    return [(line if cell_len(line) <= width else set_cell_size(line, width)).rstrip() for line in lines]


def wrapped(text: str, width: int) -> list[str]:
    """A sentence on as many lines as it takes; ids and file names stay whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
