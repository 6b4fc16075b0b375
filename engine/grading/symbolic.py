"""The symbolic rule: are two answers mathematically equal, by math-verify. Runs only inside a killable process.

Its LaTeX grammar is the only door: the plain-expression target is left out because it hands text to an evaluator.
math-verify's own time limits (signals) are off; the process around this module is killed instead.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Literal

from math_verify import parse, verify
from math_verify.parser import LatexExtractionConfig
from sympy import Rational

Outcome = Literal["equal", "different", "gold-unreadable", "unreadable"]

# Constants are compared by value before anything is simplified: exact in practice, and a thousand times cheaper.
DIGITS = 50
SAME = 1e-40  # relative difference of two spellings of one constant at DIGITS digits
FAR = 1e-4  # beyond any rounding; math-verify rounds to 6 decimals, which makes all tiny numbers (1/2004!) equal

_TARGETS = (LatexExtractionConfig(boxed_match_priority=0),)
_APPROXIMATELY = re.compile(r"\s*(?:\\approx|≈|\\simeq).*\Z", re.DOTALL)
_CONJUNCTION = re.compile(
    r"\s*,?\s*(?:\\text\s*\{\s*,?\s*(?:and|or)\s*\}|\\(?:quad|,|;)\s*(?:and|or)\b|\b(?:and|or)\b)\s*"
)
_BARE_FRACTION = re.compile(r"\\[dtc]?frac\s*(\\[a-zA-Z]+|[0-9a-zA-Z])\s*(\\[a-zA-Z]+|[0-9a-zA-Z])")
_ASCII = (("<=", "\\leq "), (">=", "\\geq "), ("!=", "\\neq "), ("**", "^"), ("≤", "\\leq "), ("≥", "\\geq "))

# Parsed once before the first question: the grammar's tables are built while parsing, and children inherit them.
WARM_UP = (("\\frac{1}{2}", "0.5"), ("x^2+2x+1", "(x+1)^2"), ("(1,2]", "[1,2)"), ("\\sqrt{3}\\pi", "x \\leq 2"))

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns that its timeouts are off, once a process
logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)


def compare(gold: str, answer: str) -> Outcome:
    """Whether `answer` equals `gold`; says which of the two could not be read as mathematics."""
    expected = _read(gold)
    if not expected:
        return "gold-unreadable"
    given = _read(answer)
    if not given:
        return "unreadable"
    by_value = _same_constant(expected[0], given[0]) if len(expected) == len(given) == 1 else None
    equal = verify(expected, given, timeout_seconds=None) if by_value is None else by_value
    return "equal" if equal else "different"


def _read(answer: str) -> list[Any]:
    """Expressions of one answer; it is boxed, which is how math-verify knows where an answer starts and ends."""
    shortened = _APPROXIMATELY.sub("", answer)
    if re.search(r"[0-9]", shortened):  # "x \\approx 11" has its only value behind the sign
        answer = shortened
    answer = re.sub(r"(?<!\\)\$", "", re.sub(r",\s*\\!\s*(?=[0-9]{3})", "", answer))
    answer = _BARE_FRACTION.sub(r"\\frac{\1}{\2}", answer)
    answer = _CONJUNCTION.sub(", ", answer)
    for spelling, command in _ASCII:
        answer = answer.replace(spelling, command)
    return list(parse(f"\\boxed{{{answer}}}", _TARGETS, fallback_mode="no_fallback", parsing_timeout=None))


def _same_constant(expected: Any, given: Any) -> bool | None:
    """True or False for two constants that are the same or far apart; None for all else, which math-verify decides.

    Far apart means in each of the readings of a percent sign: 20 and 20 % are one answer, and so are 0.2 and 20 %.
    """
    try:
        if not (expected.is_number and given.is_number):
            return None
        left, right = expected.doit().evalf(DIGITS), given.doit().evalf(DIGITS)
        size = abs(left)
        if not (size.is_Float or size.is_Integer) or size == 0:
            return None
        differences = [float(abs(left * factor - right) / (size * factor)) for factor in (1, Rational(1, 100), 100)]
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        return None  # sets, relations, matrices: not numbers
    if differences[0] < SAME:
        return True
    return False if min(differences) > FAR else None
