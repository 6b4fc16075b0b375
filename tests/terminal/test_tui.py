"""The application in a real terminal: sizes, leaving, signals, foreign bytes, and being killed while a run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs.process import alive, start_time
from tests.screens.live_runs import FakeRun
from tests.terminal.program import tui_command
from tests.terminal.session import TerminalSession

pytestmark = pytest.mark.xdist_group("alone")

MOUSE_OFF, ALTERNATE_OFF, CURSOR_ON = b"\x1b[?1003l", b"\x1b[?1049l", b"\x1b[?25h"


@pytest.fixture
def worker() -> Iterator[int]:
    """A process in a session of its own, as a worker is."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
    yield process.pid
    process.kill()
    process.wait()


def start(runs_dir: Path, size: tuple[int, int] = (80, 24), *arguments: str, **env: str) -> TerminalSession:
    session = TerminalSession(tui_command(runs_dir, *arguments), size, env)
    return session


def assert_terminal_is_sane(session: TerminalSession) -> None:
    """The terminal is as it was found: settings, main screen, cursor, no mouse reports."""
    assert session.settings() == session.before
    for end in (MOUSE_OFF, ALTERNATE_OFF, CURSOR_ON):
        assert end in session.output[-4000:], f"{end!r} was not sent at the end"


def test_it_starts_shrinks_recovers_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with start(tmp_path) as session:
        session.wait_text("$ mathreason-tui --batch demo")
        session.resize(20, 5)
        session.wait_text("too small")
        session.resize(80, 24)
        session.wait_text("$ mathreason-tui --batch demo")
        session.wait_text("? help")
        session.send("q")
        session.wait_text("q again to leave")
        session.send("q")
        assert session.wait_end() == 0
        assert_terminal_is_sane(session)


def test_it_starts_in_a_terminal_that_is_too_small(tmp_path: Path) -> None:
    with start(tmp_path, (20, 5)) as session:
        session.wait_text("too small")
        session.resize(120, 40)
        session.wait_text("? help")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_signals_leave_the_terminal_sane(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with start(tmp_path) as session:
        session.wait_text("? help")
        os.kill(session.process.pid, number)
        if number == signal.SIGINT:  # what a terminal that does not send ctrl+c as a key makes of it
            session.wait_text("ctrl+c again to leave")
            os.kill(session.process.pid, number)
        assert session.wait_end() == code
        assert_terminal_is_sane(session)


def test_bytes_of_an_old_mouse_report_do_not_end_it(tmp_path: Path) -> None:
    with start(tmp_path) as session:
        session.wait_text("$ mathreason-tui --batch demo")
        session.send(b"\x1b[M \xf0\x40")
        session.send(b"\xff\xfe")
        session.send("2")
        session.wait_text("no runs yet")


def test_without_a_mouse_no_report_is_asked_for(tmp_path: Path) -> None:
    with start(tmp_path, (80, 24), "--no-mouse") as session:
        session.wait_text("$ mathreason-tui --batch demo")
        assert b"\x1b[?1003h" not in session.output
        assert b"\x1b[?1000h" not in session.output


def test_killed_it_leaves_the_run_alone_and_adopts_it_at_the_next_start(tmp_path: Path, worker: int) -> None:
    fake = FakeRun(tmp_path, worker=worker).begin().items(3)
    with start(tmp_path) as session:
        session.wait_text("3/24")
        session.process.kill()
        session.wait_end()
    assert alive(worker, start_time(worker))
    fake.items(4)
    with start(tmp_path) as session:
        session.wait_text("adopted")
        session.wait_text("7/24")
        session.wait_text("✓ right 3 of 7")
        session.send("q")
        session.wait_text("▸2 Runs")
        session.send("q")
        session.wait_text("q again to leave")
        session.send("q")
        assert session.wait_end() == 0
        session.wait_text("goes on; start mathreason-tui again to see it")
    assert alive(worker, start_time(worker))


def test_a_closed_terminal_ends_it_and_not_the_run(tmp_path: Path, worker: int) -> None:
    FakeRun(tmp_path, worker=worker).begin().items(3)
    with start(tmp_path) as session:
        session.wait_text("3/24")
        os.kill(session.process.pid, signal.SIGHUP)
        session.wait_end()
    assert alive(worker, start_time(worker))


def test_no_color_draws_without_colours(tmp_path: Path) -> None:
    with start(tmp_path, NO_COLOR="1") as session:
        session.wait_text("$ mathreason-tui --batch demo")
        colours = {cell.fg for line in session.screen.buffer.values() for cell in line.values()}
        assert all(colour == "default" or len(set(_channels(colour))) == 1 for colour in colours)


def _channels(colour: str) -> tuple[str, str, str]:
    """The red, green and blue of pyte's name of a colour: equal ones make a grey."""
    return colour[:2], colour[2:4], colour[4:]
