"""Checked reading of JSON fields: each says what it wants, and a wrong value is named with its place. Standard library
only."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

SHOWN = 40
"""Characters of a wrong value in a message."""


class Fields:
    """The fields of one JSON object, taken one by one. ValueError names the field and what is wrong with it.

    `lenient`: a field that is missing has an empty default, so that rows of every version can be looked at; a wrong
    one is an error all the same.
    """

    def __init__(self, body: object, lenient: bool = False) -> None:
        if not isinstance(body, dict):
            raise ValueError(f"a result row is a JSON object, this is {kind_of(body)}")
        self.body: dict[str, Any] = body
        self.lenient = lenient

    def __contains__(self, name: str) -> bool:
        return name in self.body

    def _take(self, name: str, default: Any) -> Any:
        if name in self.body and not (self.lenient and self.body[name] is None):
            return self.body[name]
        if not self.lenient:
            raise ValueError(f'the field "{name}" is missing')
        return default

    def text(self, name: str) -> str:
        value = self._take(name, "")
        if not isinstance(value, str):
            raise wrong(name, value, "text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise wrong(name, value, "a list of texts")
        return tuple(value)

    def count(self, name: str) -> int:
        value = self._take(name, 0)
        if type(value) is not int or value < 0:
            raise wrong(name, value, "a count")
        return value

    def number(self, name: str) -> float:
        value = self._take(name, 0.0)
        if not is_number(value):
            raise wrong(name, value, "a number")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._take(name, False)
        if not isinstance(value, bool):
            raise wrong(name, value, "true or false")
        return value

    def object(self, name: str) -> dict[str, Any]:
        value = self._take(name, {})
        if not isinstance(value, dict):
            raise wrong(name, value, "an object")
        return value

    def items(self, name: str) -> list[Any]:
        value = self._take(name, [])
        if not isinstance(value, list):
            raise wrong(name, value, "a list")
        return value

    def one_of(self, name: str, known: Collection[str]) -> str:
        value = self._take(name, "")
        if not isinstance(value, str) or (value not in known and not (self.lenient and not value)):
            raise wrong(name, value, f"one of {', '.join(known)}")
        return value

    def one_of_or_none(self, name: str, known: Collection[str]) -> str | None:
        value = self._take(name, None)
        if value is None or (self.lenient and value == ""):
            return None
        if not isinstance(value, str) or value not in known:
            raise wrong(name, value, f"null or one of {', '.join(known)}")
        return value

    def share(self, name: str) -> float | None:
        """A number between 0 and 1; None only where it is missing from a row that is read leniently."""
        value = self._take(name, None)
        if value is None and self.lenient:
            return None
        if not is_share(value):
            raise wrong(name, value, "a number between 0 and 1")
        return float(value)


def wrong(name: str, value: object, wanted: str) -> ValueError:
    return ValueError(f'the field "{name}" is {kind_of(value)}, not {wanted}')


def is_number(value: object) -> bool:
    if type(value) not in (int, float):
        return False
    try:
        return math.isfinite(value)  # type: ignore[arg-type]  # narrowed by type()
    except OverflowError:  # a whole number of 400 digits
        return False


def is_share(value: object) -> bool:
    return is_number(value) and 0.0 <= value <= 1.0  # type: ignore[operator]  # a number, by is_number


def is_step(value: object, count: int) -> bool:
    """Whether the value numbers one of `count` steps, or is None."""
    return value is None or (type(value) is int and 0 <= value < count)


def texts_of(value: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(one) for key, one in value.items()}


def kind_of(value: object) -> str:
    """A short description of a value for a message."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
