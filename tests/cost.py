"""How long a piece of work takes, on a machine that other people's work makes slow at times.

A test with a bound on time asks for the quickest of a few attempts: noise only ever adds. Collecting garbage is put
off meanwhile, for its cost is that of everything that earlier tests left in memory.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

ATTEMPTS = 3


def cpu_seconds(work: Callable[[], object], *, within: float) -> float:
    """Processor seconds of this thread alone: of the first attempt inside the bound, else of the quickest."""
    return _quickest(work, time.thread_time, within)


def wall_seconds(work: Callable[[], object], *, within: float) -> float:
    """Seconds on the clock, which counts the work of other processes: of the same attempt."""
    return _quickest(work, time.monotonic, within)


def _quickest(work: Callable[[], object], clock: Callable[[], float], within: float) -> float:
    collects = gc.isenabled()
    gc.disable()
    try:
        quickest = float("inf")
        for _ in range(ATTEMPTS):
            start = clock()
            work()
            quickest = min(quickest, clock() - start)
            if quickest < within:
                break
        return quickest
    finally:
        if collects:
            gc.enable()
