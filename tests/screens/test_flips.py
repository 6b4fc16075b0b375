"""The flips of two compared runs: filtered, exchanged, and an item of either run a key away."""

from __future__ import annotations

from pathlib import Path

from app.tui import Workbench
from engine.compare.overrides import Override, write_override
from screens.compare.flip_table import FlipTable
from screens.compare.reader import read_compared
from screens.compare.text import flip_columns
from screens.items.override import OverrideDialog
from screens.items.screen import AlignmentScreen
from screens.items.text import short_id
from screens.messages import OpenItem
from screens.widgets.dialogs import TextDialog
from screens.widgets.filter_line import FilterLine
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.virtual_table import fit_columns
from tests.screens.compared_runs import ONE, TWO, comparing, ids, made, two_runs
from tests.screens.conftest import screen_text, wait_for
from tests.screens.fake_runs import varied_row


async def test_flips_are_filtered_by_kind_and_by_words(runs_dir: Path) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await comparing(pilot, *two_runs(runs_dir))
        everything = ids(screen)
        assert everything == ["gen-00000", "gen-00002", "gen-00003", "gen-00006", "gen-00005", "gen-00013"]
        await pilot.press("f")
        await wait_for(pilot, lambda: isinstance(app.screen, FilterMenu))
        await pilot.press("j", "space", "enter")
        await wait_for(pilot, lambda: ids(screen) == ["gen-00002", "gen-00003", "gen-00006"])
        assert "only not right → right: 3 of 6" in screen_text(app)
        await pilot.press("slash", *"00006")
        await wait_for(pilot, lambda: ids(screen) == ["gen-00006"])
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.focused is screen.query_one(FlipTable))
        await pilot.press("F")
        await wait_for(pilot, lambda: ids(screen) == everything)
        assert not screen.query_one(FilterLine).display
        await pilot.press("slash", *"nothing")
        await wait_for(pilot, lambda: "no flip passes" in screen_text(app))


async def test_a_flip_opens_in_either_run_and_q_leads_back(runs_dir: Path) -> None:
    one, two = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await comparing(pilot, one, two)
        await pilot.press("j", "j")
        for key, run, verdict in (("", two, "right"), ("o", one, "unparsed")):
            if key:
                await pilot.press(key)
            await pilot.press("enter")
            await wait_for(
                pilot,
                lambda: (
                    isinstance(app.screen, AlignmentScreen)
                    and app.screen.item is not None
                    and (app.screen.item.id, app.screen.item.verdict) == ("gen-00003", verdict)  # noqa: B023
                ),
            )
            assert app.follower.run == run
            named = f"{'B' if run is two else 'A'} {short_id(run.id)}"
            assert f"gen-00003 · {named} · " in screen_text(app)
            await pilot.press("o")
            await wait_for(pilot, lambda: isinstance(app.screen, OverrideDialog))
            assert f"{named[0]} {run.id} · gen-00003" in screen_text(app)
            await pilot.press("escape", "q")
            await wait_for(pilot, lambda: app.screen is screen)
            assert screen.query_one(FlipTable).cursor == 2
        assert "enter opens A" in screen_text(app)


async def test_an_override_made_meanwhile_is_there_on_the_way_back(runs_dir: Path) -> None:
    one, two = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await comparing(pilot, one, two)
        before = screen.compared
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        await pilot.press("q", "j", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, AlignmentScreen) and app.screen.item is not None)
        assert screen.compared is before, "nothing was new after the dialog"
        write_override(two, Override("evaluate", "gen-00000", "right"))
        await pilot.press("q")
        await wait_for(pilot, lambda: "with 1 changed by a human" in screen_text(app))
        assert ids(screen)[screen.query_one(FlipTable).cursor] == "gen-00002", "the cursor stays on its item"


async def test_exchanging_turns_lost_into_gained(runs_dir: Path) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await comparing(pilot, *two_runs(runs_dir))
        assert screen.compared is not None
        assert (screen.compared.found.table.lost, screen.compared.found.table.gained) == (1, 3)
        await pilot.press("x")
        await wait_for(pilot, lambda: screen.compared is not None and screen.compared.found.run_a == TWO)
        assert (screen.compared.found.table.lost, screen.compared.found.table.gained) == (3, 1)


async def test_an_item_of_a_run_that_is_not_followed_opens_once_it_is_read(runs_dir: Path) -> None:
    one, two = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        for run, position in ((one, 7), (two, 11), (one, 3)):
            app.post_message(OpenItem(position, run))
            wanted = f"gen-{position:05}"
            await wait_for(
                pilot,
                lambda: (
                    isinstance(app.screen, AlignmentScreen)
                    and app.follower.run == run  # noqa: B023
                    and app.screen.item is not None
                    and app.screen.item.id == wanted  # noqa: B023
                ),
            )


def test_ids_of_samples_are_shown_whole_where_they_differ_at_the_end(tmp_path: Path) -> None:
    rows = [varied_row(n, id=f"gsm8k-test-00000{n // 4}~{n % 4}", verdict="right") for n in range(8)]
    other = [row | {"verdict": "wrong"} for row in rows]
    found = read_compared(made(tmp_path, ONE, "m", rows), made(tmp_path, TWO, "n", other)).found
    widths = {column.key: width for column, width in fit_columns(flip_columns(found), 56)}
    assert widths["id"] >= len("gsm8k-test-000000~0")
