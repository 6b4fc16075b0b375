"""Wording: words set in text commands that make two values two answers: units, opposites, changes of a value.

The grammar drops such words; what is counted by an ordinal and the unit behind a value are compared where both sides
state one, words that change a value ("at least 5", "half of") must be the same on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.grading.units import differ

COMMAND = r"\\(?:text|textbf|textrm|mathrm|operatorname|mbox)\s*"

_WRAPPED = re.compile(rf"{COMMAND}\{{([^{{}}]*)\}}")
_RAISED_UNIT = rf"{COMMAND}\{{[^{{}}]*\}}(?:\s*\^\s*\{{?[1-4]\}}?)?"
_UNIT = re.compile(
    rf"(?<=[0-9a-z)}}\]])(?<!\\cdot)(?<!\\times)(?:\s|\\[,;: ]|~)*"
    rf"(?P<unit>{_RAISED_UNIT}(?:\s*/\s*{_RAISED_UNIT})?)\s*\.?\s*\Z"
)
_ORDINAL = re.compile(
    r"[0-9]\s*(?:\^\s*\{?)?\s*\\?(?:(?:text|mathrm)\s*\{)?\s*(?:st|nd|rd|th)(?![a-zA-Z])([^0-9=<>]*)\Z"
)
_CHANGING = frozenset(
    # Words that make another answer of the value beside them.
    """no not non never except least most more less fewer greater between half twice double triple negative minus under
    over above below within before after outside without exceeds thousand million billion dozen hundred""".split()  # noqa: SIM905
)
_FINITE_VERBS = frozenset({"is", "are", "was", "be", "equals"})  # "the least number is" only announces a value
_OPPOSITES = (
    ({"maximum", "max", "greatest", "largest"}, {"minimum", "min", "least", "smallest"}), ({"true"}, {"false"}),
    ({"increasing"}, {"decreasing"}), ({"even"}, {"odd"}), ({"positive"}, {"negative"}), ({"yes"}, {"no"}),
    ({"open"}, {"closed"}), ({"convergent", "converges"}, {"divergent", "diverges"}), ({"rational"}, {"irrational"}),
    ({"concave", "up"}, {"convex", "down"}), ({"left"}, {"right"}), ({"above"}, {"below"}), ({"first"}, {"second"}),
)  # fmt: skip


def worded_apart(gold: str, answer: str) -> bool:
    """Whether the words beside two values make them two answers."""
    mine, theirs = _words(gold), _words(answer)
    if _CHANGING.intersection(mine) != _CHANGING.intersection(theirs):
        return True
    return any(_side(mine, pair) * _side(theirs, pair) < 0 for pair in _OPPOSITES) or _units_differ(gold, answer)


def changes_value(words: Iterable[str]) -> bool:
    """Whether words in front of a value make another of it."""
    listed = [word.lower() for word in words]
    return bool(_CHANGING.intersection(listed)) and listed[-1] not in _FINITE_VERBS


def _words(answer: str) -> list[str]:
    """The words in text commands; those that announce a value say nothing about it."""
    wrapped = [re.findall(r"[a-z]+", words.lower()) for words in _WRAPPED.findall(answer)]
    return [word for words in wrapped if words and words[-1] not in _FINITE_VERBS for word in words]


def _side(words: list[str], pair: tuple[set[str], set[str]]) -> int:
    """1 or -1 for the one of two opposites that is named; 0 for neither and for both."""
    return bool(pair[0].intersection(words)) - bool(pair[1].intersection(words))


def _units_differ(gold: str, answer: str) -> bool:
    """Whether units behind two values are two ("5\\pi cm^2", "5\\pi m^2"), or what two ordinals count."""
    mine, theirs = _unit(gold), _unit(answer)
    if mine and theirs and differ(mine, theirs):
        return True
    counted = [
        re.findall(r"[a-z]+", match[1].lower()) if (match := _ORDINAL.search(side)) else [] for side in (gold, answer)
    ]
    return bool(counted[0] and counted[1]) and counted[0][-1] != counted[1][-1]


def _unit(answer: str) -> str:
    match = _UNIT.search(answer.replace("$", ""))
    return "" if match is None else re.sub(rf"{COMMAND}\{{([^{{}}]*)\}}", r"\1", match["unit"])
