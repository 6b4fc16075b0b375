"""The two ways this project writes files: atomic replace for whole files, append + flush for lines.

A full disk is reported as EnvironmentMissing with the place; what was written before stays readable.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import EnvironmentMissing

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


NO_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""A folder cannot be there: a file stands in its way, or the one above is not to be had."""
OTHER_RUNS = "choose another folder with --runs DIR"
OTHER_CACHE = "set MATHREASON_CACHE to a folder that can be written"


@contextmanager
def naming_the_place(path: Path, elsewhere: str = OTHER_RUNS) -> Iterator[None]:
    """Turn "no space", "not allowed" and "no such place" into an error that names `path` and the next step."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise EnvironmentMissing(
                f"the disk is full: cannot write {path}",
                "free some space, then resume the run: what was finished is kept",
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise EnvironmentMissing(f"not allowed to write {path}", elsewhere) from error
        if error.errno in NO_PLACE:
            raise EnvironmentMissing(f"cannot write {path}: {error.strerror}", elsewhere) from error
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file beside `path` to write to; it becomes `path` when the block ends well and disappears when it does
    not. Raises EnvironmentMissing for a full disk or a forbidden folder."""
    with naming_the_place(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_atomic(path: Path, text: str) -> None:
    """Replace `path` by `text` so that a reader sees the old or the new file, never a part."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json_atomic(path: Path, value: Any) -> None:
    """`write_atomic` of a JSON document."""
    write_atomic(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> Any | None:
    """The JSON document, or None where the file is missing, torn or foreign."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class LineAppender:
    """One writer of a JSONL file: whole lines, flushed; a torn tail left by a killed writer is cut off on opening."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with naming_the_place(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - lives as long as the writer
            self.size = cut_torn_tail(path)

    def append(self, line: str) -> int:
        """Write the line; return the byte offset at which it starts. On failure nothing of it stays."""
        # A lone surrogate (a broken emoji in a data set) is no UTF-8; escaped it is the JSON that means the same.
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        offset = self.size
        try:
            with naming_the_place(self.path):
                written = 0
                while written < len(data):
                    written += self._file.write(data[written:])
        except BaseException:
            os.truncate(self.path, offset)
            raise
        self.size += len(data)
        return offset

    def close(self) -> None:
        self._file.close()


def cut_torn_tail(path: Path) -> int:
    """Drop bytes after the last newline (a line whose writer was killed); return the size that is left."""
    size = path.stat().st_size
    keep = size
    with open(path, "rb") as file:
        while keep > 0:
            start = max(0, keep - 65536)
            file.seek(start)
            found = file.read(keep - start).rfind(b"\n")
            if found >= 0:
                keep = start + found + 1
                break
            keep = start
    if keep != size:
        os.truncate(path, keep)
    return keep
