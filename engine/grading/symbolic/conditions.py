"""Conditions: where the variables of an answer come from ("k \\in \\mathbb{Z}") and what restricts it ("where x = 3").

They are cut off an answer before the grammar reads it, and kept: two answers that state different ones are different.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INTEGERS = {"Z": None, "N": None, "N0": 0, "Z+": 1}  # domains of integers, with the least of them; N starts at 0 or 1
ANY = frozenset({"R", "C"})  # domains that say no more than that a variable is a number

_SET = r"(?:\\mathbb\s*\{?\s*(?P<letter>[NZQRC])\s*\}?|\\(?P<short>[NZQRC])(?![a-zA-Z]))"
_MEMBER = rf"(?P<name>[A-Za-z](?:_\w)?)\s*\\in\s*{_SET}"
_IN = re.compile(rf"{_MEMBER}(?P<rest>[^=<>]{{0,12}})")
_DECLARATION = re.compile(
    r"\s*(?:[,;(]|\\q?quad|\\text\s*\{\s*,?\s*(?:where|for|with|and|,)?[^{}]{0,40}\})[\s,;$(]*"
    r"(?:\\q?quad|\\[,; ]|\\forall|\\text\s*\{[^{}]{0,40}\}|(?:where|for|with)\b[^=<>\\$]{0,40}|[\s$(])*"
    r"[A-Za-z]\w?\s*\\in\s*(?:\\mathbb\s*\{?\s*[NZQRC]\s*\}?|\\(?:N|Z|R|Q|C)\b)[^=<>]{0,12}\Z"
)
_LEADING = re.compile(rf"\A\s*{_MEMBER}\s*[,;:]\s*")
_QUANTIFIED = r"(?:where|for (?:all|any|some|every|each))"
_WORD = r"(?:where|for|with|if|when|whenever|such that|provided(?: that)?|given(?: that)?)"
_CLAUSE = re.compile(
    rf"\s*,?\s*(?:\\text\s*\{{\s*,?\s*{_WORD}\b|\b(?:{_QUANTIFIED}|such that|provided that|if|when)\b).*\Z", re.DOTALL
)
_KINDS = r"(?:integers?|natural|naturals|whole|real|reals|rational|complex|even|odd|prime)"
_IS_A = re.compile(
    rf"\s*[,;(]\s*(?:\\text\s*\{{\s*)?\$?\s*[A-Za-z]\s*\$?\s*(?:\\text\s*\{{\s*)?(?:is|are|being)\b[^=<>]*\b{_KINDS}\b[^=<>]*\Z"
)
_COMMAND = re.compile(r"\\(?:text|textbf|textrm|mathrm|mbox)\s*\{([^{}]*)\}")
_RELATION = re.compile(r"[=<>]|\\(?:leq?|geq?|neq?|lt|gt|in|leqslant|geqslant|equiv|pmod)(?![a-zA-Z])")
_ONE_LETTER = re.compile(r"(?<![A-Za-z\\])([B-HJ-Zb-z])(?![A-Za-z])")
_FIRST_WORDS = re.compile(rf"\A[\s,;(]*{_WORD}?\s*(?:all|any|some|every|each)?\s*")
_NUMBERS = {"integer": "Z", "natural": "N", "whole": "N0", "real": "R", "rational": "Q", "complex": "C"}
_NARROWING = ("nonnegative", "positive", "negative", "nonzero", "even", "odd", "prime")


@dataclass(frozen=True, slots=True)
class Conditions:
    """`domains` by variable ("" where none is named); `clauses` are relations that restrict the answer."""

    domains: tuple[tuple[str, str], ...] = ()
    clauses: tuple[str, ...] = ()

    def domain(self, name: str) -> str:
        """The domain of a variable, "" where none is stated."""
        stated = dict(self.domains)
        return stated.get(name) or stated.get("", "")


def undeclared(text: str) -> tuple[str, Conditions]:
    """The answer without its declarations and clauses, and those."""
    domains: list[tuple[str, str]] = []
    clauses: list[str] = []
    leading = _LEADING.match(text)
    if leading:
        text = text[leading.end() :]
        domains.append((leading["name"], leading["letter"] or leading["short"]))
    for _ in range(3):  # "0 < x < 3, x \\in \\mathbb{Z} \\text{ where } ...": few answers have more
        match = _first(text)
        if match is None:
            break
        tail, text = match.group(), text[: match.start()]
        stated = _stated(tail)
        if isinstance(stated, str):
            clauses += [stated] if stated else []
        else:
            domains += stated
    return text, Conditions(tuple(dict.fromkeys(domains)), tuple(clauses))


def _first(text: str) -> re.Match[str] | None:
    """The trailing condition that starts first; there must be an answer before it."""
    found = [match for pattern in (_DECLARATION, _CLAUSE, _IS_A) if (match := pattern.search(text))]
    found = [match for match in found if re.search(r"[0-9a-zA-Z]", text[: match.start()])]
    return min(found, key=lambda match: match.start()) if found else None


def _stated(tail: str) -> list[tuple[str, str]] | str:
    """Domains, or the relation that a clause states; an empty relation for words that restrict nothing."""
    declared = [
        (match["name"], (match["letter"] or match["short"]) + _sign(match["rest"])) for match in _IN.finditer(tail)
    ]
    words = _COMMAND.sub(r" \1 ", tail).replace("$", " ")
    relation = _FIRST_WORDS.sub("", re.sub(r"[()\s]*\Z", "", words))
    if declared and len(_RELATION.findall(relation)) == len(declared):
        return declared
    stripped = _FIRST_WORDS.sub("", _COMMAND.sub(" ", tail).replace("$", " "))
    sides = [side.strip(" .,;()") for side in _RELATION.split(stripped)]
    if len(sides) > 1 and all(sides):
        return relation.strip(" .,;")
    lowered = words.lower().replace("non-", "non")
    kind = next((letter for word, letter in _NUMBERS.items() if re.search(rf"\b{word}", lowered)), "")
    narrow = [word for word in _NARROWING if re.search(rf"\b{word}\b", lowered)]
    if not kind and not narrow:
        return ""
    letter = _ONE_LETTER.search(words)
    return [(letter[1] if letter else "", _domain(kind or "Z", narrow))]


def _sign(rest: str) -> str:
    marks = re.match(r"\s*[\^_]\s*\{?\s*(\+|\*|-|>\s*0|\\geq?\s*0)", rest)
    return marks[1].replace(" ", "") if marks else ("..." if "\\setminus" in rest or "\\{" in rest else "")


def _domain(kind: str, narrow: list[str]) -> str:
    if narrow == ["positive"]:
        return f"{kind}+"
    if kind == "Z" and narrow == ["nonnegative"]:
        return "N0"
    return " ".join([*narrow, kind])
