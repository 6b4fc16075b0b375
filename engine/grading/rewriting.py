"""Rewriting: an answer as people type it, turned into what the LaTeX grammar reads. Text in, text out, nothing runs.

Each rule removes dress (labels in words, units, declarations of a variable, an approximation after the exact value)
or respells what the grammar does not know (`sqrt(3)`, `\\lt`, `\\langle`, set-builder braces).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Joint = Literal["", "and", "or"]

_APPROXIMATELY = re.compile(r"\s*(?:\\approx|≈|\\simeq).*\Z", re.DOTALL)
_JOINED = re.compile(
    r"\s*,?\s*(?:\\(?:text|mathrm|textbf)\s*\{\s*,?\s*(?P<text>and|or)\s*\}|\\(?:q?quad|,|;| )\s*(?P<spaced>and|or)\b"
    r"|(?<=[\s\d)}\]])(?P<bare>and|or)(?![a-z])|\\(?P<sign>land|lor|wedge|vee)(?![a-zA-Z]))\s*"
)
_BARE_FRACTION = re.compile(r"\\[dtc]?frac\s*(\\[a-zA-Z]+|[0-9a-zA-Z])\s*(\\[a-zA-Z]+|[0-9a-zA-Z])")
_DOUBLED = re.compile(r"\\\\+(?=[a-zA-Z]{2}|[{}%$!])")  # JSON written twice: \\frac; line breaks stand in environments
_SPELLINGS = (
    ("<=", "\\leq "), (">=", "\\geq "), ("!=", "\\neq "), ("**", "^"), ("≤", "\\leq "), ("≥", "\\geq "),
    ("≠", "\\neq "), ("−", "-"), ("–", "-"), ("×", "\\times "), ("·", "\\cdot "), ("÷", "/"), ("∞", "\\infty "),
    ("π", "\\pi "), ("∪", "\\cup "), ("∩", "\\cap "), ("∈", "\\in "), ("±", "\\pm "), ("°", "^\\circ "),
    ("√", "\\sqrt "), ("ℝ", "\\mathbb{R}"), ("²", "^2"), ("³", "^3"),
)  # fmt: skip
_COMMANDS = (
    (re.compile(r"\\lt(?![a-zA-Z])"), "<"),
    (re.compile(r"\\gt(?![a-zA-Z])"), ">"),
    (re.compile(r"\\leqslant(?![a-zA-Z])"), r"\\leq"),
    (re.compile(r"\\geqslant(?![a-zA-Z])"), r"\\geq"),
    (re.compile(r"\\(?:mathrm|text|rm|operatorname)\s*\{\s*([eid])\s*\}"), r"\1"),
    (re.compile(r"\\l?angle\s*(?=[^a-zA-Z\s][^a-zA-Z]*\\rangle)|\\langle(?![a-zA-Z])"), "("),
    (re.compile(r"\\rangle(?![a-zA-Z])"), ")"),
    (re.compile(r"\\(?:displaystyle|limits|boldsymbol|bm|mathbf|vec|hat)(?![a-zA-Z])"), ""),
    (re.compile(r"(?<![\\a-zA-Z])(sin|cos|tan|log|ln|exp|pi|infty|infinity)(?![a-zA-Z])"), r"\\\1 "),
)
_SUBSCRIPT = re.compile(
    r"_\s*\{\s*\\(?:(?:text|mathrm|rm)\s*\{\s*)?([a-zA-Z]{1,12})\s*\}?\s*\}"
)  # m_{\max}, A_{\text{min}}
_NAMED = r"[A-Za-z](?:_\w)?(?:\s*\(\s*[a-z]\s*\))?"
_NAMES = re.compile(rf"\A\s*\(\s*{_NAMED}(?:\s*,\s*{_NAMED})+\s*\)\s*=\s*(?=\()")
_PLAIN_ROOT = re.compile(r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_BUILDER = re.compile(
    r"\A(?:[A-Za-z]\s*=\s*)?\\?\\\{\s*(?P<name>[A-Za-z])\s*(?:\\in\s*\\mathbb\s*\{?\s*R\s*\}?)?\s*"
    r"(?:\||:|\\mid|\\vert|\\colon)\s*(?P<condition>.*[<>=]|.*\\(?:[lg]eq?|neq?)(?![a-z]).*?)(?P<rest>[^{}]*)\\\}\Z",
    re.DOTALL,
)
_DECLARATION = re.compile(
    r"\s*(?:[,;(]|\\q?quad|\\text\s*\{\s*,?\s*(?:where|for|with|and|,)?[^{}]{0,40}\})[\s,;$(]*"
    r"(?:\\q?quad|\\[,; ]|\\forall|\\text\s*\{[^{}]{0,40}\}|(?:where|for|with)\b[^=<>\\$]{0,40}|[\s$(])*"
    r"[A-Za-z]\w?\s*\\in\s*(?:\\mathbb\s*\{?\s*[NZQRC]\s*\}?|\\(?:N|Z|R|Q|C)\b)[^=<>]{0,12}\Z"
)
_QUANTIFIED = r"(?:where|for (?:all|any|some|every|each))"
_WHERE = re.compile(rf"\s*,?\s*(?:\\text\s*\{{\s*,?\s*(?:{_QUANTIFIED}|with)\b|\b{_QUANTIFIED}\b).*\Z", re.DOTALL)
_WORD_LABEL = re.compile(
    r"\A\s*(?:\\(?:text|textbf|mathrm|operatorname)\s*\{[A-Za-z][A-Za-z ]{2,60}:?\s*\}\s*[:=]?"
    r"|(?:[A-Za-z]{3,}\s+){0,6}[A-Za-z]{3,}\s*[:=])\s*(?=[^\s=])"
)
_INNER_LABEL = re.compile(r"(?<=,)\s*(?:[A-Za-z]{3,}\s+){0,3}[A-Za-z]{3,}\s*[:=]\s*(?=[^\s=])")
_LENGTH = r"(?:mm|cm|dm|km|ft|yd|mi|inch(?:es)?|feet|foot|miles?|met(?:er|re)s?)"
_UNIT = (
    rf"(?:{_LENGTH}|kg|mg|lbs?|oz|ml|sec(?:onds?)?|min(?:utes?)?|hrs?|hours?|days?|years?|Hz|kW|Pa|mol"
    r"|units?|degrees?|dollars?|cents?|rad(?:ians)?|mph|percent|square\s+[a-z]+|cubic\s+[a-z]+)"
)
_ANY_UNIT = rf"(?:{_UNIT}|[mgslJNWKVA])"  # single letters are units inside a text command, else variables
_SPACES = r"(?:\s|\\[,;:! ]|~)"
_RAISED = r"(?:\s*\^\s*\{?\s*-?[1-4]\s*\}?)?"
_TRAILING_UNIT = re.compile(
    rf"(?<=[0-9}})\]a-z]){_SPACES}+{_UNIT}{_RAISED}(?:\s*(?:/|\\cdot|\\times|per)?\s*{_UNIT}{_RAISED})?(?=\s*,|\s*\Z)"
)
_SET_UNIT = rf"\\(?:text|mathrm|mbox|textrm|rm|operatorname)\s*\{{\s*{_ANY_UNIT}\.?\s*\}}{_RAISED}"
_WRAPPED_UNIT = re.compile(rf"(?<=[0-9}})\]a-z]){_SPACES}*{_SET_UNIT}(?:\s*(?:/|\\cdot|\\times)?\s*{_SET_UNIT})?\s*\Z")
_ORDINAL = re.compile(
    r"(?<=[0-9])\s*(?:\^\s*\{?)?\s*\\?(?:(?:text|mathrm)\s*\{)?\s*(?:st|nd|rd|th)\s*\}?\}?(?![a-zA-Z]).*\Z"
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`text` for the grammar; `joint` is the word that joined its parts, which a comma no longer says."""

    text: str
    joint: Joint = ""


def rewrite(answer: str) -> Rewritten:
    """The answer without what is not mathematics, spelled as the grammar expects it."""
    text = answer if "\\begin" in answer else _DOUBLED.sub(r"\\", answer)
    shortened = _APPROXIMATELY.sub("", text)
    if re.search(r"[0-9]", shortened):  # "x \\approx 11" has its only value behind the sign
        text = shortened
    text = re.sub(r"(?<!\\)\$", "", re.sub(r",\s*\\!\s*(?=[0-9]{3})", "", text)).replace("\\$", "")
    for spelling, command in _SPELLINGS:
        text = text.replace(spelling, command)
    for pattern, replacement in _COMMANDS:
        text = pattern.sub(replacement, text)
    text = _SUBSCRIPT.sub(r"_{\1}", text)
    text = _without_dress(text.strip().rstrip(".,;\\ \n"))
    text = _BARE_FRACTION.sub(r"\\frac{\1}{\2}", _PLAIN_ROOT.sub(r"\\sqrt{\1}", text))
    joint: Joint = ""
    joined = _JOINED.search(text)
    if joined:
        word = next(group for group in joined.groups() if group)
        joint = "or" if word in ("or", "lor", "vee") else "and"
        text = _JOINED.sub(", ", text)
    return Rewritten(text, joint)


def _without_dress(text: str) -> str:
    builder = _BUILDER.match(text)
    if builder:
        text = builder["condition"] + builder["rest"]
    for pattern in (_NAMES, _DECLARATION, _WHERE, _WORD_LABEL, _INNER_LABEL, _ORDINAL, _WRAPPED_UNIT, _TRAILING_UNIT):
        shorter = pattern.sub("", text)
        if re.search(r"[0-9a-zA-Z]", shorter):
            text = shorter
    return text


def ratio_terms(answer: str) -> tuple[str, ...] | None:
    """The terms of a ratio of three or more ("3:4:5"); two terms are a fraction, which the grammar reads."""
    terms = tuple(term.strip() for term in answer.split(":"))
    return terms if len(terms) >= 3 and all(re.fullmatch(r"[^,=<>]{1,40}", term) for term in terms) else None
