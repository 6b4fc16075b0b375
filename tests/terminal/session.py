"""A program in a real pseudo-terminal: what it shows (through pyte), what it is typed, when its bytes came.

Reading is done by the caller, in `read` and `wait_for`: no thread stands between a byte and its time.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

from tests.cost import STUCK_S

READ_BYTES = 1 << 16
SYNC_QUERY, SYNC_YES = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""The program asks whether frames may be sent as a whole; a modern terminal says yes."""

NOT_FOR_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[\?[0-9;]*u|\x1b[PX^_\]].*?(?:\x1b\\|\x07)", re.DOTALL
)
"""Sequences that pyte 0.8 would print as text: keyboard protocols, mode queries, strings."""


class TerminalSession:
    """Starts the command at once in a terminal of this size; leaves no process behind."""

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self.master, slave = os.openpty()
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._set_size(size)
        self.before = termios.tcgetattr(slave)
        self.output = bytearray()
        self.read_at = 0.0
        """When the newest bytes came (time.perf_counter)."""
        terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        # A size in the environment (processes of the test runner have one) would stand before the terminal's own.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, start_new_session=True,
            env={**inherited, **terminal}, preexec_fn=_take_terminal,
        )  # fmt: skip
        self._slave = slave  # kept open, so that the settings the program leaves behind can be looked at

    # -- in

    def send(self, keys: str | bytes) -> float:
        """Send keys; returns the moment."""
        moment = time.perf_counter()
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        return moment

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        self._set_size((width, height))
        os.killpg(self.process.pid, signal.SIGWINCH)

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    # -- out

    def read(self, within_s: float) -> bytes:
        """The bytes that come next, shown on the screen; b"" when none came in time or the program is gone."""
        if not select.select([self.master], [], [], max(0.0, within_s))[0]:
            return b""
        try:
            data = os.read(self.master, READ_BYTES)
        except OSError:  # Linux says so when the last process of the terminal is gone
            return b""
        self.read_at = time.perf_counter()
        self.output += data
        if SYNC_QUERY in data:
            self.send(SYNC_YES)
        self._stream.feed(NOT_FOR_PYTE.sub(b"", data))
        return data

    def wait_for(self, condition: Callable[[], object], within_s: float = STUCK_S, what: str = "") -> float:
        """Read until the condition holds; returns when the bytes came that made it hold."""
        deadline = time.perf_counter() + within_s
        while not condition():
            left = deadline - time.perf_counter()
            if left <= 0:
                raise AssertionError(f"waited {within_s:.0f} s for {what or condition}; the screen:\n{self.text}")
            self.read(min(left, 0.2))
        return self.read_at

    def wait_text(self, text: str, within_s: float = STUCK_S) -> float:
        return self.wait_for(lambda: text in self.text, within_s, repr(text))

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    # -- end

    def wait_end(self, within_s: float = STUCK_S) -> int:
        """The exit code, once the program has ended; what it still writes is read."""
        deadline = time.perf_counter() + within_s
        while self.process.poll() is None:
            if time.perf_counter() > deadline:
                raise AssertionError(f"it did not end within {within_s:.0f} s; the screen:\n{self.text}")
            self.read(0.05)
        while self.read(0.1):
            pass
        return self.process.returncode

    def settings(self) -> list[object]:
        """The terminal's settings as they are now (`before` is what they were)."""
        return termios.tcgetattr(self._slave)

    def memory_mb(self) -> float:
        """Resident memory of the program, in MB (10^6 bytes)."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            kib = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
        return kib * 1024 / 1e6

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for descriptor in (self.master, self._slave):
            os.close(descriptor)

    def __enter__(self) -> TerminalSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take_terminal() -> None:
    """In the child: make its standard input the terminal that controls it, whose end it hears of even under nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
