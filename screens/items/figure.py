"""Saving the heat map of one item: the engine draws it in a process of its own, into the folder the user stands in."""

from __future__ import annotations

from pathlib import Path

from engine.runs.asking import Words, ask, no_answer
from engine.runs.directory import RunDirectory
from engine.runs.events import Item

DRAWN_WITHIN_S = 60.0
"""Seconds for the first import of the drawing library on a cold disk, and the drawing."""


WORDS = Words(
    late="drawing took over {within_s:.0f} s", late_next="try again when less is going on",
    mute="the engine drew nothing: {last}", mute_next="mathreason-tui --doctor says more",
)  # fmt: skip


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
    answer = ask("figure", question, DRAWN_WITHIN_S, WORDS)
    files = answer.get("files")
    if not isinstance(files, list):
        raise no_answer("it named no files", WORDS)
    return [str(file) for file in files]
