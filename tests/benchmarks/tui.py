"""What a user of the terminal application waits for, measured from outside in a real pseudo-terminal.

`python -m tests.benchmarks.tui [--json] [--starts N] [--keys N] [--items N] [--size WxH]`

* first paint: from starting the process to the first whole frame (mode bar, panels, key line), no cache of ours warm;
  and the median as a share of harlequin's, started in turns with it, where there is one (`harlequin`)
* ready: until the recipes are listed and can be launched
* key to paint: from writing a key into the terminal to the bytes that move the cursor, among ITEMS results, while
  every core is kept busy: by processes as nice as a worker is (a run at work), and by processes of our own priority
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

from engine.worker import NICENESS
from tests.benchmarks import harlequin
from tests.screens.live_runs import FakeRun
from tests.terminal.program import tui_command
from tests.terminal.session import TerminalSession

FIRST_PAINT_S, KEY_S, OPENING_S, MEMORY_MB = 0.9, 0.050, 1.0, 120.0
"""What is to be reached on two cores; harlequin 2.17 on such a machine: 0.99 s, 28 ms, 187 MB."""
SHARE_OF_HARLEQUIN = 0.6
"""Of its first paint, ours may take so much: what holds on any machine."""
LOADS = {"a run at work": NICENESS, "equal rivals": 0}
"""What keeps the cores busy while keys are pressed, and its niceness."""
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
        return self._written(self.value)

    @property
    def goal(self) -> str:
        if self.target is None:
            return ""
        return f"< {self._written(self.target)}  {'reached' if self.value < self.target else 'MISSED'}"

    def _written(self, value: float) -> str:
        if self.unit == "s":
            return f"{value * 1000:,.0f} ms"
        return f"{value:,.0f} {self.unit}" if self.unit else f"{value:.2f}"


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


@dataclass(frozen=True, slots=True)
class Starts:
    """Seconds of each start: to the first whole frame, to the listed recipes, and to the first screen of the peer."""

    painted: list[float]
    ready: list[float]
    peer: list[float]


def measure_starts(runs_dir: Path, size: tuple[int, int], starts: int) -> Starts:
    """Start and end the application so many times, in turns with harlequin where it is there."""
    peer = harlequin.find_harlequin()
    found = Starts([], [], [])
    with tempfile.TemporaryDirectory() as home:
        if peer:
            harlequin.first_paint(peer, Path(home), size)  # makes its folders, reads its files for the first time
        for _ in range(starts):
            painted, ready = measure_start(runs_dir, size)
            found.painted.append(painted)
            found.ready.append(ready)
            if peer:
                found.peer.append(harlequin.first_paint(peer, Path(home), size))
    return found


def measure_start(runs_dir: Path, size: tuple[int, int]) -> tuple[float, float]:
    """Seconds to the first whole frame and to the listed recipes."""
    with TerminalSession(tui_command(runs_dir), size) as session:

        def whole() -> bool:
            lines = session.lines
            return "1 Launch" in lines[0] and "? help" in lines[-1] and "╰" in "".join(lines[-4:])

        painted = session.wait_for(whole, what="a first frame") - session.started_at
        return painted, session.wait_text("$ mathreason-tui --batch demo") - session.started_at


def measure_use(runs_dir: Path, size: tuple[int, int], keys: int, items: int) -> dict[str, list[float]]:
    """Opening the large run, keys in its table under each load, modes, and memory."""
    found: dict[str, list[float]] = {"opening": [], "mode": [], "memory": [], **{load: [] for load in LOADS}}
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
        for load, niceness in LOADS.items():
            with busy(os.cpu_count() or 2, niceness):
                session.send("g")
                settle(session)
                found[load] += [press(session, "j" if number % 40 < 20 else "k") for number in range(keys)]
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


def key_figures(load: str, seconds: Sequence[float]) -> list[Figure]:
    return [
        Figure(f"key to paint p50, {load}", percentile(seconds, 0.5), "s"),
        Figure(f"key to paint p99, {load}", percentile(seconds, 0.99), "s", KEY_S),
    ]


def beside_harlequin(starts: Starts) -> list[Figure]:
    """Nothing where it is not there."""
    if not starts.peer:
        return []
    ours, peer = percentile(starts.painted, 0.5), percentile(starts.peer, 0.5)
    return [
        Figure("harlequin's first paint p50", peer, "s"),
        Figure("first paint, share of harlequin's", ours / peer, "", SHARE_OF_HARLEQUIN),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tests.benchmarks.tui", description="What a user of the application waits for"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--size", default="120x40")
    options = parser.parse_args()
    width, _, height = options.size.partition("x")
    size = (int(width), int(height))
    with tempfile.TemporaryDirectory() as folder:
        runs_dir = Path(folder)
        make_runs(runs_dir, options.items)
        starts = measure_starts(runs_dir, size, options.starts)
        used = measure_use(runs_dir, size, options.keys, options.items)
    figures = [
        Figure("first paint p50", percentile(starts.painted, 0.5), "s"),
        Figure("first paint p95", percentile(starts.painted, 0.95), "s", FIRST_PAINT_S),
        *beside_harlequin(starts),
        Figure("ready to launch p95", percentile(starts.ready, 0.95), "s"),
        *(figure for load in LOADS for figure in key_figures(load, used[load])),
        Figure(f"opening {options.items:,} results", used["opening"][0], "s", OPENING_S),
        Figure("mode switch max", max(used["mode"]), "s"),
        Figure("memory at start", used["memory start"][0], "MB"),
        Figure("memory", used["memory"][0], "MB", MEMORY_MB),
    ]
    if options.json:
        print(json.dumps({figure.name: figure.value for figure in figures}))
    else:
        for figure in figures:
            print(f"{figure.name:<34}{figure.shown:>10}   {figure.goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
