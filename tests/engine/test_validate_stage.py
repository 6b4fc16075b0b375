"""The recipe validate-alignment through a real worker: one table as text, Markdown and JSON, without any data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from engine.validation.labelled import MODELS

pytestmark = pytest.mark.xdist_group("alone")


def write_solutions(path: Path, count: int) -> None:
    """Questions with four solutions each, two of them right."""
    path.parent.mkdir(parents=True)
    with open(path, "w", encoding="utf-8") as file:
        for n in range(2, count + 2):
            gold = f"He has 2 * {n} = {2 * n} apples.\nHe eats {2 * n} - 1 = {2 * n - 1}.\nA: {2 * n - 1}"
            wrong = f"He has 2 + {n} = {2 + n} pears.\nA: {2 + n}"
            told = {m: {"is_correct": p % 2 == 0, "solution": wrong if p % 2 else gold} for p, m in enumerate(MODELS)}
            file.write(json.dumps({"question": f"Twice {n} less 1?", "ground_truth": gold, **told}) + "\n")


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
    write_solutions(tmp_path / "data/gsm8k/example_model_solutions.jsonl", 12)
    sets = ["--set", "validate.problems=2", "--set", f"validate.data={tmp_path / 'data'}"]
    assert main(["--batch", "validate-alignment", "--runs", str(tmp_path / "runs"), *sets]) == 0
    out, err = capsys.readouterr()
    assert f"not measured: {tmp_path / 'data'} holds no champ/fws_annotations.jsonl" in out
    assert f"not measured, since {tmp_path / 'data'} lacks their files: ProcessBench (" in out + err
    assert "; CHAMP (champ/fws_annotations.jsonl)" in out + err
    assert (
        main(["--batch", "validate-alignment", "--runs", str(tmp_path / "none"), *sets[:3], "validate.data=/nope"]) == 2
    )
    assert not (tmp_path / "none").exists()
