"""Reading events.jsonl while it grows: from an offset, whole lines only, torn and foreign lines skipped and counted."""

from __future__ import annotations

from pathlib import Path

from engine.runs.events import Recorded, decode

READ_LIMIT = 8 * 1024 * 1024
"""Bytes a call reads at most, so that a reader of a huge file stays able to stop between calls."""


class EventTail:
    """A cursor into a growing file. `skipped` counts lines that were no event; `restarted` says that the file shrank
    (somebody replaced it), after which the caller must fold from an empty state again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.skipped = 0
        self.restarted = False

    def read(self) -> list[Recorded]:
        """Events completed since the last call, at most READ_LIMIT bytes of them. A missing file has none (yet)."""
        self.restarted = False
        try:
            with open(self.path, "rb") as file:
                size = file.seek(0, 2)
                if size < self.offset:
                    self.offset, self.restarted = 0, True
                file.seek(self.offset)
                chunk = file.read(READ_LIMIT)
        except FileNotFoundError:
            return []
        end = chunk.rfind(b"\n") + 1
        if end == 0 and len(chunk) == READ_LIMIT:
            end = len(chunk)  # one line longer than a call reads is nothing of ours
        self.offset += end
        return self._decode(chunk[:end])

    def read_all(self) -> list[Recorded]:
        """Everything that is there now."""
        events: list[Recorded] = []
        while True:
            before = self.offset
            events += self.read()
            if self.offset == before:
                return events

    def _decode(self, chunk: bytes) -> list[Recorded]:
        events = []
        for line in chunk.splitlines():
            if not line.strip():
                continue
            recorded = decode(line)
            if recorded is None:
                self.skipped += 1
            else:
                events.append(recorded)
        return events


def first_time(path: Path, limit: int = 65536) -> float | None:
    """When the first event was told, which is when the first worker began; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            recorded = decode(file.readline(limit))
    except OSError:
        return None
    return recorded.t if recorded is not None else None


def read_end(path: Path, lines: int = 20, limit: int = 65536) -> list[str]:
    """The last lines of a text file (worker.log), for messages; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            text = file.read(limit).decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
