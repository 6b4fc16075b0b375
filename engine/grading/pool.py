"""The symbolic pool: comparisons in processes that can be killed, from any thread, with real time limits.

Nothing starts before the first comparison, so a set of plain numbers never pays for it. Every comparison ends with an
outcome; a process that misbehaves is replaced and the pool stays as large as it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import time

from engine.errors import EnvironmentMissing
from engine.grading.limits import CPU_SECONDS, GRACE_SECONDS, STARTUP_LIMIT, WALL_SECONDS
from engine.runs.launch import engine_command, engine_environment

MODULE = "engine.grading.nursery"


class SymbolicPool:
    """`compare` may be called from many threads at once; at most `workers` comparisons run at a time."""

    def __init__(
        self, workers: int = 2, *, cpu_seconds: float = CPU_SECONDS, wall_seconds: float = WALL_SECONDS
    ) -> None:
        self._nurseries = [_Nursery(cpu_seconds, wall_seconds) for _ in range(max(1, workers))]
        # Last in, first out: a second nursery is only started when the first is busy.
        self._idle: queue.LifoQueue[_Nursery] = queue.LifoQueue()
        for nursery in self._nurseries:
            self._idle.put(nursery)

    @property
    def started(self) -> int:
        """How many nurseries run now."""
        return sum(nursery.running for nursery in self._nurseries)

    def compare(self, gold: str, answer: str) -> str:
        """same, other, equal, different, gold-unreadable, unreadable, timeout, exhausted, crashed or error: NAME."""
        nursery = self._idle.get()
        try:
            return nursery.ask(gold, answer)
        finally:
            self._idle.put(nursery)

    def close(self) -> None:
        """End every process; the pool may be used again and then starts anew."""
        for nursery in self._nurseries:
            nursery.stop()


class _Nursery:
    """One nursery process; used by one thread at a time."""

    def __init__(self, cpu_seconds: float, wall_seconds: float) -> None:
        self._limits = (cpu_seconds, wall_seconds)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask(self, gold: str, answer: str) -> str:
        process = self._process if self.running else None
        if process is None:
            process = self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([gold, answer]).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, self._limits[1] + GRACE_SECONDS)
        except OSError:
            line = b""
        if not line:
            self.stop()
            return "crashed"
        return str(json.loads(line))

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        process.kill()  # its child ends by itself: its pipe is closed, or the kernel's clock runs out
        process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self.stop()
        process = subprocess.Popen(
            engine_command(MODULE, *map(str, self._limits)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The order of sympy's sets follows the hash seed; verdicts must not.
            # Its own session: an interrupt typed in the terminal is for the run, which then closes the pipe.
            start_new_session=True,
            env={**engine_environment(), "PYTHONHASHSEED": "0"},
        )
        self._process = process
        if not self._line(process, STARTUP_LIMIT):
            code = process.poll()
            self.stop()
            raise EnvironmentMissing(
                f"the symbolic grader did not start ({'exit code ' + str(code) if code is not None else 'no answer'})",
                f'check that math-verify is installed: {sys.executable} -m {MODULE} 1 2 must print "ready"',
            )
        return process

    @staticmethod
    def _line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
        """One line of the nursery, or b"" when it ended or was silent for too long."""
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        readable = select.poll()  # not select(): a run may have more than 1,024 files open
        readable.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not readable.poll(left * 1000):
                return b""
            data = os.read(descriptor, 65_536)
            if not data:
                return b""
            line += data
        return line
