"""The figures that a stage measures, as a table to scroll through: where a run has no items, this is its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.runs.directory import RunDirectory
from engine.runs.events import Measured
from engine.runs.state import RunState, StageState
from engine.runs.status import ENDED, Status
from engine.statistics.wording import MEASURED, shown_bounds, shown_value
from screens.run.panels import PANELS, View, styled
from screens.widgets.lines import fit

INDENT = 2
VALUE, COUNT = 5, 5
LEAST_NAME = 24
GAUGE_FROM, GAUGE_TO = 21, 41
"""Cells of the drawn scale from 0 to 1: odd, so that a half has its place in the middle."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells of the columns; without room for a drawn scale `gauge` is 0. `decimals` are those of an interval."""

    width: int
    name: int
    gap: int
    decimals: int
    gauge: int

    @property
    def interval(self) -> int:
        return len("[0., 0.]") + 2 * self.decimals


def layout_for(figures: Sequence[Measured], width: int) -> Layout:
    """Whole names before wide gaps and third decimals, and those before a drawn scale."""
    longest = max((len(figure.name) for figure in figures), default=0) + INDENT
    for gap, decimals in ((2, 3), (1, 2)):
        layout = Layout(width, longest, gap, decimals, 0)
        room = width - VALUE - layout.interval - COUNT - 3 * gap
        if longest <= room:
            break
    gauge = min(GAUGE_TO, room - longest - gap)
    gauge = gauge - 1 + gauge % 2 if gauge >= GAUGE_FROM else 0
    return replace(layout, name=max(LEAST_NAME, min(longest, room)), gauge=gauge)


class FigureView(VerticalScroll):
    """Shown while it has the class -shown."""

    HELP = """What the run measured, section by section, each figure with its 95 % interval and on how many it is.
**j / k** or arrows scroll, **g / G** first and last line; at the end stand the files that hold the same."""
    DEFAULT_CSS = """
    FigureView { display: none; border: round $border-blurred; border-title-color: $text-muted; padding: 0 1; }
    FigureView:focus { border: round $border; }
    FigureView.-shown { display: block; }
    FigureView { scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="figures.down"),
        Binding("k", "scroll_up", "Up", show=False, id="figures.up"),
        Binding("g", "scroll_home", "First line", show=False, id="figures.first"),
        Binding("G", "scroll_end", "Last line", show=False, id="figures.last"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._told: tuple[RunDirectory, RunState, StageState, Status] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def show(self, run: RunDirectory, state: RunState, stage: StageState, status: Status) -> None:
        """Show what the stage has measured so far, another one from its first line."""
        if self._told is not None and (self._told[0].path, self._told[2].name) != (run.path, stage.name):
            self.scroll_home(animate=False)
        self._told = run, state, stage, status
        count = f" · {stage.done} of {stage.total} {stage.unit}" if stage.total else ""
        title = f"{stage.name or 'figures'}{count}"
        machine = PANELS["machine"].told(View(state)) if "machine.rss_gb" in state.machine else []
        costs = " · ".join(map(str, machine))
        if (self.border_title, self.border_subtitle) != (title, costs):
            self.border_title, self.border_subtitle = title, costs
        width = self.scrollable_content_region.width
        text = Content("\n").join(list(_lines(run, state, stage, status, width)))
        static = self.query_one(Static)
        if static.content != text:
            static.update(text)

    def on_resize(self, event: events.Resize) -> None:
        if self._told is not None:
            self.show(*self._told)


def _lines(run: RunDirectory, state: RunState, stage: StageState, status: Status, width: int) -> Iterator[Content]:
    if stage.figures:
        yield from figure_lines(list(stage.figures), width)
    else:
        note = f": {stage.note}" if stage.note else ""
        waits = "the run ended before its first figure" if status in ENDED else f"waits for the first figure{note}"
        yield styled(waits, "$foreground-muted")
    made = [(name, path) for stage in state.stages for name, path in stage.artifacts.items()]
    if made:
        longest = max(len(name) for name, _ in made)
        yield Content("")
        yield styled("files in ", "bold") + Content(str(run.path))
        yield from (Content(f"  {name:<{longest}}  {path}") for name, path in made)


def figure_lines(figures: Sequence[Measured], width: int) -> list[Content]:
    """The table in lines of `width` cells: the drawn scale where there is room for it, notes where they fit."""
    layout = layout_for(figures, width)
    lines: list[Content] = []
    for section, group in groupby(figures, key=lambda figure: figure.section):
        lines += [Content("")] if lines else []
        measured = list(group)
        titled = any(figure.value is not None for figure in measured)
        lines.append(_heading(section, layout) if titled else styled(section, "bold $accent"))
        for figure in measured:
            lines += _figure(figure, layout)
    return lines


def _heading(section: str, layout: Layout) -> Content:
    half = layout.gauge // 2
    scale = f"{'0':<{half - 1}}0.5{'1':>{half - 1}}" if layout.gauge else ""
    bounds = "95 % interval" if layout.decimals > 2 else "95 %"
    titles = (f"{'value':>{VALUE}}", f"{bounds:>{layout.interval}}", f"{'n':>{COUNT}}", scale)
    gap = " " * layout.gap
    return fit(styled(section, "bold $accent"), layout.name) + styled(gap + gap.join(titles), "$foreground-muted")


def _figure(figure: Measured, layout: Layout) -> list[Content]:
    said = " " * INDENT + figure.name
    form = replace(MEASURED, decimals=layout.decimals)
    if figure.value is None:
        return [Content(said) + styled(f": {figure.note}" if figure.note else "", "$foreground-muted")]
    count = f"{figure.n:,}" if figure.n else ""
    line = Content(" " * layout.gap).join(
        [
            fit(said, layout.name),
            styled(f"{shown_value(figure.figure, MEASURED):>{VALUE}}", "bold"),
            Content(f"{shown_bounds(figure.figure, form):>{layout.interval}}"),
            Content(f"{count:>{COUNT}}"),
            *([_gauge(figure, layout.gauge)] if layout.gauge else []),
        ]
    )
    if not figure.note:
        return [line]
    note = styled(figure.note, "$foreground-muted")
    if line.cell_length + 2 + note.cell_length <= layout.width:
        return [line + Content("  ") + note]
    return [line, Content(" " * 2 * INDENT) + note]


def _gauge(figure: Measured, cells: int) -> Content:
    """The value on a scale from 0 to 1, on the line that its interval takes."""

    def place(value: float) -> int:
        return round(max(0.0, min(1.0, value)) * (cells - 1))

    at = place(figure.value or 0.0)
    low, high = (at if bound is None else place(bound) for bound in (figure.low, figure.high))
    before, left, right, after = low, at - low, high - at, cells - 1 - high
    return (
        styled("·" * before, "$border")
        + styled("━" * left, "$secondary")
        + styled("●", "$primary")
        + styled("━" * right, "$secondary")
        + styled("·" * after, "$border")
    )
