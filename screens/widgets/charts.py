"""The one adapter over plotext: curves and histograms as lines of text with roles instead of colours.

Imports no front end, so that screens and `--batch` draw the same picture; plotext itself (0.2 s) is imported with the
first chart. plotext has one figure a process: draw from one thread only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.statistics.estimates import histogram
from screens.widgets.series import finite, nice_ticks, reduce_series, short_number

MIN_WIDTH, MIN_HEIGHT = 16, 4
"""Below this there is no room for an axis and a curve."""

ROLES = ("", "axis", "primary", "success", "warning", "error", "accent", "secondary")
"""Roles of text: names of theme colours, "" for plain text and "axis" for frame and ticks. Place + 1 is the colour
that stands for the role inside plotext."""

CURVE_ROLES = ("primary", "success", "accent", "warning", "error", "secondary")
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


class Run(NamedTuple):
    """A piece of a line in one role."""

    text: str
    role: str


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot (a threshold) at a value of its axis."""

    at: float
    role: str = "warning"


@dataclass(frozen=True, slots=True)
class Curve:
    """y over x; None and NaN are gaps and never joined across. Without a role, curves take turns in CURVE_ROLES."""

    label: str
    x: Sequence[float]
    y: Sequence[float | None]
    role: str = ""


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves on common axes; limits that are None follow the data."""

    curves: tuple[Curve, ...]
    horizontal: tuple[Mark, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values fall into equal bins of [low, high]; `bins` 0 lets the width decide.

    `counts`, one a bin, stand for values that somebody has counted already (10,000 of them at every key would be felt).
    `top` is the least height of the axis: histograms beside each other are read against one scale.
    """

    values: Sequence[float | None]
    low: float = 0.0
    high: float = 1.0
    bins: int = 0
    counts: Sequence[int] = ()
    vertical: tuple[Mark, ...] = ()
    role: str = "primary"
    top: int = 0


Chart = Curves | Histogram


def has_data(chart: Chart) -> bool:
    """Whether there is anything to draw yet."""
    if isinstance(chart, Curves):
        return any(finite(v) for curve in chart.curves for v in curve.y)
    return any(chart.counts) or any(finite(v) for v in chart.values)


def ready() -> bool:
    """Whether plotext is there already, so that drawing does not import it."""
    return "plotext" in sys.modules and hasattr(sys.modules["plotext"], "figure")


def get_ready() -> None:
    """Import plotext; a front end does so in a thread, since it takes a fifth of a second."""
    import plotext

    plotext.terminal.limit(False, False)  # the size is the caller's, not the terminal's


def draw(chart: Chart, width: int, height: int) -> tuple[Line, ...]:
    """The chart in exactly `height` lines of `width` cells; only the reason where there is no room or no data."""
    if not has_data(chart):
        return _filled((Run("no values yet", "axis"),), width, height)
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return _filled((Run("too small for a plot", "axis"),), width, height)
    legend = _legend(chart)
    figure = _blank_figure(width, height - len(legend))
    if isinstance(chart, Curves):
        _draw_curves(figure, chart, width, height)
    else:
        _draw_histogram(figure, chart, width, height)
    lines = [_parse(line) for line in figure.build().string().split("\n")]
    return tuple(_padded(line, width) for line in [*legend, *lines][:height])


def _filled(line: Line, width: int, height: int) -> tuple[Line, ...]:
    return tuple(_padded(line if y == 0 else (), width) for y in range(height))


def _padded(line: Line, width: int) -> Line:
    runs, space = [], width
    for run in line:
        text = run.text[:space]
        space -= len(text)
        runs += [Run(text, run.role)] if text else []
    return (*runs, Run(" " * space, "")) if space else tuple(runs)


def _blank_figure(width: int, height: int) -> Any:
    import plotext

    get_ready()
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    for axis in ("x", "y"):
        figure.axes(True, pixel=_pixel("axis"), axis=axis)
        figure.ruler(axis).pixel(_pixel("axis"))
    for axis, side in (("x", "upper"), ("y", "right")):
        figure.axes(False, axis=axis, side=side)
    return figure


def _pixel(role: str) -> Any:
    import plotext

    return plotext.pixel(foreground=1 + ROLES.index(role))


def _marker(sign: str, role: str) -> Any:
    import plotext

    return plotext.marker(sign, _pixel(role))


def _parse(line: str) -> Line:
    """plotext's escapes back to roles; its backgrounds are dropped, the theme has its own."""
    runs: list[Run] = []
    role, at = "", 0
    for match in _SGR.finditer(line):
        if match.start() > at:
            runs.append(Run(line[at : match.start()], role))
        codes, at = match.group(1), match.end()
        if codes in ("", "0"):
            role = ""
        elif codes.startswith("38;5;"):
            code = int(codes[5:]) - 1
            role = ROLES[code] if 0 <= code < len(ROLES) else ""
    if at < len(line):
        runs.append(Run(line[at:], role))
    return tuple(runs)


def _limits(values: Sequence[float], low: float | None = None, high: float | None = None) -> tuple[float, float]:
    low = min(values) if low is None else low
    high = max(values) if high is None else high
    if high > low:
        return low, high
    room = abs(low) * 0.05 or 0.5  # a constant series lies in the middle of its axis
    return low - room, high + room


def _set_axis(figure: Any, axis: str, limits: tuple[float, float], cells: int) -> None:
    ticks = nice_ticks(*limits, max(2, cells))
    figure.ruler(axis).lim(*limits)
    figure.ruler(axis).ticks(ticks, [short_number(tick, ticks) for tick in ticks])


def _role(curve: Curve, number: int) -> str:
    return curve.role or CURVE_ROLES[number % len(CURVE_ROLES)]


def _draw_curves(figure: Any, chart: Curves, width: int, height: int) -> None:
    shown = [reduce_series(curve.x, curve.y, width) for curve in chart.curves]
    xs = [x for points in shown for x in points.x]
    ys = [y for points in shown for y in points.y] + [mark.at for mark in chart.horizontal]
    x_limits, y_limits = _limits(xs), _limits(ys, chart.low, chart.high)
    _set_axis(figure, "x", x_limits, width // 12)
    _set_axis(figure, "y", y_limits, height // 3)
    for mark in chart.horizontal:
        figure.line(mark.at, "horizontal", pixel=_pixel(mark.role), style="dotted")
    for number, (curve, points) in enumerate(zip(chart.curves, shown, strict=True)):
        if not points.x:
            continue
        signal = figure.signal(points.x, points.y, marker=_marker("braille", _role(curve, number))).lines()
        for gap in points.breaks:
            signal.line(gap, False)
        figure.draw(signal)
        lonely = points.lonely()
        if lonely:  # a single dot of braille is easily overlooked
            dot = _marker("•", _role(curve, number))
            figure.draw(figure.signal([points.x[i] for i in lonely], [points.y[i] for i in lonely], marker=dot))
    if len(chart.curves) > 1:  # the letter at a curve's end says without colour which one it is
        for number, (curve, points) in enumerate(zip(chart.curves, shown, strict=True)):
            if points.x:
                letter = _marker(_letter(number), _role(curve, number))
                figure.draw(figure.signal(points.x[-1:], points.y[-1:], marker=letter))


def _letter(number: int) -> str:
    return chr(ord("a") + number % 26)


def _legend(chart: Chart) -> list[Line]:
    runs: list[Run] = []
    if isinstance(chart, Curves) and len(chart.curves) > 1:
        for number, curve in enumerate(chart.curves):
            last = next((v for v in reversed(curve.y) if finite(v)), None)
            value = "" if last is None else f" {last:.3g}"
            runs += [Run(_letter(number), _role(curve, number)), Run(f" {curve.label}{value}   ", "")]
    return [tuple(runs)] if runs else []


def _draw_histogram(figure: Any, chart: Histogram, width: int, height: int) -> None:
    values = [float(v) for v in chart.values if v is not None and finite(v)]
    bins = len(chart.counts) or chart.bins or max(5, min(20, width // 3))
    counts = chart.counts or histogram(values, bins, chart.low, chart.high)
    size = (chart.high - chart.low) / bins
    centres = [chart.low + size * (n + 0.5) for n in range(bins)]
    _set_axis(figure, "x", (chart.low, chart.high), width // 12)
    top = float(max(*counts, chart.top) or 1)
    _set_axis(figure, "y", (0.0, top), height // 3)
    figure.ruler("y").alignment(lim="edge")  # a bar stands on the axis, not half a cell above it
    filled = [(x, float(n)) for x, n in zip(centres, counts, strict=True) if n]
    for x, n in filled:
        bar = figure.rectangle((x - size * 0.45, x + size * 0.45), (0.0, n), marker=_marker("hd", chart.role))
        figure.draw(bar)
    for mark in chart.vertical:  # as points, which lie over the bars; a line would lie under them
        heights = [top * n / (4 * height) for n in range(4 * height + 1)]
        figure.draw(figure.signal([mark.at] * len(heights), heights, marker=_marker("┊", mark.role)))
