"""Charts: peaks survive thinning, gaps stay gaps, signs tell what colours tell, a widget draws only when it must."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from engine.statistics.estimates import histogram
from screens.widgets import plot
from screens.widgets.charts import Chart, Curve, Curves, Histogram, Line, Mark, draw
from screens.widgets.plot import Plot, to_content
from screens.widgets.series import nice_ticks, reduce_series, short_number
from tests.screens.conftest import screen_text, wait_for

BRAILLE = {chr(code) for code in range(0x2801, 0x2900)}
LOSS = Curves((Curve("loss", range(4), (4.0, 3.0, 2.0, 1.0)),))


def plain(lines: Sequence[Line]) -> str:
    """The picture without roles."""
    return "\n".join("".join(run.text for run in line).rstrip() for line in lines)


def columns_drawn(chart: Chart, width: int = 60, height: int = 12) -> set[int]:
    """The columns in which a curve's dots are."""
    lines = plain(draw(chart, width, height)).splitlines()
    return {x for line in lines for x, sign in enumerate(line) if sign in BRAILLE}


@pytest.mark.parametrize("size", [(16, 4), (40, 10), (120, 40), (200, 60)])
@pytest.mark.parametrize(
    "chart",
    [
        LOSS,
        Curves((Curve("a", [0], [5]), Curve("b", [0], [5]))),
        Histogram((0.1, 0.9, 0.9), vertical=(Mark(0.7),)),
        Histogram(()),
    ],
)
def test_a_chart_fills_exactly_its_space(chart: Chart, size: tuple[int, int]) -> None:
    lines = draw(chart, *size)
    assert len(lines) == size[1]
    assert {sum(len(run.text) for run in line) for line in lines} == {size[0]}


def test_a_curve_falls_where_its_values_fall() -> None:
    lines = plain(draw(LOSS, 40, 10)).splitlines()
    drawn = [(x, y) for y, line in enumerate(lines) for x, sign in enumerate(line) if sign in BRAILLE]
    assert min(drawn)[1] < 2
    assert max(drawn)[1] > 6


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_a_gap_is_never_joined_across(nothing: float | None) -> None:
    values = [1.0] * 40 + [nothing] * 20 + [1.0] * 40
    drawn = columns_drawn(Curves((Curve("loss", range(100), values),)))
    assert any(b - a > 10 for a, b in pairwise(sorted(drawn)))
    whole = columns_drawn(Curves((Curve("loss", range(100), [1.0] * 100),)))
    assert all(b - a == 1 for a, b in pairwise(sorted(whole)))


def test_a_gap_narrower_than_a_column_still_breaks_the_line() -> None:
    values: list[float | None] = [float(n % 7) for n in range(10_000)]
    values[5_000] = None
    thinned = reduce_series(range(10_000), values, 50)
    assert len(thinned.breaks) == 1
    left, right = thinned.x[thinned.breaks[0] - 1], thinned.x[thinned.breaks[0]]
    assert left < 5_000 < right


def test_a_long_series_keeps_its_peaks_in_two_points_a_column() -> None:
    draw_ = random.Random(1)
    values = [draw_.gauss(0, 1) for _ in range(20_000)]
    values[7_777], values[12_345] = 99.0, -99.0
    thinned = reduce_series(range(20_000), values, 80)
    assert len(thinned.x) <= 160
    assert max(thinned.y) == 99.0
    assert min(thinned.y) == -99.0
    assert thinned.x == sorted(thinned.x)


def test_steps_that_went_back_after_a_resume_are_drawn_in_order() -> None:
    assert reduce_series([0, 1, 2, 1, 2, 3], [5, 4, 3, 4, 3, 2], 10).x == [0, 1, 1, 2, 2, 3]


def test_a_lonely_point_is_seen() -> None:
    assert plain(draw(Curves((Curve("loss", [0, 1, 2], [1.0, None, 2.0]),)), 40, 8)).count("•") == 2


def test_two_curves_are_told_apart_without_colour() -> None:
    chart = Curves((Curve("loss", range(9), [9.0 - n for n in range(9)]), Curve("reward", range(9), list(range(9)))))
    lines = plain(draw(chart, 60, 12)).splitlines()
    assert lines[0].startswith("a loss 1   b reward 8")
    ends = {sign: y for y, line in enumerate(lines[1:]) for sign in "ab" if line.rstrip().endswith(sign)}
    assert ends["b"] < ends["a"]


def test_a_threshold_lies_over_the_bars() -> None:
    picture = plain(draw(Histogram([0.71] * 50, vertical=(Mark(0.7),)), 60, 12))
    assert picture.count("┊") >= 8


def test_without_room_or_values_it_says_so() -> None:
    assert plain(draw(LOSS, 10, 3)).startswith("too small")
    assert plain(draw(Curves((Curve("loss", [0], [None]),)), 60, 12)).startswith("no values yet")


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [(0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0, 20_000, 4, [0, 5000, 10000, 15000, 20000]), (3, 3, 4, [3])],
)
def test_ticks_are_round(low: float, high: float, count: int, ticks: list[float]) -> None:
    assert nice_ticks(low, high, count) == pytest.approx(ticks)


def test_labels_have_the_decimals_that_tell_them_apart() -> None:
    assert [short_number(v, [0, 0.5, 1.0]) for v in (0, 0.5, 1.0)] == ["0", "0.5", "1.0"]
    assert [short_number(v, [0, 0.05, 0.1]) for v in (0, 0.05, 0.1)] == ["0", "0.05", "0.10"]
    assert [short_number(v, [0, 5000, 10000]) for v in (0, 5000, 10000)] == ["0", "5k", "10k"]


def test_values_outside_fall_into_the_end_bins() -> None:
    assert histogram([-1, 0, 0.49, 0.5, 1, 2], 2) == (3, 3)


class PlotApp(App[None]):
    CSS = "Plot { height: 10; }"

    def compose(self) -> ComposeResult:
        yield Plot()

    @property
    def plot(self) -> Plot:
        return self.query_one(Plot)


async def test_it_draws_again_only_for_other_data_or_another_size() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert "waiting for the first values" in screen_text(app)
        app.plot.show(LOSS)
        await pilot.pause()
        app.plot.show(Curves((Curve("loss", range(4), (4.0, 3.0, 2.0, 1.0)),)))
        app.plot.refresh()
        await pilot.pause()
        assert app.plot.draws == 1
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert app.plot.draws == 2


async def test_the_first_plot_is_painted_before_the_library_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(plot, "ready", gate.is_set)
    monkeypatch.setattr(plot, "get_ready", lambda: gate.wait(10))
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.show(LOSS)
        await pilot.pause()
        assert app.plot.draws == 0
        gate.set()
        await wait_for(pilot, lambda: app.plot.draws == 1)


async def test_a_hidden_plot_is_not_drawn() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.display = False
        await pilot.pause()
        app.plot.show(LOSS)
        await pilot.pause()
        assert app.plot.draws == 0
        app.plot.display = True
        await pilot.pause()
        assert app.plot.draws == 1


def test_roles_become_colours_of_the_theme() -> None:
    content = to_content(draw(Histogram([0.5], role="success"), 40, 8))
    assert isinstance(content, Content)
    assert {"$success", "$foreground-muted"} <= {str(span.style) for span in content.spans}


def test_plotext_and_textual_are_not_imported_with_the_adapter() -> None:
    code = "import sys, screens.widgets.charts; print(sorted({'plotext', 'textual'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
