"""The heat map of one item as files: drawn by the engine in its own process, refused in words where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import MathReasonError
from screens.items.figure import figure_name, save_figure
from screens.widgets.dialogs import TextDialog
from tests.row_table import make_row as engine_row
from tests.row_table import unaligned_row
from tests.screens.alignment_app import showing
from tests.screens.conftest import SIZES, screen_text, wait_for
from tests.screens.fake_runs import finished_run


async def test_the_key_saves_the_heat_map_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    run = finished_run(tmp_path, rows=[engine_row(0, id="a/b 1").to_json(), unaligned_row(1).to_json()])
    app = showing(run.news())
    async with app.run_test(size=SIZES["120x40"]) as pilot:
        await wait_for(pilot, lambda: "item 1/2 a/b 1" in screen_text(app))
        await pilot.press("s")
        await wait_for(pilot, lambda: len([p for p in here.iterdir() if not p.name.startswith(".")]) == 2)
        name = figure_name(run.directory, run.state().items[0])
        assert name.endswith("-a-b-1")
        assert (here / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (here / f"{name}.png").stat().st_size > 1000
        await pilot.press("n")
        await wait_for(pilot, lambda: "item 2/2" in screen_text(app))
        await pilot.press("s")
        await wait_for(pilot, lambda: isinstance(app.screen, TextDialog))
        assert "has no matrix to draw" in screen_text(app)


def test_a_row_that_is_gone_and_a_forbidden_folder_are_named(tmp_path: Path) -> None:
    run = finished_run(tmp_path, rows=[engine_row(0).to_json()])
    sample = run.state().items[0]
    with pytest.raises(MathReasonError, match="nowhere"):
        save_figure(run.directory, sample, tmp_path / "nowhere")
    run.directory.results("evaluate").unlink()
    with pytest.raises(MathReasonError, match="there is no row"):
        save_figure(run.directory, sample, tmp_path)
