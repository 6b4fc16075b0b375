"""Is that worker still the same process? pid and start time, with the standard library alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def start_time(pid: int) -> str:
    """An opaque text that changes when a pid is used again; "" where the process is gone or a zombie."""
    if sys.platform.startswith("linux"):
        return _linux_start_time(pid)
    try:
        shown = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if not shown or shown.startswith("Z") else shown.split(maxsplit=1)[-1]


def _linux_start_time(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The command name may hold spaces and brackets; fields are counted from after its closing bracket.
    after = text.rpartition(")")[2].split()
    state, started = after[0], after[19]
    return "" if state in "ZX" else started


def alive(pid: int | None, started: str) -> bool:
    """Whether `pid` runs and is the process that was recorded with `started`."""
    return pid is not None and bool(started) and start_time(pid) == started


def signal_process(pid: int, started: str, number: int) -> bool:
    """Send a signal to exactly that process; False where it is gone."""
    if not alive(pid, started):
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
