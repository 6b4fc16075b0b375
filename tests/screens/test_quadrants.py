"""The Quadrants screen: counts follow the threshold, an item chosen anywhere is chosen everywhere, enter opens it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from screens.messages import RunUpdated
from screens.quadrants import scatter
from screens.quadrants.cloud import Cloud
from screens.quadrants.scatter import Scatter
from screens.quadrants.screen import QuadrantsScreen
from screens.widgets.charts import Histogram
from screens.widgets.panel import Panel
from screens.widgets.plot import Plot
from screens.widgets.virtual_table import VirtualTable
from tests.screens.conftest import SIZES, CheckSnapshot, screen_lines, screen_text, wait_for
from tests.screens.fake_runs import RUN_ID, FakeRun, finished_run, many_samples, no_gold, varied_row, with_items
from tests.screens.harness import ScreenApp

MIDDLE = SIZES["120x40"]


def showing(news: RunUpdated | None) -> ScreenApp:
    return ScreenApp(QuadrantsScreen, "quadrants", news)


def screen_of(app: ScreenApp) -> QuadrantsScreen:
    screen = app.screen_stack[1]
    assert isinstance(screen, QuadrantsScreen)
    return screen


def counts_of(app: ScreenApp) -> dict[str, int]:
    """The numbers that the table of counts shows."""
    lines = [line.split() for line in app.screen.query_one("#counts", Panel).text.splitlines()]
    words = {"◆": "robust", "▲": "near-miss", "○": "lucky-guess", "✕": "failure"}
    return {
        words[line[0]]: int(next(part for part in line if part.replace(",", "").isdigit()).replace(",", ""))
        for line in lines
        if line[0] in words
    }


async def own_threshold_known(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, ScreenApp)
    await wait_for(pilot, lambda: "(run)" in screen_text(app), "the run's threshold")


async def settled(pilot: Pilot[None]) -> None:
    """Until histogram and table have followed the threshold."""
    app = pilot.app
    assert isinstance(app, ScreenApp)
    screen = screen_of(app)

    def followed() -> bool:
        chart = screen.query_one(Plot).chart
        return isinstance(chart, Histogram) and chart.vertical[0].at == screen.threshold

    await wait_for(pilot, followed, "the histogram")


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_at_every_size(tmp_path: Path, size: str, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path, 60).news())
    async with app.run_test(size=SIZES[size]) as pilot:
        await own_threshold_known(pilot)
        await pilot.press("l", "l", "down", *["minus"] * 9)
        await settled(pilot)
        check_snapshot(app, f"quadrants-{size}", RUN_ID)


async def test_the_counts_follow_the_threshold_and_go_back(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 60)
    samples = run.state().items
    cloud = Cloud()
    cloud.take(samples)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        own = {name: sum(s.fact("quadrant") == name for s in samples) for name in cloud.counts(0.7)}
        assert counts_of(app) == own
        for keys, threshold in (
            (("plus",) * 3, 0.73), (("greater_than_sign",) * 2, 0.83), (("minus",), 0.82),
            (("greater_than_sign",) * 5, 1.0),
        ):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause()
            assert screen_of(app).threshold == pytest.approx(threshold)
            assert counts_of(app) == cloud.counts(threshold)
            assert f"coverage above {threshold:.2f} (run 0.70)" in screen_text(app)
        await pilot.press("0")
        await pilot.pause()
        assert counts_of(app) == own


async def test_the_table_shows_the_score_and_the_side_that_the_scatter_shows(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 3)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        position = app.screen.query_one(Scatter).cursor or 0
        first = run.state().items[position]
        for keys, sign, score in (((), "◆", first.score("coverage")), (("v",), "◆", first.score("published")),
                                  (("greater_than_sign",) * 4, "○", first.score("published"))):  # fmt: skip
            await pilot.press(*keys)
            await settled(pilot)
            assert f"▸{position + 1:>5} {sign} right      {score:.2f}" in screen_text(app)


async def test_a_moved_threshold_shows_what_changed(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 60).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        before = counts_of(app)
        await pilot.press(*["greater_than_sign"] * 4)
        await pilot.pause()
        change = counts_of(app)["robust"] - before["robust"]
        assert change < 0
        line = next(line for line in app.screen.query_one("#counts", Panel).text.splitlines() if "robust" in line)
        assert line.rstrip().endswith(str(change))
        await pilot.press("c")
        assert line.rstrip() in app.copied[0]


async def test_the_runs_own_threshold_comes_from_its_rows(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, rows=[varied_row(n, threshold=0.42) for n in range(9)]).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await wait_for(pilot, lambda: "above 0.42 (run)" in screen_text(app))
        await pilot.press("v")
        await wait_for(pilot, lambda: "published above 0.70 (assumed)" in screen_text(app))


async def test_an_unreadable_row_leaves_the_published_threshold(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 9)
    run.directory.results("evaluate").unlink()
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await wait_for(pilot, lambda: "coverage above 0.64 (assumed)" in screen_text(app))


async def test_scatter_and_table_choose_the_same_item_and_enter_opens_it(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 30)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        dots, table = app.screen.query_one(Scatter), app.screen.query_one(VirtualTable)
        await pilot.press("end")
        await pilot.pause()
        best = max(
            (s for s in run.state().items if s.fact("verdict") == "right"), key=lambda s: s.score("coverage") or 0
        )
        assert dots.cursor == table.cursor == best.index
        assert f"item {best.index + 1} · ◆ robust" in screen_text(app)
        await pilot.press("enter")
        await pilot.press("t", "g", "j", "j")
        await wait_for(pilot, lambda: dots.cursor == 2)
        await pilot.press("enter", "t", "h")
        await wait_for(pilot, lambda: app.opened == [best.index, 2])
        assert app.screen.focused is dots


async def test_a_click_chooses_the_nearest_item_and_a_second_one_opens_it(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 12).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        dots = app.screen.query_one(Scatter)
        row, column = dots.place_of(dots.cloud.dots[5])
        await pilot.click(Scatter, offset=(scatter.GUTTER + column - 1, row))
        assert dots.cursor == 5
        await pilot.click(Scatter, offset=(scatter.GUTTER + column, row))
        await wait_for(pilot, lambda: app.opened == [5])


async def test_a_click_into_the_void_chooses_nothing(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 1).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        await pilot.click(Scatter, offset=(40, 20))
        await pilot.click(Scatter, offset=(2, 2))
        assert app.opened == []
        assert app.screen.query_one(Scatter).cursor == 0


async def test_each_item_is_drawn_on_its_side_of_the_threshold(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 40).news())
    async with app.run_test(size=SIZES["200x60"]) as pilot:
        await own_threshold_known(pilot)
        for line in screen_lines(app)[2:40]:
            inside = line[1:130]
            if "┊" in inside:
                left, right = inside.split("┊", 1)
                assert not set("◆▲") & set(left)
                assert not set("○✕") & set(right)


async def test_the_screen_grows_with_the_run_and_keeps_the_choice(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin(40).add(varied_row(n) for n in range(10))
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        await pilot.press("l", "l", "plus")
        chosen = app.screen.query_one(Scatter).cursor
        run.add(varied_row(n) for n in range(10, 40))
        app.tell(run.news())
        await wait_for(pilot, lambda: sum(counts_of(app).values()) == 40)
        assert app.screen.query_one(Scatter).cursor == chosen
        assert screen_of(app).threshold == pytest.approx(0.71)
        drawn = sum(len(dots) for row in app.screen.query_one(Scatter).grid().values() for dots in row.values())
        assert drawn == 40


async def test_the_first_item_of_a_band_makes_room_for_it(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin(9).add(varied_row(n) for n in range(3))  # right and wrong only
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        dots = app.screen.query_one(Scatter)
        assert dots.band_rows()["unparsed"][1] == 1
        run.add([varied_row(3)])
        app.tell(run.news())
        await wait_for(pilot, lambda: sum(counts_of(app).values()) == 4)
        assert dots.band_rows()["unparsed"][1] > 1
        for dot in dots.cloud.dots.values():
            assert dot in dots.dots_at(dots.place_of(dot))


async def test_another_run_starts_anew(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path / "a", 20).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        await pilot.press("plus", "end")
        app.tell(finished_run(tmp_path / "b", rows=[varied_row(n, threshold=0.5) for n in range(3)]).news())
        await wait_for(pilot, lambda: "above 0.50 (run)" in screen_text(app))
        assert sum(counts_of(app).values()) == 3
        assert app.screen.query_one(Scatter).cursor in range(3)


async def test_no_run_no_item_and_no_gold_are_told_apart(tmp_path: Path) -> None:
    app = showing(None)
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await pilot.press("plus", "0", "v", "v", "t", "t", "c", "enter", "l", "j")
        await pilot.pause()
        assert "2 lists the runs" in screen_text(app)
        app.tell(FakeRun(tmp_path / "a").begin(9).news())
        await wait_for(pilot, lambda: "waiting for the first item" in screen_text(app))
        app.tell(finished_run(tmp_path / "b", rows=[no_gold(varied_row(n)) for n in range(4)]).news())
        await wait_for(pilot, lambda: "4 items, none with a coverage score" in screen_text(app))
        rows = [varied_row(0), no_gold(varied_row(1)), varied_row(2)]
        app.tell(finished_run(tmp_path / "c", rows=rows).news())
        await wait_for(pilot, lambda: "1 not aligned: no gold solution" in screen_text(app))


async def test_the_table_takes_the_figures_place_where_it_is_narrow(
    tmp_path: Path, check_snapshot: CheckSnapshot
) -> None:
    app = showing(finished_run(tmp_path, 60).news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await own_threshold_known(pilot)
        await pilot.press("t", "j", "j", "j")
        await pilot.pause()
        check_snapshot(app, "quadrants-80x24-table", RUN_ID)
        assert app.screen.query_one(Scatter).cursor == app.screen.query_one(VirtualTable).cursor
        await pilot.press("t")
        await pilot.pause()
        assert not app.screen.query_one("#items").display


async def test_ten_thousand_items_are_placed_once_and_the_threshold_moves_no_item(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = finished_run(tmp_path, 1)
    news = run.news()
    news.state = with_items(news.state, many_samples(10_000))
    app = showing(news)
    async with app.run_test(size=MIDDLE) as pilot:
        await own_threshold_known(pilot)
        assert sum(counts_of(app).values()) == 10_000
        dots = app.screen.query_one(Scatter)
        grid = dots.grid()
        await pilot.press("plus", "l", "l", "j", "minus")
        await settled(pilot)
        assert dots.grid() is grid
        assert "▓" in screen_text(app) or "▒" in screen_text(app)


@pytest.mark.parametrize("items", [0, 3])
async def test_the_key_line_offers_only_what_does_something(tmp_path: Path, items: int) -> None:
    run = finished_run(tmp_path, items)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await pilot.pause()
        last = screen_lines(app)[-1]
        words = ("⏎ open", "+ - threshold", "v score", "t table", "c copy")
        assert [word in last for word in words] == [items > 0] * len(words)
        if items:
            await pilot.press("t")
            await pilot.pause()
            assert "⏎ open" in screen_lines(app)[-1]


def test_every_action_has_an_id_a_description_and_help() -> None:
    for owner in (QuadrantsScreen, Scatter, VirtualTable):
        assert owner.HELP
        assert all(getattr(b, "id", None) and getattr(b, "description", "") for b in owner.BINDINGS)


def test_samples_of_a_problem_widen_the_interval_of_a_quadrant() -> None:
    one, eight = Cloud(), Cloud()
    alone = [s for s in many_samples(40) if s.score("coverage") is not None]
    one.take(alone)
    eight.take([replace(s, id=f"{s.id}~{k}") for s in alone for k in range(8)])
    for name, share in eight.shares(0.5).items():
        expected = one.shares(0.5)[name]
        assert share is not None
        assert expected is not None
        assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=0.02)
