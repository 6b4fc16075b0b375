"""Wording: words set in text commands that make two values two answers: units, opposites, changes of a value.

The grammar drops such words; what is counted by an ordinal and the unit behind a value are compared where both sides
state one, words that change a value ("at least 5", "half of") must be the same on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.grading.units import counted_apart, differ

COMMAND = r"\\(?:text|textbf|textrm|mathrm|operatorname|mbox)\s*"

_WRAPPED = re.compile(rf"{COMMAND}\{{([^{{}}]*)\}}")
_RAISED_UNIT = rf"{COMMAND}\{{[^{{}}]*\}}(?:\s*\^\s*\{{?[1-4]\}}?)?"
_UNIT = re.compile(
    rf"(?<=[0-9a-z)}}\]])(?<!\\cdot)(?<!\\times)(?:\s|\\[,;: ]|~)*"
    rf"(?P<unit>{_RAISED_UNIT}(?:\s*/\s*{_RAISED_UNIT})?)\s*\.?\s*\Z"
)
_ORDINAL = re.compile(
    r"[0-9]\s*(?:\^\s*\{?)?\s*\\?(?:(?:text|mathrm)\s*\{)?\s*((?:st|nd|rd|th)(?![a-zA-Z])[^0-9=<>]*)\Z"
)
_CHANGING = frozenset(
    # Words that make another answer of the value beside them.
    """no not non never except least most more less fewer greater between half twice double triple negative minus under
    over above below within before after outside without exceeds thousand million billion dozen hundred""".split()  # noqa: SIM905
)
_FINITE_VERBS = frozenset({"is", "are", "was", "be", "equals"})  # "the least number is" only announces a value


def _listed(words: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", words))


# Nouns in front of a value that only say what it is.
_ANNOUNCING = _listed(
    """area perimeter length width height depth radius diameter circumference volume total sum product difference
    quotient remainder number count amount probability distance speed velocity rate time cost price age mean median mode
    average slope angle ratio percentage maximum minimum max min vertex center centre focus intercept coordinates point
    points interval domain range roots zeros side sides base profit score balance mass weight expression equation
    inequality function formula answer answers result value values solution solutions dollars usd rs"""
)
_QUALIFYING = _listed(
    """final total overall required desired correct simplified surface exact our let obtain by least greatest largest
    smallest lowest highest shortest longest"""
)
_STATING = _listed("has have had needs gets gives takes pays costs earns makes") | _FINITE_VERBS
_BINDING = _listed("of for in that from between")
_DANGLING = _BINDING | _listed("than to with on at and or mod modulo as the a an")
_COMPUTED = _listed("square cube squared cubed root roots reciprocal inverse opposite multiple factor power log other")
_DECLARED = re.compile(
    r"\b(?:is|are|being|for|where)\s+(?:an?\s+|any\s+|all\s+|some\s+|every\s+)?(?:non-?\s?)?(?:negative|positive|zero)\s+"
    r"(?:integer|real|whole|natural|rational|number)"
)
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


def announces(words: Sequence[str], neutral: frozenset[str]) -> bool:
    """Whether words in front of a value, without a colon, only say what it is ("area of the garden", "the mean is")."""
    if not words or changes_value([word for word in words if word != "least"] or words):
        return False
    if words[-1] in _STATING or words[-2:] == ["equal", "to"]:
        return True
    bound = next((place for place, word in enumerate(words) if word in _BINDING), len(words))
    head, rest = words[:bound], words[bound:]
    named = bool(_ANNOUNCING.intersection(head)) and (_ANNOUNCING | _QUALIFYING | neutral).issuperset(head)
    return named and words[-1] not in _DANGLING and not _COMPUTED.intersection(rest)


def _words(answer: str) -> list[str]:
    """The words in text commands; those that announce a value say nothing about it."""
    wrapped = [re.findall(r"[a-z]+", _DECLARED.sub("", words.lower())) for words in _WRAPPED.findall(answer)]
    return [word for words in wrapped if words and words[-1] not in _FINITE_VERBS for word in words]


def _side(words: list[str], pair: tuple[set[str], set[str]]) -> int:
    """1 or -1 for the one of two opposites that is named; 0 for neither and for both."""
    return bool(pair[0].intersection(words)) - bool(pair[1].intersection(words))


def _units_differ(gold: str, answer: str) -> bool:
    """Whether units behind two values are two ("5\\pi cm^2", "5\\pi m^2"), or what two ordinals count."""
    mine, theirs = _unit(gold), _unit(answer)
    if mine and theirs and differ(mine, theirs):
        return True
    counted = [match[1] if (match := _ORDINAL.search(side)) else "" for side in (gold, answer)]
    return counted_apart(*counted)


def _unit(answer: str) -> str:
    match = _UNIT.search(answer.replace("$", ""))
    return "" if match is None else re.sub(rf"{COMMAND}\{{([^{{}}]*)\}}", r"\1", match["unit"])
