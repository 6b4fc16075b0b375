"""The recipe validate-alignment through a real worker: one table as text, Markdown and JSON, without any data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main


def test_the_table_is_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--batch", "validate-alignment", "--runs", str(tmp_path), "--set", "validate.problems=4"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "best of all monotone alignments" in shown
    assert "repeated step seen in coverage or extra" in shown
    assert "no folder named: --set validate.data=DIR" in shown
    (document,) = tmp_path.glob("*/validate/validity.json")
    kept = json.loads(document.read_text(encoding="utf-8"))
    measured = [figure["value"] for figure in kept["figures"] if figure["value"] is not None]
    assert measured == [1.0] * 9
    assert (document.parent / "validity.md").read_text(encoding="utf-8").startswith("# Validity")
