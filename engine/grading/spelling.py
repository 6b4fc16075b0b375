"""Spelling: two answers that differ only in how they are typed are the same, without any mathematics.

`normal_form` removes what TeX does not show or what is the same sign; `words_of` reads an answer in words.
"""

from __future__ import annotations

import re

_SPACING = re.compile(r"\\[!,;:> ]|~|\\(?:left|right|displaystyle|quad|qquad|limits)(?![a-zA-Z])|(?<!\\)\$")
_WORDING = re.compile(r"\\(?:text|textbf|textrm|textit|textnormal|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|([0-9a-zA-Z]))\s*(?:\{([^{}]*)\}|([0-9a-zA-Z]))")
_BARE_ROOT = re.compile(r"\\sqrt\s*([0-9a-zA-Z])")
_SHORT_SCRIPT = re.compile(r"([\^_])\{([0-9a-zA-Z])\}")
_LEADING_ZERO = re.compile(r"(?<![0-9])\.(?=[0-9])")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degree|°")
_SAME_SIGN = (
    ("\\leqslant", "\\leq"), ("\\geqslant", "\\geq"), ("≤", "\\leq"), ("≥", "\\geq"), ("≠", "\\neq"),
    ("\\lbrace", "\\{"), ("\\rbrace", "\\}"), ("−", "-"), ("\\cdot", "*"), ("π", "\\pi"), ("∞", "\\infty"),
    ("\\varnothing", "\\emptyset"), ("∅", "\\emptyset"), ("\\wedge", "\\land"), ("\\vee", "\\lor"),
    ("\\$", ""), ("\\%", "%"),
)  # fmt: skip
_SHORT_NAMES = re.compile(r"\\(le|ge|ne)(?![a-zA-Z])")
_ONLY_WORDS = re.compile(r"[A-Za-z][A-Za-z \n'.,()/-]{0,200}")
_CHOICE = re.compile(r"[\s{]*\(?\s*([A-J])\s*(?:\)|[.:](?=\s|\Z)|\Z)(?![\s}]*[-+*/^=<>_!])[\s}]*(.*)", re.DOTALL)
_FUNCTIONS = frozenset({"sin", "cos", "tan", "log", "ln", "exp", "sqrt", "frac", "pi"})
_ARTICLES = frozenset({"the", "a", "an"})


def normal_form(answer: str) -> str:
    """One spelling for what TeX shows the same: spaces, fractions, roots, sizes, degrees, comparison signs."""
    text = _WORDING.sub(r"\1", _SPACING.sub("", answer))
    text = _DEGREES.sub("", text)
    for spelling, sign in _SAME_SIGN:
        text = text.replace(spelling, sign)
    text = _SHORT_NAMES.sub(lambda name: f"\\{name[1]}q", text)
    text = _FRACTION.sub(lambda part: f"\\frac{{{part[1] or part[2] or ''}}}{{{part[3] or part[4] or ''}}}", text)
    text = _SHORT_SCRIPT.sub(r"\1\2", _BARE_ROOT.sub(r"\\sqrt{\1}", text))
    text = _LEADING_ZERO.sub("0.", re.sub(r"\s+", "", text))
    return text.rstrip(".,;:\\")


def choice_of(answer: str, *, alone: bool = False) -> str | None:
    """The letter of a multiple-choice answer: "C", "(C)", "\\textbf{(C)}" and, unless `alone`, "(C) 12"."""
    match = _CHOICE.fullmatch(_WORDING.sub(r"\1 ", _SPACING.sub(" ", answer)).strip())
    return match[1] if match and not (alone and match[2].strip()) else None


def words_of(answer: str) -> tuple[str, ...] | None:
    """The words of an answer in words ("\\text{Evelyn}", "(C)", "an even function"); None for mathematics.

    Without a text command, short letter groups may be products of variables, so they are not words.
    """
    marked = bool(_WORDING.search(answer))
    text = _WORDING.sub(r" \1 ", _SPACING.sub(" ", answer)).strip()
    if not _ONLY_WORDS.fullmatch(text.strip("() ")):
        return None
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    if _FUNCTIONS.intersection(words) or not (marked or any(len(word) >= 4 for word in words)):
        return None
    return tuple(word for word in words if word not in _ARTICLES) or tuple(words)
