"""Arithmetic claims of a step (`12 * 3 = 35`), checked exactly by an evaluator of our own.

Reads + - * / ^, brackets, percent, money, `\\frac` and "20% of 50" with Fractions; never eval. What it cannot read
is no claim: a variable, a missing operator or a broken bracket makes it silent, because a false alarm is worse here
than a missed slip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, pairwise

STEPS_REMEMBERED = 4_096  # the gold's steps meet many students
NUMBERS_REMEMBERED = 16_384
STEP_LIMIT = 4_000  # characters of a step that are read
TOKEN_LIMIT = 120  # of one side; longer ones are lists, not arithmetic
EXPONENT_LIMIT = 16  # of a power; beyond it word problems have only mistakes of the reader
DIGIT_LIMIT = 40  # digits of a literal
TERM_LIMIT = 8  # of a sum whose partial sums are formed: 247 of them

_TEXT = re.compile(r"\\(?:text|textbf|textrm|mathrm|mbox|mathbf|boxed|fbox)\s*\{([^{}]*)\}")
_SPACING = re.compile(r"\\[!,;: ]|~|\\(?:left|right|displaystyle)(?![a-zA-Z])")
_BREAK = re.compile(r"\$\$|\\[()\[\]]|\n")  # a new formula: nothing reaches over it
_DELIMITER = re.compile(r"(?<=[0-9.)%}])\$(?=[\s.,;:)]|\Z)|\$(?=\s*[(0-9.\\])|\\\$|[€£]")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_OF = re.compile(r"((?:[0-9]+(?:\.[0-9]+)?\s?%|[0-9]+\s?/\s?[0-9]+))\s+of\s+(?=\(?[0-9.])")
_MIXED = re.compile(r"(?<![0-9.,/])([0-9]+)\s*\\[dtc]?frac\s*\{([0-9]+)\}\s*\{([0-9]+)\}")
_TIMES_A_NOUN = re.compile(r"(?<=[A-Za-z])\s+[x×]\s+(?=[$(]?\s?[0-9.])")
_TIMES = re.compile(r"(?<=[0-9)%])\s*[xX]\s*(?=[0-9(.])")
_NO_UNIT = r"is|are|was|were|so|and|then|but|or|means|equals|hundred|thousand|million|billion|trillion|dozen|am|pm"
_NOUN = rf"(?!(?:{_NO_UNIT})\b)[A-Za-z]{{2,}}"
_UNIT = re.compile(
    rf"(?<=[0-9%)])(?:\s+|\s?/\s?){_NOUN}(?:\s?/\s?[A-Za-z]+){{0,2}}(?:\s+{_NOUN}){{0,2}}(?=\s*(?:[-+*/=)]|\Z))"
)
_TOKEN = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]+)?|\.[0-9]+|\*\*|[-+*/^()%=]")
_RUN = re.compile(r"[-+*/^()%=0-9., ]*=[-+*/^()%=0-9., ]*")
_TERM = re.compile(r"([-+]?)\s*([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_NUMBER = r"(?:[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)"
_SUM = re.compile(rf"\s*[-+]?\s*{_NUMBER}(?:\s*[-+]\s*{_NUMBER})+\s*")
_OPERATORS = "+-*/^"
_OPERATOR = re.compile(r"[-+*/^(]")
_WORDED = (
    (re.compile(r"(?<=[0-9)%])\s+(?:times|multiplied by)\s+(?=[$(0-9.])"), " * "),
    (re.compile(r"(?<=[0-9)%])\s+divided by\s+(?=[$(0-9.])"), " / "),
    (re.compile(r"(?<=[0-9)%])\s+plus\s+(?=[$(0-9.])"), " + "),
    (re.compile(r"(?<=[0-9)%])\s+minus\s+(?=[$(0-9.])"), " - "),
)
_BINDING = re.compile(  # words that bind the first number of a run to what stands before; "a total of" does not
    r"(?:\b(?:by|than|twice|half|double|triple|times|plus|minus|per)|(?:%|percent|half|thirds?|quarters?|\w+ths?)\s+of"
    r"|[-+*/]\s+(?:[A-Za-z]+\s+){0,3}[A-Za-z]+)\s*\Z",
    re.IGNORECASE,
)
_AND_A_FRACTION = re.compile(r"\s*[0-9]+\s*/\s*[0-9]+")
_INEXACT = re.compile(r"\b(?:remain|round|whole|full|about|approx|left\s?over|r\s?[0-9])", re.IGNORECASE)
_CENTS = re.compile(r"\bcents?\b|¢", re.IGNORECASE)
_SIGNS = str.maketrans({"×": "*", "·": "*", "∙": "*", "÷": "/", "−": "-", "–": "-", "⋅": "*", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Claim:
    """One side of an equation chain against the next: `left` as written, its exact value, the value claimed for it."""

    left: str
    actual: Fraction
    claimed: Fraction
    holds: bool


@lru_cache(maxsize=STEPS_REMEMBERED)
def claims(step: str) -> tuple[Claim, ...]:
    """The arithmetic claims of a step in order; only sides that are pure arithmetic take part."""
    found: list[Claim] = []
    for chain in _chains(step):
        values = list(chain.values)
        if chain.starts_earlier:
            values[0] = None
        if chain.goes_on:
            values[-1] = None
        sides = [_side(side) for side in chain.sides]
        for (left, right), (actual, claimed) in zip(pairwise(sides), pairwise(values), strict=True):
            # A lone number on the left is a name for something ("40 pieces of $1 bills = 40 x $1") or changes its unit
            # ("= 12 inches = 1 foot"): not a claim.
            if actual is not None and claimed is not None and _OPERATOR.search(left):
                found.append(Claim(_tidy(left), actual, claimed, _agree(actual, claimed, left, right, step)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Chain:
    """Sides joined by equal signs, with their values (None: no plain arithmetic), and whether they are cut off."""

    sides: tuple[str, ...]
    values: tuple[Fraction | None, ...]
    starts_earlier: bool
    goes_on: bool


@lru_cache(maxsize=STEPS_REMEMBERED)
def _chains(step: str) -> tuple[_Chain, ...]:
    if "=" not in step[:STEP_LIMIT]:
        return ()
    text = _plain(step)
    found = []
    for run in _RUN.finditer(text):
        sides = tuple(run.group().split("="))
        values = tuple(evaluate(_side(side)) for side in sides)
        earlier = _starts_earlier(text[: run.start()], run.group())
        found.append(_Chain(sides, values, earlier, _goes_on(run.group(), text[run.end() : run.end() + 1])))
    return tuple(found)


@lru_cache(maxsize=NUMBERS_REMEMBERED)
def number(literal: str) -> Fraction:
    """The exact value of a decimal with or without commas."""
    return Fraction(literal.replace(",", ""))


@dataclass(frozen=True, slots=True)
class Result:
    """A number behind an equal sign, and the numbers that stand before it in the same chain."""

    value: Fraction
    operands: frozenset[Fraction]


@lru_cache(maxsize=STEPS_REMEMBERED)
def results(step: str) -> tuple[Result, ...]:
    """What a step finds out, in order: each side of a chain that begins with a number, with what it was made from."""
    found = []
    for chain in _chains(step):
        operands = {number(token) for token in _literals(chain.sides[0])}
        for place, side in enumerate(chain.sides[1:], start=1):
            literals = _literals(side)
            own = {number(literal) for literal in literals}
            unfinished = chain.goes_on and place == len(chain.sides) - 1  # "51 = 3x" finds no 3
            if literals and not unfinished and side.strip(" ,(-").startswith(literals[0]):
                value = chain.values[place]
                if value is None:
                    value = number(literals[0])
                found.append(Result(value, frozenset(operands | own if len(literals) > 1 else operands)))
            operands |= own
    return tuple(found)


@lru_cache(maxsize=STEPS_REMEMBERED)
def partial_sums(step: str) -> tuple[Fraction, ...]:
    """What a step's sums find on another way: of 8 + 1.4 + 1.6 also 8 + 1.4, 8 + 1.6 and 1.4 + 1.6; of 20 - 3 - 4 also
    3 + 4. Terms of one sign only; every sum that is read as a side of an equation and has at most TERM_LIMIT terms."""
    found: set[Fraction] = set()
    for chain in _chains(step):
        for side, value in zip(chain.sides, chain.values, strict=True):
            plain = _side(side)
            if value is None or not _SUM.fullmatch(plain):
                continue
            terms = [(sign, number(literal)) for sign, literal in _TERM.findall(plain)]
            for same in ([t for sign, t in terms if sign != "-"], [t for sign, t in terms if sign == "-"]):
                if len(same) <= TERM_LIMIT:
                    found.update(
                        sum(some, Fraction(0)) for size in range(2, len(same) + 1) for some in combinations(same, size)
                    )
    return tuple(found)


def _side(side: str) -> str:
    """A side without the sentence's punctuation; a point in front belongs to the number (".20 * 10")."""
    return side.lstrip(" ,").rstrip(" .,")


def _literals(side: str) -> list[str]:
    return [token for token in _TOKEN.findall(side) if token[0] in "0123456789." and len(token) <= DIGIT_LIMIT]


def evaluate(expression: str) -> Fraction | None:
    """The exact value of plain arithmetic, None where it is anything else."""
    tokens = _TOKEN.findall(expression)
    if not tokens or len(tokens) > TOKEN_LIMIT or "".join(tokens) != expression.replace(" ", ""):
        return None
    if re.search(r"[0-9.]\s+[0-9.]", expression):
        return None  # two numbers side by side
    reader = _Reader(tokens)
    try:
        value = reader.sum()
    except (_Unreadable, ZeroDivisionError):
        return None
    return value if reader.done else None


class _Unreadable(Exception):
    """The tokens are no arithmetic."""


class _Reader:
    """Recursive descent over tokens: sum > product > power > atom. Depth is bounded by TOKEN_LIMIT."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def sum(self) -> Fraction:
        value = self._product()
        while self._peek() in ("+", "-"):
            value = value + self._product() if self._take() == "+" else value - self._product()
        return value

    def _product(self) -> Fraction:
        value = self._power()
        while self._peek() in ("*", "/", "("):
            sign = "*" if self._peek() == "(" else self._take()
            value = value * self._power() if sign == "*" else value / self._power()
        return value

    def _power(self) -> Fraction:
        if self._peek() == "-":
            self._take()
            return -self._power()
        value = self._atom()
        if self._peek() in ("^", "**"):
            self._take()
            exponent = self._atom()
            if exponent.denominator != 1 or not 0 <= exponent <= EXPONENT_LIMIT:
                raise _Unreadable
            value = value ** int(exponent)
        return value

    def _atom(self) -> Fraction:
        token = self._take()
        if token == "(":
            value = self.sum()
            if self._take() != ")":
                raise _Unreadable
        elif token and token[0] in "0123456789." and len(token) <= DIGIT_LIMIT:
            value = number(token)
        else:
            raise _Unreadable
        if self._peek() == "%":
            self._take()
            value /= 100
        return value


def _plain(step: str) -> str:
    """TeX, signs and units turned into plain arithmetic; words stay and end every run."""
    text = step[:STEP_LIMIT].translate(_SIGNS).replace("{,}", ",")
    if "\\" in text or "~" in text:
        text = _without_tex(text)
    text = _DELIMITER.sub("", _BREAK.sub(" ; ", _TIMES_A_NOUN.sub(" * ", text)))
    if "\\" in text:
        text = _MIXED.sub(r"(\1+((\2)/(\3)))", text)
        for _ in range(4):  # fractions in fractions
            text, changed = _FRACTION.subn(r"((\1)/(\2))", text)
            if not changed:
                break
    for worded, sign in _WORDED:
        text = worded.sub(sign, text)
    text = _TIMES.sub(" * ", _OF.sub(r"\1 * ", text))
    return _UNIT.sub("", text)


def _without_tex(text: str) -> str:
    text = _TEXT.sub(r" \1 ", _SPACING.sub("", text))
    for command, sign in (("\\times", "*"), ("\\cdot", "*"), ("\\div", "/"), ("\\%", "%"), ("\\approx", "≈")):
        text = text.replace(command, sign)
    return text


def _starts_earlier(before: str, run: str) -> bool:
    """Whether the first side is only the end of something larger: "x + 3 = 5", "half of 10 + 2 = 7", "2:30 = 150"."""
    last = before.rstrip()[-1:]
    if not last:
        return False
    glued = run[0] != " " and before[-1:] == last
    if last == ":":
        return glued and before[-2:-1].isdigit()
    if not (last.isalnum() or last in ")]}_^/|!'\"≈<>\\@#&√∘⊗"):
        return False
    if last == "d" and _AND_A_FRACTION.match(run) and re.search(r"[0-9]\s+and\s*\Z", before[-12:]):
        return True  # "1 and 1/4 = ..." is one mixed number
    return glued or run.lstrip()[:1] in _OPERATORS or bool(_BINDING.search(before[-40:]))


def _goes_on(run: str, after: str) -> bool:
    """Whether the last side goes on behind the run: "= 12x", "= 4 * y"."""
    if not after or not (after.isalpha() or after in "_\\{"):
        return False
    return run[-1:] != " " or run.rstrip()[-1:] in _OPERATORS


def _agree(actual: Fraction, claimed: Fraction, left: str, right: str, step: str) -> bool:
    """Equal; rounded; per cent or cents left out; or a chain that runs on ("= 80 + 5 = 85")."""
    literals = _TOKEN.findall(right)
    decimals = len(literals[0].partition(".")[2]) if len(literals) in (1, 2) else 0
    readings = (1, 100, Fraction(1, 100)) if "%" in left + right or _CENTS.search(step) else (1,)
    inexact = claimed.denominator == 1 and _INEXACT.search(step) is not None
    if any(_rounds_to(actual * factor, claimed, decimals, inexact, "/" in left) for factor in readings):
        return True
    if left.endswith("%") and claimed == _changed_by_percent(left):
        return True
    return len(literals) > 1 and literals[0][0].isdigit() and number(literals[0]) == actual


def _changed_by_percent(side: str) -> Fraction | None:
    """100 - 25% as 75, where it is the 100 that is changed."""
    cut = max(side.rfind("+"), side.rfind("-"))
    whole, share = evaluate(side[: max(cut, 0)].strip()), evaluate(side[cut + 1 :].strip())
    if whole is None or share is None:
        return None
    return whole * (1 + share if side[cut] == "+" else 1 - share)


def _rounds_to(actual: Fraction, claimed: Fraction, decimals: int, inexact: bool, quotient: bool) -> bool:
    """Whether the claim is the value, or the value rounded or cut to the decimals that are written.

    What needs no more decimals than are written has nothing to round: 4.20 + 10.80 is not 14.99. To a whole number only
    where the step speaks of it, and up or down only a quotient (7 / 2 = 4 full boxes).
    """
    if actual == claimed:
        return True
    if not (decimals or inexact) or (actual * 10**decimals).denominator == 1:
        return False
    unit = Fraction(1, 10**decimals)
    apart = abs(actual - claimed)
    return apart <= unit / 2 or (apart < unit and ((quotient and inexact) or abs(claimed) < abs(actual)))


def _tidy(side: str) -> str:
    return re.sub(r"\s+", " ", side).strip()
