"""Choosing an item in the Alignment screen: the list, by kind, by text, by number, and before it is there."""

from __future__ import annotations

from pathlib import Path

from screens.items.matrix import MatrixMap
from screens.items.screen import AlignmentScreen
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.virtual_table import VirtualTable
from tests.screens.alignment_app import screen_of, showing, shown_item
from tests.screens.conftest import SIZES, CheckSnapshot, screen_lines, screen_text, wait_for
from tests.screens.fake_runs import RUN_ID, finished_run, varied_row
from tests.screens.harness import ScreenApp

MIDDLE = SIZES["120x40"]


async def test_the_list_takes_the_items_place_where_it_is_narrow(tmp_path: Path, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("t", "j", "j")
        await pilot.pause()
        check_snapshot(app, "alignment-80x24-list", RUN_ID)
        assert screen_of(app).item is not None
        await pilot.press("enter")
        await shown_item(pilot, 3)
        assert app.screen.focused is app.screen.query_one(MatrixMap)
        assert not app.screen.query_one("#items").display


async def test_the_list_stands_beside_the_item_where_it_is_wide_and_browses_it(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=SIZES["200x60"]) as pilot:
        await shown_item(pilot, 1)
        table = app.screen.query_one("#items", VirtualTable)
        assert table.display
        await pilot.press("n", "n")
        assert table.cursor == 2
        await pilot.press("t")
        assert not table.display
        await pilot.press("t", "j", "j")
        await shown_item(pilot, 5)
        assert app.screen.query_one("#panels").display


async def test_the_menu_filters_by_quadrant_and_verdict(tmp_path: Path, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("f")
        await wait_for(pilot, lambda: isinstance(app.screen, FilterMenu))
        await pilot.press("j", "j", "j", "space", "down", "down", "space")
        check_snapshot(app, "alignment-filter-menu", RUN_ID)
        await pilot.press("enter")
        wanted = [
            n for n in range(24) if varied_row(n)["quadrant"] == "failure" and varied_row(n)["verdict"] == "wrong"
        ]
        await shown_item(pilot, wanted[0] + 1)
        assert f"only failure · wrong · {len(wanted)} of 24" in screen_text(app)
        await pilot.press("n")
        await shown_item(pilot, wanted[1] + 1)
        await pilot.press("F")
        await pilot.pause()
        assert "only failure" not in screen_text(app)
        assert screen_of(app).browser.position == wanted[1]
        await pilot.press("f", "space", "escape")
        await pilot.pause()
        assert not screen_of(app).browser.filter


async def test_search_narrows_while_typing_and_escape_shows_all_again(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("slash")
        await pilot.press(*"gen-0002")
        await wait_for(pilot, lambda: 'only "gen-0002"' in screen_text(app))
        await shown_item(pilot, 21)
        await pilot.press("enter", "n")
        await shown_item(pilot, 22)
        await pilot.press("slash", "x", "y")
        await wait_for(pilot, lambda: "no item passes" in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: "no item passes" not in screen_text(app))
        assert not screen_of(app).browser.filter
        assert app.screen.focused is app.screen.query_one(MatrixMap)


async def test_go_to_drops_a_filter_that_hides_the_item_and_refuses_what_is_not_there(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=MIDDLE, notifications=True) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("slash", "0", "1", "2", "enter")
        await shown_item(pilot, 13)
        await pilot.press("colon", "7", "enter")
        await shown_item(pilot, 7)
        assert "only" not in screen_lines(app)[2]
        await pilot.press("g", "9", "9", "enter")
        await wait_for(pilot, lambda: "no item 99: the items are 1 to 24" in screen_text(app))
        assert screen_of(app).browser.position == 6


async def test_an_item_can_be_chosen_before_the_run_is_known(tmp_path: Path) -> None:
    def opened() -> AlignmentScreen:
        screen = AlignmentScreen()
        screen.show_item(4)
        return screen

    app = ScreenApp(opened, "alignment", finished_run(tmp_path, 6).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 5)
