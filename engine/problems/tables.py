"""Rows of data files, streamed: .jsonl and .json, plain or .gz, and which file of a folder holds a split.

Promise: a row that cannot be read is handed on with what is wrong with it, so that the caller decides; a file that
cannot be read at all is one UserError.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import UserError

Row = Mapping[str, object]
Split = Literal["train", "test"]

SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".json.gz")  # in the order of preference
_WRAPPERS = ("data", "rows", "problems", "examples", "train", "test")  # keys that hold the rows of a JSON object


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it was found: where (`test.jsonl:17`), its 0-based number, its columns or why it cannot be read."""

    place: str
    number: int
    columns: Row | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Where rows come from. `kind` None: to be found out from the columns; `level`: only rows of this level.

    `source` and `id_prefix` go into the problems; `fingerprint` identifies the content, for the few-shot pool.
    """

    origin: str
    source: str
    id_prefix: str
    kind: Literal["gsm8k", "math", "generic"] | None
    rows: Callable[[], Iterator[RawRow]]
    fingerprint: Callable[[], str]
    level: str = ""


def read_rows(path: Path) -> Iterator[RawRow]:
    """Stream the rows of one file. Raises UserError for a file that is missing, unreadable or of another format."""
    suffix = _suffix(path)
    if suffix is None:
        raise UserError(f"{path} is no data file this program reads", f"give a file that ends in {', '.join(SUFFIXES)}")
    try:
        with _open(path) as file:
            yield from _read_lines(path, file) if suffix.startswith(".jsonl") else _read_document(path, file)
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}", "check the path: --set problems.path=FILE_OR_FOLDER") from error
    except (OSError, EOFError, zlib.error) as error:  # gzip answers with all three when an archive is damaged
        raise UserError(f"{path} cannot be read: {error}", "check the file, or fetch it again") from error


def stem(path: Path) -> str:
    """The name without `.jsonl.gz` and the like."""
    return path.name[: -len(_suffix(path) or path.suffix) or None]


def find_split(folder: Path, split: Split, hint: str = "") -> Path:
    """The file of a folder that holds the split, `hint` being a word that its name may have ("hard").

    Raises UserError, naming what is there, when no file or more than one fits.
    """
    files = data_files(folder)
    if not files:
        raise UserError(
            f"the folder {folder} holds no data file", f"put a file {split}.jsonl there, or give another path"
        )
    exact = [file for file in files if stem(file).lower() == split]
    named = [file for file in files if _has_word(stem(file), split)]
    hinted = [file for file in named if hint and _has_word(stem(file), hint)]
    alone = files if split == "test" and len(files) == 1 and not _has_word(stem(files[0]), "train") else []
    fitting = hinted or exact or named or alone
    there = ", ".join(file.name for file in files[:8])
    if not fitting:
        raise UserError(
            f"no file in {folder} is its {split} split; it holds {there}", "give the file itself as the path"
        )
    if len({stem(file) for file in fitting}) > 1:
        names = ", ".join(file.name for file in fitting)
        raise UserError(f"several files in {folder} could be its {split} split: {names}", "give the file itself")
    return fitting[0]


def train_beside(file: Path) -> Path | None:
    """The train split that stands beside a test file; None where there is none or the file is no test file."""
    name = stem(file)
    if not _has_word(name, "test"):
        return None
    for wanted in (re.sub("test", "train", name, flags=re.IGNORECASE), "train"):
        for candidate in data_files(file.parent):
            if stem(candidate).lower() == wanted.lower():
                return candidate
    return None


def data_files(folder: Path) -> list[Path]:
    """The files of a folder that `read_rows` reads, by name, plain before packed. UserError when it cannot be seen."""
    try:
        files = [(suffix, file) for file in folder.iterdir() if (suffix := _suffix(file)) and file.is_file()]
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be read: {error.strerror}", "check the path") from error
    return [file for _, file in sorted(files, key=lambda pair: (stem(pair[1]), SUFFIXES.index(pair[0])))]


def _suffix(path: Path) -> str | None:
    # The longest that fits: ".jsonl.gz" ends in no other.
    return next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), None)


def _has_word(name: str, word: str) -> bool:
    """`math_hard_test` has the words math, hard and test; `contest` has not."""
    return word in re.split(r"[^a-z]+", name.lower())


def _open(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def _read_lines(path: Path, file: io.BufferedIOBase) -> Iterator[RawRow]:
    number = 0
    for line_number, line in enumerate(file, start=1):
        if line.strip():
            yield _raw_row(f"{path}:{line_number}", number, *_parse(line))
            number += 1


def _read_document(path: Path, file: io.BufferedIOBase) -> Iterator[RawRow]:
    text = file.read()
    document, fault = _parse(text)
    if "Extra data" in fault:  # many files named .json hold one object a line
        yield from _read_lines(path, io.BytesIO(text))
        return
    if isinstance(document, dict):
        rows = next((document[key] for key in _WRAPPERS if isinstance(document.get(key), list)), [document])
    elif isinstance(document, list):
        rows = document
    else:
        reason = fault or "is neither a JSON array nor JSON lines"
        raise UserError(f"{path} {reason}", "check the file; one JSON object a line is the safest form")
    for number, value in enumerate(rows):
        yield _raw_row(f"{path}, item {number + 1}", number, value, "")


def _raw_row(place: str, number: int, value: object, fault: str) -> RawRow:
    if not fault and not isinstance(value, dict):
        fault = "is not a JSON object"
    return RawRow(place, number, value if isinstance(value, dict) else None, fault)


def _parse(text: bytes) -> tuple[object, str]:
    """The value, or what is wrong with the text."""
    try:
        return json.loads(text), ""
    except json.JSONDecodeError as error:
        return None, f"is not JSON: {error.msg} at character {error.pos + 1}"
    except UnicodeDecodeError:
        return None, "is not UTF-8 text"
    except RecursionError:
        return None, "is JSON nested too deeply"
    except ValueError as error:  # a number with thousands of digits
        return None, f"is not JSON that can be read: {error}"
