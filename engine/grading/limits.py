"""The limits of grading, each with its reason, and the check that refuses an answer before anything parses it."""

from __future__ import annotations

import re

ANSWER_LENGTH_LIMIT = 1_000  # characters; the longest of 12,500 MATH golds has 159
NESTING_LIMIT = 32  # brackets inside brackets; parsers recurse once a level
DIGIT_LIMIT = 300  # digits in a row; sympy factors and rounds integers of this size at once
POWER_LIMIT = 10_000  # a literal exponent; 2^10000 has 3,000 digits
TOWER_LIMIT = 3  # powers of powers of powers: 2^{3^4} is an answer, 2^{2^{2^2}} never was one
CPU_SECONDS = 1.0  # of one symbolic comparison; the usual one takes 0.05
WALL_SECONDS = 1.8  # of one symbolic comparison, whatever it does; with the rest, a hostile answer ends within 2 s
SAMPLE_SYMBOLS = 12  # variables of an expression that is compared at points; more is a word read as a product
SYSTEM_LIMIT = 8  # inequalities in several variables that are compared each with each
LIST_LIMIT = 40  # elements of a list, matrix or union that are compared one by one
MEMORY_BYTES = 1024**3  # address space of a comparing process; `\\log_{2^5}` towers ask for all there is
TEXT_LIMIT = 200_000  # characters read from the end: the answer stands there
ANSWER_LIMIT = 8_192  # characters kept; longer "answers" are refused by the grader as too long
LINE_ANSWER_LIMIT = 160  # a longer "answer line" is prose
LINES_TRIED = 100  # answer lines read from the end; a text that announces more answers gives none
JOINT_LIMIT = 40  # characters between two boxes that are one answer
NUMBER_LENGTH_LIMIT = 200  # characters; a longer "number" is left to the string rule
EXPONENT_LIMIT = 400  # of scientific notation; no quantity of a word problem comes near
STARTUP_LIMIT = 60.0  # seconds until a nursery is ready; 1 when idle, 10 where sympy comes from a cold disk
GRACE_SECONDS = 5.0  # beyond the comparison's own limit before the nursery itself counts as stuck
QUESTIONS_PER_CHILD = 2_000  # sympy's caches grow with every expression; a fresh child forgets them
CACHE_LIMIT = 200_000  # verdicts kept in memory, oldest dropped first; about 40 MB

_CODE = re.compile(
    r"__|\b(?:import|lambda|exec|eval|getattr|globals|subprocess|def|class)\b\s*[\w(.:]|\bos\s*\.\s*\w|[\x00-\x08\x0e-\x1f]"
)
_DIGITS = re.compile(rf"[0-9]{{{DIGIT_LIMIT + 1}}}")
_EXPONENT = re.compile(r"(?:\^|\*\*)\s*\{?\s*[-+]?\s*([0-9]{1,})")
_HARMLESS = re.compile(rf"[-+$]?[0-9,. ]{{1,{DIGIT_LIMIT}}}%?")  # what most answers are: nothing of it can be refused
_OPENING, _CLOSING = "([{", ")]}"


def refusal(answer: str) -> str | None:
    """The rule that refuses an answer (too-long, too-deep, too-big, code), or None where it may be parsed."""
    if _HARMLESS.fullmatch(answer):
        return None
    if len(answer) > ANSWER_LENGTH_LIMIT:
        return "too-long"
    depth = deepest = 0
    for character in answer:
        if character in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSING:
            depth -= 1
    if deepest > NESTING_LIMIT:
        return "too-deep"
    if _CODE.search(answer):
        return "code"
    if _DIGITS.search(answer) or any(int(power[-9:]) > POWER_LIMIT for power in _EXPONENT.findall(answer)):
        return "too-big"
    return "too-big" if _tallest_tower(answer) > TOWER_LIMIT else None


def _tallest_tower(answer: str) -> int:
    """How many powers stand on each other: 1 in 2^3, 2 in 2^{3^4} and in 2^3^4 (no closing or operator between)."""
    tallest, current = 0, [0]
    for token in re.finditer(r"\^|\*\*|[({]|[)}]|[-+=,;&\\]|\*", answer):
        sign = token.group()
        if sign in ("^", "**"):
            current[-1] += 1
            tallest = max(tallest, current[-1])
        elif sign in ("{", "("):
            current.append(current[-1])
        elif sign in (")", "}"):
            if len(current) > 1:
                current.pop()
        else:
            current[-1] = current[-2] if len(current) > 1 else 0
    return tallest
