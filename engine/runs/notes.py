"""RUN/note.txt: a few words that a human keeps with a run. It belongs to the front ends, as overrides.jsonl does."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UserError
from engine.printable import one_line
from engine.runs.directory import RunDirectory
from engine.runs.files import naming_the_place, write_atomic

RUN_NOTE_LIMIT = 2000
"""Characters of a note: a paragraph."""


def note_file(run: RunDirectory) -> Path:
    return run.path / "note.txt"


def read_note(run: RunDirectory) -> str:
    """The note in one printable line; "" where there is none, or none that can be read."""
    try:
        with open(note_file(run), encoding="utf-8", errors="replace") as file:
            return _plain(file.read(RUN_NOTE_LIMIT))
    except OSError:
        return ""


def checked_note(text: str) -> str:
    """The note as it is kept; UserError where it is too long."""
    note = _plain(text)
    if len(note) > RUN_NOTE_LIMIT:
        raise UserError(f"the note has {len(note):,} characters", f"keep to {RUN_NOTE_LIMIT:,}")
    return note


def write_note(run: RunDirectory, text: str) -> None:
    """Keep these words with the run instead of the earlier ones; empty ones take the note away."""
    note = checked_note(text)
    if note:
        write_atomic(note_file(run), note + "\n")
        return
    with naming_the_place(note_file(run)):
        note_file(run).unlink(missing_ok=True)


def _plain(text: str) -> str:
    return one_line(" ".join(text.split()))
