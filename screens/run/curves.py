"""Curves of the stage in focus over time, where the terminal is tall. PLOTS is the table of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal

from screens.run.panels import View
from screens.widgets.charts import Curve, Curves
from screens.widgets.plot import Plot

DRAW_EVERY_S = 1.0
"""A curve drawn more often than this says nothing more, and costs the processor that the run needs."""


@dataclass(frozen=True, slots=True)
class PlotKind:
    """One plot: `draw` gives its curves, None where the stage has none of it."""

    name: str
    title: str
    empty: str
    draw: Callable[[View], Curves | None]


def accuracy_curves(view: View) -> Curves | None:
    """The accuracy after each item, between the bounds of its interval."""
    points = view.tally.curve
    if len(points) < 2:
        return None
    x = [float(n) for n, _ in points]
    shares = [share for _, share in points]
    return Curves(
        (
            Curve("accuracy", x, [s.value for s in shares], "primary"),
            Curve("low", x, [s.low for s in shares], "secondary"),
            Curve("high", x, [s.high for s in shares], "secondary"),
        ),
        low=0.0, high=1.0,
    )  # fmt: skip


def speed_curve(view: View) -> Curves | None:
    """The new tokens of each second."""
    speed = view.stage.series.get("speed.tokens_per_second")
    if speed is None or len(speed.steps) < 2:
        return None
    return Curves((Curve("tok/s", speed.steps, speed.values, "success"),), low=0.0)


PLOTS = (
    PlotKind(
        "accuracy", "Accuracy after each item, with its 95 % interval", "waits for graded answers", accuracy_curves
    ),
    PlotKind("speed", "Tokens a second over seconds", "waits for the first tokens", speed_curve),
)


class RunCurves(Horizontal):
    """Has the class -filled as soon as there is something to draw. A hidden curve is not drawn."""

    DEFAULT_CSS = """
    RunCurves Plot { width: 1fr; border: round $border-blurred; border-title-color: $text-muted; height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        for plot in PLOTS:
            yield Plot(id=f"{plot.name}-curve", empty=plot.empty)

    def on_mount(self) -> None:
        self._drawn_at = 0.0
        for plot in PLOTS:
            self.query_one(f"#{plot.name}-curve").border_title = plot.title

    def show(self, view: View, *, other: bool) -> None:
        """Draw anew, once a second at most; `other`: of another run or stage, at once."""
        now = time.monotonic()
        drawing = self.has_class("-filled") and not other
        if drawing and view.state.finished is None and now - self._drawn_at < DRAW_EVERY_S:
            return
        self._drawn_at = now
        drawn = {plot.name: plot.draw(view) for plot in PLOTS}
        self.set_class(any(curves is not None for curves in drawn.values()), "-filled")
        for name, curves in drawn.items():
            plot = self.query_one(f"#{name}-curve", Plot)
            plot.display = curves is not None
            if curves is not None:
                plot.show(curves)
