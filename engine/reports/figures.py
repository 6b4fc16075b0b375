"""The figures of a report as PNG and PDF: quadrant scatter, score and divergence histograms, accuracy by group.

matplotlib is imported when the first figure is drawn, and used without pyplot: no global figure, no display.
Palettes are Okabe-Ito and cividis; shape, hatching or words repeat each colour. The same rows give the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.evaluation.summary import Group, Summary, accuracy_by, divergences, is_right, score_of
from engine.printable import joined
from engine.reports import captions, heat_map
from engine.reports.chart_style import (
    GREY,
    NOT_RIGHT_COLOUR,
    ONE_COLUMN,
    QUADRANT_COLOURS,
    QUADRANT_MARKERS,
    RIGHT_COLOUR,
    SMALL_POINTS,
    TWO_COLUMNS,
    chart_style,
    new_figure,
    save_figure,
)
from engine.reports.selection import heat_map_rows
from engine.rows.graded import GradedRow
from engine.statistics.estimates import histogram
from engine.words import QUADRANT, VERDICT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

JITTER_SEED = 42
JITTER = 0.34  # of a band's height of 1: bands stay apart
BANDS = ("wrong", "unparsed", "right")  # from below
BAND_INCHES = 0.8
FEW_ITEMS = 60  # fewer items than this get 10 bins instead of 20
MANY_MARKS = 2000  # as vectors so many make a PDF slow to page through: they become one image in it
HISTOGRAM_INCHES = 2.2  # high
LAST_STEP_SHOWN = 9  # later first divergences are pooled
GROUPS_SHOWN = 24
NAME_CLIP = 24  # characters of a subject beside its bar


@dataclass(frozen=True, slots=True)
class SavedFigure:
    """A figure in the folder as <name>.png and <name>.pdf.

    `short` names it, `caption` is what a paper prints below it: n, intervals, what the marks mean. `wide`: it takes two
    columns. `row` is the item of a heat map.
    """

    name: str
    short: str
    caption: str
    wide: bool = False
    row: GradedRow | None = None


def save_figures(
    directory: Path, rows: Sequence[GradedRow], summary: Summary, heat_maps: int, checkpoint: Callable[[], None]
) -> tuple[SavedFigure, ...]:
    """Draw every figure that the rows allow, in the order of the report; `checkpoint` is called before each.

    Raises EnvironmentMissing where matplotlib is not installed or the folder cannot be written.
    """
    charts = _charts(rows, summary, heat_maps)
    for figure, draw in charts:
        checkpoint()
        with chart_style():
            save_figure(draw(), directory, figure.name)
    return tuple(figure for figure, _ in charts)


Chart = tuple[SavedFigure, Callable[[], "Figure"]]


def _charts(rows: Sequence[GradedRow], summary: Summary, heat_maps: int) -> list[Chart]:
    charts: list[Chart] = []
    if summary.aligned:
        aligned = [row for row in rows if row.is_aligned]
        bins = 10 if len(aligned) < FEW_ITEMS else 20
        charts += [
            (
                SavedFigure("quadrants", "Score against verdict", captions.quadrants(aligned, summary), wide=True),
                partial(quadrants, aligned, summary),
            ),
            (
                SavedFigure("scores", "Distribution of the score", captions.scores(aligned, summary, bins)),
                partial(score_histogram, aligned, summary, bins),
            ),
            (
                SavedFigure("divergences", "Where solutions first leave the gold", captions.divergences(summary)),
                partial(divergence_histogram, aligned),
            ),
        ]
    for field in ("level", "subject"):
        groups = accuracy_by(rows, field, GROUPS_SHOWN)
        if groups:
            caption = captions.accuracy(groups, field, summary)
            figure = SavedFigure(f"accuracy_by_{field}", f"Accuracy by {field}", caption)
            charts.append((figure, partial(accuracy_by_group, groups, field, summary)))
    for place, row in enumerate(heat_map_rows(rows, heat_maps), 1):
        short = f"Alignment of item {joined(row.id)}"
        figure = SavedFigure(f"heat_map_{place:02d}_{row.quadrant}", short, captions.heat_map(row), wide=True, row=row)
        charts.append((figure, partial(heat_map.draw, row)))
    return charts


def quadrants(aligned: Sequence[GradedRow], summary: Summary) -> Figure:
    """Score (x) against verdict (y, bands with seeded jitter), the threshold as a line, a shape a quadrant.

    The band of unparsed answers is there only where the run has some.
    """
    bands = [name for name in BANDS if name != "unparsed" or _count(aligned, name)]
    figure, axes = new_figure(TWO_COLUMNS, 1.0 + BAND_INCHES * len(bands))
    jitter = random.Random(JITTER_SEED)
    heights = [bands.index(row.verdict) + jitter.uniform(-JITTER, JITTER) for row in aligned]
    _marks(axes, [(row, score_of(row, summary.variant), y) for row, y in zip(aligned, heights, strict=True)])
    for border in range(1, len(bands)):
        axes.axhline(border - 0.5, color="0.8", linewidth=0.6)
    _threshold_line(axes, summary)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.5, len(bands) - 0.5), xlabel=_score_label(summary), ylabel="verdict (items)")
    axes.set_yticks(range(len(bands)), [f"{VERDICT[name].short}\n({_count(aligned, name)})" for name in bands])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=5, frameon=False, handletextpad=0.2, columnspacing=1.4)
    return figure


def _marks(axes: Axes, items: Sequence[tuple[GradedRow, float, float]]) -> None:
    """A mark an item at its score and height; a ring around those that the token limit cut off."""
    many = len(items) > MANY_MARKS
    size = 18 if len(items) <= 300 else 4 if many else 9
    for name, word in QUADRANT.items():
        members = [(x, y) for row, x, y in items if row.quadrant == name]
        axes.scatter(
            [x for x, _ in members], [y for _, y in members], s=size, c=QUADRANT_COLOURS[name],
            marker=QUADRANT_MARKERS[name], edgecolors="white", linewidths=0.3, alpha=0.85,
            label=f"{word.long}: {len(members)}", rasterized=many, clip_on=False, zorder=3,
        )  # fmt: skip
    ringed = [(x, y) for row, x, y in items if row.truncated]
    if ringed:
        axes.scatter(
            [x for x, _ in ringed], [y for _, y in ringed], s=3.2 * size, facecolors="none", edgecolors="black",
            linewidths=0.6, label=f"cut off: {len(ringed)}", rasterized=many, clip_on=False, zorder=4,
        )  # fmt: skip


def score_histogram(aligned: Sequence[GradedRow], summary: Summary, bins: int) -> Figure:
    """Counts of the score in equal bins, right answers below and the others stacked on them."""
    figure, axes = new_figure(ONE_COLUMN, HISTOGRAM_INCHES)
    parts = [[score_of(row, summary.variant) for row in aligned if is_right(row) is right] for right in (True, False)]
    right, other = (histogram(part, bins) for part in parts)
    centres = [(place + 0.5) / bins for place in range(bins)]
    _stacked_bars(axes, centres, right, other, 0.94 / bins, (len(parts[0]), len(parts[1])))
    _threshold_line(axes, summary)
    axes.set(xlim=(0, 1), xlabel=_score_label(summary), ylabel="number of items")
    _legend_above(figure)
    return figure


def divergence_histogram(aligned: Sequence[GradedRow]) -> Figure:
    """First divergent student step, solutions that end early, and those that never leave the gold."""
    figure, axes = new_figure(ONE_COLUMN, HISTOGRAM_INCHES)
    parts = [divergences([row for row in aligned if is_right(row) is right]) for right in (True, False)]
    steps = sorted({step for part in parts for step in part.at_step})
    last = min(LAST_STEP_SHOWN, steps[-1]) if steps else 1
    labels = [str(step) for step in range(1, last + 1)] + [f"{last + 1}+", "ends\nearly", "none"]
    counts = [
        [part.at_step.get(step, 0) for step in range(1, last + 1)]
        + [sum(count for step, count in part.at_step.items() if step > last), part.ended_early, part.none]
        for part in parts
    ]
    if not any(step > last for step in steps):
        del labels[last]
        for part_counts in counts:
            del part_counts[last]
    # A gap sets the two answers that are no step apart from the steps; their words need more room than a number.
    ends = len(labels) - 2
    places = [place + (0.0 if place < ends else 0.5 if place == ends else 1.0) for place in range(len(labels))]
    totals = tuple(sum(part_counts) for part_counts in counts)
    _stacked_bars(axes, places, counts[0], counts[1], 0.8, (totals[0], totals[1]))
    axes.set_xticks(places, labels)
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="first divergent step of the solution", ylabel="number of items")
    _legend_above(figure)
    return figure


def accuracy_by_group(groups: Sequence[Group], field: str, summary: Summary) -> Figure:
    """A mark a group with its Wilson interval and its counts; the accuracy over all items as a line."""
    figure, axes = new_figure(ONE_COLUMN, 0.75 + 0.19 * len(groups))
    shares = [group.accuracy.value or 0.0 for group in groups]
    lows = [max(0.0, share - (group.accuracy.low or 0.0)) for share, group in zip(shares, groups, strict=True)]
    highs = [max(0.0, (group.accuracy.high or 0.0) - share) for share, group in zip(shares, groups, strict=True)]
    places = range(len(groups))
    axes.errorbar(
        shares, places, xerr=(lows, highs), fmt="o", markersize=4, color=RIGHT_COLOUR, ecolor="black", elinewidth=0.9,
        capsize=2, capthick=0.9, clip_on=False, zorder=3,
    )  # fmt: skip
    for place, group in zip(places, groups, strict=True):
        axes.annotate(
            f"{group.outcomes['right']}/{group.items}", (1, place), (5, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=SMALL_POINTS, color="0.25",
        )  # fmt: skip
    overall = summary.accuracy.value
    if overall is not None:
        axes.axvline(overall, color=GREY, linestyle="--", linewidth=0.9, zorder=1)
    axes.set_yticks(places, [_clipped(f"{field} {g.name}" if g.name.isdecimal() else g.name) for g in groups])
    axes.set(xlim=(0, 1), ylim=(len(groups) - 0.5, -0.5), xlabel="accuracy (%)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    axes.grid(visible=False, axis="y")
    return figure


def _score_label(summary: Summary) -> str:
    score = "coverage of the gold steps" if summary.variant == "coverage" else f"{summary.variant} score"
    return f"{score} (0 to 1)"


def _legend_above(figure: Figure) -> None:
    figure.legend(loc="outside upper center", ncols=2, frameon=False, handlelength=1.6, columnspacing=1.6)


def _stacked_bars(
    axes: Axes,
    places: Sequence[float],
    right: Sequence[int],
    other: Sequence[int],
    width: float,
    totals: tuple[int, int],
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.bar(places, right, width, color=RIGHT_COLOUR, label=f"right ({totals[0]})", zorder=2)
    axes.bar(
        places, other, width, bottom=right, color=NOT_RIGHT_COLOUR, hatch="/////", edgecolor="white", linewidth=0,
        label=f"not right ({totals[1]})", zorder=2,
    )  # fmt: skip
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _threshold_line(axes: Axes, summary: Summary) -> None:
    if summary.threshold is None:
        return
    axes.axvline(summary.threshold, color="black", linestyle="--", linewidth=0.9, zorder=4)
    axes.annotate(
        f"threshold {summary.threshold:g}", (summary.threshold, 1), (0, 2), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="bottom", fontsize=SMALL_POINTS, color="0.25", ha="center",
    )  # fmt: skip


def _count(rows: Sequence[GradedRow], verdict: str) -> int:
    return sum(row.verdict == verdict for row in rows)


def _clipped(name: str) -> str:
    shown = joined(name)
    return shown if len(shown) <= NAME_CLIP else shown[: NAME_CLIP - 1] + "…"
