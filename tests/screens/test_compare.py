"""Compare: the way in from Runs and Run, what it shows, and an item of either run a key away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from app.tui import Workbench
from engine.errors import EnvironmentMissing
from engine.runs.directory import RunDirectory
from engine.runs.files import write_json_atomic
from engine.runs.overrides import Override, write_override
from screens.alignment import AlignmentScreen
from screens.compare import CompareScreen, FlipTable
from screens.compare_reader import CURVE_FROM, read_compared
from screens.messages import CompareRuns, OpenItem
from screens.run import RunScreen
from screens.run_picker import RunPicker, read_candidates
from screens.runs import RunsScreen
from screens.widgets.dialogs import TextDialog
from screens.widgets.filter_line import FilterLine
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.virtual_table import VirtualTable
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for
from tests.screens.fake_runs import FakeRun, make_row

ITEMS = 24
ONE, TWO = "2026-11-20-080000-demo-1111", "2026-11-21-090000-demo-2222"


def change(row: dict[str, Any], number: int) -> dict[str, Any]:
    """What the second run made of item `number`: some flips of each kind, and other scores."""
    draw = random.Random(number)
    verdict = {0: "wrong", 2: "right", 3: "right", 5: "unparsed", 6: "right", 13: "unparsed"}.get(number)
    coverage = round(max(0.0, min(1.0, row["scores"]["coverage"] + draw.uniform(-0.1, 0.2))), 4)
    changed = {**row, "scores": {**row["scores"], "coverage": coverage}}
    if verdict is not None:
        predicted = {"right": row["answer"], "wrong": "7", "unparsed": ""}[verdict]
        changed |= {"verdict": verdict, "symbolic": verdict, "predicted": predicted, "truncated": False}
    return changed


def made(folder: Path, name: str, policy: str, rows: list[dict[str, Any]], **config: Any) -> RunDirectory:
    """A finished run whose folder has this name."""
    fake = FakeRun(folder).begin(len(rows)).add(rows).finish()
    path = fake.directory.path.rename(folder / name)
    record = path / "run.json"
    record.write_text(record.read_text().replace(fake.directory.id, name))
    events = path / "events.jsonl"
    events.write_text(events.read_text().replace(fake.directory.id, name))
    settings = {"seed": 42, "models": {"policy": policy}, "problems": {"source": "embedded"}, **config}
    write_json_atomic(path / "config_resolved.json", settings)
    return RunDirectory(path)


def two_runs(folder: Path) -> tuple[RunDirectory, RunDirectory]:
    rows = [make_row(n) for n in range(ITEMS)]
    one = made(folder, ONE, "hf:org/small", rows)
    two = made(folder, TWO, "hf:org/large", [change(row, n) for n, row in enumerate(rows)])
    return one, two


async def comparing(pilot: Pilot[int], a: RunDirectory, b: RunDirectory) -> CompareScreen:
    """The Compare screen with both runs read."""
    app = pilot.app
    app.screen.post_message(CompareRuns(a, b))
    await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


def ids(screen: CompareScreen) -> list[str]:
    return [flip.pair.a.id for flip in screen._shown]


# -- what it shows


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
    twin = made(runs_dir, "2026-11-21-100000-demo-3333", "hf:org/small", [make_row(n) for n in range(ITEMS)])
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slowly(a: RunDirectory, b: RunDirectory) -> Any:
            asyncio.run_coroutine_threadsafe(ready.wait(), loop).result()
            return read_compared(a, b)

        monkeypatch.setattr("screens.compare.read_compared", slowly)
        app.screen.post_message(CompareRuns(one, twin))
        await wait_for(pilot, lambda: f"reading {ONE}" in screen_text(app), "what it reads")
        ready.set()
        await wait_for(pilot, lambda: "no item came to anything else in the other run" in screen_text(app))
        assert "no item flipped: with 95 % confidence fewer than 11.7% of such items do" in screen_text(app)

        other = made(runs_dir, "2026-11-21-110000-demo-4444", "hf:org/small", [make_row(n) for n in range(90, 92)])
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
            patch.setattr("screens.compare.read_compared", refused)
            app.screen.post_message(CompareRuns(one, two))
            await wait_for(pilot, lambda: "✕ cannot read it" in screen_text(app))
            await pilot.press("c")
            assert "mend it" in copied[0]
        await pilot.press("r")
        await wait_for(pilot, lambda: "flips" in screen_text(app))
        await pilot.press("c")
        await wait_for(pilot, lambda: len(copied) == 2)
        assert f"{ONE}  hf:org/small" in copied[1]
        assert "right → not right\tgen-00000\tright\twrong" in copied[1]


# -- flips


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
            await pilot.press("q")
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
        await wait_for(pilot, lambda: "with 1 overridden" in screen_text(app))
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


async def test_w_says_everything_that_differs(runs_dir: Path) -> None:
    rows = [make_row(n) for n in range(4)]
    graded = [{**row, "versions": {**row["versions"], "grader": "2"}} for row in rows]
    one, two = made(runs_dir, ONE, "m", rows, seed=1), made(runs_dir, TWO, "m", [*graded, make_row(9)], seed=2)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await comparing(pilot, one, two)
        assert "! 1 of 5 items of B are not in A (and 1 more: w)" in screen_text(app)
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        text = " ".join(screen_text(app).split())
        assert "other graders: verdicts may differ for the same answer" in text
        assert "version of the grader 1 → 2" in text
        assert "seed 1 → 2" in text


# -- the way in


async def shown_runs(pilot: Pilot[int], count: int) -> RunsScreen:
    app = pilot.app
    await pilot.press("2")
    await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen) and len(app.screen._shown) == count)
    assert isinstance(app.screen, RunsScreen)
    return app.screen


async def test_v_marks_a_run_and_compares_the_next_with_it(
    runs_dir: Path, check_snapshot: CheckSnapshot, stop_the_clock: Callable[[float], None]
) -> None:
    two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        runs = await shown_runs(pilot, 2)
        await pilot.press("j", "v", "k")
        check_snapshot(app, "runs-marked-80x24", r"\d\d-\d\d \d\d:\d\d")
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
        assert isinstance(app.screen, CompareScreen)
        assert app.screen.compared is not None
        assert (app.screen.compared.found.run_a, app.screen.compared.found.run_b) == (ONE, TWO)
        await pilot.press("q")
        await wait_for(pilot, lambda: app.screen is runs)
        assert "v on another run compares" in screen_text(app), "the mark stays for the next one"
        await pilot.press("escape")
        assert "v on another run" not in screen_text(app)


async def test_v_on_the_marked_run_lets_it_go_and_so_does_its_end(runs_dir: Path) -> None:
    one, _ = two_runs(runs_dir)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        runs = await shown_runs(pilot, 2)
        await pilot.press("v", "v")
        assert runs._marked is None
        await pilot.press("G", "v")
        assert runs._marked is not None
        assert runs._marked.id == ONE
        one.path.rename(runs_dir / ".gone")
        await pilot.press("r")
        await wait_for(pilot, lambda: runs._marked is None, "the mark to go with its run")


async def test_v_in_run_offers_runs_over_the_same_problems_first(runs_dir: Path, check_snapshot: CheckSnapshot) -> None:
    two_runs(runs_dir)
    rows = [make_row(n) for n in range(5)]
    made(runs_dir, "2026-11-21-100000-demo-3333", "hf:org/other", rows, problems={"source": "gsm8k"})
    FakeRun(runs_dir, "empty").begin(3)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown_runs(pilot, 4)
        await pilot.press("G", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == ITEMS)
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(app.screen, RunPicker) and len(app.screen._shown) == 2)
        check_snapshot(app, "compare-picker-120x40", r"\d\d-\d\d \d\d:\d\d", r"2026-11-21-\d{6}-empty-\S{4}")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
        assert isinstance(app.screen, CompareScreen)
        assert app.screen.runs is not None
        assert [run.id for run in app.screen.runs] == [ONE, TWO]
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_the_picker_can_be_left_and_says_when_it_has_nothing(runs_dir: Path) -> None:
    made(runs_dir, ONE, "m", [make_row(0)])
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown_runs(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tally.total == 1)
        await pilot.press("v")
        await wait_for(pilot, lambda: "no other run in runs has a finished item" in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(app.screen, RunScreen))


def test_a_regrade_of_a_run_is_over_its_problems(tmp_path: Path) -> None:
    rows = [make_row(0)]
    one = made(tmp_path, ONE, "m", rows, problems={"source": "gsm8k"})
    made(tmp_path, TWO, "", rows, run=str(tmp_path / ONE))
    made(tmp_path, "2026-11-22-090000-demo-3333", "m", rows, problems={"source": "math"})
    found = read_candidates(tmp_path, one)
    assert [(candidate.line.run.id, candidate.same) for candidate in found] == [
        (TWO, True), ("2026-11-22-090000-demo-3333", False),
    ]  # fmt: skip


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


# -- reading


def test_ten_thousand_flips_open_at_once(tmp_path: Path) -> None:
    """The curve is thinned and the table virtual; the table is asked for what it shows only."""
    rows = [make_row(n % 64, id=f"i{n}") for n in range(2_000)]
    other = [{**row, "verdict": "wrong" if row["verdict"] == "right" else "right"} for row in rows]
    compared = read_compared(made(tmp_path, ONE, "m", rows), made(tmp_path, TWO, "n", other))
    assert len(compared.found.flips) == 2_000
    curve = compared.accuracy.curves[0]
    assert len(curve.x) <= 401
    assert curve.x[0] > CURVE_FROM
    assert (curve.x[-1], curve.y[-1]) == (2_000.0, 0.5)


def test_runs_without_gold_solutions_have_no_histogram(tmp_path: Path) -> None:
    rows = [{**make_row(n), "scores": dict.fromkeys(("published", "coverage", "extra"))} for n in range(3)]
    compared = read_compared(made(tmp_path, ONE, "m", rows), made(tmp_path, TWO, "n", rows))
    assert compared.scores == (None, None)
    assert compared.found.coverage is None


def test_the_table_is_the_one_every_list_uses() -> None:
    assert issubclass(FlipTable, VirtualTable)
