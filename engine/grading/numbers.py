"""Exact numbers: read an answer as a Fraction where it is a number in any usual dress, and compare two of them.

No floats anywhere: 17.999999999999996 is not 18, and 1/3 is not 0.333. What is not clearly one number is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from engine.grading.limits import EXPONENT_LIMIT, NUMBER_LENGTH_LIMIT
from engine.grading.numerals import RAISED, RAISED_DIGITS, TIMES, VULGAR
from engine.grading.spelling import WIDE, WORDING
from engine.grading.units import attached_measure, counted_apart, describes, differ, measures

NEARLY = Fraction(1, 1000)  # relative; two numbers further apart are different whatever the rounding

_SCALES = {
    "dozen": 12, "hundred": 10**2, "thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7, "bn": 10**9,
    "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "sterling", "¥": "yen", "₹": "rupee", "usd": "dollar", "us$": "dollar"}

_SPACING = re.compile(r"\\[!,]|\\(?:left|right|displaystyle)(?![a-zA-Z])")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degree|°")
_NEGATIVE = re.compile(r"\A(?:negative|minus)\s+(?=[\\$€£¥₹.0-9])", re.IGNORECASE)
_HALF_DAY = re.compile(r"(?<![A-Za-z])([AaPp])\.\s?[Mm](?![A-Za-z])\.?")  # a.m.
_LABEL = re.compile(r"(?P<label>[A-Za-z](?:_\{?\w{1,8}\}?|[A-Za-z ]{0,30}))\s*(?:=|\\approx|≈)\s*|(?:=|\\approx|≈)\s*")
_DECIMAL = r"(?:[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DECIMAL_COMMA = re.compile(r"([-+]?[0-9]{1,20}),([0-9]{1,20})")
_BASED = re.compile(r"(-?)([0-9A-Z]{1,60})(?:\.([0-9A-Z]{1,60}))?\s*_\s*(?:([2-9])|\{\s*([1-3]?[0-9])\s*\})")
_HALF = r"\s*(?:\{\s*(?P<HALF>[-+]?\s*" + _DECIMAL + r")\s*\}|(?P<HALF_digit>[0-9]))"
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)\s*(?P<currency>us\$|usd|[$€£¥₹])?\s*(?P<late_sign>[-+]?)\s*(?:"
    rf"(?P<whole>[0-9]{{1,20}})?\s*\\frac{_HALF.replace('HALF', 'top')}{_HALF.replace('HALF', 'bottom')}"
    rf"|(?:(?P<mixed>[0-9]{{1,20}})[ ]+)?(?P<over>{_DECIMAL})\s*/\s*(?P<under>{_DECIMAL})"
    rf"|(?P<decimal>{_DECIMAL})(?:e(?P<exponent>[-+]?[0-9]{{1,4}})(?![0-9a-z])"
    rf"|\s*{TIMES}\s*10\s*\^\s*\{{?\s*(?P<power>[-+]?[0-9]{{1,4}})\s*\}}?)?"
    r")(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SCALE = r"(?P<scale>dozen|hundred|thousand|lakh|million|crore|billion|trillion|bn)s?(?![A-Za-z])"
SCALED = re.compile(_SCALE + r"|percent(?:age)?\b", re.IGNORECASE)  # words behind a number that are part of its value
_TAIL = re.compile(
    r"\s*(?P<percent>%|(?:percent(?:age)?|pct)\b)?\s*"
    rf"(?:{_SCALE})?\s*"
    r"(?P<unit>[$€£¥₹]|.*?)\s*[.,;:]*\s*",
    re.IGNORECASE | re.DOTALL,
)
_UNIT_WORD = r"(?:[A-Za-z][A-Za-z'-]+\.?|[mgshLlCFK])(?:\s?(?:\^\s?\{?[23]\}?|[²³]))?"
_UNIT = re.compile(rf"(?:(?:/|per)\s?)?{_UNIT_WORD}(?:(?:\s+|\s?/\s?)(?:a\s)?{_UNIT_WORD}){{0,6}}")
_ATTACHED = re.compile(
    r"(?:cm|mm|km|kg|mg|lbs?|oz|ft|yd|mi|hrs?|mins?|sec|ml|[kmgt]b|mph|pts?|[ap]m|st|nd|rd|th|m[²³]?)(?![A-Za-z])",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,20})")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: `label` is the x of `x = 3`, `unit` the words after it, `exact` False for a ratio.

    `exact` says that the digits are all there is; a fraction may be met by a rounded decimal, which only the
    symbolic rule decides.
    """

    value: Fraction
    percent: bool = False
    label: str = ""
    unit: str = ""
    exact: bool = True


def read_number(text: str) -> Number | None:
    """The one number that `text` writes, with sign, currency, commas, percent, scale and unit; else None."""
    if len(text) > NUMBER_LENGTH_LIMIT:
        return None
    if _INTEGER.fullmatch(text):  # most answers there are; the rest of this says the same of them
        return Number(Fraction(int(text)))
    text = _plain(text)
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :]
    text = _NEGATIVE.sub("-", text)
    match = _NUMBER.fullmatch(text)
    value = None if match is None else _value(match)
    if match is None or value is None:
        return None
    tail = _TAIL.fullmatch(match["tail"])
    if tail is None:
        return None
    unit = _unit(tail["unit"], attached=match["tail"][:1].isalpha() and not tail["percent"] and not tail["scale"])
    if unit is None:
        return None
    if match["sign"] and match["late_sign"]:
        return None
    sign = -1 if "-" in (match["sign"], match["late_sign"]) else 1
    return Number(
        sign * value * _SCALES.get((tail["scale"] or "").lower(), 1),
        percent=bool(tail["percent"]),
        label=((label["label"] or "").strip() if label else ""),
        unit=_with_currency(unit, _CURRENCIES.get((match["currency"] or "").lower(), "")),
        exact=match["decimal"] is not None,
    )


def based_value(text: str) -> Fraction | None:
    """The value of a numeral with its base ("4210_{7}"); None where there is no base, or a digit is none of it."""
    match = _BASED.fullmatch(text.strip().strip("$").strip())
    base = int(match[4] or match[5]) if match else 0
    if match is None or base not in range(2, 37):
        return None
    digits = match[2] + (match[3] or "")
    if any(int(digit, 36) >= base for digit in digits):
        return None
    return Fraction(int(digits, base), base ** len(match[3] or "")) * (-1 if match[1] else 1)


def decimal_comma(text: str) -> Number | None:
    """A number written with a decimal comma ("1000,99"); where another number is met, no list was meant."""
    match = _DECIMAL_COMMA.fullmatch(text.strip().strip("$").strip())
    return Number(Fraction(f"{match[1]}.{match[2]}")) if match else None


def same_number(gold: Number, answer: Number) -> bool | None:
    """Whether two numbers are the same answer; None where only the symbolic rule can tell.

    A percent sign that one side leaves out is forgiven in both readings (20 % is 20 per cent, and 20 % is 0.2), but not
    where that side has a unit of its own (20 % is not $20), and the first not for a number below 1 (0.5 % is not 0.5).
    """
    if gold.label and answer.label and gold.label != answer.label:
        return None
    if gold.unit and answer.unit and differ(gold.unit, answer.unit):
        return False
    if gold.value.denominator == 1 == answer.value.denominator and counted_apart(gold.unit, answer.unit):
        return False
    readings = [(gold.value, answer.value)]
    if gold.percent != answer.percent:
        if answer.unit if gold.percent else gold.unit:
            return False
        if abs(answer.value if gold.percent else gold.value) < 1:
            readings.clear()
        readings.append((gold.value / 100, answer.value) if gold.percent else (gold.value, answer.value / 100))
    if any(left == right for left, right in readings):
        return True
    if gold.exact and answer.exact:
        return False
    nearly = any(abs(left - right) <= NEARLY * max(abs(left), abs(right)) for left, right in readings)
    return None if nearly else False


def _plain(text: str) -> str:
    """LaTeX spacing, text commands, degrees and typographic signs turned into plain characters."""
    text = re.sub(r",\s*\\!\s*", ",", text.replace("{,}", ","))
    text = WORDING.sub(r" \1 ", _SPACING.sub("", WIDE.sub(" ", text)))
    text = _HALF_DAY.sub(r"\1m", _DEGREES.sub(" degree ", text)).replace("\\$", "$").replace("\\%", "%").rstrip("\\ ")
    text = re.sub(r"\\[dtc]frac", r"\\frac", text)
    if not text.isascii():
        for sign, spelled in VULGAR.items():
            text = text.replace(sign, f" {spelled}")
        text = RAISED.sub(lambda ten: f"10^{ten[1].translate(RAISED_DIGITS)}", text)
    # Single spaces also keep every pattern below from backtracking over long runs of them.
    return re.sub(r"\s+", " ", text.replace("−", "-").replace("–", "-")).strip()


def _decimal(text: str) -> Fraction:
    """Digits with commas or thin spaces between thousands, perhaps a sign in front and a stop behind."""
    return Fraction(re.sub(r"[,\s]", "", text).rstrip("."))


def _value(match: re.Match[str]) -> Fraction | None:
    if match["decimal"] is not None:
        exponent = int(match["exponent"] or match["power"] or 0)
        if abs(exponent) > EXPONENT_LIMIT:
            return None
        return _decimal(match["decimal"]) * Fraction(10) ** exponent
    if match["over"] is not None:
        whole, top, bottom = match["mixed"], match["over"], match["under"]
    else:
        whole = match["whole"]
        top, bottom = match["top"] or match["top_digit"], match["bottom"] or match["bottom_digit"]
    over, under = _decimal(top), _decimal(bottom)
    if under == 0 or (whole and (over < 0 or under < 0)):
        return None
    return int(whole or 0) + over / under


def _unit(text: str, *, attached: bool) -> str | None:
    """The unit's words in lower case, "" for none, None where the tail is something else than a unit."""
    if not text:
        return ""
    if text in _CURRENCIES:
        return _CURRENCIES[text]
    if not _UNIT.fullmatch(text) or (attached and not (_ATTACHED.match(text) or attached_measure(text))):
        return None
    return text.lower() if describes(text) else None


def _with_currency(unit: str, currency: str) -> str:
    """The unit with the currency sign in front of the number, where the words behind do not repeat it."""
    if not currency or not unit:
        return unit or currency
    return unit if currency in measures(unit)[0] else f"{currency} {unit}"
