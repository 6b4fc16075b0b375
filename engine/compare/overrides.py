"""RUN/overrides.jsonl: what a human says of single verdicts, laid over the rows and never written into them.

One JSON object a line, {"stage", "id", "verdict", "note", "t"}; the last line of an item counts, a null verdict takes
the earlier ones back. This file belongs to the front ends, as control/ does, and everything else in the folder to the
worker: an override is no fact of the run, it may be made while a worker writes or long after the last one has ended,
and it must not be lost when a worker resumes the run or makes a row again. The worker neither reads nor writes it, so
summaries and reports hold the graders' verdicts; who shows a run shows both.

A file that is damaged stops nobody: what can be read counts, and a caution says what does not, for all who show it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.errors import EnvironmentMissing, UserError
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from engine.runs.files import NO_SPACE, LineAppender
from engine.statistics.clusters import right_share
from engine.statistics.figure import UNDEFINED, Figure
from engine.statistics.wording import WHOLE_PERCENT, shown

FILE = "overrides.jsonl"
VERDICTS = ("right", "wrong", "unparsed")
NOTE_LIMIT = 2000
"""Characters of a note: a paragraph. One line stays small enough to be written in one piece."""
LOCK_S, LOCK_STEP_S = 3.0, 0.02
"""How long a writer waits for another one, which holds the lock for milliseconds, and how often it looks."""

LATEST = 253_402_300_799.0
"""The last second of the year 9999: what comes after it is no time that a calendar has."""
LINES_TOLD = 5

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


@dataclass(frozen=True, slots=True)
class Overrides:
    """The overrides in effect, and what to say of the file where not all of it counts ("": all of it does)."""

    by_item: Mapping[Key, Override] = field(default_factory=dict)
    caution: str = ""


def read_overrides(run: RunDirectory) -> Overrides:
    """What the run's file says; a missing one says nothing, and torn or foreign lines cost themselves alone."""
    try:
        return _read(run)
    except OSError as error:
        return Overrides({}, _unreadable(run, error))


def _read(run: RunDirectory) -> Overrides:
    """Raises OSError where the file is there but cannot be read."""
    try:
        data = overrides_file(run).read_bytes()
    except FileNotFoundError:
        return Overrides()
    found: dict[Key, Override] = {}
    lost = []
    for number, line in enumerate(data.split(b"\n"), 1):
        override = _decode(line)
        if override is None:
            if line.strip():
                lost.append(number)
        elif override.verdict is None:
            found.pop(override.key, None)
        else:
            found[override.key] = override
    return Overrides(found, _lost_lines(run, lost))


def _lost_lines(run: RunDirectory, lines: Sequence[int]) -> str:
    if not lines:
        return ""
    path = overrides_file(run)
    if len(lines) == 1:
        return f"line {lines[0]} of {FILE} is no override and counts nowhere: mend or delete it in {path}"
    told = ", ".join(map(str, lines[:LINES_TOLD])) + (", …" if len(lines) > LINES_TOLD else "")
    return f"{len(lines):,} lines of {FILE} are no overrides and count nowhere ({told}): mend or delete them in {path}"


def _unreadable(run: RunDirectory, error: OSError) -> str:
    path = overrides_file(run)
    helps = f"move the folder {path} away" if path.is_dir() else f"make {path} readable"
    return f"{FILE} cannot be read ({error.strerror or error}), so no human verdict counts: {helps}"


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
    with _saying_what_helps(path), _locked(path):
        _end_last_line(path)
        lines = LineAppender(path)
        try:
            lines.append(json.dumps(asdict(written), ensure_ascii=False, separators=(",", ":")))
        finally:
            lines.close()
    return written


@contextmanager
def _saying_what_helps(path: Path) -> Iterator[None]:
    """Turn what the system says into an error that names the file and a next step that is about it."""
    try:
        yield
    except EnvironmentMissing as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise EnvironmentMissing(error.message, _what_helps(path, error.__cause__)) from error.__cause__
    except OSError as error:
        said = f"cannot write {path}: {error.strerror or error}"
        raise EnvironmentMissing(said, _what_helps(path, error)) from error


def _what_helps(path: Path, error: OSError) -> str:
    if error.errno in NO_SPACE:
        return "free some space, then override again"
    if path.is_dir():
        return f"a folder lies where the file belongs: move {path} away, then override again"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"make {path if path.exists() else path.parent} writable, then override again"
    return f"copy {path.parent} to where files can be written, and override there"


class OverrideReader:
    """Keeps what it read; `read` costs one look at the file's time and size while nobody writes to it."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._stamp: tuple[int, int, int] | None = None
        self.overrides: Mapping[Key, Override] = {}
        self.caution = ""

    def read(self) -> bool:
        """True where the overrides or the caution are others than before. A file that cannot be read any more leaves
        the overrides as they were."""
        before = self.overrides, self.caution
        try:
            status = os.stat(overrides_file(self._run))
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                found = _read(self._run)
                self.overrides, self.caution, self._stamp = found.by_item, found.caution, stamp
        except FileNotFoundError:
            self.overrides, self.caution, self._stamp = {}, "", None
        except OSError as error:
            self.caution, self._stamp = _unreadable(self._run, error), None
        return (self.overrides, self.caution) != before


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the overrides change in a run's figures: `overridden` of its items have one, and `moves` counts (from, to)
    of those that say something else than the graders. `accuracy` is by the graders and `accuracy_with` with the humans'
    verdicts; `caution` is what the file of overrides leaves open."""

    overridden: int = 0
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)
    accuracy: Figure = UNDEFINED
    accuracy_with: Figure = UNDEFINED
    caution: str = ""

    @property
    def changed(self) -> int:
        return sum(self.moves.values())

    @property
    def confirmed(self) -> int:
        return self.overridden - self.changed

    @property
    def forms(self) -> tuple[str, ...]:
        """What to say of it, the longest first, for lines of every width; () where nothing is overridden."""
        counts = count_words(self.changed, self.confirmed)
        if not counts:
            return ()
        if not self.changed:
            return f"{counts} by a human", counts
        before, after = (shown(figure, WHOLE_PERCENT) for figure in (self.accuracy, self.accuracy_with))
        return (
            f"{counts} by a human: {before} → {after}",
            f"{counts}: {before} → {after}",
            f"{counts} → {after}",
            f"{self.changed:,} changed → {after}",
            f"→ {after}",
        )

    def __str__(self) -> str:
        """Such as "1 changed, 1 confirmed by a human: 31% [15, 53] → 33% [17, 55]"; empty without overrides."""
        return next(iter(self.forms), "")


def count_words(changed: int, confirmed: int) -> str:
    """How often humans disagreed and agreed with the graders, in the words of every place: "1 changed, 1 confirmed"."""
    named = ((changed, "changed"), (confirmed, "confirmed"))
    return ", ".join(f"{count:,} {word}" for count, word in named if count)


def with_strays(caution: str, items: Iterable[Item], overrides: Mapping[Key, Override], *, ended: bool) -> str:
    """The caution, with how many overrides name no item of the run; while it goes on, theirs may still come."""
    if not ended or not overrides:
        return caution
    strays = len(overrides.keys() - {item.key for item in items})
    if not strays:
        return caution
    told = "1 override names" if strays == 1 else f"{strays:,} overrides name"
    counts = "counts" if strays == 1 else "count"
    return "; ".join(filter(None, (caution, f"{told} no item of this run and {counts} nowhere (see {FILE})")))


def overlay_of(items: Iterable[Item], overrides: Mapping[Key, Override], caution: str = "") -> Overlay:
    """What these overrides change in the figures of these items; overrides of other items count nowhere."""
    if not overrides:
        return Overlay(caution=caution)
    items = list(items)
    overridden = 0
    moves: dict[tuple[str, str], int] = {}
    verdicts = []
    for item in items:
        said = verdict = item.fact("verdict")
        override = overrides.get(item.key)
        if override is not None:
            overridden += 1
            verdict = effective(said, override)
            if verdict != said:
                moves[said, verdict] = moves.get((said, verdict), 0) + 1
        verdicts.append(verdict)
    before, after = (
        right_share((item.stage, item.id, v == "right") for item, v in zip(items, said_of_all, strict=True))
        for said_of_all in ([item.fact("verdict") for item in items], verdicts)
    )
    return Overlay(overridden, moves, before, after, caution)


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
    return Override(stage, item, verdict, note[:NOTE_LIMIT] if isinstance(note, str) else "", _seconds(t))


def _seconds(t: object) -> float:
    """A time that every calendar has; 0, which is none, for what an editor or a broken clock wrote (NaN, 1e999)."""
    if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= LATEST:
        return 0.0
    return float(t)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one front end at a time writes; the kernel drops the lock of one that is killed."""
    with open(path, "ab") as file:
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
    with open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")
