"""Notation: signs that the LaTeX grammar does not know, respelled in those that it does. Text in, text out.

Repeating decimals become fractions, systems of equations become lists, short binomials get their braces; residue
classes are read here as well, because the grammar has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from math import lcm

CLASSES_LIMIT = 10_000  # residues that are listed one by one

_REPEATING = re.compile(
    r"(?<![0-9.])(?P<whole>[0-9]{0,15})\.(?P<fixed>[0-9]{0,15})"
    r"\\(?:overline|bar|dot)\s*(?:\{\s*(?P<block>[0-9]{1,15})\s*\}|(?P<digit>[0-9]))(?!\s*(?:[0-9]|\\(?:overline|bar|dot)))"
)
_THOUSANDS = re.compile(r",[0-9]{3}(?![0-9])")
_SMALL = r"\s*(?:\{([^{}]*)\}|([0-9a-zA-Z]))"
_BINOMIAL = re.compile(rf"\\[dt]?binom{_SMALL}{_SMALL}")
_EMPTY = re.compile(r"\\varnothing(?![a-zA-Z])|\\\{\s*\\\}|\\emptyset(?![a-zA-Z])|∅")
_SYSTEM = re.compile(
    r"\A\s*(?:\\left\s*\\?\{\s*)?\\begin\{(?:cases|aligned|array)\}(?:\s*\{[lcr]+\})?(?P<rows>.*)"
    r"\\end\{(?:cases|aligned|array)\}\s*(?:\\right\s*\.)?\s*\Z",
    re.DOTALL,
)
_ROW_END = re.compile(r"\s*[,;.]?\s*\\\\\s*(?:\[[^\]]*\])?")
_RELATION = r"(?:[=<>]|\\(?:leq?|geq?|lt|gt)(?![a-zA-Z]))"
_ALIGNMENT = re.compile(rf"&\s*(?={_RELATION})|(?<=[=<>])\s*&")
_RESIDUES = re.compile(
    r"\s*(?:(?P<name>[a-zA-Z])\s*\\equiv\s*)?(?P<values>-?[0-9]{1,15}(?:\s*(?:,|or|\\text\s*\{\s*or\s*\})\s*-?[0-9]{1,15})*)"
    r"\s*[({]?\s*(?:\\(?:pmod|mod|bmod|text\s*\{\s*\(?mod\s*\}|operatorname\s*\{mod\})|mod)"
    r"\s*\{?\s*(?P<modulus>[1-9][0-9]{0,11})\s*[})]*\s*\.?\s*"
)


def respelled(text: str) -> str:
    """The text with repeating decimals, binomials and the empty set in the grammar's spelling."""
    text = _EMPTY.sub(r"\\emptyset ", text)
    text = _BINOMIAL.sub(lambda part: f"\\binom{{{part[1] or part[2]}}}{{{part[3] or part[4]}}}", text)
    return _REPEATING.sub(_fraction, text)


def _fraction(decimal: re.Match[str]) -> str:
    block, fixed = decimal["block"] or decimal["digit"], decimal["fixed"]
    before = int(decimal["whole"] + fixed or "0")
    bottom = 10 ** len(fixed) * (10 ** len(block) - 1)
    return f"\\frac{{{before * (10 ** len(block) - 1) + int(block)}}}{{{bottom}}}"


def depths(text: str) -> list[int]:
    """How many brackets are open behind each character; below 0 where more were closed than opened."""
    return list(accumulate((sign in "([{") - (sign in ")]}") for sign in text))


def pieces_of(text: str) -> list[str]:
    """The text cut at the commas outside all brackets, those of large numbers left alone."""
    pieces, start = [], 0
    for place, (sign, depth) in enumerate(zip(text, depths(text), strict=True)):
        if sign in ",;" and depth == 0 and text[place - 1 : place] != "\\" and not _THOUSANDS.match(text, place):
            pieces.append(text[start:place])
            start = place + 1
    return [piece.strip() for piece in (*pieces, text[start:]) if re.search(r"[0-9a-zA-Z]", piece)]


def system(text: str) -> tuple[str, ...] | None:
    """The relations of a system written as rows beside a brace; None for anything else, values by case too."""
    match = _SYSTEM.match(text)
    if match is None or "\\begin" in match["rows"]:
        return None
    rows = [_ALIGNMENT.sub("", row).strip().rstrip(",;.") for row in _ROW_END.split(match["rows"])]
    rows = [row for row in rows if row]
    whole = all("&" not in row and "," not in row and re.search(_RELATION, row) for row in rows)
    return tuple(rows) if rows and whole else None


@dataclass(frozen=True, slots=True)
class Residues:
    """Residue classes: x = 1 or 3 (mod 4); `name` is "" where no variable is named."""

    values: frozenset[int]
    modulus: int
    name: str = ""

    def same(self, other: Residues) -> bool | None:
        """Whether both are the same integers; None where there are too many classes to list."""
        if self.name and other.name and self.name != other.name:
            return False
        modulus = lcm(self.modulus, other.modulus)
        if modulus != self.modulus and modulus > CLASSES_LIMIT:
            return None
        return self._up_to(modulus) == other._up_to(modulus)

    def _up_to(self, modulus: int) -> frozenset[int]:
        steps = range(modulus // self.modulus)
        return frozenset((value + self.modulus * step) % modulus for value in self.values for step in steps)


def residues(answer: str) -> Residues | None:
    """The residue classes that an answer states: `x \\equiv 3 \\pmod{5}`, `3 \\bmod 5`."""
    text = re.sub(r"\$|\\(?:left|right|q?quad)(?![a-zA-Z])|\\[,;:! ]|~", " ", answer)
    match = _RESIDUES.fullmatch(text.replace("≡", "\\equiv "))
    if match is None:
        return None
    values = frozenset(int(value) for value in re.findall(r"-?[0-9]+", match["values"]))
    return Residues(values, int(match["modulus"]), match["name"] or "")
