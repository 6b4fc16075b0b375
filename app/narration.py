"""What `--batch` says on stderr while a run goes on: a line that redraws itself on a terminal, else sparse lines."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TextIO

from engine.compare.comparison import accuracy_of
from engine.printable import printable
from engine.runs.state import RunState, StageState
from engine.stages import recorded_kind
from engine.statistics.clusters import may_be_sample
from engine.statistics.figure import Figure
from engine.statistics.interval import wilson
from engine.statistics.wording import WHOLE_PERCENT, shown
from engine.words import bar_parts, duration

BAR = 20
"""Columns of the progress bar."""
REDRAW_S = 0.2
"""Time between two drawings of the line: quick enough to look alive, slow enough for a remote terminal."""
SPARSE_S = 30.0
SPARSE_SHARE = 0.1
"""Where no terminal redraws, a line comes with each tenth of a stage, and after this many seconds at the latest."""
CLEAR = "\r\x1b[K"


class Narration:
    """Writes to one stream. Whatever fails there (a closed stderr) never costs the run."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._clock = clock
        self._drawn_at = 0.0
        self._drawn = False
        self._told: tuple[str, str, float] = ("", "", 0.0)

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write((CLEAR if self._drawn else "") + printable(text) + "\n")
        self._drawn = False

    def show(self, state: RunState) -> None:
        """The stage at work, as a line that is drawn over or as the next sparse line, when it is time for one."""
        stage = state.current_stage
        if stage is None or stage.status != "running":
            return
        now = self._clock()
        if self._live:
            if now - self._drawn_at >= REDRAW_S:
                self._drawn_at, self._drawn = now, True
                self._write(CLEAR + printable(progress_line(state, stage, self._width() - 1)))
        elif self._due(stage, now):
            self.say(progress_line(state, stage, 200, bar=0))

    def close(self) -> None:
        """Take the live line away."""
        if self._drawn:
            self._write(CLEAR)
            self._drawn = False

    def _due(self, stage: StageState, now: float) -> bool:
        share = stage.done / stage.total if stage.total else 0.0
        name, note, last_share = self._told
        waited = now - self._drawn_at >= SPARSE_S
        if (stage.name, stage.note) == (name, note) and share - last_share < SPARSE_SHARE and not waited:
            return False
        if stage.name == name and share > 0 and share - last_share < SPARSE_SHARE and not waited:
            return False  # between items notes come and go too fast for lines
        self._told, self._drawn_at = (stage.name, stage.note, share), now
        return True

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._live = False


def progress_line(state: RunState, stage: StageState, width: int, bar: int = BAR) -> str:
    """Such as `evaluate ██████░░░░ 15/24 · ETA 1:10 · right 33% [15, 58] · 61 tok/s`, clipped to `width`."""
    parts = []
    if stage.total:
        done = f"{stage.done}/{stage.total}" + ("" if stage.unit == "items" else f" {stage.unit}")
        parts.append(f"{stage.name} {_bar(stage.done / stage.total, bar)}{done}")
    else:
        parts.append(stage.name + (f" {stage.done} {stage.unit}" if stage.done else ""))
    if (eta := stage.eta_s()) is not None:
        parts.append(f"ETA {duration(eta)}")
    if state.paused or state.cancelling:
        parts.append("paused" if state.paused else "cancelling")
    if recorded_kind(stage.kind).makes == "graded" and (share := _right(stage)).value is not None:
        parts.append(f"right {shown(share, WHOLE_PERCENT)}")
    if speed := stage.last("speed.tokens_per_second"):
        parts.append(f"{speed:.0f} tok/s")
    if stage.note:
        parts.append(stage.note)
    line = " · ".join(parts)
    return line if len(line) <= width else line[: max(0, width - 1)] + "…"


def _right(stage: StageState) -> Figure:
    """The share of right items; only where there are samples of problems are all items gone through."""
    if stage.items and may_be_sample(stage.items[-1].id):
        return accuracy_of(stage.items)
    return wilson(stage.counts.get("right", 0), len(stage.items))


def _bar(share: float, columns: int) -> str:
    return "".join(bar_parts(share, columns)) + " " if columns else ""
