"""Write a file beside its place and move it there at the end: a reader sees the old one or the new one, whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.runs.files import naming_the_place


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes `path` when the block ends well and disappears when it does not.

    Raises EnvironmentMissing for a full disk or a forbidden folder.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with naming_the_place(path):
        try:
            yield temporary
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
