"""A human's verdict from the keyboard to every screen that shows the run; the worker's files stay as they are."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual.widgets import Input

from app.following import RunFollower
from app.listing import show_status
from app.tui import Workbench
from engine.compare.overrides import overlay_of, overrides_file, read_overrides
from engine.statistics.interval import wilson
from engine.statistics.wording import WHOLE_PERCENT, shown
from screens.items.grades_view import GradesView
from screens.items.matrix import MatrixMap
from screens.items.override import OverrideDialog
from screens.items.panels import ItemPanels
from screens.items.screen import AlignmentScreen
from screens.messages import RunUpdated
from screens.quadrants.screen import QuadrantsScreen
from screens.run.screen import RunScreen
from screens.widgets.dialogs import TextDialog
from screens.widgets.panel import Panel
from tests.cost import cpu_seconds
from tests.graded_items import graded_item
from tests.screens.alignment_app import screen_of, showing, shown_item
from tests.screens.conftest import SIZES, CheckSnapshot, screen_text, wait_for
from tests.screens.fake_runs import RUN_ID, STAGE, FakeRun, finished_run, varied_row
from tests.screens.harness import ScreenApp

MIDDLE = SIZES["120x40"]


def verdicts(run: FakeRun) -> dict[str, str | None]:
    return {key[1]: override.verdict for key, override in read_overrides(run.directory).by_item.items()}


@pytest.mark.parametrize("size", SIZES)
async def test_the_grades_at_every_size(tmp_path: Path, size: str, check_snapshot: CheckSnapshot) -> None:
    run = finished_run(tmp_path).override(5, "right", "the gold is off by one")
    app = showing(run.news())
    async with app.run_test(size=SIZES[size]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("g", "6", "enter", "w")
        await shown_item(pilot, 6)
        await pilot.pause()
        check_snapshot(app, f"grades-{size}", r"2027-\d\d-\d\d \d\d:\d\d", RUN_ID)


@pytest.mark.parametrize("size", SIZES)
async def test_merged_steps_at_every_size(tmp_path: Path, size: str, check_snapshot: CheckSnapshot) -> None:
    row = varied_row(
        0, path=[["match", 0, 0], ["merge", 0, 1], ["match", 1, 2], ["merge", 2, 2], ["skip-student", None, 3]]
    )
    row["scores"]["null"] = 0.2134
    app = showing(finished_run(tmp_path, rows=[row]).news())
    async with app.run_test(size=SIZES[size]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert app.screen.query_one(MatrixMap).cursor == (0, 1)
        await pilot.press("down", "down", "right", "right")
        await pilot.pause()
        check_snapshot(app, f"alignment-merged-{size}", RUN_ID)


async def test_a_verdict_is_given_confirmed_and_taken_back_by_keys(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    rows = run.directory.results(STAGE).read_bytes()
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("n", "n")
        await shown_item(pilot, 3)
        await pilot.press("o", "r")
        await wait_for(pilot, lambda: "✗ wrong (numeric) → ✓ right by you" in screen_text(app))
        assert verdicts(run) == {"gen-00002": "right"}
        await pilot.press("n", "o", "enter")  # what the graders said is marked: one key confirms it
        await wait_for(pilot, lambda: "? unparsed (no-answer) → ? confirmed by you" in screen_text(app))
        await pilot.press("p", "o", "t")
        await wait_for(pilot, lambda: verdicts(run) == {"gen-00003": "unparsed"})
        await wait_for(pilot, lambda: "by you" not in screen_text(app))
    assert run.directory.results(STAGE).read_bytes() == rows


async def test_a_note_is_written_kept_and_changed(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    app = showing(run.news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("w", "o", "n", *"two [b]ways", "enter", "j", "enter")
        await wait_for(pilot, lambda: "two [b]ways" in screen_text(app))
        assert "human      ✗ wrong" in screen_text(app)
        await pilot.press("o", "tab")
        assert app.screen.query_one(Input).value == "two [b]ways"
        await pilot.press("end", "!", "tab", "enter")
        await wait_for(pilot, lambda: "two [b]ways!" in screen_text(app))
        assert verdicts(run) == {"gen-00000": "wrong"}


@pytest.mark.parametrize("keys", [("escape",), ("q",), ("n", "x", "escape"), ("t", "escape")])
async def test_leaving_the_dialog_writes_nothing(tmp_path: Path, keys: tuple[str, ...]) -> None:
    run = finished_run(tmp_path, 3)
    app = showing(run.news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("o")
        assert isinstance(app.screen, OverrideDialog)
        await pilot.press(*keys)
        await wait_for(pilot, lambda: app.screen is screen_of(app))
    assert not overrides_file(run.directory).exists()


async def test_the_dialog_at_80x24(tmp_path: Path, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path, 3).override(0, "wrong", "a note").news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("o")
        await pilot.pause()
        check_snapshot(app, "override-dialog", RUN_ID)


@pytest.mark.parametrize(("again", "keys"), [(False, "r w u keep at once"), (True, "r w u t keep at once")])
async def test_the_dialog_says_what_its_keys_do_in_the_smallest_terminal(
    tmp_path: Path, again: bool, keys: str
) -> None:
    run = finished_run(tmp_path, 3)
    app = showing((run.override(0, "right") if again else run).news())
    async with app.run_test(size=(60, 15)) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("o")
        await pilot.pause()
        for words in (f"n note first   {keys}", "enter keeps the marked   escape leave"):
            assert words in screen_text(app)


async def test_a_verdict_that_cannot_be_kept_says_so(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 3)
    overrides_file(run.directory).mkdir()
    app = showing(run.news_without_overrides())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("o", "w")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        assert "Your verdict was not kept" in screen_text(app)
        assert "a folder lies where the file belongs: move" in " ".join(screen_text(app).split())
        assert "--runs" not in screen_text(app)
        assert "overrides.jsonl" in screen_text(app).replace("\n", "")


async def test_what_counts_nowhere_is_told_where_overrides_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished_run(tmp_path, 8).override(2, "right")
    with open(overrides_file(run.directory), "a") as file:
        file.write("{torn\n")
    said = "line 2 of overrides.jsonl"
    for screen, mode in ((AlignmentScreen, "alignment"), (QuadrantsScreen, "quadrants"), (RunScreen, "run")):
        app = ScreenApp(screen, mode, run.news())
        async with app.run_test(size=SIZES["80x24"]) as pilot:
            await wait_for(pilot, lambda: f"! {said}" in screen_text(app), f"the caution in {mode}")  # noqa: B023
    assert show_status(tmp_path, "", as_json=False) == 0
    assert f"! {run.directory.id}: {said}" in capsys.readouterr().out
    overrides_file(run.directory).unlink()
    overrides_file(run.directory).mkdir()
    assert show_status(tmp_path, "", as_json=True) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy"] == 0.5
    assert facts["caution"].endswith(
        f"so no human verdict counts: move the folder {overrides_file(run.directory)} away"
    )


async def test_the_list_of_runs_says_both(runs_dir: Path) -> None:
    run = finished_run(runs_dir, 8).override(2, "right").override(0, "right")
    finished_run(runs_dir, 8)
    app = Workbench(runs_dir, adopt=False)
    async with app.run_test(size=SIZES["120x40"]) as pilot:
        await pilot.press("2")
        await wait_for(pilot, lambda: "→ human" in screen_text(app))
        assert "50% [22, 78]→" in screen_text(app)
        assert "62% [31, 86]" in screen_text(app)
        while f"─ {run.directory.id}" not in screen_text(app):
            await pilot.press("j")
        assert "1 changed, 1 confirmed by a human: 50% [22, 78] → 62% [31, 86]" in screen_text(app)
        run.override(2, None).override(0, None)
        await pilot.press("r")
        await wait_for(pilot, lambda: "→" not in screen_text(app))


async def test_a_running_run_takes_verdicts_and_new_items_at_once(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin(9).add(varied_row(n) for n in range(3))
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("o", "w")
        await wait_for(pilot, lambda: "→ ✗ wrong by you" in screen_text(app))
        app.tell(run.add(varied_row(n) for n in range(3, 9)).finish().news())
        await wait_for(pilot, lambda: "item 1/9" in screen_text(app))
        assert "→ ✗ wrong by you" in screen_text(app)


async def test_the_grades_stay_while_items_are_browsed_and_q_leads_back(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("w", "n")
        await shown_item(pilot, 2)
        assert app.screen.query_one(GradesView).display
        assert "grades of item 2" in screen_text(app)
        assert not app.screen.query_one("#panels").display
        assert "q matrix" in screen_text(app)
        assert "m matrix" not in screen_text(app)
        assert "w why" not in screen_text(app)
        await pilot.press("w")
        assert app.screen.query_one("#panels").display
        assert "w why" in screen_text(app)
        await pilot.press("w")
        await pilot.press("r", "q")
        assert not app.screen.query_one(ItemPanels).raw
        await pilot.pause()
        assert app.screen.query_one("#panels").display
        assert app.screen.focused is app.screen.query_one(MatrixMap)


async def test_the_filter_shows_what_was_overridden(tmp_path: Path) -> None:
    run = finished_run(tmp_path).override(4, "wrong").override(9, "right")
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("f", "end", "space", "enter")
        await wait_for(pilot, lambda: "only overridden · 2 of 24" in screen_text(app))
        await shown_item(pilot, 5)
        await pilot.press("o", "t")
        await wait_for(pilot, lambda: "only overridden · 1 of 24" in screen_text(app))
        await shown_item(pilot, 10)


@pytest.mark.parametrize("size", SIZES)
async def test_quadrants_show_the_graders_counts_and_the_overlay(tmp_path: Path, size: str) -> None:
    run = finished_run(tmp_path)
    samples = run.state().items
    failures = [n for n, sample in enumerate(samples) if sample.fact("quadrant") == "failure"][:3]
    for n in failures:
        run.override(n, "right")
    counts = {name: sum(s.fact("quadrant") == name for s in samples) for name in ("failure", "lucky-guess")}
    app = ScreenApp(QuadrantsScreen, "quadrants", run.news())
    async with app.run_test(size=SIZES[size]) as pilot:
        share = shown(overlay_of(samples, read_overrides(run.directory).by_item).accuracy_with, WHOLE_PERCENT)
        await wait_for(pilot, lambda: f"3 changed → {share}" in screen_text(app) or f"→ {share}" in screen_text(app))
        text = app.screen.query_one("#counts", Panel).text
        for name, change in (("failure", -3), ("lucky-guess", 3)):
            line = next(line for line in text.splitlines() if name.replace("-", " ") in line)
            assert f" {counts[name]} " in line
            assert line.rstrip().endswith(f"→ {counts[name] + change}")
        assert ("near miss (Hallucination)" in text) == (size == "200x60")
        app.tell(RunUpdated(run.directory, run.state(), "done"))
        await wait_for(pilot, lambda: "→" not in app.screen.query_one("#counts", Panel).text)


@pytest.mark.parametrize(("size", "words"), [("80x24", "→ 46% [28, 65]"), ("120x40", "1 changed → 46% [28, 65]")])
async def test_the_run_shows_its_accuracy_with_the_overlay(tmp_path: Path, size: str, words: str) -> None:
    run = finished_run(tmp_path).override(0, "wrong").override(23, "right")
    app = ScreenApp(RunScreen, "run", run.news())
    async with app.run_test(size=SIZES[size]) as pilot:
        await wait_for(pilot, lambda: words in screen_text(app))
        assert "right 12 of 24" in screen_text(app)
        assert "✓ right→✓" in screen_text(app)
        app.tell(RunUpdated(run.directory, run.state(), "done"))
        await wait_for(pilot, lambda: words not in screen_text(app) and "→✓" not in screen_text(app))


async def test_a_verdict_shows_in_the_status_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished_run(tmp_path, 8)
    assert show_status(tmp_path, "", as_json=False) == 0
    assert "human" not in capsys.readouterr().out
    run.override(2, "right").override(0, "right")
    assert show_status(tmp_path, run.directory.id, as_json=False) == 0
    said = "right 50% [22, 78] → 62% [31, 86] (1 changed, 1 confirmed by a human)"
    assert capsys.readouterr().out.rstrip().endswith(said)
    assert show_status(tmp_path, "", as_json=True) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["accuracy"], facts["accuracy_overridden"]) == (0.5, 0.625)
    assert (facts["overridden"], facts["changed"], facts["confirmed"], facts["caution"]) == (2, 1, 1, "")


async def test_the_follower_tells_of_an_override_of_an_ended_run(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 4)
    news: list[RunUpdated] = []
    follower = RunFollower(news.append)
    follower.choose(run.directory)
    watching = asyncio.create_task(follower.watch())
    try:
        await _until(lambda: bool(news) and len(news[-1].state.items) == 4)
        assert not news[-1].overrides
        run.override(2, "right")
        follower.hurry()
        await _until(lambda: bool(news[-1].overrides))
        assert news[-1].overlay.overridden == 1
        again = news[-1].again()
        assert (again.overrides, again.overlay) == (news[-1].overrides, news[-1].overlay)
    finally:
        watching.cancel()


async def _until(condition: object) -> None:
    assert callable(condition)
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("waited in vain")


@pytest.mark.xdist_group("alone")
def test_ten_thousand_overrides_cost_little() -> None:
    from engine.compare.overrides import Override

    samples = [
        graded_item(STAGE, str(n), n, 0, "wrong", "numeric", "1", "2", "failure", 0.1, 0.1, 0.1) for n in range(10_000)
    ]
    overrides = {(STAGE, str(n)): Override(STAGE, str(n), "right") for n in range(10_000)}
    assert cpu_seconds(lambda: overlay_of(samples, overrides), within=0.5) < 0.5
    assert overlay_of(samples, overrides).accuracy_with == wilson(10_000, 10_000)
