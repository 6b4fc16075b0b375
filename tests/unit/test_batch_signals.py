"""--batch in a process of its own, over workers whose runs are tables: signals, closed pipes, other terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.runs.cancel import ASK_FOR_S
from engine.runs.directory import list_runs
from engine.runs.state import RunState, fold_many
from engine.runs.tail import EventTail
from tests import fake_worker
from tests.cost import STUCK_S

pytestmark = pytest.mark.xdist_group("alone")

ROOT = Path(__file__).resolve().parents[2]


class Batch:
    """`mathreason-tui` in a process of its own, over fake workers."""

    def __init__(self, folder: Path, *arguments: str, ask_for_s: float = ASK_FOR_S, **plan: Any) -> None:
        code = (
            "import sys, app.batch; from tests.fake_worker import install; install(); from app.cli import main; "
            f"app.batch.ASK_FOR_S = {ask_for_s}; sys.exit(main())"
        )
        environment = {**os.environ, fake_worker.PLAN: fake_worker.plan_text(**plan), "PYTHONPATH": str(ROOT)}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments, "--runs", str(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STUCK_S
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "it did not come"
            time.sleep(0.02)

    def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        while text not in (line := self.process.stdout.readline()):
            assert line, self.process.communicate()

    def state(self) -> RunState:
        runs = list_runs(self.folder)
        return fold_many(RunState(), EventTail(runs[0].events).read_all()) if runs else RunState()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=STUCK_S)
        return self.process.returncode, out, err


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Callable[..., Batch]]:
    started: list[Batch] = []

    def start(*arguments: str, **plan: Any) -> Batch:
        started.append(Batch(tmp_path, *arguments, **plan))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        pid = each.state().pid
        if pid is not None and each.state().finished is None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_cancels_the_run_and_says_how_to_go_on(
    batch: Callable[..., Batch], tmp_path: Path, number: signal.Signals
) -> None:
    started = batch("--batch", "demo", "--json", stops_at=2)
    started.read_until("item-1")
    started.process.send_signal(number)
    code, out, err = started.end()
    assert code == 130
    assert started.state().finished is not None, "the worker was asked, not killed"
    assert json.loads(out.splitlines()[-1])["items"] == 2
    assert f"--resume {list_runs(tmp_path)[0].id}" in err
    assert "Traceback" not in err


def test_an_interruption_of_a_starting_worker_leaves_nothing_behind(batch: Callable[..., Batch]) -> None:
    started = batch("--batch", "demo", stops_at=0, slow_start=True)
    started.wait_for(lambda: bool(list_runs(started.folder)))
    started.process.send_signal(signal.SIGTERM)
    code, _, err = started.end()
    assert code == 130
    assert "before the worker had begun" in err
    assert "--resume" in err


def test_a_second_interruption_does_not_wait_for_a_deaf_worker(batch: Callable[..., Batch], tmp_path: Path) -> None:
    started = batch("--batch", "demo", "--json", stops_at=1, deaf=True, ask_for_s=10 * STUCK_S)
    started.read_until("item-0")
    started.process.send_signal(signal.SIGINT)
    started.wait_for(lambda: bool(list(list_runs(tmp_path)[0].control.glob("*.json"))))
    started.process.send_signal(signal.SIGINT)
    code, _, err = started.end()
    assert code == 130
    assert "sent SIGKILL" in err


def test_a_reader_that_goes_away_leaves_the_run_going(batch: Callable[..., Batch], tmp_path: Path) -> None:
    started = batch("--batch", "demo", "--json", items=40, seconds=0.02)
    assert started.process.stdout is not None
    started.process.stdout.readline()
    started.process.stdout.close()
    started.process.stdout = None
    _, err = started.process.communicate(timeout=STUCK_S)
    assert "the run goes on" in err
    assert "Traceback" not in err
    deadline = time.monotonic() + STUCK_S
    while started.state().finished is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(started.state().items) == 40


def test_a_run_can_be_cancelled_and_followed_from_another_terminal(batch: Callable[..., Batch], tmp_path: Path) -> None:
    started = batch("--batch", "demo", stops_at=2)
    started.wait_for(lambda: len(started.state().items) == 2)
    follower = batch("--resume", "last", "--json")
    assert follower.process.stdout is not None
    first = json.loads(follower.process.stdout.readline())
    assert first["type"] == "run"
    code, _, err = batch("--cancel", "last").end()
    assert code == 0
    assert "stopped" in err
    assert follower.end()[0] == 130
    assert started.end()[0] == 130
