"""The note of a run: kept, replaced, taken away, bounded, and never more than text."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.runs.directory import RunDirectory
from engine.runs.notes import RUN_NOTE_LIMIT, note_file, read_note, write_note


def test_a_note_is_kept_replaced_and_taken_away(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    assert read_note(run) == ""
    write_note(run, "the first")
    write_note(run, "  the second, with\n8 examples ")
    assert read_note(run) == "the second, with 8 examples"
    write_note(run, " ")
    assert read_note(run) == ""
    assert not note_file(run).exists()


def test_a_note_that_is_too_long_is_refused_and_a_foreign_file_is_read_in_part(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    with pytest.raises(UserError, match="2,001"):
        write_note(run, "x" * (RUN_NOTE_LIMIT + 1))
    note_file(run).write_bytes(b"\x1b[31mred\xff" + b"y" * 10_000)
    assert "\x1b" not in read_note(run)
    assert len(read_note(run)) <= RUN_NOTE_LIMIT + 20
