"""The nursery: `python -m engine.grading.nursery CPU WALL` answers symbolic comparisons, one JSON line each.

It imports math-verify once and forks a child that does the parsing. A child that overruns its time or memory is
killed and forked anew in milliseconds, so a hostile answer costs its time limit and nothing else. CPU time is limited
by the kernel (SIGPROF ends even one long multiplication in C), wall time by this process. A closed stdin ends both.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import traceback
from dataclasses import dataclass

from engine.grading.limits import MEMORY_BYTES, QUESTIONS_PER_CHILD

READY = b'"ready"\n'


@dataclass
class Child:
    """A forked process: a pipe to ask it, a pipe to hear it."""

    pid: int
    ask_fd: int
    hear_fd: int
    asked: int = 0


def main() -> int:
    cpu_seconds, wall_seconds = float(sys.argv[1]), float(sys.argv[2])
    from engine.grading.symbolic.compare import WARM_UP, compare

    for gold, answer in WARM_UP:
        compare(gold, answer)
    _write(1, READY)
    child: Child | None = None
    for line in sys.stdin.buffer:
        if child is None:
            child = _fork(cpu_seconds)
        outcome, alive = _ask(child, line, wall_seconds)
        if not alive or child.asked >= QUESTIONS_PER_CHILD:
            _end(child)
            child = None
        _write(1, json.dumps(outcome).encode() + b"\n")
    if child is not None:
        _end(child)
    return 0


def _fork(cpu_seconds: float) -> Child:
    ask_read, ask_write = os.pipe()
    hear_read, hear_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ask_read)
        os.close(hear_write)
        return Child(pid, ask_write, hear_read)
    try:
        os.close(ask_write)
        os.close(hear_read)
        # Not holding the nursery's own pipes: whoever waits for them to close must not wait for this child.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        _answer_questions(ask_read, hear_write, cpu_seconds)
    except BaseException:
        traceback.print_exc()  # the nursery only sees that its child is gone; the log says why
        os._exit(1)
    os._exit(0)


def _answer_questions(ask_fd: int, hear_fd: int, cpu_seconds: float) -> None:
    """The child's life: read a pair, compare under the kernel's clock, write the outcome."""
    from engine.grading.symbolic.compare import compare

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):  # macOS does not let every limit be lowered
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(ask_fd, "rb") as questions:
        for line in questions:
            gold, answer = json.loads(line)
            signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
            try:
                outcome: str = compare(gold, answer)
            except (MemoryError, RecursionError):
                outcome = "exhausted"
            except Exception as error:  # whatever sympy raises on model text is an answer it could not read
                outcome = f"error: {type(error).__name__}"
            signal.setitimer(signal.ITIMER_PROF, 0)
            _write(hear_fd, json.dumps(outcome).encode() + b"\n")


def _ask(child: Child, line: bytes, wall_seconds: float) -> tuple[str, bool]:
    """(outcome, whether the child is still good)."""
    child.asked += 1
    try:
        _write(child.ask_fd, line)
        ready, _, _ = select.select([child.hear_fd], [], [], wall_seconds)
        answer = os.read(child.hear_fd, 65_536) if ready else b""
    except OSError:
        return "crashed", False
    if answer:
        return json.loads(answer), not answer.startswith(b'"exhausted')
    if not ready:
        return "timeout", False
    _, status = os.waitpid(child.pid, 0)
    child.pid = 0
    over_time = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF
    return ("timeout" if over_time else "crashed"), False


def _end(child: Child) -> None:
    os.close(child.ask_fd)
    os.close(child.hear_fd)
    if child.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    sys.exit(main())
