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

from engine.evaluation import heat_map
from engine.evaluation.chart_style import (
    GREY,
    NOT_RIGHT_COLOUR,
    QUADRANT_COLOURS,
    QUADRANT_MARKERS,
    RIGHT_COLOUR,
    chart_style,
    new_figure,
    save_figure,
)
from engine.evaluation.estimates import histogram
from engine.evaluation.selection import heat_map_rows
from engine.evaluation.statistics import Group, Summary, accuracy_by, divergences, is_aligned, is_right
from engine.evaluation.words import QUADRANTS, VERDICTS, printable
from engine.runs.results import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

JITTER_SEED = 42
JITTER = 0.3  # of a band's height of 1: bands stay apart
BANDS = ("wrong", "unparsed", "right")  # from below
FEW_ITEMS = 60  # fewer items than this get 10 bins instead of 20
LAST_STEP_SHOWN = 12  # later first divergences are pooled
GROUPS_SHOWN = 24
NAME_CLIP = 30  # characters of a subject beside its bar


@dataclass(frozen=True, slots=True)
class SavedFigure:
    """A figure in the folder as <name>.png and <name>.pdf; `row` is the item of a heat map."""

    name: str
    caption: str
    row: Row | None = None


def save_figures(
    directory: Path, rows: Sequence[Row], summary: Summary, heat_maps: int, checkpoint: Callable[[], None]
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


def _charts(rows: Sequence[Row], summary: Summary, heat_maps: int) -> list[tuple[SavedFigure, Callable[[], Figure]]]:
    charts: list[tuple[SavedFigure, Callable[[], Figure]]] = []
    if summary.aligned:
        aligned, score = [row for row in rows if is_aligned(row)], summary.variant
        charts += [
            (
                SavedFigure("quadrants", f"{score} against verdict, a mark an item"),
                partial(quadrants, aligned, summary),
            ),
            (SavedFigure("scores", f"Distribution of the {score} score"), partial(score_histogram, aligned, summary)),
            (
                SavedFigure("divergences", "Where solutions first leave the gold"),
                partial(divergence_histogram, aligned),
            ),
        ]
    for field in ("level", "subject"):
        groups = accuracy_by(rows, field, GROUPS_SHOWN)
        if groups:
            figure = SavedFigure(f"accuracy_by_{field}", f"Accuracy by {field} with 95 % Wilson intervals")
            charts.append((figure, partial(accuracy_bars, groups, field, summary)))
    for place, row in enumerate(heat_map_rows(rows, heat_maps), 1):
        figure = SavedFigure(f"heat_map_{place:02d}_{row['quadrant']}", f"Alignment of item {row['id']}", row)
        charts.append((figure, partial(heat_map.draw, row)))
    return charts


def quadrants(aligned: Sequence[Row], summary: Summary) -> Figure:
    """Score (x) against verdict (y, three bands with seeded jitter), the threshold as a line, a shape a quadrant."""
    figure, axes = new_figure(6.8, 4.4)
    jitter = random.Random(JITTER_SEED)
    heights = [BANDS.index(row["verdict"]) + jitter.uniform(-JITTER, JITTER) for row in aligned]
    size, edge = (34, 0.9) if len(aligned) <= 300 else (14, 0.6)
    for name, word in QUADRANTS.items():
        members = [(row, height) for row, height in zip(aligned, heights, strict=True) if row["quadrant"] == name]
        axes.scatter(
            [row["scores"][summary.variant] for row, _ in members],
            [height for _, height in members],
            s=size,
            c=QUADRANT_COLOURS[name],
            marker=QUADRANT_MARKERS[name],
            edgecolors=["black" if row["truncated"] else "white" for row, _ in members],
            linewidths=[edge if row["truncated"] else 0.4 for row, _ in members],
            alpha=0.8,
            label=f"{word.long}: {len(members)}",
            rasterized=len(aligned) > 2000,  # thousands of vector marks make a PDF slow to page through
            clip_on=False,
            zorder=3,
        )
    for border in (0.5, 1.5):
        axes.axhline(border, color="0.85", linewidth=0.8)
    _threshold_line(axes, summary)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.5, 2.5), xlabel=f"{summary.variant} of the gold steps", yticks=range(3))
    if summary.variant != "coverage":
        axes.set_xlabel(f"{summary.variant} score")
    axes.set_yticklabels([f"{VERDICTS[name].short}\n{_count(aligned, name)}" for name in BANDS])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    cut_off = sum(row["truncated"] for row in aligned)
    title = f"Reasoning and answer, n = {len(aligned)}"
    axes.set_title(title + (f" ({cut_off} cut off by the token limit: black edge)" if cut_off else ""))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def score_histogram(aligned: Sequence[Row], summary: Summary) -> Figure:
    """Counts of the score in equal bins, right answers below and the others stacked on them."""
    figure, axes = new_figure(6.8, 3.6)
    bins = 10 if len(aligned) < FEW_ITEMS else 20
    parts = [[row["scores"][summary.variant] for row in aligned if is_right(row) is right] for right in (True, False)]
    right, other = (histogram(part, bins) for part in parts)
    centres = [(place + 0.5) / bins for place in range(bins)]
    _stacked_bars(axes, centres, right, other, 0.94 / bins, (len(parts[0]), len(parts[1])))
    _threshold_line(axes, summary)
    axes.set(xlim=(0, 1), xlabel=f"{summary.variant} score", ylabel="items")
    axes.set_title(f"Distribution of the {summary.variant} score, n = {len(aligned)}")
    axes.legend(frameon=False)
    return figure


def divergence_histogram(aligned: Sequence[Row]) -> Figure:
    """First divergent student step, solutions that end early, and those that never leave the gold."""
    figure, axes = new_figure(6.8, 3.6)
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
    # A gap sets the two answers that are no step apart from the steps.
    places = [place + (0.6 if place >= len(labels) - 2 else 0.0) for place in range(len(labels))]
    totals = tuple(sum(part_counts) for part_counts in counts)
    _stacked_bars(axes, places, counts[0], counts[1], 0.8, (totals[0], totals[1]))
    axes.set_xticks(places, labels)
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="first divergent step of the solution", ylabel="items")
    axes.set_title(f"Where solutions first leave the gold, n = {len(aligned)}")
    axes.legend(frameon=False)
    return figure


def accuracy_bars(groups: Sequence[Group], field: str, summary: Summary) -> Figure:
    """A bar a group with its Wilson interval and its counts; the accuracy over all items as a line."""
    figure, axes = new_figure(6.8, 1.3 + 0.36 * len(groups))
    shares = [group.accuracy.value or 0.0 for group in groups]
    lows = [max(0.0, share - (group.accuracy.low or 0.0)) for share, group in zip(shares, groups, strict=True)]
    highs = [max(0.0, (group.accuracy.high or 0.0) - share) for share, group in zip(shares, groups, strict=True)]
    places = range(len(groups))
    axes.barh(places, shares, height=0.62, color=RIGHT_COLOUR, alpha=0.85, zorder=2)
    axes.errorbar(shares, places, xerr=(lows, highs), fmt="none", ecolor="black", elinewidth=1.1, capsize=3, zorder=3)
    for place, group in zip(places, groups, strict=True):
        axes.text(1.02, place, f"{group.outcomes['right']} of {group.items}", va="center", fontsize=8, color="0.25")
    overall = summary.accuracy.value
    if overall is not None:
        axes.axvline(overall, color=GREY, linestyle="--", linewidth=1, zorder=1)
        axes.set_xlabel(f"accuracy (dashed: all items, {overall:.1%})")
    axes.set_yticks(places, [_clipped(f"{field} {g.name}" if g.name.isdecimal() else g.name) for g in groups])
    axes.set(xlim=(0, 1), ylim=(len(groups) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(visible=False, axis="y")
    axes.set_title(f"Accuracy by {field} with 95 % intervals, n = {summary.items}")
    return figure


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
        places, other, width, bottom=right, color=NOT_RIGHT_COLOUR, hatch="///", edgecolor="white", linewidth=0,
        label=f"not right ({totals[1]})", zorder=2,
    )  # fmt: skip
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _threshold_line(axes: Axes, summary: Summary) -> None:
    if summary.threshold is None:
        return
    axes.axvline(summary.threshold, color="black", linestyle="--", linewidth=1, zorder=1)
    axes.annotate(
        f"threshold {summary.threshold:g}", (summary.threshold, 1), (3, -3), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="top", fontsize=7.5, color="0.25",
    )  # fmt: skip


def _count(rows: Sequence[Row], verdict: str) -> int:
    return sum(row["verdict"] == verdict for row in rows)


def _clipped(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= NAME_CLIP else shown[: NAME_CLIP - 1] + "…"
