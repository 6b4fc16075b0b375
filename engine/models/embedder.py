"""Embedders: texts to unit vectors, each text computed once and kept on disk.

The model is loaded when a text is asked for that the cache does not have: a run whose steps are all known loads none.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.runs.files import OTHER_CACHE, naming_the_place

Vectors = npt.NDArray[np.float32]
"""[n, dimensions], rows of length 1."""

LOOKED_UP_AT_ONCE = 500
"""SQLite allows 999 bound values in every version that is about."""
BUSY_FOR_S = 30.0
"""Two runs share the cache; a writer holds it for milliseconds."""
BUSY_POLL_S = 0.02
COMPUTED_AT_ONCE = 2048
"""Texts between two commits: what a killed process has to compute again at most."""


class Embedder(Protocol):
    """A model of meaning: `fingerprint` identifies its weights and is stamped into every row."""

    name: str
    fingerprint: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of the texts."""
        ...

    def close(self) -> None:
        """Let go of the model; the next text that needs it loads it again."""
        ...


class CachedEmbedder:
    """Looks every distinct text up, computes the missing ones in one pass sorted by length, and keeps them.

    `encode` returns one unit vector a text; `load` makes it on first use. The cache is a SQLite file (WAL): a killed
    writer loses at most its last batch, and processes may share it.
    """

    def __init__(
        self, name: str, fingerprint: str, load: Callable[[], Callable[[list[str]], Vectors]], cache: Path
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._load = load
        self._encode: Callable[[list[str]], Vectors] | None = None
        self._cache = _VectorFile(cache / "embeddings" / f"{fingerprint}.sqlite")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, [len(texts), dimensions], float32."""
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        keys = [_key(text) for text in texts]
        known = self._cache.read(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        by_length = sorted(missing.items(), key=lambda item: (len(item[1]), item[0]))
        for start in range(0, len(by_length), COMPUTED_AT_ONCE):
            part = by_length[start : start + COMPUTED_AT_ONCE]
            vectors = self._compute([text for _, text in part])
            fresh = {key: vector for (key, _), vector in zip(part, vectors, strict=True)}
            self._cache.write(fresh)
            known |= fresh
        return np.stack([known[key] for key in keys])

    def close(self) -> None:
        self._encode = None

    def _compute(self, texts: list[str]) -> Vectors:
        if self._encode is None:
            self._encode = self._load()
        return np.asarray(self._encode(texts), dtype=np.float32)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class _VectorFile:
    """text hash -> vector. A damaged file is put aside and begun anew: all it held can be computed again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def read(self, keys: set[bytes]) -> dict[bytes, Vectors]:
        """Those of the keys that are known."""
        try:
            return self._read(keys)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self._put_aside()
            return self._read(keys)

    def write(self, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep vectors; a process killed in the middle leaves none of them."""
        rows = [(key, np.ascontiguousarray(v, dtype=np.float32).tobytes()) for key, v in vectors.items()]
        try:
            with self._open() as connection:
                connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.OperationalError as error:
            # A cache that cannot grow makes the next run slower; it does not stop this one.
            if "full" not in str(error):
                raise

    def _read(self, keys: set[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        for part in _parts(sorted(keys), LOOKED_UP_AT_ONCE):
            marks = ",".join("?" * len(part))
            rows = self._open().execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)
            found.update((key, np.frombuffer(vector, dtype=np.float32)) for key, vector in rows)
        return found

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            with naming_the_place(self._path, OTHER_CACHE):
                self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(self._path)
        return self._connection

    def _put_aside(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        aside = f".damaged-{time.time_ns()}"
        for end in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + end)
            if part.exists():
                part.rename(part.with_name(part.name + aside))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_FOR_S)
    # Write-ahead: readers never wait, and a killed writer's half is dropped by the next one to open the file.
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """The one statement that does not wait for another process by itself: two that create the file meet here."""
    deadline = time.monotonic() + BUSY_FOR_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_POLL_S)
        else:
            return


def _parts(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[start : start + size] for start in range(0, len(items), size))
