"""The run directory under attack: torn lines, foreign files, a second worker, a full disk, dead processes."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EnvironmentMissing, UserError
from engine.runs import launch as launching
from engine.runs.cancel import cancel_run
from engine.runs.control import drop_request, pending_requests, send_request
from engine.runs.directory import RunDirectory, create_run, find_run, list_runs, read_record, write_record
from engine.runs.events import ControlAcked, Item, Metric, Progress, RunFinished, RunStarted, StageStarted
from engine.runs.files import LineAppender, write_atomic
from engine.runs.launch import launch
from engine.runs.overview import overview
from engine.runs.process import alive, start_time
from engine.runs.results import count_rows, encode_row, read_row, read_rows
from engine.runs.state import RunState, fold_many
from engine.runs.status import STALLED_AFTER_S, WORKER_BEGINS, derive_status, why_crashed
from engine.runs.tail import EventTail
from engine.runs.writer import RunWriter
from tests.graded_items import graded_item

pytestmark = pytest.mark.xdist_group("alone")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "runs", "demo", "cpu", 'name = "demo"\n', {"name": "demo"}, ["--batch", "demo"])


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def sample(name: str, offset: int) -> Item:
    return graded_item("evaluate", name, 0, offset, "right", "numeric", "1", "1", "robust")


def claim(run: RunDirectory, pid: int) -> None:
    record = read_record(run)
    assert record is not None
    write_record(run, replace(record, pid=pid, pid_started=start_time(pid)))


def test_a_new_run_has_its_record_and_recipe(run: RunDirectory) -> None:
    record = read_record(run)
    assert record is not None
    assert (record.recipe, record.preset, record.argv, record.pid) == ("demo", "cpu", ("--batch", "demo"), None)
    assert run.recipe.read_text() == 'name = "demo"\n'
    assert run.id.split("-")[4:-1] == ["demo"]


def test_rows_and_events_come_back_after_a_torn_end(run: RunDirectory) -> None:
    with RunWriter(run) as writer:
        writer.append_row("evaluate", {"id": "a", "text": "é"}, lambda offset: sample("a", offset))
        writer.append_row("evaluate", {"id": "b"}, lambda offset: sample("b", offset))
    for path in (run.events, run.results("evaluate")):
        with path.open("ab") as file:
            file.write(b'{"id": "torn')
    assert [row["id"] for _, row in read_rows(run.results("evaluate"))] == ["a", "b"]
    with RunWriter(run) as writer:
        assert [s.id for s in writer.earlier.items] == ["a", "b"]
        writer.append_row("evaluate", {"id": "c"}, lambda offset: sample("c", offset))
    samples = fold_many(RunState(), EventTail(run.events).read_all()).items
    assert [s.id for s in samples] == ["a", "b", "c"]
    found = [read_row(run.results("evaluate"), s.offset) for s in samples]
    assert [row and row["id"] for row in found] == ["a", "b", "c"]
    assert count_rows(run) == 3


def test_sequence_numbers_go_on_after_a_resume(run: RunDirectory) -> None:
    for _ in range(3):
        with RunWriter(run) as writer:
            writer.emit(Progress("s", 1))
    assert [r.seq for r in EventTail(run.events).read_all()] == [0, 1, 2]


def test_a_second_worker_is_refused(run: RunDirectory) -> None:
    with RunWriter(run), pytest.raises(UserError, match="another worker"):
        RunWriter(run)
    RunWriter(run).close()


def test_a_full_disk_names_the_place_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    appender = LineAppender(tmp_path / "rows.jsonl")
    appender.append('{"id": "a"}')

    class FullAfterThreeBytes:
        def write(self, data: bytes) -> int:
            with open(appender.path, "ab") as file:
                file.write(data[:3])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(appender, "_file", FullAfterThreeBytes())
    with pytest.raises(EnvironmentMissing, match=r"disk is full.*rows\.jsonl") as error:
        appender.append('{"id": "b"}')
    assert "resume" in error.value.next_step
    assert appender.path.read_text() == '{"id": "a"}\n'


def test_an_atomic_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_atomic(path, "old")

    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(EnvironmentMissing):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_foreign_files_and_folders_are_no_runs(run: RunDirectory) -> None:
    folder = run.path.parent
    (folder / "README.md").write_text("hello")
    (folder / "something").mkdir()
    (folder / ".hidden").mkdir()
    assert [r.id for r in list_runs(folder)] == [run.id]
    assert list_runs(folder / "missing") == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"id": 3}', '{"id": "x"}', '{"id":"x","recipe":"r","preset":"p","pid":"no"}']
)
def test_a_damaged_record_makes_the_run_unreadable_not_the_program(run: RunDirectory, text: str) -> None:
    run.record.write_text(text)
    assert read_record(run) is None
    assert overview(run).status == "unreadable"


def test_runs_are_found_by_path_id_part_and_last(run: RunDirectory) -> None:
    folder = run.path.parent
    for text in (str(run.path), run.id, run.id[-4:], "last"):
        assert find_run(folder, text).path == run.path
    with pytest.raises(UserError, match='no run "nothing"'):
        find_run(folder, "nothing")
    create_run(folder, "demo", "cpu", "", {}, [])
    with pytest.raises(UserError, match="fits 2 runs"):
        find_run(folder, "demo")


def test_requests_wait_until_they_are_dropped(run: RunDirectory) -> None:
    first = send_request(run, "pause")
    second = send_request(run, "set", key="k", value=2)
    (run.control / "ff.json").write_text("{torn")
    (run.control / "README").write_text("foreign")
    assert [(r.id, r.kind) for r in pending_requests(run)] == [(first, "pause"), (second, "set")]
    assert pending_requests(run)[1].values == {"key": "k", "value": 2}
    drop_request(run, first)
    drop_request(run, first)
    assert [r.id for r in pending_requests(run)] == [second]


def test_a_process_is_known_by_pid_and_start_time(sleeper: subprocess.Popen[bytes]) -> None:
    started = start_time(sleeper.pid)
    assert alive(sleeper.pid, started)
    assert not alive(sleeper.pid, started + "0")
    assert not alive(None, started)
    sleeper.kill()
    while start_time(sleeper.pid):  # a zombie counts as gone, although its pid is still taken
        time.sleep(0.01)
    assert not alive(sleeper.pid, started)


def test_status_is_derived_from_process_and_events(run: RunDirectory, sleeper: subprocess.Popen[bytes]) -> None:
    record = read_record(run)
    assert record is not None
    assert derive_status(record, RunState(), record.created + 1) == "starting"
    assert derive_status(record, RunState(), record.created + 1000) == "crashed"
    assert derive_status(None, RunState()) == "unreadable"
    claim(run, sleeper.pid)
    record = read_record(run)
    started = RunState(pid=sleeper.pid, updated_at=100.0)
    assert derive_status(record, started, 101.0) == "running"
    assert derive_status(record, replace(started, paused=True), 101.0) == "paused"
    assert derive_status(record, replace(started, cancelling=True), 101.0) == "cancelling"
    assert derive_status(record, started, 101.0 + STALLED_AFTER_S) == "stalled"
    assert derive_status(record, replace(started, pid=1), 101.0) == "starting"
    ended = replace(started, pid=1, finished=RunFinished("cancelled"))
    assert derive_status(record, ended, 101.0) == "starting", "a live new worker counts more than an old end"
    assert derive_status(record, replace(started, pid=1, cancelling=True), 101.0) == "starting"
    assert derive_status(record, replace(started, finished=RunFinished("done")), 101.0) == "done"
    sleeper.kill()
    sleeper.wait()
    assert derive_status(record, started, 101.0) == "crashed"


def test_a_run_of_another_machine_is_judged_by_its_silence(run: RunDirectory) -> None:
    record = read_record(run)
    assert record is not None
    away = replace(record, host=socket.gethostname() + "-elsewhere", pid=1, pid_started="1")
    assert derive_status(away, RunState(pid=1, updated_at=100.0), 101.0) == "running"
    assert derive_status(away, RunState(pid=1, updated_at=100.0), 500.0) == "crashed", "it may be taken up again"
    write_record(run, away)
    with pytest.raises(UserError, match="elsewhere, which cannot be reached"):
        cancel_run(run)


def test_the_overview_of_a_long_run_reads_only_its_end(run: RunDirectory, sleeper: subprocess.Popen[bytes]) -> None:
    with RunWriter(run) as writer:
        writer.emit(RunStarted(run.id, "demo", "cpu", 42, ("evaluate",), sleeper.pid))
        writer.emit(StageStarted("evaluate", "evaluate", 5000))
        for i in range(3000):
            writer.emit(Progress("evaluate", i, 5000, "generating"))
    claim(run, sleeper.pid)
    seen = overview(run)
    assert (seen.status, seen.done, seen.total, seen.stage) == ("running", 2999, 5000, "evaluate")


def test_a_run_paused_for_long_is_still_seen_as_paused(run: RunDirectory, sleeper: subprocess.Popen[bytes]) -> None:
    with RunWriter(run) as writer:
        writer.emit(RunStarted(run.id, "demo", "cpu", 42, ("evaluate",), sleeper.pid))
        writer.emit(StageStarted("evaluate", "evaluate", 24))
        writer.emit(Progress("evaluate", 7, 24, "generating"))
        writer.emit(ControlAcked("q", "pause", True))
        for _ in range(2000):
            writer.emit(Metric("", {"machine.cpu_percent": 0.0, "machine.rss_gb": 1.0, "machine.peak_gb": 1.0}))
    claim(run, sleeper.pid)
    seen = overview(run)
    assert (seen.status, seen.done, seen.total) == ("paused", 7, 24)


def test_a_broken_emoji_is_written_and_read_back(run: RunDirectory) -> None:
    with RunWriter(run) as writer:
        writer.append_row("evaluate", {"id": "a", "text": "half \ud83d"}, lambda offset: sample("a", offset))
    assert [row["text"] for _, row in read_rows(run.results("evaluate"))] == ["half \ud83d"]


def test_a_finished_run_shows_its_result(run: RunDirectory) -> None:
    with RunWriter(run) as writer:
        writer.emit(RunStarted(run.id, "demo", "cpu", 42, ("evaluate",), 1))
        writer.emit(StageStarted("report", "report", 16))
        writer.emit(Progress("report", 16, 16, "files"))
        writer.write_result({"summary": {"accuracy": 0.25, "items": 24}, "models": {"policy": "p"}})
        writer.emit(RunFinished("done"))
    seen = overview(run)
    assert (seen.status, seen.headline, seen.models) == ("done", {"accuracy": 0.25, "items": 24}, {"policy": "p"})
    assert (seen.done, seen.total) == (24, 24), "its items, not the files of its report"


def test_cancelling_climbs_to_sigkill_for_a_process_that_ignores_everything(run: RunDirectory) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    claim(run, process.pid)
    with RunWriter(run) as writer:
        writer.append_row("evaluate", {"id": "a"}, lambda offset: sample("a", offset))
    rungs: list[str] = []
    outcome = cancel_run(run, ask_for_s=0.1, term_for_s=0.2, on_rung=rungs.append)
    assert rungs == ["request", "SIGTERM", "SIGKILL"]
    assert (outcome.rung, outcome.kept) == ("SIGKILL", 1)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert cancel_run(run).rung == "not running"


def test_a_row_with_numbers_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_row({"id": "a", "score": float("nan")})
    assert json.loads(encode_row({"id": "a"})) == {"id": "a"}


def test_a_worker_on_its_way_out_is_waited_for(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "engine_command", lambda *words: [sys.executable, "-c", "print('up')"])
    leaving = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    claim(run, leaving.pid)
    with pytest.raises(UserError, match="has a worker already"):
        launch(run)
    run.result.write_text("{}")  # its last word
    threading.Timer(0.2, leaving.communicate, [b"\n"]).start()
    assert launch(run).wait() == 0
    assert leaving.wait() == 0


def test_only_the_last_workers_words_explain_a_crash(run: RunDirectory) -> None:
    run.log.write_text(f"--- worker one\nold trouble\n{WORKER_BEGINS} two\nnew trouble\n\n")
    assert why_crashed(run) == "new trouble"
    with run.log.open("a") as file:
        file.write(f"{WORKER_BEGINS} three\n")
    assert "without a word" in why_crashed(run)


def test_a_foreign_result_costs_only_its_figures(run: RunDirectory) -> None:
    with RunWriter(run) as writer:
        writer.emit(RunFinished("done"))
        writer.write_result({"summary": [1], "models": "none"})
    found = overview(run)
    assert (found.status, found.headline, found.models) == ("done", {}, {})
