"""Rewriting: an answer as people type it, turned into what the LaTeX grammar reads. Text in, text out, nothing runs.

Each rule removes what is no mathematics (units, an approximation after the exact value), sets aside what is no value
(names before a tuple, conditions) or respells what the grammar does not know (`sqrt(3)`, `\\lt`, set-builder braces).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from engine.grading.symbolic.bars import paired_bars
from engine.grading.symbolic.conditions import Conditions, undeclared
from engine.grading.symbolic.notation import respelled, system

# The word that joined the parts; a system's rows hold together, whatever they say; mixed words have no reading here.
Joint = Literal["", "and", "or", "system", "mixed"]

_APPROXIMATELY = re.compile(r"\s*(?:\\approx|≈|\\simeq).*\Z", re.DOTALL)
_JOINED = re.compile(
    r"\s*,?\s*(?:\\(?:text|mathrm|textbf)\s*\{\s*,?\s*(?P<text>and|or)\s*\}|\\(?:q?quad|,|;| )\s*(?P<spaced>and|or)\b"
    r"|(?<=[\s\d)}\]])(?P<bare>and|or)(?![a-z]))\s*"
)
_LOGIC = re.compile(r"\\(land|lor|wedge|vee)(?![a-zA-Z])")
_STATEMENT = re.compile(r"[0-9=<>]|\\(?:leq?|geq?|neq?|in)(?![a-zA-Z])")
_BARE_FRACTION = re.compile(r"\\[dtc]?frac\s*(\\[a-zA-Z]+|[0-9a-zA-Z])\s*(\\[a-zA-Z]+|[0-9a-zA-Z])")
_DOUBLED = re.compile(r"\\\\+(?=[a-zA-Z]{2}|[{}%$!])")  # JSON written twice: \\frac; line breaks stand in environments
_SPELLINGS = (
    ("<=", "\\leq "), (">=", "\\geq "), ("!=", "\\neq "), ("**", "^"), ("≤", "\\leq "), ("≥", "\\geq "),
    ("≠", "\\neq "), ("−", "-"), ("–", "-"), ("×", "\\times "), ("·", "\\cdot "), ("÷", "/"), ("∞", "\\infty "),
    ("π", "\\pi "), ("∪", "\\cup "), ("∩", "\\cap "), ("∈", "\\in "), ("±", "\\pm "), ("°", "^\\circ "),
    ("ℝ", "\\mathbb{R}"), ("²", "^2"), ("³", "^3"),
)  # fmt: skip
_COMMANDS = (
    (re.compile(r"\\lt(?![a-zA-Z])"), "<"),
    (re.compile(r"\\gt(?![a-zA-Z])"), ">"),
    (re.compile(r"\\leqslant(?![a-zA-Z])"), r"\\leq"),
    (re.compile(r"\\geqslant(?![a-zA-Z])"), r"\\geq"),
    (re.compile(r"\\(?:mathrm|text|rm|operatorname)\s*\{\s*([eid])\s*\}"), r"\1"),
    (re.compile(r"\\l?angle\s*(?=[^a-zA-Z\s][^a-zA-Z]*\\rangle)|\\langle(?![a-zA-Z])"), "("),
    (re.compile(r"\\rangle(?![a-zA-Z])"), ")"),
    (re.compile(r"\\(?:boldsymbol|bm|mathbf|mathit|vec)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\(?:displaystyle|limits|boldsymbol|bm|mathbf|vec|pounds)(?![a-zA-Z])"), ""),
    (re.compile(r"\\(?:[bB]igg?[lrm]?|tiny|small|normalsize|[lL]arge|LARGE|[hH]uge)(?![a-zA-Z])"), ""),
    (re.compile(r"\\\\\s*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]"), r"\\\\ "),  # space between rows
    (re.compile(r"√\s*(?:\(([^()]*)\)|([0-9]+(?:\.[0-9]+)?|[a-zA-Z]|\\(?![dtc]?frac)[a-zA-Z]+))"), r"\\sqrt{\1\2}"),
    (re.compile("√"), r"\\sqrt "),
    # What the grammar drops or multiplies out is another variable.
    (re.compile(r"\\hat\s*(?:\{\s*([a-zA-Z])\s*\}|([a-zA-Z]))"), r"\1\2_{hat}"),
    (re.compile(r"(?<![\\a-zA-Z])([A-Z])\s*\^\s*(?:\{\s*(?:T|\\top|\\intercal)\s*\}|T|\\top|\\intercal)"), r"\1_{tt}"),
    (re.compile(r"\\[dt]?frac\s*\{\s*d\s*([a-z])\s*\}\s*\{\s*d\s*([a-z])\s*\}"), r"\1_{d\2}"),
    (re.compile(r"(?<![\\a-zA-Z])(sin|cos|tan|log|ln|exp|pi|infty|infinity)(?![a-zA-Z])"), r"\\\1 "),
)
_ANGLE = re.compile(r"\\angle\s*([A-Z])([A-Z])([A-Z])(?![A-Za-z])")
_PRIME = r"['′’]|\\prime"
_PRIMES = re.compile(r"(?<![\\a-zA-Z])([A-Za-z])\s*((?:['′’]|\^\s*\{?\s*(?:\\prime\s*)+\}?)+)")
_SUBSCRIPT = re.compile(
    r"_\s*\{\s*\\(?:(?:text|mathrm|rm)\s*\{\s*)?([a-zA-Z]{1,12})\s*\}?\s*\}"
)  # m_{\max}, A_{\text{min}}
_NAMED = r"(?:[A-Za-z]|\\(?!left|right)[a-z]+)(?:_\w|_\{\w+\})?(?:\s*\(\s*[a-z]\s*\))?"
_NAMES = re.compile(rf"(?:\A|(?<=[,;]))\s*\(\s*(?P<names>{_NAMED}(?:\s*,\s*{_NAMED})+)\s*\)\s*=\s*(?=\()")
_ROOT_OF_FRACTION = re.compile(r"\\sqrt\s*(\\[dtc]?frac\s*\{[^{}]*\}\s*\{[^{}]*\})")
_PLAIN_ROOT = re.compile(r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_BUILDER = re.compile(
    r"\A(?:[A-Za-z]\s*=\s*)?\\?\\\{\s*(?P<name>[A-Za-z])\s*(?P<domain>\\in\s*\\mathbb\s*\{?\s*[NZQRC]\s*\}?)?\s*"
    r"(?:\||:|\\mid|\\vert|\\colon)\s*(?P<condition>.*[<>=]|.*\\(?:[lg]eq?|neq?)(?![a-z]).*?)(?P<rest>[^{}]*(?:\\mathbb\s*\{[NZQRC]\}\s*)?)\\\}\Z",
    re.DOTALL,
)
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
    """`text` for the grammar; `joint` joined its parts, which a comma no longer says; `names` stood before a tuple."""

    text: str
    joint: Joint = ""
    names: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)


def rewrite(answer: str) -> Rewritten:
    """The answer without what is not mathematics, spelled as the grammar expects it."""
    text = answer if "\\begin" in answer else _DOUBLED.sub(r"\\", answer)
    shortened = _APPROXIMATELY.sub("", text)
    if re.search(r"[0-9]", shortened):  # "x \\approx 11" has its only value behind the sign
        text = shortened
    text = re.sub(r"(?<!\\)\$", "", re.sub(r",\s*\\!\s*(?=[0-9]{3})", "", text)).replace("\\$", "")
    rows = system(text)
    text = respelled(text if rows is None else ", ".join(rows))
    for spelling, command in _SPELLINGS:
        text = text.replace(spelling, command)
    for pattern, replacement in _COMMANDS:
        text = pattern.sub(replacement, text)
    text = _ANGLE.sub(lambda part: f"\\theta_{{{part[2]}{''.join(sorted((part[1], part[3])))}}}", text)
    # The grammar drops primes; y' is as much another variable than y as y_1 is.
    text = _PRIMES.sub(lambda part: f"{part[1]}_{{{'p' * len(re.findall(_PRIME, part[2]))}}}", text)
    text = _SUBSCRIPT.sub(r"_{\1}", text)
    text, names, conditions = _without_dress(text.strip().rstrip(".,;\\ \n"))
    text = _BARE_FRACTION.sub(r"\\frac{\1}{\2}", _PLAIN_ROOT.sub(r"\\sqrt{\1}", text))
    text = _ROOT_OF_FRACTION.sub(r"\\sqrt{\1}", text)
    text, joint = _unjoined(paired_bars(text))
    return Rewritten(text, "system" if rows else joint, names, conditions)


def _unjoined(text: str) -> tuple[str, Joint]:
    """Commas for the words and signs that join statements; between letters the signs are logic: no reading."""
    words = [next(group for group in joined.groups() if group) for joined in _JOINED.finditer(text)]
    text = _JOINED.sub(", ", text)
    signs = _LOGIC.findall(text)
    if signs:
        if not all(map(_STATEMENT.search, re.split(r"\\(?:land|lor|wedge|vee)(?![a-zA-Z])", text))):
            return text, "mixed"
        words += ["or" if sign in ("lor", "vee") else "system" for sign in signs]
        text = _LOGIC.sub(", ", text)
    kinds = set(words)
    if "or" in kinds and len(kinds) > 1:
        return text, "mixed"
    # "x < 1 and x > 3" is how people write what is either; the sign means both.
    return text, "system" if "system" in kinds else ("or" if "or" in kinds else ("and" if kinds else ""))


def _without_dress(text: str) -> tuple[str, tuple[str, ...], Conditions]:
    builder = _BUILDER.match(text)
    if builder:
        text = builder["condition"] + builder["rest"]
        if builder["domain"]:
            text += f", {builder['name']} {builder['domain']}"
    text, names = _unnamed(text)
    text, conditions = undeclared(text)
    for pattern in (_ORDINAL, _WRAPPED_UNIT, _TRAILING_UNIT):
        shorter = pattern.sub("", text)
        if re.search(r"[0-9a-zA-Z]", shorter):
            text = shorter
    return text, names, conditions


def _unnamed(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the names before its tuples, and those; other names before each tuple stay where they are."""
    found = {tuple(re.sub(r"\s+", "", match["names"]).split(",")) for match in _NAMES.finditer(text)}
    return (_NAMES.sub("", text), found.pop()) if len(found) == 1 and _NAMES.match(text) else (text, ())


def ratio_terms(answer: str) -> tuple[str, ...] | None:
    """The terms of a ratio of three or more ("3:4:5"); two terms are a fraction, which the grammar reads."""
    terms = tuple(term.strip() for term in answer.split(":"))
    return terms if len(terms) >= 3 and all(re.fullmatch(r"[^,=<>]{1,40}", term) for term in terms) else None
