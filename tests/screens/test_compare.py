"""What the Compare screen shows of two runs, and what it says while there is nothing to show."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.tui import Workbench
from engine.compare.overrides import Override, overrides_file, write_override
from engine.errors import EnvironmentMissing
from engine.runs.directory import RunDirectory
from screens.compare.flip_table import FlipTable
from screens.compare.reader import CURVE_FROM, read_compared
from screens.messages import CompareRuns
from screens.widgets.dialogs import TextDialog
from screens.widgets.virtual_table import VirtualTable
from tests.screens.compared_runs import ITEMS, ONE, TWO, comparing, made, two_runs
from tests.screens.conftest import SIZES, CheckSnapshot, screen_lines, screen_text, wait_for
from tests.screens.fake_runs import varied_row


@pytest.mark.parametrize("size", SIZES)
async def test_the_comparison(runs_dir: Path, size: str, check_snapshot: CheckSnapshot) -> None:
    one, two = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=SIZES[size]) as pilot:
        await comparing(pilot, one, two)
        check_snapshot(app, f"compare-{size}")


async def test_curves_take_the_place_of_the_flips_in_a_short_terminal(
    runs_dir: Path, check_snapshot: CheckSnapshot
) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await comparing(pilot, *two_runs(runs_dir))
        await pilot.press("t")
        check_snapshot(app, "compare-80x24-curves")
        await pilot.press("t")
        assert screen.focused is screen.query_one(FlipTable)
        assert "gen-00000" in screen_text(app)


async def test_the_smallest_terminal_shows_flips_and_has_the_figures_a_key_away(runs_dir: Path) -> None:
    one, two = two_runs(runs_dir)
    write_override(two, Override("evaluate", "gen-00000", "right"))
    write_override(two, Override("evaluate", "gen-00001", "right"))
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(60, 15)) as pilot:
        await comparing(pilot, one, two)
        assert "gen-00003" in screen_text(app)
        assert f"{TWO}  right 58% [39, 76]" in screen_text(app)
        await pilot.press("t")
        text = screen_text(app)
        assert "gen-00003" not in text
        for line in ("B    58.3% [38.8%, 75.5%] 14 of 24", "→B   62.5% [42.7%, 78.8%] 15 of 24",
                     "→B−A +12.5 ", "→ 1 changed, 1 confirmed"):  # fmt: skip
            assert line in text
        await pilot.press("t")
        assert "coverage of B" in screen_text(app)
        await pilot.press("t")
        assert "gen-00003" in screen_text(app)
        await pilot.press("t")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "gen-00003" in screen_text(app)
        assert "right in both?" in screen_text(app)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
@pytest.mark.parametrize("key", ["o", "f", "slash"])
async def test_keys_about_flips_show_the_flips(runs_dir: Path, size: tuple[int, int], key: str) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=size) as pilot:
        screen = await comparing(pilot, *two_runs(runs_dir))
        await pilot.press("t")
        assert not screen.query_one(FlipTable).display
        await pilot.press(key, "escape")
        await pilot.pause()
        assert screen.query_one(FlipTable).display
        assert screen.focused is screen.query_one(FlipTable)


@pytest.mark.parametrize(("size", "keys"), [((80, 24), "w differs   f filter   t view   x swap"),
                                            ((60, 15), "w differs")])  # fmt: skip
async def test_the_key_line_has_room_for_what_the_screen_needs(
    runs_dir: Path, size: tuple[int, int], keys: str
) -> None:
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=size) as pilot:
        await comparing(pilot, *two_runs(runs_dir))
        assert keys in screen_lines(app)[-1]


async def test_overrides_that_cannot_be_read_are_a_caution_and_no_end(runs_dir: Path) -> None:
    one, two = two_runs(runs_dir)
    overrides_file(two).mkdir()
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await comparing(pilot, one, two)
        assert "! 1 caution, w: B: overrides.jsonl cannot be read" in screen_text(app)


async def test_human_verdicts_stand_beside_the_graders(runs_dir: Path, check_snapshot: CheckSnapshot) -> None:
    one, two = two_runs(runs_dir)
    for item, verdict in (("gen-00000", "right"), ("gen-00005", "right"), ("gen-00002", "wrong")):
        write_override(two, Override("evaluate", item, verdict))
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await comparing(pilot, one, two)
        assert screen.compared is not None
        assert screen.compared.found.flip_counts == {"lost": 0, "gained": 3, "changed": 1, "settled": 2}
        check_snapshot(app, "compare-overridden-120x40")


async def test_loading_failed_and_no_flips_look_different(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = two_runs(runs_dir)
    twin = made(runs_dir, "2026-11-21-100000-demo-3333", "hf:org/small", [varied_row(n) for n in range(ITEMS)])
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slowly(a: RunDirectory, b: RunDirectory) -> Any:
            asyncio.run_coroutine_threadsafe(ready.wait(), loop).result()
            return read_compared(a, b)

        monkeypatch.setattr("screens.compare.screen.read_compared", slowly)
        app.screen.post_message(CompareRuns(one, twin))
        await wait_for(pilot, lambda: f"reading {ONE}" in screen_text(app), "what it reads")
        ready.set()
        await wait_for(pilot, lambda: "no item came to anything else in the other run" in screen_text(app))
        assert "no item flipped: with 95 % confidence fewer than 11.7% of such items do" in screen_text(app)

        other = made(runs_dir, "2026-11-21-110000-demo-4444", "hf:org/small", [varied_row(n) for n in range(90, 92)])
        app.screen.post_message(CompareRuns(two, other))
        await wait_for(pilot, lambda: "have no item in common" in " ".join(screen_text(app).split()))
        assert "next: compare runs over the same problems" in screen_text(app)
        assert "no item flipped" not in screen_text(app)


async def test_a_failure_can_be_copied_and_read_again(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = two_runs(runs_dir)
    copied: list[str] = []
    app = Workbench(runs_dir, adopt=False)
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)

    def refused(a: RunDirectory, b: RunDirectory) -> Any:
        raise EnvironmentMissing("cannot read it", "mend it")

    async with app.run_test(size=(80, 24)) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr("screens.compare.screen.read_compared", refused)
            app.screen.post_message(CompareRuns(one, two))
            await wait_for(pilot, lambda: "✕ cannot read it" in screen_text(app))
            await pilot.press("c")
            assert "mend it" in copied[0]
        await pilot.press("r")
        await wait_for(pilot, lambda: "flips" in screen_text(app))
        await pilot.press("c")
        await wait_for(pilot, lambda: len(copied) == 2)
        assert f"{ONE}  right 50% [31, 69]  hf:org/small" in copied[1]
        assert "right → not right\tgen-00000\tright\twrong" in copied[1]


async def test_w_says_everything_that_differs(runs_dir: Path) -> None:
    rows = [varied_row(n) for n in range(4)]
    graded = [{**row, "versions": {**row["versions"], "grader": "2"}} for row in rows]
    one, two = made(runs_dir, ONE, "m", rows, seed=1), made(runs_dir, TWO, "m", [*graded, varied_row(9)], seed=2)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await comparing(pilot, one, two)
        assert "! 2 cautions, w: 1 of 5 items of B are not in A" in screen_text(app)
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        text = " ".join(screen_text(app).split())
        assert "other graders: verdicts may differ for the same answer" in text
        assert "version of the grader 1 → 2" in text
        assert "seed 1 → 2" in text


def test_ten_thousand_flips_open_at_once(tmp_path: Path) -> None:
    """The curve is thinned and the table virtual; the table is asked for what it shows only."""
    rows = [varied_row(n % 64, id=f"i{n}") for n in range(2_000)]
    other = [{**row, "verdict": "wrong" if row["verdict"] == "right" else "right"} for row in rows]
    compared = read_compared(made(tmp_path, ONE, "m", rows), made(tmp_path, TWO, "n", other))
    assert len(compared.found.flips) == 2_000
    curve = compared.accuracy.curves[0]
    assert len(curve.x) <= 401
    assert curve.x[0] > CURVE_FROM
    assert (curve.x[-1], curve.y[-1]) == (2_000.0, 0.5)


def test_runs_without_gold_solutions_have_no_histogram(tmp_path: Path) -> None:
    rows = [{**varied_row(n), "scores": dict.fromkeys(("published", "coverage", "extra"))} for n in range(3)]
    compared = read_compared(made(tmp_path, ONE, "m", rows), made(tmp_path, TWO, "n", rows))
    assert compared.scores == (None, None)
    assert compared.found.coverage.value is None


def test_the_table_is_the_one_every_list_uses() -> None:
    assert issubclass(FlipTable, VirtualTable)
