"""The figure of one item: its cell matrix with the path on it, and beside it what the steps say.

Two columns wide for any size of chain: cells shrink, values and step texts are left out where they could not be read.
A matrix too wide to leave room for its text stands above it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from engine.printable import joined
from engine.reports.chart_style import SMALL_POINTS, TWO_COLUMNS
from engine.reports.text import matched_cells
from engine.rows.graded import GradedRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches. Everything is placed by them: an automatic layout would change the size of the cells with the texts.
CELL_INCHES = 0.42
BESIDE_INCHES = 3.0  # the width of a matrix that has its text beside it
ABOVE_INCHES = 6.0  # of one that has it below
READABLE_CELL = 0.16  # a matrix whose cells would be smaller beside its text goes above it
MATRIX_HIGH = 4.2
NUMBERED_INCHES = 0.29  # cells from this size carry their value
LABEL_INCHES = 0.15  # what a tick label needs
LEFT_INCHES = 0.5
MISSING_INCHES = 0.3  # more where the word "missing" stands below a label
TOP_INCHES = 0.52  # the labels of the columns
BAR_INCHES = 0.66  # below the matrix: the colour bar with its words
BAR_WIDTH = 1.9
BAR_LONGEST = 2.4
MARGIN = 0.15
LINE_INCHES = 0.135
CHARACTER_INCHES = 0.0565  # of SMALL_POINTS type, on average
PAGE_INCHES = 7.2  # high: with a caption this still fits a page

SHOWN = ((10, 4), (10, 3), (10, 2), (10, 1), (6, 1), (3, 1))
"""Steps of each side that are written and lines a step: the first that fits the page."""

DARK = 0.47
"""Cells from this value on are light enough for black figures: the two contrasts are equal here in cividis."""

Line = tuple[str, str]
"""A line of a text panel: text and weight ("bold", "normal", "light")."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """Lines of text at a place of the figure, inches from its left and top."""

    left: float
    top: float
    width: float
    lines: list[Line]

    @property
    def height(self) -> float:
        return LINE_INCHES * len(self.lines) + MARGIN


def draw(row: GradedRow) -> Figure:
    """The figure of a row that has a matrix with at least one row and one column; call it inside `chart_style`."""
    from matplotlib.figure import Figure

    gold, student = len(row.gold_steps), len(row.steps)
    above = min(CELL_INCHES, BESIDE_INCHES / student) < READABLE_CELL
    cell = min(CELL_INCHES, (ABOVE_INCHES if above else BESIDE_INCHES) / student, MATRIX_HIGH / gold)
    skips = any(move.kind == "skip-gold" for move in row.path) and cell >= NUMBERED_INCHES
    left = LEFT_INCHES + (MISSING_INCHES if skips else 0.0)
    map_width, map_height = max(cell * student, BAR_WIDTH), TOP_INCHES + cell * gold + BAR_INCHES
    panels = _panels_below(row, map_height) if above else _panels_beside(row, left + map_width, map_height)
    width, height = TWO_COLUMNS, max(map_height, *(panel.top + panel.height for panel in panels))
    figure = Figure(figsize=(width, height))

    def place(left: float, top: float, wide: float, high: float) -> Axes:
        return figure.add_axes((left / width, 1 - (top + high) / height, wide / width, high / height))

    matrix = place(left, TOP_INCHES, cell * student, cell * gold)
    _draw_matrix(matrix, row, cell)
    _draw_bar(place(left, TOP_INCHES + cell * gold + 0.1, min(map_width, BAR_LONGEST), 0.09), matrix)
    for panel in panels:
        _draw_text(place(panel.left, panel.top, panel.width, panel.height), panel)
    return figure


def _draw_matrix(axes: Axes, row: GradedRow, cell: float) -> None:
    from matplotlib.patheffects import withStroke

    cells = row.matrix["cell"]
    gold, student = len(cells), len(cells[0])
    # A mesh and not an image: its edges stay sharp in print at any size.
    axes.pcolormesh(
        [j - 0.5 for j in range(student + 1)], [i - 0.5 for i in range(gold + 1)], cells,
        cmap="cividis", vmin=0.0, vmax=1.0, edgecolors="face", linewidth=0.2,
    )  # fmt: skip
    axes.set(xlim=(-0.5, student - 0.5), ylim=(gold - 0.5, -0.5))
    axes.grid(visible=False)
    if cell >= NUMBERED_INCHES:
        for i, values in enumerate(cells):
            for j, value in enumerate(values):
                colour = "black" if value >= DARK else "white"
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=SMALL_POINTS, color=colour, zorder=4)
    matched = sorted(matched_cells(row.path))
    stroke = [withStroke(linewidth=2.6, foreground="black")]
    if len(matched) > 1 and cell < NUMBERED_INCHES:
        line = ([student for _, student in matched], [gold for gold, _ in matched])
        axes.plot(*line, color="white", linewidth=1.1, path_effects=stroke, zorder=3)
    merged = {move.pair for move in row.path if move.kind == "merge"}
    for y, x in matched:
        _frame(axes, x, y, cell, dashed=(y, x) in merged)
    _label_steps(axes, row, cell)
    axes.set_xlabel("student steps")
    axes.set_ylabel("gold steps")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_bar(axes: Axes, matrix: Axes) -> None:
    bar = axes.figure.colorbar(matrix.collections[0], cax=axes, orientation="horizontal", ticks=(0, 0.5, 1))
    if bar.solids is not None:
        bar.solids.set_rasterized(False)
        bar.solids.set_edgecolor("face")  # without it viewers show seams between the colours
    bar.set_label("agreement of two steps (0 to 1)", fontsize=SMALL_POINTS, labelpad=1)
    axes.tick_params(labelsize=SMALL_POINTS, length=2, pad=1)
    bar.outline.set_visible(False)


def _frame(axes: Axes, x: int, y: int, cell: float, dashed: bool) -> None:
    """A frame in white on black: visible on both ends of the map."""
    from matplotlib.patches import Rectangle

    thick = max(0.4, min(1.3, 3.5 * cell))
    for width, colour, style in ((thick * 2.4, "black", "-"), (thick, "white", (0, (3, 2)) if dashed else "-")):
        frame = Rectangle((x - 0.44, y - 0.44), 0.88, 0.88, fill=False, zorder=3)
        frame.set(linewidth=width, edgecolor=colour, linestyle=style)
        axes.add_patch(frame)


def _label_steps(axes: Axes, row: GradedRow, cell: float) -> None:
    skipped_gold = {move.gold for move in row.path if move.kind == "skip-gold"}
    skipped_student = {move.student for move in row.path if move.kind == "skip-student"}
    words = cell >= NUMBERED_INCHES
    rows = range(0, len(row.gold_steps), math.ceil(LABEL_INCHES / cell))
    columns = range(0, len(row.steps), math.ceil(2 * LABEL_INCHES / cell))  # "s123" is twice as wide as high
    axes.set_yticks(rows, [f"g{i + 1}" + ("\nmissing" if words and i in skipped_gold else "") for i in rows])
    axes.set_xticks(columns, [f"s{j + 1}" + ("\nextra" if words and j in skipped_student else "") for j in columns])
    axes.tick_params(length=0, labelsize=SMALL_POINTS, pad=2)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")


_QUESTION, _GOLD, _STUDENT = "question", "gold", "student"


def _panels_beside(row: GradedRow, map_right: float, map_height: float) -> list[_Panel]:
    """The steps to the right of the matrix, the question above them or below the matrix, whichever is lower."""
    left = map_right + 2 * MARGIN
    width, under = TWO_COLUMNS - left, map_right - MARGIN
    all_right = [_Panel(left, MARGIN, width, _fitting([_QUESTION, _GOLD, _STUDENT], row, width))]
    parted = [
        _Panel(MARGIN, map_height, under, _fitting([_QUESTION], row, under)),
        _Panel(left, MARGIN, width, _fitting([_GOLD, _STUDENT], row, width)),
    ]
    return min(all_right, parted, key=lambda panels: max(map_height, *(panel.top + panel.height for panel in panels)))


def _panels_below(row: GradedRow, map_height: float) -> list[_Panel]:
    """Two columns of text below the matrix."""
    width = (TWO_COLUMNS - 3 * MARGIN) / 2
    parts = ((MARGIN, [_QUESTION, _GOLD]), (2 * MARGIN + width, [_STUDENT]))
    room = PAGE_INCHES - map_height
    return [_Panel(left, map_height, width, _fitting(names, row, width, room)) for left, names in parts]


def _fitting(names: Sequence[str], row: GradedRow, width: float, room: float = PAGE_INCHES) -> list[Line]:
    """The parts below each other, with as many lines of each step as there is room for."""
    columns = int(width / CHARACTER_INCHES)
    found: list[Line] = []
    for count, limit in SHOWN:
        parts = [_part(name, row, columns, count, limit) for name in names]
        found = [line for part in parts for line in (*part, ("", "normal"))][:-1]
        if LINE_INCHES * len(found) + MARGIN <= room:
            break
    return found


def _part(name: str, row: GradedRow, columns: int, count: int, limit: int) -> list[Line]:
    if name == _QUESTION:
        return [(name, "bold"), *_wrapped(row.question, "", columns, limit + min(4, limit))]
    steps, letter = (row.gold_steps, "g") if name == _GOLD else (row.steps, "s")
    lines: list[Line] = [(f"{name} steps", "bold")]
    for place, step in enumerate(steps[:count], 1):
        lines += _wrapped(step, f"{letter}{place}", columns, limit)
    if len(steps) > count:
        lines.append((f"… and {len(steps) - count} more", "light"))
    return lines


def _wrapped(text: str, label: str, columns: int, limit: int) -> list[Line]:
    lead = f"{label}  " if label else ""
    hanging = " " * (2 * len(label) + 2) if label else ""  # a blank is half as wide as a digit in the font
    shown = joined(text)
    narrower = max(1, cell_len(shown)) / max(1, len(shown))  # wide characters take two columns
    parts = textwrap.wrap(
        shown, max(len(hanging) + 4, int(columns / narrower)), initial_indent=lead, subsequent_indent=hanging,
        max_lines=limit, placeholder=" …",
    )  # fmt: skip
    return [(part, "normal") for part in parts or [lead]]


def _draw_text(axes: Axes, panel: _Panel) -> None:
    axes.set_axis_off()
    for place, (text, weight) in enumerate(panel.lines):
        axes.text(
            0.0, 1.0 - place * LINE_INCHES / panel.height, text, transform=axes.transAxes, va="top",
            fontsize=SMALL_POINTS, fontweight="bold" if weight == "bold" else "normal",
            color="0.45" if weight == "light" else "0.1",
        )  # fmt: skip
