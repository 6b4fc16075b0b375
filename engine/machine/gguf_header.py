"""Reads the few facts at the head of a GGUF file that a memory estimate needs, without loading the file.

The `gguf` package would do it, but imports numpy and walks every token of the vocabulary; this reads a few hundred
bytes. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from engine.errors import UserError

MAGIC = b"GGUF"
# struct formats of the scalar value types, by type number; 8 is a string and 9 an array.
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
TOKENS = "tokenizer.ggml.tokens"
# The tensors' names follow the vocabulary; the heads of files with 250,000 tokens are smaller than this.
HEAD_BYTES = 32 * 2**20

Value = str | int | float | bool


def read_header(path: Path) -> dict[str, Value]:
    """The scalar facts of a GGUF file up to its vocabulary, the vocabulary's size under `TOKENS`, and `output.weight`.

    `output.weight` is True where the file has an output matrix of its own (untied). Raises UserError for a missing
    file or another format.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            facts = dict(_facts(data))
            # A tensor's name is stored behind its length, so this cannot be part of a longer name.
            facts["output.weight"] = data.find(struct.pack("<Q", 13) + b"output.weight", 0, HEAD_BYTES) >= 0
            return facts
    except (OSError, ValueError, struct.error, UnicodeDecodeError, OverflowError) as error:
        raise UserError(f"{path} is no readable GGUF file: {error}", "Check the path behind gguf:") from error


def _facts(data: mmap.mmap) -> Iterator[tuple[str, Value]]:
    """Each scalar with its key, in the file's order, to the vocabulary's size and no further."""
    if data[:4] != MAGIC:
        raise ValueError("it does not begin with GGUF")
    version, _, count = struct.unpack_from("<IQQ", data, 4)
    if version not in (2, 3):
        raise ValueError(f"its version is {version}, not 2 or 3")
    at = 24
    for _ in range(count):
        key, at = _string(data, at)
        (kind,) = struct.unpack_from("<I", data, at)
        at += 4
        if kind == STRING:
            text, at = _string(data, at)
            yield key, text
        elif kind == ARRAY:
            item_kind, length = struct.unpack_from("<IQ", data, at)
            if key == TOKENS:
                yield key, int(length)
                return
            at = _skip_items(data, at + 12, item_kind, length)
        elif kind in SCALARS:
            (value,) = struct.unpack_from(SCALARS[kind], data, at)
            at += struct.calcsize(SCALARS[kind])
            yield key, value
        else:
            raise ValueError(f"{key} has the unknown type {kind}")


def _skip_items(data: mmap.mmap, at: int, kind: int, length: int) -> int:
    if kind in SCALARS:
        return at + struct.calcsize(SCALARS[kind]) * length
    if kind != STRING:
        raise ValueError(f"an array holds the unknown type {kind}")
    for _ in range(length):
        (size,) = struct.unpack_from("<Q", data, at)
        at += 8 + int(size)
    return at


def _string(data: mmap.mmap, at: int) -> tuple[str, int]:
    (size,) = struct.unpack_from("<Q", data, at)
    end = at + 8 + int(size)
    if end > len(data):
        raise ValueError("it ends in the middle of its head")
    return data[at + 8 : end].decode("utf-8"), end
