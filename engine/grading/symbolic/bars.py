"""Bars of absolute values, told into opening and closing ones: to the grammar, 3|x| + 2|y| is one value in another."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Literal

from engine.grading.symbolic.notation import depths

Side = Literal["<", ">"]
BARS_LIMIT = 12  # in one answer; more are left as they were

_SIZED = re.compile(r"\\(?P<side>left|right)\s*(?:\||\\vert(?![a-zA-Z]))")
_BAR = re.compile(r"(?<!\\)\||\\vert(?![a-zA-Z])")
_SPACES = re.compile(r"\\[,;:! ]|~")
_ENDS_VALUE = re.compile(r"(?:(?<![\\a-zA-Z])[a-zA-Z]+|[0-9)}\]!.]|\\(?P<command>[a-zA-Z]+))\Z")
_NO_VALUE = frozenset(  # commands behind which a value is still to come
    """cdot times div pm mp sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan log ln lg exp min max sup inf
    lim le leq ge geq ne neq lt gt in to quad qquad""".split()  # noqa: SIM905  # a list of words reads best
)
_STATEMENT = re.compile(r"[,;=<>]|\\(?:leq?|geq?|neq?|lt|gt|in|text|mid)(?![a-zA-Z])")


def paired_bars(text: str) -> str:
    """The text with `\\lvert` and `\\rvert` for its bars where they pair in one way, else (|a|b|c|) as it was."""
    if "\\begin" in text:
        return text
    sized = _SIZED.sub(lambda bar: "\\lvert " if bar["side"] == "left" else "\\rvert ", text)
    pieces = _BAR.split(sized)
    if len(pieces) == 1:
        return sized
    if len(pieces) - 1 > BARS_LIMIT or len(pieces) % 2 == 0:
        return text
    readings = _readings([_SPACES.sub(" ", piece).strip() for piece in pieces])
    if len(readings) != 1:
        return text
    commands = ["\\lvert " if side == "<" else "\\rvert " for side in readings[0]]
    return pieces[0] + "".join(command + piece for command, piece in zip(commands, pieces[1:], strict=True))


def _readings(pieces: list[str]) -> list[tuple[Side, ...]]:
    """The ways to pair the bars between the pieces, such that each pair holds a value."""
    found: list[tuple[tuple[Side, ...], tuple[int, ...]]] = [((), ())]  # the sides so far, and the bars that are open
    for bar in range(len(pieces) - 1):
        before, behind = pieces[bar], pieces[bar + 1]
        longer: list[tuple[tuple[Side, ...], tuple[int, ...]]] = []
        for sides, opened in found:
            value = _ends_value(before) if before else bool(sides) and sides[-1] == ">"
            if value and opened and _holds_value(pieces[opened[-1] + 1 : bar + 1], sides[opened[-1] + 1 :]):
                longer.append(((*sides, ">"), opened[:-1]))
            if not (value and behind[:1] in ("+", "-")) and behind[:1] not in ("*", "/", "^", ")", "}"):
                longer.append(((*sides, "<"), (*opened, bar)))
        found = longer
    return [sides for sides, opened in found if not opened]


def _ends_value(piece: str) -> bool:
    """Whether a value ends here, and a bar may close behind it; behind a sign or a function's name none does."""
    match = _ENDS_VALUE.search(piece)
    return match is not None and match["command"] not in _NO_VALUE


def _holds_value(pieces: list[str], sides: tuple[Side, ...]) -> bool:
    """Whether what stands between two bars is one value: its brackets close, no statement, no pair around a pair."""
    text = " ".join(pieces)
    brackets = depths(text) or [0]
    bars = list(accumulate(1 if side == "<" else -1 for side in sides))
    doubled = bool(bars) and not pieces[0] and not pieces[-1] and bars.index(0) == len(bars) - 1
    return min(brackets) >= 0 and brackets[-1] == 0 and not doubled and not _STATEMENT.search(text)
