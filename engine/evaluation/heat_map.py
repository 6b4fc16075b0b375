"""The figure of one item: its cell matrix with the path on it, and beside it what the steps say.

Any size of chain is drawn: cells shrink, values and step texts are left out where they could not be read.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.evaluation.text import path_text
from engine.evaluation.words import divergence_text, outcome_word, printable, quadrant_word
from engine.runs.results import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches. Everything is placed by them: an automatic layout is slower and lets labels above the matrix meet the title.
CELL_INCHES = 0.58
MATRIX_INCHES = 6.2  # the longer side of a large matrix
NUMBERED_INCHES = 0.36  # cells from this size carry their value
LABEL_INCHES = 0.16  # what a tick label needs
LEFT_INCHES = 0.95
TITLE_INCHES = 0.42
TOP_INCHES = 0.62  # the labels of the columns
BAR_INCHES = 0.9  # below the matrix: the colour bar with its words
BAR_WIDTH = 1.9
TEXT_INCHES = 4.3
LINE_INCHES = 0.155
MARGIN = 0.3

STEPS_WRITTEN = 10  # of each side, beside the matrix
LINES_A_STEP = 3
TEXT_COLUMNS = 68

Line = tuple[str, str]
"""A line of the text panel: text and weight ("bold", "normal", "light")."""


def draw(row: Row) -> Figure:
    """The figure of a row that has a matrix with at least one row and one column; call it inside `chart_style`."""
    from matplotlib.figure import Figure

    gold, student = len(row["gold_steps"]), len(row["steps"])
    cell = min(CELL_INCHES, MATRIX_INCHES / max(gold, student))
    lines = _text_lines(row)
    map_width, map_height = max(cell * student, BAR_WIDTH), TOP_INCHES + cell * gold + BAR_INCHES
    text_height = LINE_INCHES * len(lines) + MARGIN
    stacked = 2 * map_height < text_height and map_width > TEXT_INCHES  # a long low matrix stands above its text
    if stacked:
        width, height = LEFT_INCHES + map_width + MARGIN, TITLE_INCHES + map_height + text_height
        text_left, text_top = MARGIN, TITLE_INCHES + map_height
    else:
        text_left, text_top = LEFT_INCHES + map_width + MARGIN, TITLE_INCHES
        width, height = text_left + TEXT_INCHES, TITLE_INCHES + max(map_height, text_height)
    figure = Figure(figsize=(width, height))

    def place(left: float, top: float, wide: float, high: float) -> Axes:
        return figure.add_axes((left / width, 1 - (top + high) / height, wide / width, high / height))

    top = TITLE_INCHES + TOP_INCHES
    matrix = place(LEFT_INCHES, top, cell * student, cell * gold)
    _draw_matrix(matrix, row, cell)
    _draw_bar(place(LEFT_INCHES, top + cell * gold + 0.14, min(map_width, 3.0), 0.11), matrix)
    _draw_text(place(text_left, text_top, TEXT_INCHES, text_height), lines, text_height)
    figure.text(0.1 / width, 1 - 0.1 / height, _title(row), va="top", fontsize=10, fontweight="bold")
    return figure


def _title(row: Row) -> str:
    quadrant, outcome = quadrant_word(row["quadrant"]), outcome_word(row["verdict"], row["truncated"])
    shown = textwrap.shorten(printable(row["id"]), 40, placeholder="…")
    sizes = f"{len(row['gold_steps'])} gold x {len(row['steps'])} student steps"
    return f"{shown}  {quadrant.glyph} {quadrant.short}, {outcome.short}  (n = {sizes})"


def _draw_matrix(axes: Axes, row: Row, cell: float) -> None:
    from matplotlib.patheffects import withStroke

    cells = row["matrix"]["cell"]
    axes.imshow(cells, cmap="cividis", vmin=0.0, vmax=1.0, aspect="equal", interpolation="nearest")
    axes.grid(visible=False)
    if cell >= NUMBERED_INCHES:
        for i, values in enumerate(cells):
            for j, value in enumerate(values):
                colour = "black" if value > 0.6 else "white"
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour, zorder=4)
    matched = [(student, gold) for kind, gold, student in row["path"] if kind == "match"]
    stroke = [withStroke(linewidth=3.4, foreground="black")]
    if len(matched) > 1 and cell < NUMBERED_INCHES:
        axes.plot(*zip(*matched, strict=True), color="white", linewidth=1.4, path_effects=stroke, zorder=3)
    for x, y in matched:
        _frame(axes, x, y, cell)
    _label_steps(axes, row, cell)
    axes.set_xlabel("student steps")
    axes.set_ylabel("gold steps")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_bar(axes: Axes, matrix: Axes) -> None:
    bar = axes.figure.colorbar(matrix.images[0], cax=axes, orientation="horizontal", ticks=(0, 0.5, 1))
    bar.set_label("agreement of the two steps\n(framed: matched on the path)", fontsize=7.5)
    axes.tick_params(labelsize=7, length=2)
    bar.outline.set_visible(False)


def _frame(axes: Axes, x: int, y: int, cell: float) -> None:
    """A frame in white on black: visible on both ends of the map."""
    from matplotlib.patches import Rectangle

    thick = max(0.5, min(1.8, 4 * cell))
    for width, colour in ((thick * 2.2, "black"), (thick, "white")):
        axes.add_patch(
            Rectangle((x - 0.44, y - 0.44), 0.88, 0.88, fill=False, linewidth=width, edgecolor=colour, zorder=3)
        )


def _label_steps(axes: Axes, row: Row, cell: float) -> None:
    skipped_gold = {gold for kind, gold, _ in row["path"] if kind == "skip-gold"}
    skipped_student = {student for kind, _, student in row["path"] if kind == "skip-student"}
    words = cell >= NUMBERED_INCHES
    rows = range(0, len(row["gold_steps"]), math.ceil(LABEL_INCHES / cell))
    columns = range(0, len(row["steps"]), math.ceil(2 * LABEL_INCHES / cell))  # "s123" is twice as wide as high
    axes.set_yticks(rows, [f"g{i + 1}" + ("\nmissing" if words and i in skipped_gold else "") for i in rows])
    axes.set_xticks(columns, [f"s{j + 1}" + ("\nextra" if words and j in skipped_student else "") for j in columns])
    axes.tick_params(length=0, labelsize=8 if words else 6)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")


def _text_lines(row: Row) -> list[Line]:
    scores = row["scores"]
    figures = ", ".join(f"{name.replace('_', '-')} {value:.2f}" for name, value in scores.items() if value is not None)
    lines: list[Line] = [(f"answer {_short(row['predicted']) or 'none'}, gold {_short(row['answer'])}", "bold")]
    lines += _wrapped(figures, "")
    if row["first_divergence"]:
        lines += _wrapped(f"first divergence: {divergence_text(row['first_divergence'])}", "")
    lines += [("", "normal"), *_wrapped(row["question"], "", 4), ("", "normal"), ("gold", "bold")]
    lines += _steps(row["gold_steps"], "g")
    lines += [("", "normal"), ("student", "bold"), *_steps(row["steps"], "s")]
    lines += [("", "normal"), ("path", "bold"), *_wrapped(path_text(row), "", 4)]
    return lines


def _steps(steps: Sequence[str], letter: str) -> list[Line]:
    lines = [line for i, step in enumerate(steps[:STEPS_WRITTEN]) for line in _wrapped(step, f"{letter}{i + 1}")]
    if len(steps) > STEPS_WRITTEN:
        lines.append((f"… and {len(steps) - STEPS_WRITTEN} more", "light"))
    return lines


def _wrapped(text: str, label: str, limit: int = LINES_A_STEP) -> list[Line]:
    lead = f"{label}  " if label else ""
    hanging = " " * (2 * len(label) + 2) if label else ""  # a blank is half as wide as a digit in the font
    parts = textwrap.wrap(
        printable(text), TEXT_COLUMNS, initial_indent=lead, subsequent_indent=hanging, max_lines=limit, placeholder=" …"
    )
    return [(part, "normal") for part in parts or [lead]]


def _short(text: str) -> str:
    return textwrap.shorten(printable(text), 32, placeholder="…")


def _draw_text(axes: Axes, lines: Sequence[Line], height: float) -> None:
    axes.set_axis_off()
    for place, (text, weight) in enumerate(lines):
        axes.text(
            0.0, 1.0 - place * LINE_INCHES / height, text, transform=axes.transAxes, va="top", fontsize=7.8,
            fontweight="bold" if weight == "bold" else "normal", color="0.45" if weight == "light" else "0.1",
        )  # fmt: skip
