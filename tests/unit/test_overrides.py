"""The overlay of human verdicts: what is written is read again, beside whatever else happens to the file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from engine.compare.overrides import (
    NOTE_LIMIT,
    Key,
    Override,
    OverrideReader,
    effective,
    overlay_of,
    overrides_file,
    read_overrides,
    with_strays,
    write_override,
)
from engine.errors import EnvironmentMissing, UserError
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from engine.statistics.interval import wilson
from tests.graded_items import graded_item


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


def say(run: RunDirectory, item: str, verdict: str | None, note: str = "", stage: str = "evaluate") -> Override:
    return write_override(run, Override(stage, item, verdict, note))


def overrides_of(run: RunDirectory) -> Mapping[Key, Override]:
    return read_overrides(run).by_item


def sample(item: str, verdict: str) -> Item:
    return graded_item("evaluate", item, 0, 0, verdict, "numeric", "1", "1", "")


def test_the_last_word_of_an_item_counts_and_null_takes_it_back(run: RunDirectory) -> None:
    assert overrides_of(run) == {}
    say(run, "a", "right", "a typing error in the gold")
    say(run, "b", "wrong")
    say(run, "a", "unparsed")
    say(run, "b", None)
    found = overrides_of(run)
    assert {key: o.verdict for key, o in found.items()} == {("evaluate", "a"): "unparsed"}
    assert len(overrides_file(run).read_text().splitlines()) == 4  # nothing is ever rewritten


@pytest.mark.parametrize(
    ("items", "ended", "says"),
    [
        (("a", "b", "c"), True, ""),
        (("a",), True, "2 overrides name no item of this run and count nowhere (see overrides.jsonl)"),
        (("a", "b"), True, "1 override names no item of this run and counts nowhere (see overrides.jsonl)"),
        (("a",), False, ""),  # they may still come
    ],
)
def test_overrides_of_no_item_are_told_once_the_run_has_ended(items: Sequence[str], ended: bool, says: str) -> None:
    overrides = {("evaluate", item): Override("evaluate", item, "right") for item in "abc"}
    samples = [sample(item, "wrong") for item in items]
    assert with_strays("", samples, overrides, ended=ended) == says
    assert with_strays("torn", samples, overrides, ended=ended) == ("torn" + (f"; {says}" if says else ""))


def test_an_override_is_kept_with_its_note_and_time(run: RunDirectory) -> None:
    note = '  "42" is what the question asks for\nsee [1] \U0001f600 \ud83d '
    written = write_override(run, Override("evaluate", "ü", "right", note), clock=lambda: 12.3456)
    assert written == Override("evaluate", "ü", "right", note.strip(), 12.346)
    assert overrides_of(run) == {("evaluate", "ü"): written}
    line = json.loads(overrides_file(run).read_text())
    assert set(line) == {"stage", "id", "verdict", "note", "t"}
    assert len(say(run, "long", "right", "x" * 10_000).note) == NOTE_LIMIT


def test_the_same_item_of_two_stages_has_two_verdicts(run: RunDirectory) -> None:
    say(run, "a", "right")
    say(run, "a", "wrong", stage="regrade")
    assert {k: o.verdict for k, o in overrides_of(run).items()} == {
        ("evaluate", "a"): "right", ("regrade", "a"): "wrong",
    }  # fmt: skip


def test_a_verdict_that_is_none_is_refused(run: RunDirectory) -> None:
    with pytest.raises(UserError, match="correct"):
        say(run, "a", "correct")
    assert not overrides_file(run).exists()


@pytest.mark.parametrize(
    "foreign",
    [b"", b"{", b"[1]", b"null", b'{"stage": "evaluate", "id": "a"}', b'{"stage": 1, "id": "a", "verdict": "wrong"}',
     b'{"stage": "evaluate", "id": "a", "verdict": "maybe"}', b"\xff\xfe\x00", b"[" * 100_000],
)  # fmt: skip
def test_foreign_lines_are_passed_over(run: RunDirectory, foreign: bytes) -> None:
    say(run, "a", "right")
    with open(overrides_file(run), "ab") as file:
        file.write(foreign + b"\n")
    say(run, "b", "wrong")
    assert {k[1]: o.verdict for k, o in overrides_of(run).items()} == {"a": "right", "b": "wrong"}


def test_lines_that_count_nowhere_are_told_by_number(run: RunDirectory) -> None:
    say(run, "a", "right")
    assert read_overrides(run).caution == ""
    with open(overrides_file(run), "ab") as file:
        file.write(b"\n{torn\n")
    said = f"line 3 of overrides.jsonl is no override and counts nowhere: mend or delete it in {overrides_file(run)}"
    assert read_overrides(run).caution == said
    with open(overrides_file(run), "ab") as file:
        file.write(b"[1]\n" * 9)
    assert "10 lines of overrides.jsonl are no overrides and count nowhere (3, 4, 5, 6, 7, …)" in (
        read_overrides(run).caution
    )
    assert overlay_of([], {}, read_overrides(run).caution).caution


@pytest.mark.parametrize(
    ("t", "kept"),
    [("1795279917.5", 1795279917.5), ("1795279917899000000", 0.0), ("1e999", 0.0), ("-1e999", 0.0), ("NaN", 0.0),
     ("-1", 0.0), ("9" * 400, 0.0), ("true", 0.0), ('"now"', 0.0), ("null", 0.0)],
)  # fmt: skip
def test_a_time_that_is_none_costs_the_time_alone(run: RunDirectory, t: str, kept: float) -> None:
    line = f'{{"stage": "evaluate", "id": "a", "verdict": "right", "note": "n", "t": {t}}}\n'
    overrides_file(run).write_text(line)
    assert overrides_of(run)[("evaluate", "a")] == Override("evaluate", "a", "right", "n", kept)


@pytest.mark.parametrize(
    ("error", "helps"),
    [(errno.EACCES, "writable, then override again"), (errno.ENOSPC, "free some space"), (errno.EROFS, "copy "),
     (errno.ENOLCK, "copy ")],
)  # fmt: skip
def test_what_cannot_be_written_says_what_helps(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, error: int, helps: str
) -> None:
    def refused(path: Path) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("engine.compare.overrides._end_last_line", refused)
    with pytest.raises(EnvironmentMissing, match=r"overrides\.jsonl") as raised:
        say(run, "a", "right")
    assert helps in raised.value.next_step
    assert "--runs" not in raised.value.next_step


def test_a_line_torn_at_any_byte_costs_that_line_alone(run: RunDirectory) -> None:
    say(run, "a", "right", "é")
    whole = overrides_file(run).read_bytes()
    say(run, "b", "wrong", "ß")
    last = overrides_file(run).read_bytes()[len(whole) :]
    for kept in range(len(last)):
        overrides_file(run).write_bytes(whole + last[:kept])
        before = {k[1]: o.verdict for k, o in overrides_of(run).items()}
        assert before == ({"a": "right"} if kept < len(last) - 1 else {"a": "right", "b": "wrong"})
        say(run, "c", "unparsed")
        assert {k[1]: o.verdict for k, o in overrides_of(run).items()} == before | {"c": "unparsed"}


def test_a_last_line_that_an_editor_left_without_an_end_is_not_lost(run: RunDirectory) -> None:
    overrides_file(run).write_text('{"stage": "evaluate", "id": "by hand", "verdict": "right"}')
    assert overrides_of(run)[("evaluate", "by hand")].verdict == "right"
    say(run, "b", "wrong")
    assert {k[1] for k in overrides_of(run)} == {"by hand", "b"}


def test_writers_in_several_processes_lose_nothing(run: RunDirectory) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.runs.directory import RunDirectory\n"
        "from engine.compare.overrides import Override, write_override\n"
        "for n in range(40): write_override(RunDirectory(Path(sys.argv[1])), "
        "Override('evaluate', f'{sys.argv[2]}-{n}', 'right', 'x' * 500))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(run.path), str(n)]) for n in range(3)]
    threads = [threading.Thread(target=say, args=(run, f"t-{n}", "wrong")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(overrides_of(run)) == 140
    assert len(overrides_file(run).read_bytes().splitlines()) == 140


def test_a_full_disk_and_a_missing_folder_name_the_place_and_leave_nothing(run: RunDirectory) -> None:
    say(run, "a", "right")
    before = overrides_file(run).read_bytes()
    code = (
        "import resource, signal, sys; from pathlib import Path; from engine.runs.directory import RunDirectory\n"
        "from engine.compare.overrides import Override, write_override\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (120, 120))\n"
        "write_override(RunDirectory(Path(sys.argv[1])), Override('evaluate', 'b', 'wrong', 'x' * 500))"
    )
    failed = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=False)
    assert failed.returncode != 0  # part of the line fitted, then no byte more
    assert overrides_file(run).read_bytes() == before
    with pytest.raises(EnvironmentMissing, match=r"overrides\.jsonl"):
        say(RunDirectory(run.path / "gone"), "a", "right")
    assert not (run.path / "gone").exists()


def test_a_reader_sees_changes_and_reads_no_unchanged_file(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = OverrideReader(run)
    assert not reader.read()
    say(run, "a", "right")
    assert reader.read()
    assert reader.overrides[("evaluate", "a")].verdict == "right"
    with monkeypatch.context() as patched:
        patched.setattr("engine.compare.overrides._read", lambda run: pytest.fail("read an unchanged file"))
        assert not reader.read()
    overrides_file(run).unlink()
    assert reader.read()
    assert not reader.overrides


def test_a_file_that_cannot_be_read_changes_nothing(run: RunDirectory) -> None:
    reader = OverrideReader(run)
    say(run, "a", "right")
    reader.read()
    overrides_file(run).unlink()
    os.mkdir(overrides_file(run))
    assert reader.read(), "the caution is news"
    assert reader.overrides
    assert reader.caution == read_overrides(run).caution
    assert "cannot be read (Is a directory)" in reader.caution
    assert not reader.read()


def test_the_overlay_counts_what_the_overrides_change(run: RunDirectory) -> None:
    verdicts = ["right", "right", "wrong", "wrong", "unparsed", "wrong", "wrong", "wrong", "wrong", "wrong"]
    samples = [sample(str(n), verdict) for n, verdict in enumerate(verdicts)]
    for item, verdict in (("0", "wrong"), ("2", "right"), ("4", "right"), ("5", "wrong"), ("elsewhere", "right")):
        say(run, item, verdict)
    overlay = overlay_of(samples, overrides_of(run))
    assert (overlay.overridden, overlay.changed) == (4, 3)
    by_hand = sum(effective(s.fact("verdict"), overrides_of(run).get(("evaluate", s.id))) == "right" for s in samples)
    assert overlay.accuracy_with == wilson(by_hand, 10)
    assert by_hand == 3
    assert str(overlay) == "3 changed, 1 confirmed by a human: 20% [6, 51] → 30% [11, 60]"
    assert [len(form) for form in overlay.forms] == sorted((len(form) for form in overlay.forms), reverse=True)
    agreed = {key: override for key, override in overrides_of(run).items() if key[1] == "5"}
    assert str(overlay_of(samples, agreed)) == "1 confirmed by a human"
    assert overlay.moves == {("right", "wrong"): 1, ("wrong", "right"): 1, ("unparsed", "right"): 1}
    assert str(overlay_of(samples, {})) == ""


def test_samples_of_one_problem_make_no_narrower_interval(run: RunDirectory) -> None:
    samples = [sample(f"p{n % 8}~{n // 8}", "right" if n % 2 else "wrong") for n in range(64)]
    say(run, "p0~0", "right")
    overlay = overlay_of(samples, overrides_of(run))
    assert str(overlay) == "1 changed by a human: 50% [20, 80] → 52% [22, 80]"


def test_the_verdict_that_counts_is_the_humans() -> None:
    assert effective("wrong", None) == "wrong"
    assert effective("wrong", Override("s", "i", "right")) == "right"
    assert effective("wrong", Override("s", "i", None)) == "wrong"
