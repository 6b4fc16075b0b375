"""The Alignment screen: one item at a time, whatever the run does meanwhile and whatever the file holds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual.content import Content

from engine.compare.overrides import Override
from engine.rows.graded import GradedRow
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from screens.items import reader as item_reader
from screens.items import screen as alignment
from screens.items.grades_view import GradesView
from screens.items.matrix import MatrixMap
from screens.items.panels import Details, ItemPanels
from screens.items.screen import AlignmentScreen
from screens.items.table import item_cell
from screens.widgets.filter_menu import FilterMenu
from screens.widgets.virtual_table import TableColumn
from tests.screens.alignment_app import screen_of, showing, shown_item
from tests.screens.conftest import SIZES, CheckSnapshot, screen_lines, screen_text, wait_for
from tests.screens.fake_runs import (
    RUN_ID,
    FakeRun,
    finished_run,
    item_of,
    many_samples,
    no_gold,
    varied_row,
    with_items,
)

MIDDLE = SIZES["120x40"]


@pytest.mark.parametrize("size", SIZES)
async def test_an_item_at_every_size(tmp_path: Path, size: str, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=SIZES[size]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("n", "n", "n", "l")
        await shown_item(pilot, 4)
        await pilot.press("down", "right")
        await pilot.pause()
        check_snapshot(app, f"alignment-{size}", RUN_ID)


async def test_everything_is_reachable_at_80x24(tmp_path: Path, check_snapshot: CheckSnapshot) -> None:
    app = showing(finished_run(tmp_path).news())
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("tab", *["j"] * 30)
        await pilot.pause()
        check_snapshot(app, "alignment-80x24-scrolled", RUN_ID)


async def test_without_a_run_it_says_which_key_leads_to_one(check_snapshot: CheckSnapshot) -> None:
    app = showing(None)
    async with app.run_test(size=SIZES["80x24"]) as pilot:
        await pilot.press("n", "p", "f", "slash", "w", "c", "g", "m", "r", "t", "F", "R", "space")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        assert "2 lists the runs" in screen_text(app)


async def test_waiting_empty_and_failed_look_different(tmp_path: Path) -> None:
    waiting = FakeRun(tmp_path / "a").begin(24)
    ended = FakeRun(tmp_path / "b").begin(24).finish("failed", "the model is gone")
    broken = finished_run(tmp_path / "c", 3)
    broken.directory.results("evaluate").unlink()
    app = showing(waiting.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await wait_for(pilot, lambda: "waiting for the first item: ▶ running" in screen_text(app))
        assert "loading the model" in screen_text(app)
        app.tell(ended.news("failed"))
        await wait_for(pilot, lambda: "this run has no finished item: ✕ failed" in screen_text(app))
        assert "the model is gone" in screen_text(app)
        keys = {active.binding.action for active in app.screen.active_bindings.values() if active.binding.show}
        assert keys == {"show_help", "quit"}  # none of them would do anything
        app.tell(broken.news())
        await wait_for(pilot, lambda: screen_of(app).failure is not None)
        assert "step(1)" in {active.binding.action for active in app.screen.active_bindings.values()}
        assert "✕ cannot read item 1 (gen-00000) at byte 0" in screen_text(app)
        assert "next: restore the file" in screen_text(app)
        await pilot.press("c")
        assert "cannot read item 1" in app.copied[0]


async def test_an_unreadable_row_stops_neither_its_neighbours_nor_a_second_try(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 3)
    path = run.directory.results("evaluate")
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"id":"gen-00001"', b'"id":"gen-0000X"'))
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("n")
        await wait_for(pilot, lambda: screen_of(app).failure is not None)
        assert 'is "gen-0000X" instead' in screen_text(app).replace("\n", " ")
        await pilot.press("n")
        await shown_item(pilot, 3)
        path.write_bytes(good)
        await pilot.press("p")
        await shown_item(pilot, 2)
        path.write_bytes(b"")
        await pilot.press("R")
        await wait_for(pilot, lambda: screen_of(app).failure is not None)
        path.write_bytes(good)
        await pilot.press("R")
        await shown_item(pilot, 2)
        assert screen_of(app).failure is None


async def test_an_item_without_gold_says_so(tmp_path: Path, check_snapshot: CheckSnapshot) -> None:
    app = showing(
        finished_run(tmp_path, rows=[no_gold(varied_row(0)), varied_row(1, steps=[], path=[], matrix={})]).news()
    )
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        check_snapshot(app, "alignment-no-gold", RUN_ID)
        await pilot.press("l", "j", "m", "right_square_bracket", "n")
        await shown_item(pilot, 2)
        assert "the answer holds no steps: there is nothing to align" in " ".join(
            line[:46].strip("│ ") for line in screen_lines(app)
        )


async def test_the_cell_and_both_marks_follow_the_cursor(tmp_path: Path) -> None:
    run = finished_run(tmp_path, 1)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        row = varied_row(0)
        for keys, gold, student in (((), 0, 1), (("j",), 1, 1), (("l", "l"), 1, 3)):
            await pilot.press(*keys)
            await pilot.pause()
            text = screen_text(app)
            assert f"cell g{gold + 1} · s{student + 1}" in text
            assert f"meaning {row['matrix']['meaning'][gold][student]:.2f}" in text
            assert sum(f"▸{gold + 1} " in line for line in screen_lines(app)) >= 1
            assert sum(f"▸{student + 1} " in line for line in screen_lines(app)) >= 1
        assert "not on it: g2=s3, g3=s4" in screen_text(app)


async def test_a_click_on_a_step_moves_the_cursor_there(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 1).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.click("#gold", offset=(5, app.screen.query_one("#gold").size.height - 1))
        await pilot.click("#student", offset=(5, 0))
        await pilot.pause()
        assert app.screen.query_one(MatrixMap).cursor == (2, 0)


async def test_the_other_matrices_and_the_raw_text_are_a_key_away(tmp_path: Path) -> None:
    row = varied_row(0)
    app = showing(finished_run(tmp_path, 1).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("j", "l")
        for kind, title in (("meaning", "meaning · gold"), ("values", "values · gold"), ("cell", "meaning and values")):
            await pilot.press("m")
            await pilot.pause()
            matrix = app.screen.query_one(MatrixMap)
            assert matrix.data.values == tuple(tuple(line) for line in row["matrix"][kind])
            assert matrix.cursor == (1, 2)
            assert title in screen_text(app)
        await pilot.press("r")
        await pilot.pause()
        assert "student, as written" in screen_text(app)
        assert f"#### {row['predicted']}" in screen_text(app)


async def test_the_grades_and_the_copy_hold_the_whole_item(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path, 4).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("g", "4", "enter")
        await shown_item(pilot, 4)
        await pilot.press("c", "w")
        await wait_for(pilot, lambda: "no pattern fitted" in screen_text(app))
        await pilot.press("escape")
        assert not app.screen.query_one(GradesView).display
        row = varied_row(3)
        for part in (row["question"], row["gold_steps"][2], row["steps"][0], "unparsed", "PATH"):
            assert part in app.copied[0]


async def test_a_growing_run_leaves_the_item_alone_and_brings_new_ones(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).begin(6).add(varied_row(n) for n in range(2))
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("n", "n", "l")
        await shown_item(pilot, 2)
        cursor, before = app.screen.query_one(MatrixMap).cursor, screen_of(app).item
        run.add(varied_row(n) for n in range(2, 6))
        app.tell(run.news())
        await wait_for(pilot, lambda: "item 2/6" in screen_text(app))
        assert app.screen.query_one(MatrixMap).cursor == cursor
        assert screen_of(app).item is before
        await pilot.press("n")
        await shown_item(pilot, 3)


async def test_another_run_starts_at_its_first_item(tmp_path: Path) -> None:
    app = showing(finished_run(tmp_path / "a", 5).news())
    async with app.run_test(size=MIDDLE) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("n", "n")
        await shown_item(pilot, 3)
        other = finished_run(tmp_path / "b", rows=[varied_row(n, id=f"other-{n}") for n in range(2)])
        app.tell(other.news())
        await wait_for(pilot, lambda: screen_of(app).item is not None and "other-0" in screen_text(app))
        assert "item 1/2" in screen_text(app)


async def test_ten_thousand_items_open_with_one_read_and_a_screenful_of_cells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = finished_run(tmp_path, 1)
    samples = many_samples(10_000)
    reads: list[int] = []
    cells: list[int] = []

    def read(run: RunDirectory, sample: Item) -> GradedRow:
        reads.append(sample.index)
        return item_of(varied_row(sample.index))

    def cell(sample: Item, position: int, column: TableColumn, override: Override | None = None) -> str | Content:
        cells.append(position)
        return item_cell(sample, position, column, override)

    monkeypatch.setattr(item_reader, "read_item", read)
    monkeypatch.setattr(alignment, "item_cell", cell)
    news = run.news()
    news.state = with_items(news.state, samples)
    app = showing(news)
    async with app.run_test(size=SIZES["200x60"]) as pilot:
        await shown_item(pilot, 1)
        await pilot.press("G")
        assert reads == [0]
        assert len(cells) <= 2 * 60 * 8  # drawn twice at most: the first size is not yet the final one
        await pilot.press("g", *"9876", "enter")
        await shown_item(pilot, 9876)
        assert reads == [0, 9875]


async def test_only_the_newest_wish_is_read_and_waiting_says_loading(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, gate = finished_run(tmp_path, 9), threading.Event()
    reads: list[int] = []

    def read(run: RunDirectory, sample: Item) -> GradedRow:
        reads.append(sample.index)
        gate.wait(10)
        return item_of(varied_row(sample.index))

    monkeypatch.setattr(item_reader, "read_item", read)
    app = showing(run.news())
    async with app.run_test(size=MIDDLE) as pilot:
        try:
            await wait_for(pilot, lambda: "loading item 1" in screen_text(app))
            await pilot.press("n", "n", "n", "n")
            await wait_for(pilot, lambda: "loading item 5" in screen_text(app))
            assert reads == [0]
        finally:
            gate.set()
        await shown_item(pilot, 5)
        assert reads == [0, 4]
        assert app.screen.query_one(ItemPanels).display


def test_every_action_has_an_id_a_description_and_help() -> None:
    for owner in (AlignmentScreen, MatrixMap, Details, FilterMenu):
        assert owner.HELP
        assert all(getattr(b, "id", None) and getattr(b, "description", "") for b in owner.BINDINGS)
