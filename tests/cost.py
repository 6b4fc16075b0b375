"""What a piece of work costs, on a machine that other people's work makes slow at times.

No test trusts a clock. Work in this thread is counted in processor time and set against a loop of a known length that
runs in the same breath: a busy machine, or another one, slows both. Work in other processes is counted in their
processor time. A test with a bound asks for the cheapest of a few attempts: noise only ever adds. Collecting garbage is
put off meanwhile, for its cost is that of everything that earlier tests left in memory.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import psutil

STUCK_S = 180.0
"""How long a test waits for another process until that counts as stuck; no bound on how long it may take."""
ATTEMPTS = 3
LOOP_LENGTH = 200_000
LOOP_SECONDS = 0.01
"""What the loop takes on the quiet machine that the bounds were set on."""


def cpu_seconds(work: Callable[[], object], *, within: float) -> float:
    """Processor seconds of this thread alone, as the reference machine would count them: of the first attempt inside
    the bound, else of the cheapest.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        cheapest = float("inf")
        for _ in range(ATTEMPTS):
            before, seconds, after = _seconds(_loop), _seconds(work), _seconds(_loop)
            cheapest = min(cheapest, seconds * LOOP_SECONDS / max(before, after))
            if cheapest < within:
                break
        return cheapest
    finally:
        if collects:
            gc.enable()


def seconds_of_children() -> float:
    """Processor seconds that the processes started from here have used so far, those that ended included."""
    while True:
        try:
            here = psutil.Process()
            ended = here.cpu_times()
            living = [child.cpu_times() for child in here.children(recursive=True)]
        except psutil.NoSuchProcess:  # it ended while it was asked, and counts to whoever waited for it now
            continue
        seconds: float = ended.children_user + ended.children_system
        for times in living:
            seconds += times.user + times.system + times.children_user + times.children_system
        return seconds


def _seconds(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


def _loop() -> int:
    total = 0
    for number in range(LOOP_LENGTH):
        total += number & 7
    return total
