"""The one writer of a run directory's facts: holds the run's lock, appends events and rows, writes the result last."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO, Any

from engine.errors import UserError
from engine.runs.directory import RunDirectory
from engine.runs.events import Event, Item, encode
from engine.runs.files import LineAppender, naming_the_place, write_json_atomic
from engine.runs.results import Row, encode_row
from engine.runs.state import RunState, fold_many
from engine.runs.tail import EventTail

RESERVE_BYTES = 64 * 1024
"""Kept aside on the disk, so that a run that fills it can still say so."""


class RunWriter:
    """Opening takes the lock (UserError where another worker holds it), repairs torn tails and folds what is there.

    `emit` may be called from any thread.
    """

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.time) -> None:
        self.run = run
        self._clock = clock
        self._mutex = threading.Lock()
        self._lock_file = _take_lock(run)
        self._events = LineAppender(run.events)
        self.earlier = fold_many(RunState(), EventTail(run.events).read_all())
        self._seq = self.earlier.next_seq
        self._rows: dict[str, LineAppender] = {}
        self._reserve = run.path / ".reserve"
        with naming_the_place(self._reserve):
            self._reserve.write_bytes(b"\0" * RESERVE_BYTES)

    def emit(self, event: Event) -> None:
        """Append one event."""
        with self._mutex:
            self._events.append(encode(event, self._seq, self._clock()))
            self._seq += 1

    def open_results(self, stage: str) -> None:
        """Open <stage>/results.jsonl for appending, cutting a torn last line."""
        if stage not in self._rows:
            self._rows[stage] = LineAppender(self.run.results(stage))

    def append_row(self, stage: str, row: Row, item: Callable[[int], Item]) -> None:
        """Append the row, then the Item event that points at it."""
        self.open_results(stage)
        offset = self._rows[stage].append(encode_row(row))
        self.emit(item(offset))

    def use_reserve(self) -> None:
        """Give the reserved space back, so that the last words fit on a full disk."""
        self._reserve.unlink(missing_ok=True)

    def write_result(self, result: Mapping[str, Any]) -> None:
        write_json_atomic(self.run.result, result)

    def close(self) -> None:
        self.use_reserve()
        for rows in self._rows.values():
            rows.close()
        self._events.close()
        self._lock_file.close()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take_lock(run: RunDirectory) -> IO[bytes]:
    with naming_the_place(run.lock):
        file = open(run.lock, "ab")  # noqa: SIM115 - held until the writer closes; the kernel drops it with the process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UserError(f"another worker is at work on {run.path}", "watch it, or cancel it first") from None
    os.set_inheritable(file.fileno(), False)
    return file
