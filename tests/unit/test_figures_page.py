"""FIGURES.md has a place for every section that can be measured, and measuring one leaves the others alone."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks.figures import PAGE, SECTIONS, Section, machine, main, measure, replaced
from tests.benchmarks.harlequin import find_harlequin
from tests.benchmarks.tui import SHARE_OF_HARLEQUIN, Starts, beside_harlequin


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_has_its_program_and_its_place(section: Section) -> None:
    assert find_spec(section.module)
    page = PAGE.read_text(encoding="utf-8")
    assert section.command in page
    assert replaced(page, section.name, "new").count("new") >= 1


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "FIGURES.md"
    path.write_text("# F\n\n<!-- a -->\nold a\n<!-- end of a -->\n\n<!-- b -->\nold b\n<!-- end of b -->\n")
    return path


def test_what_is_measured_stands_beside_command_machine_and_day(page: Path) -> None:
    assert measure([Section("b", "some.module", ("--fast",))], page, lambda section: "12 ms\n") == 0
    text = page.read_text()
    assert "old a" in text
    assert "old b" not in text
    assert f"`python -m some.module --fast` · {machine()} · 20" in text
    assert "```\n12 ms\n```\n<!-- end of b -->\n" in text


def test_figures_stay_where_the_program_fails(page: Path) -> None:
    def fails(section: Section) -> str:
        raise subprocess.CalledProcessError(3, section.module)

    before = page.read_text()
    assert measure([Section("a", "some.module")], page, fails) == 1
    assert page.read_text() == before


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tvi"])
    assert "no section tvi; there are tui, work" in capsys.readouterr().err


def test_first_paint_is_set_beside_harlequin_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert beside_harlequin(Starts([0.4], [0.5], [])) == []
    peer, share = beside_harlequin(Starts([0.4, 0.5, 9.0], [1.0, 1.0, 9.5], [0.9, 1.0, 1.1]))
    assert (peer.shown, share.shown) == ("1,000 ms", "0.50")
    assert share.goal == f"< {SHARE_OF_HARLEQUIN:.2f}  reached"
    monkeypatch.setenv("HARLEQUIN", "/opt/harlequin")
    assert find_harlequin() == "/opt/harlequin"
