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
    events = [
        json.loads(line) for line in (document.parents[1] / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    told = [event for event in events if event["type"] == "Measured"]
    assert [
        {name: event[name] for name in figure} for event, figure in zip(told, kept["figures"], strict=True)
    ] == kept["figures"], "a screen gets the figures as they come"
    assert max(map(len, shown.partition("\n\nmarkdown")[0].splitlines())) <= 80
    assert (document.parent / "validity.md").read_text(encoding="utf-8").startswith("# Validity")


def test_a_set_that_a_folder_lacks_is_named_and_the_others_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    sets = ["--set", "validate.problems=2", "--set", f"validate.data={tmp_path / 'data'}"]
    assert main(["--batch", "validate-alignment", "--runs", str(tmp_path / "runs"), *sets]) == 0
    assert f"not measured: {tmp_path / 'data'} holds no champ/fws_annotations.jsonl" in capsys.readouterr().out
    assert (
        main(["--batch", "validate-alignment", "--runs", str(tmp_path / "none"), *sets[:3], "validate.data=/nope"]) == 2
    )
    assert not (tmp_path / "none").exists()
