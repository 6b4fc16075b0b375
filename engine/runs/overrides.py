"""RUN/overrides.jsonl: what a human says of single verdicts, laid over the rows and never written into them.

One JSON object a line, {"stage", "id", "verdict", "note", "t"}; the last line of an item counts, a null verdict takes
the earlier ones back. This file belongs to the front ends, as control/ does, and everything else in the folder to the
worker: an override is no fact of the run, it may be made while a worker writes or long after the last one has ended,
and it must not be lost when a worker resumes the run or makes a row again. The worker neither reads nor writes it, so
summaries and reports hold the graders' verdicts; who shows a run shows both.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.errors import EnvironmentMissing, UserError
from engine.runs.directory import RunDirectory
from engine.runs.events import Sample
from engine.runs.files import LineAppender, naming_the_place
from engine.runs.interval import Share, wilson

FILE = "overrides.jsonl"
VERDICTS = ("right", "wrong", "unparsed")
NOTE_LIMIT = 2000
"""Characters of a note: a paragraph. One line stays small enough to be written in one piece."""
LOCK_S, LOCK_STEP_S = 3.0, 0.02
"""How long a writer waits for another one, which holds the lock for milliseconds, and how often it looks."""

Key = tuple[str, str]
"""(stage, id) of an item."""


@dataclass(frozen=True, slots=True)
class Override:
    """A human's verdict on one item (None: none any more), why, and when (Unix time)."""

    stage: str
    id: str
    verdict: str | None
    note: str = ""
    t: float = 0.0

    @property
    def key(self) -> Key:
        return self.stage, self.id


def overrides_file(run: RunDirectory) -> Path:
    return run.path / FILE


def effective(verdict: str, override: Override | None) -> str:
    """The verdict that counts: the human's where there is one, else the graders'."""
    return override.verdict if override is not None and override.verdict is not None else verdict


def read_overrides(run: RunDirectory) -> dict[Key, Override]:
    """The overrides in effect. A missing file has none; torn and foreign lines are passed over.

    Raises OSError where the file is there but cannot be read.
    """
    try:
        data = overrides_file(run).read_bytes()
    except FileNotFoundError:
        return {}
    found: dict[Key, Override] = {}
    for line in data.splitlines():
        override = _decode(line)
        if override is None:
            continue
        if override.verdict is None:
            found.pop(override.key, None)
        else:
            found[override.key] = override
    return found


def write_override(run: RunDirectory, override: Override, clock: Callable[[], float] = time.time) -> Override:
    """Append the override, with the time where it has none; returns it as it was written.

    Safe beside other front ends and beside a worker; on failure (EnvironmentMissing names the place) nothing of it
    stays.
    """
    if override.verdict is not None and override.verdict not in VERDICTS:
        raise UserError(f'"{override.verdict}" is no verdict', f"write {', '.join(VERDICTS)}, or None to take it back")
    path = overrides_file(run)
    written = Override(
        override.stage, override.id, override.verdict, override.note.strip()[:NOTE_LIMIT],
        override.t or round(clock(), 3),
    )  # fmt: skip
    if not run.path.is_dir():
        raise EnvironmentMissing(f"cannot write {path}: the run's folder is gone", "choose another run")
    with _locked(path):
        _end_last_line(path)
        lines = LineAppender(path)
        try:
            lines.append(json.dumps(asdict(written), ensure_ascii=False, separators=(",", ":")))
        finally:
            lines.close()
    return written


class OverrideReader:
    """Keeps what it read; `read` costs one look at the file's time and size while nobody writes to it."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._stamp: tuple[int, int, int] | None = None
        self.overrides: Mapping[Key, Override] = {}

    def read(self) -> bool:
        """True where the overrides are others than before. One that cannot be read changes nothing."""
        before = self.overrides
        try:
            status = os.stat(overrides_file(self._run))
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                self.overrides = read_overrides(self._run)
                self._stamp = stamp
        except FileNotFoundError:
            self.overrides, self._stamp = {}, None
        except OSError:
            return False
        return self.overrides != before


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the overrides change in a run's figures: `overridden` of its items have one, `changed` of these say
    something else than the graders; `right` and `total` are the graders' counts, `moves` counts (from, to)."""

    total: int = 0
    right: int = 0
    overridden: int = 0
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return sum(self.moves.values())

    @property
    def right_with(self) -> int:
        """Items that are right when the humans' verdicts count."""
        gained = sum(count for (_, after), count in self.moves.items() if after == "right")
        lost = sum(count for (before, _), count in self.moves.items() if before == "right")
        return self.right + gained - lost

    @property
    def accuracy(self) -> Share | None:
        """By the graders."""
        return wilson(self.right, self.total)

    @property
    def accuracy_with(self) -> Share | None:
        """With the humans' verdicts."""
        return wilson(self.right_with, self.total)

    def __str__(self) -> str:
        """Such as "3 overridden: 31% → 33%"; empty where nothing is overridden."""
        before, after = self.accuracy, self.accuracy_with
        if not self.overridden or before is None or after is None:
            return ""
        return f"{self.overridden:,} overridden: {before.value:.0%} → {after.value:.0%}"


def overlay_of(samples: Iterable[Sample], overrides: Mapping[Key, Override]) -> Overlay:
    """What these overrides change in the figures of these items; overrides of other items count nowhere."""
    if not overrides:
        return Overlay()
    total = right = overridden = 0
    moves: dict[tuple[str, str], int] = {}
    for sample in samples:
        total += 1
        right += sample.verdict == "right"
        override = overrides.get((sample.stage, sample.id))
        if override is not None:
            overridden += 1
            verdict = effective(sample.verdict, override)
            if verdict != sample.verdict:
                moves[sample.verdict, verdict] = moves.get((sample.verdict, verdict), 0) + 1
    return Overlay(total, right, overridden, moves)


def _decode(line: bytes) -> Override | None:
    """The override of a line; a line without an end is whole where it is a whole object."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or "verdict" not in body:
        return None
    stage, item, verdict, note, t = (body.get(name) for name in ("stage", "id", "verdict", "note", "t"))
    if not isinstance(stage, str) or not isinstance(item, str) or (verdict is not None and verdict not in VERDICTS):
        return None
    seconds = float(t) if isinstance(t, int | float) and not isinstance(t, bool) else 0.0
    return Override(stage, item, verdict, note if isinstance(note, str) else "", seconds)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one front end at a time writes; the kernel drops the lock of one that is killed."""
    with naming_the_place(path), open(path, "ab") as file:
        deadline = time.monotonic() + LOCK_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EnvironmentMissing(
                        f"another program is writing {path}", "end it if it hangs, then override again"
                    ) from None
                time.sleep(LOCK_STEP_S)
        yield


def _end_last_line(path: Path) -> None:
    """Give a last line that has no end its newline: LineAppender would cut it off, and it may be a whole line that an
    editor left so. What is torn stays torn, on a line of its own."""
    with naming_the_place(path), open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")
