"""What a user of the terminal application waits for, measured from outside in a real pseudo-terminal.

`python -m tests.benchmarks.tui [--json] [--starts N] [--keys N] [--items N] [--idle] [--size WxH]`

* first paint: from starting the process to the first whole frame (mode bar, panels, key line), no cache of ours warm
* ready: until the recipes are listed and can be launched
* key to paint: from writing a key into the terminal to the bytes that move the cursor, among ITEMS results, while two
  processes keep two cores busy
* opening: from the key to the table of ITEMS results
* memory: resident, after all modes were shown with that run
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.screens.live_runs import FakeRun
from tests.terminal.program import tui_command
from tests.terminal.session import TerminalSession

TARGETS = {
    "first paint p95": 0.9, "key to paint p99": 0.050, "opening": 1.0, "memory": 120.0,
}  # fmt: skip
WORKER_NICENESS = 5
"""Of the processes that keep the cores busy with --nice: what a worker of ours gives itself."""
CURSOR = "▸"
MODE_SIGNS = (("4", "gold"), ("5", "robust"), ("1", "Presets"), ("3", "Newest"), ("2", "took"), ("3", "Newest"))
"""Modes in the order they are shown, each with a word that only its filled screen has."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `target` None: information."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def shown(self) -> str:
        return f"{self.value * 1000:,.0f} ms" if self.unit == "s" else f"{self.value:,.0f} {self.unit}"

    @property
    def goal(self) -> str:
        if self.target is None:
            return ""
        goal = f"{self.target * 1000:,.0f} ms" if self.unit == "s" else f"{self.target:,.0f} {self.unit}"
        return f"< {goal}  {'reached' if self.value < self.target else 'MISSED'}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


@contextmanager
def busy(processes: int, niceness: int) -> Iterator[None]:
    """Keep cores busy with arithmetic."""
    spin = f"import os; os.nice({niceness})\nwhile True: sum(range(10000))"
    spinning = [subprocess.Popen([sys.executable, "-S", "-c", spin]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def measure_starts(runs_dir: Path, size: tuple[int, int], starts: int) -> tuple[list[float], list[float]]:
    """Seconds to the first whole frame and to the listed recipes, for each start."""
    painted, ready = [], []
    for _ in range(starts):
        with TerminalSession(tui_command(runs_dir), size) as session:

            def whole(session: TerminalSession = session) -> bool:
                lines = session.lines
                return "1 Launch" in lines[0] and "? help" in lines[-1] and "╰" in "".join(lines[-4:])

            painted.append(session.wait_for(whole, what="a first frame") - session.started_at)
            ready.append(session.wait_text("$ mathreason-tui --batch demo") - session.started_at)
    return painted, ready


def measure_use(
    runs_dir: Path, size: tuple[int, int], keys: int, items: int, niceness: int | None
) -> dict[str, list[float]]:
    """Opening the large run, keys in its table while the cores are busy (None: idle), modes, and memory."""
    found: dict[str, list[float]] = {"opening": [], "key": [], "mode": [], "memory": []}
    with TerminalSession(tui_command(runs_dir), size) as session:
        session.wait_text("$ mathreason-tui --batch demo")
        session.send("2")
        session.wait_text(f"{items:,}/{items:,}")
        session.send("g")
        settle(session)
        found["memory start"] = [session.memory_mb()]
        session.send("j")  # to the large run, which is the second
        session.wait_for(lambda: CURSOR in line_of(session, f"{items:,}/{items:,}"))
        settle(session)
        pressed = session.send("\r")
        found["opening"].append(session.wait_for(lambda: newest_is_shown(session, items)) - pressed)
        settle(session)
        with busy(0 if niceness is None else os.cpu_count() or 2, niceness or 0):
            session.send("g")
            settle(session)
            for number in range(keys):
                found["key"].append(press(session, "j" if number % 40 < 20 else "k"))
        for mode, word in MODE_SIGNS:
            found["mode"].append(show_mode(session, mode, word))
            settle(session)
        found["memory"].append(session.memory_mb())
    return found


def show_mode(session: TerminalSession, mode: str, word: str) -> float:
    """Seconds from a mode's key to its screen."""
    pressed = session.send(mode)
    return session.wait_for(lambda: f"{CURSOR}{mode} " in session.lines[0] and word in session.text) - pressed


def press(session: TerminalSession, key: str) -> float:
    """Seconds from a key to the bytes that put the cursor on another item (the table scrolls with it, or not)."""
    before = item_at_cursor(session)
    pressed = session.send(key)
    return session.wait_for(lambda: item_at_cursor(session) not in (before, ""), within_s=5.0) - pressed


def item_at_cursor(session: TerminalSession) -> str:
    """The number of the item on the line that the table's cursor marks; "" while the line is being drawn."""
    marked = [line for line in session.lines[1:] if line[1:2] == CURSOR]
    return marked[0][2:7].strip() if len(marked) == 1 else ""


def line_of(session: TerminalSession, text: str) -> str:
    return next((line for line in session.lines[1:] if text in line), "")


def newest_is_shown(session: TerminalSession, items: int) -> bool:
    """The table under "Newest" has its first row, the newest item."""
    lines = session.lines
    return any("Newest" in line for line in lines) and any(f"{CURSOR}{items:>5} " in line for line in lines)


def settle(session: TerminalSession, quiet_s: float = 0.3, within_s: float = 5.0) -> None:
    """Read until nothing came for a moment, so that a figure does not hold what was left of the one before."""
    deadline = time.perf_counter() + within_s
    while session.read(quiet_s) and time.perf_counter() < deadline:
        pass


def make_runs(folder: Path, items: int) -> None:
    """A small run and, older, a large one."""
    large = FakeRun(folder, "2026-11-20-090000-realign-0001", recipe="realign").begin(items).figures(20)
    large.items(items, seconds=0.1).finish()
    FakeRun(folder, "2026-11-21-090000-demo-0002").begin().figures().items(24).finish()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests.benchmarks.tui", description="What a user of the application waits for"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--idle", action="store_true", help="leave the cores idle while keys are pressed")
    parser.add_argument("--nice", action="store_true", help=f"keep them busy at niceness {WORKER_NICENESS}, a worker's")
    parser.add_argument("--size", default="120x40")
    options = parser.parse_args()
    width, _, height = options.size.partition("x")
    size = (int(width), int(height))
    niceness = None if options.idle else WORKER_NICENESS if options.nice else 0
    with tempfile.TemporaryDirectory() as folder:
        runs_dir = Path(folder)
        make_runs(runs_dir, options.items)
        painted, ready = measure_starts(runs_dir, size, options.starts)
        used = measure_use(runs_dir, size, options.keys, options.items, niceness)
    figures = [
        Figure("first paint p50", percentile(painted, 0.5), "s"),
        Figure("first paint p95", percentile(painted, 0.95), "s", TARGETS["first paint p95"]),
        Figure("ready to launch p95", percentile(ready, 0.95), "s"),
        Figure("key to paint p50", percentile(used["key"], 0.5), "s"),
        Figure("key to paint p99", percentile(used["key"], 0.99), "s", TARGETS["key to paint p99"]),
        Figure("key to paint max", max(used["key"]), "s"),
        Figure(f"opening {options.items:,} results", used["opening"][0], "s", TARGETS["opening"]),
        Figure("mode switch max", max(used["mode"]), "s"),
        Figure("memory at start", used["memory start"][0], "MB"),
        Figure("memory", used["memory"][0], "MB", TARGETS["memory"]),
    ]
    if options.json:
        print(json.dumps({figure.name: figure.value for figure in figures}))
    else:
        for figure in figures:
            print(f"{figure.name:<24}{figure.shown:>12}   {figure.goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
