"""Where a key stands in a TOML text, so that a message can name the line.

`tomllib` gives values without places. This scan splits a valid text into its statements and lets `tomllib` read each,
so that strings, comments and quoted keys are never parsed twice in two ways.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys from the top; a number is the place in an array of tables, counted from 0."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a line of a file, or (line 0) an argument."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}" if self.line else self.source


Places = Callable[[KeyPath], Place]
"""Says where the value at a path was written."""


def places_in(source: str, text: str) -> Places:
    """The places of a TOML text that lies in `source`."""
    return lambda path: Place(source, line_of(text, path))


def line_of(text: str, path: KeyPath) -> int:
    """The line (from 1) on which `path` is written or begins, else that of the innermost table around it."""
    lines = key_lines(text)
    while True:
        at = min((line for found, line in lines.items() if found[: len(path)] == path), default=0)
        if at:
            return at
        path = path[:-1]


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line of every table and key of a valid TOML text; () is line 1."""
    places: dict[KeyPath, int] = {(): 1}
    table: KeyPath = ()
    array_sizes: dict[KeyPath, int] = {}
    for number, statement in _statements(text):
        if statement.startswith("["):
            table = _table_path(statement, array_sizes)
            places.setdefault(table, number)
        else:
            for path in _key_paths(tomllib.loads(statement)):
                places.setdefault(table + path, number)
    return places


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line number, table header or whole key = value), the latter over as many lines as it takes."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, statement = at, lines[at].strip()
        at += 1
        if not statement or statement.startswith("#"):
            continue
        if not statement.startswith("["):
            while not _complete(statement) and at < len(lines):
                statement += "\n" + lines[at]
                at += 1
        yield start + 1, statement


def _complete(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _table_path(header: str, array_sizes: dict[KeyPath, int]) -> KeyPath:
    """The path of `[a.b]` or `[[a.b]]`, given and updating how many tables each array has so far."""
    path: KeyPath = ()
    rest: Any = tomllib.loads(header)
    while rest:
        if isinstance(rest, list):
            array_sizes[path] = array_sizes.get(path, 0) + 1
            rest = None
        else:
            ((key, rest),) = rest.items()
            path += (key,)
        if path in array_sizes and not isinstance(rest, list):
            path += (array_sizes[path] - 1,)
    return path


def _key_paths(table: Mapping[str, Any], start: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in table.items():
        yield (*start, key)
        if isinstance(value, dict):
            yield from _key_paths(value, (*start, key))
