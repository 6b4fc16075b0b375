"""Numerals in running text: what of it is one number, in the spellings that `numbers.read_number` reads.

Mixed numbers (3 1/2, 3½, $3\\frac{1}{2}$), thousands apart (1 000 000), powers of ten (5 × 10^3), signs in words. Text
has lists too: what stands behind "page" or "day" is not joined, nor are three-digit numbers in a row.
"""

from __future__ import annotations

import re

from engine.grading.limits import NUMBER_LENGTH_LIMIT

VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip
RAISED_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
RAISED = re.compile(r"(?<![0-9.])10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})")
TIMES = r"(?:[xX×*]|\\times|\\cdot)"
TEN_TO = r"10\s?(?:\^\s?(?:[-+]?\d{1,4}|\{\s?[-+]?\d{1,4}\s?\})|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"

_GAP = "[ \u00a0\u2009\u202f]"  # the spaces that part thousands; a tab or a line's end parts numbers
_SIGN = r"(?:[-−]?[ \t]?|(?i:negative)[ \t]+)"
_MONEY = r"(?:\\?\$[ \t]?)?"
_POWER = rf"(?:[ \t]?{TIMES}[ \t]?{TEN_TO})?"
# One or two digits in front, or a group of zeros, tell a number from a list of three-digit numbers.
_SPACED = (
    rf"(?<!\d )(?:[1-9]\d?|[1-9]\d\d(?=(?:{_GAP}\d{{3}}){{0,5}}{_GAP}000(?!\d)))(?:{_GAP}\d{{3}}){{1,6}}"
    rf"(?!{_GAP}?[\d/]|-\w)"
)
_NUMBER = re.compile(
    r"(?<![\w.])[-−]?[ \t]?\d+,\d\d(?=[ \t]?[$€£])"  # a decimal comma shows by the currency behind it
    rf"|(?<![\w.^])(?<!\^\{{){_SIGN}{_MONEY}(?:"
    rf"(?P<whole>\d{{1,9}}){_GAP}(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?![\d.]*/|\d|\.\d)"
    rf"|(?:\d{{1,9}}{_GAP}?)?[{''.join(VULGAR)}]"
    r"|(?:\d{1,9}\s?)?\\[dtc]?frac(?:\{-?\d+\}\{\d+\}|\d\d(?!\d))"
    rf"|(?P<spaced>{_SPACED})(?:\.\d+)?(?:[ \t]?\\?%)?"
    rf"|(?:\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d+)(?:\.\d+)?"
    rf"(?:[eE][-+]?\d{{1,3}}(?!\w)|\^(?:\{{-?\d{{1,4}}\}}|-?\d{{1,4}})|{_POWER})"
    r"(?:[ \t]?/[ \t]?\d+(?![\d.]*/))?(?:[ \t]?\\?%)?)"
    rf"|(?<![\w.])[-−]?(?:\\?\$)?\.\d+{_POWER}(?:[ \t]?\\?%)?"
    r"|[-−]?\\[dtc]?frac\{-?\d+\}\{\d+\}"
)
# "on day 3 150 people came", "pages 3 1/2": a number that names a place is not the front of the next one.
_PLACE = re.compile(
    r"(?:pages?|p\.|steps?|parts?|days?|weeks?|years?|chapters?|sections?|problems?|questions?|cases?|lines?|rows?|no\."
    r"|numbers?|rooms?|class|grades?|items?|levels?|tables?|figures?|equations?|examples?"
    r"|(?:jan|febr)uary|march|april|may|june|july|august|(?:septem|octo|novem|decem)ber)[ \t]*\Z",
    re.IGNORECASE,
)
_PLACE_LENGTH = 24  # characters before a number that may hold such a word
_LAST_DIGIT = re.compile(rf".*[\d{''.join(VULGAR)}]", re.DOTALL)
_SPACE = re.compile(r"\s")


def is_number(text: str) -> bool:
    """Whether the text is one number and nothing else."""
    return _NUMBER.fullmatch(text) is not None


def last_number(text: str) -> str | None:
    """The last number with its sign, currency sign, fraction, power and percent sign, without needless spaces."""
    last = _last_match(text)
    if last is None:
        return None
    written = re.sub(r"\A(?i:negative)\s*", "-", last.group())
    if "$" in written[:3] and "\\$" not in written and text[last.end() : last.end() + 2].lstrip()[:1] == "$":
        written = written.replace("$", "", 1)  # a formula's mark, not money
    if not (last["whole"] or last["spaced"]):
        return re.sub(r"\s", "", written)
    if not _joined(last, text):
        return re.sub(r"\s", "", written[written.rindex(last["top"] or last["spaced"][-3:]) :])
    if last["spaced"]:
        return re.sub(r"\s", "", written)
    return re.sub(r"\s", "", written[: last.start("top") - last.end()]) + f" {last['top']}/{last['bottom']}"


def _last_match(text: str) -> re.Match[str] | None:
    """The last match; read from the end, where it nearly always stands (the last digit may be an exponent)."""
    digit = _LAST_DIGIT.match(text)
    last: re.Match[str] | None = None
    for start in (max(0, digit.end() - NUMBER_LENGTH_LIMIT), 0) if digit else ():
        for match in _NUMBER.finditer(text, _next_space(text, start)):
            last = match
        if last is not None or start == 0:
            break
    return last


def _next_space(text: str, start: int) -> int:
    """Where no number is cut in two; the text's start where there is no such place."""
    space = _SPACE.search(text, start) if start else None
    return space.start() if space else 0


def _joined(match: re.Match[str], text: str) -> bool:
    """Whether the parts of a mixed number or of spaced thousands are one number here."""
    if match["whole"] and int(match["top"]) >= int(match["bottom"]):
        return False
    start = match.start("whole" if match["whole"] else "spaced")
    return not _PLACE.search(text[max(0, start - _PLACE_LENGTH) : start])
