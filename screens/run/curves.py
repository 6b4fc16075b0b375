"""Curves of a run over time where the terminal is tall: the accuracy with its interval, and the speed."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Horizontal

from engine.runs.state import RunState
from screens.run.panels import speed_stage
from screens.run.tally import RunTally
from screens.widgets.charts import Curve, Curves
from screens.widgets.plot import Plot

DRAW_EVERY_S = 1.0
"""A curve drawn more often than this says nothing more, and costs the processor that the run needs."""


class RunCurves(Horizontal):
    """Has the class -filled as soon as there is something to draw. A hidden curve is not drawn."""

    DEFAULT_CSS = """
    RunCurves Plot { width: 1fr; border: round $border-blurred; border-title-color: $text-muted; height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        yield Plot(id="accuracy-curve", empty="waits for graded answers")
        yield Plot(id="speed-curve", empty="waits for the first tokens")

    def on_mount(self) -> None:
        self._drawn_at = 0.0
        self.query_one("#accuracy-curve").border_title = "Accuracy after each item, with its 95 % interval"
        self.query_one("#speed-curve").border_title = "Tokens a second over seconds"

    def show_run(self, state: RunState, tally: RunTally, *, other_run: bool) -> None:
        """Draw anew, once a second at most."""
        speed = speed_stage(state).series.get("speed.tokens_per_second")
        self.set_class(len(tally.curve) > 1, "-filled")
        self.query_one("#speed-curve").display = speed is not None
        now = time.monotonic()
        if not other_run and state.finished is None and now - self._drawn_at < DRAW_EVERY_S:
            return
        self._drawn_at = now
        x = [float(n) for n, _ in tally.curve]
        shares = [share for _, share in tally.curve]
        self.query_one("#accuracy-curve", Plot).show(
            Curves(
                (
                    Curve("accuracy", x, [s.value for s in shares], "primary"),
                    Curve("low", x, [s.low for s in shares], "secondary"),
                    Curve("high", x, [s.high for s in shares], "secondary"),
                ),
                low=0.0, high=1.0,
            )
        )  # fmt: skip
        if speed is not None:
            self.query_one("#speed-curve", Plot).show(
                Curves((Curve("tok/s", speed.steps, speed.values, "success"),), low=0.0)
            )
