"""What this process costs the machine, told every two seconds; also the run's heartbeat."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

import psutil

from engine.errors import MathReasonError
from engine.runs.events import Event, Metric

EVERY_S = 2.0
STAMPED_PACKAGES = ("mathreason-tui", "torch", "transformers", "sentence-transformers", "math-verify", "sympy")
GB = 2**30
"""As the memory estimate counts, and as cards and machines are sold."""


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide results, for run.json and the events."""
    found = {"python": sys.version.split()[0]}
    for name in STAMPED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def peak_gb() -> float:
    """The most memory this process ever held, in GB (2^30 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / GB


class MachineSampler:
    """A thread that emits machine.cpu_percent (100 a core), machine.rss_gb and machine.peak_gb until it is closed."""

    def __init__(self, emit: Callable[[Event], None], every_s: float = EVERY_S) -> None:
        self._emit = emit
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="machine-sampler", daemon=True)

    def __enter__(self) -> MachineSampler:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=self._every_s)

    def _run(self) -> None:
        process = psutil.Process(os.getpid())
        process.cpu_percent()
        while not self._stop.wait(self._every_s):
            values = {
                "machine.cpu_percent": process.cpu_percent(),
                "machine.rss_gb": round(process.memory_info().rss / GB, 3),
                "machine.peak_gb": round(peak_gb(), 3),
            }
            try:
                self._emit(Metric("", values))
            except (MathReasonError, OSError):
                return  # a full disk: the stage meets the same error and ends the run with it
