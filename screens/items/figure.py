"""Saving the heat map of one item: the engine draws it in a process of its own, into the folder the user stands in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from engine.errors import EnvironmentMissing, MathReasonError
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from engine.runs.launch import engine_command, engine_environment

DRAWN_WITHIN_S = 60.0
"""Seconds for the first import of the drawing library on a cold disk, and the drawing."""


def figure_name(run: RunDirectory, sample: Item) -> str:
    """The run and the item, in characters that every file system takes."""
    item = "".join(c if c.isalnum() or c in "-_" else "-" for c in sample.id)[:60]
    return f"{run.id}-{item}"


def save_figure(run: RunDirectory, sample: Item, directory: Path) -> list[str]:
    """Draw the item's matrix; the files. Blocks; raises MathReasonError where nothing was drawn."""
    question = {
        "results": str(run.results(sample.stage)), "offset": sample.offset,
        "directory": str(directory), "name": figure_name(run, sample),
    }  # fmt: skip
    try:
        drawn = subprocess.run(
            engine_command("engine.consult", "figure"), input=json.dumps(question), capture_output=True, text=True,
            encoding="utf-8", timeout=DRAWN_WITHIN_S, env=engine_environment(), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EnvironmentMissing(
            f"drawing took over {DRAWN_WITHIN_S:.0f} s", "try again when less is going on"
        ) from None
    try:
        answer = json.loads(drawn.stdout)
        if "error" in answer:
            raise MathReasonError(str(answer["error"]), str(answer.get("next_step", "")))
        return [str(file) for file in answer["files"]]
    except (ValueError, KeyError, TypeError) as error:
        last = (drawn.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EnvironmentMissing(f"the engine drew nothing: {last}", "mathreason-tui --doctor says more") from error
