"""Dress: what an answer says beside its value, and whether that makes two answers different.

Labels in words ("Alice: 5, Bob: 6"), names before a tuple ("(x, y) = (1, 2)"), primes, and conditions ("k is an
integer", "where x = 3"). A label that one side alone states is dropped; other labels tell apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.grading.spelling import normal_form
from engine.grading.symbolic.wording import COMMAND, announces
from engine.grading.units import MEASURES

_MARKED = r"\s*(?:[:=]|\\colon)"
_LABEL = re.compile(
    rf"\s*(?:(?P<operator>(?=\\operatorname))?{COMMAND}"
    rf"\{{\s*(?P<wrapped>[A-Za-z][A-Za-z' ]{{0,60}})(?:(?P<inside>[:=,])\s*)?\}}(?P<after>{_MARKED})?"
    rf"|(?P<bare>(?:[A-Za-z][A-Za-z']{{1,}}\s+){{0,6}}[A-Za-z]{{3,}}){_MARKED}|(?P<letter>[A-Z])\s*:(?=\s*[-0-9\\(\[]))\s*(?=[^\s=])"
)
_CALL_OF_ANY = re.compile(
    r"\s*(?P<name>(?:[A-Za-z]|\\(?:Pr|mathbb\s*\{?[A-Z]\}?|(?:mathrm|text)\s*\{[A-Za-z]+\}|operatorname\s*\{[A-Za-z]+\}))\s*)"
    r"(?:\\left)?\s*(?P<inside>\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])\s*(?=[=<>]|\\(?:neq?|leq?|geq?|lt|gt|approx)(?![a-zA-Z]))"
)
_CALL = re.compile(rf"{_CALL_OF_ANY.pattern}=(?!=)\s*")
_BOTH = re.compile(r"\\text\s*\{\s*and\s*\}|(?<![a-zA-Z])and(?![a-zA-Z])")
_EITHER = re.compile(r"\\text\s*\{\s*or\s*\}|(?<![a-zA-Z])or(?![a-zA-Z])")
_EVENT = re.compile(r"[A-Z]|[=<>|]|\\(?:mid|cap|cup|leq?|geq?|text|neg|overline|bar)(?![a-z])")
_SEPARATOR = re.compile(r"\s*(?:[,;]|\\text\s*\{\s*,?\s*and\s*\}|(?<=[\s\d)}\]])and(?![a-zA-Z])|\\q?quad)\s*")
# Words that introduce any answer and tell none apart.
_NEUTRAL = frozenset(
    re.findall(
        r"[a-z]+",
        "the a an is are was be so thus hence therefore then answer answers final result results ans value values "
        "solution solutions of we get have that its total equals about approximately roughly exactly only and or",
    )
)
_NO_LABEL = frozenset({"and", "or", "if", "for", "where", "with", "when"})
_NOT_COUNTED = (_NO_LABEL - {"and"}) | {"st", "nd", "rd", "th", "is", "are", "mod", "to", "but", "not", "such", "that"}
_PRIMED = re.compile(r"([A-Za-z]|\})\s*((?:['′’](?!s\b)|\^\s*\{?\s*(?:\\prime\s*)+\}?)+)")
_LEADING = re.compile(r"\A[^=<>]*=")
# Words behind values; their order is that of the values ("5 apples, 3 oranges", "2 feet 3 inches").
_COUNTED = re.compile(
    rf"{COMMAND}\{{\s*(?P<words>[A-Za-z][A-Za-z., ]*?)\s*\}}(?:\^\s*\{{?\s*[1-9]\s*\}}?)?\s*(?P<mark>[:=]|,|;|\Z)?"
)

_PLAINLY_COUNTED = re.compile(
    r"\s*(?P<value>-?[0-9][0-9./]*(?:,[0-9]{3})*)\s+(?P<words>[A-Za-z]{2,}(?:\s+(?!and\b)[A-Za-z]{2,}){0,3})"
    r"(?:\s*,?\s+and\s+(?=[0-9])|\s*,\s*(?=[0-9])|\s+(?=[0-9])|\s*\.?\Z)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer with its label, "" where it has none or one that says nothing ("the answer is: 5")."""

    label: str
    text: str
    cut: bool = False  # whether words were cut off it
    counted: bool = False  # whether they stood behind it


def counted_parts(answer: str) -> tuple[Part, ...]:
    """The parts of an answer with words behind each of several numbers; none for any other answer."""
    text = answer.replace("\\$", "").replace("$", "").strip()
    found = _plainly_counted(text) if "\\" not in text else _counted(text)
    found = [replace(part, label=_kind(part.label)) for part in found]
    one_kind = len({part.label for part in found}) == 1  # "3 cm, 5 cm" is a list of numbers
    return () if len(found) < 2 else tuple(replace(part, label="") if one_kind else part for part in found)


def _kind(words: str) -> str:
    """The words with one name for all spellings of a measure: "cups of flour" is "cup of flour"."""
    return " ".join(MEASURES.get(word, word) for word in words.split())


def _counted(text: str) -> list[Part]:
    found: list[Part] = []
    start = 0
    for match in _COUNTED.finditer(text):
        words = re.findall(r"[a-z]+", match["words"].lower())
        if words == ["and"] and not text[start : match.start()].strip(" ,"):
            start = match.end()
            continue
        value = text[start : match.start()].strip(" ,;~")
        if not re.search("[0-9]", value) or _NOT_COUNTED.intersection(words) or match["mark"] in (":", "="):
            return []
        found.append(Part(" ".join(words[:-1] if words[-1] == "and" else words), value, cut=True, counted=True))
        start = match.end()
    return [] if text[start:].strip(" .") else found


def _plainly_counted(text: str) -> list[Part]:
    """The same without text commands: "2 feet 3 inches"; letters behind numbers may be variables, words are none."""
    found: list[Part] = []
    start = 0
    while start < len(text):
        match = _PLAINLY_COUNTED.match(text, start)
        words = match["words"].lower().split() if match else []
        if match is None or {*_NOT_COUNTED, "and"}.intersection(words) or min(map(len, words)) < 2:
            return []
        found.append(Part(" ".join(words), match["value"], cut=True, counted=True))
        start = match.end()
    return found


def labelled_parts(answer: str) -> tuple[Part, ...]:
    """The answer split where a new label starts; one part without label where there are none."""
    text = answer.replace("\\$", "").replace("$", "").strip()
    found: list[Part] = []
    start = 0  # of the value of the last part
    for left, right in _pieces(text):
        piece = text[left:right]
        label, value = _label(piece, first=not found)
        if found and not label:
            found[-1] = replace(found[-1], text=text[start:right])  # 58,500 keeps its comma
        else:
            start = right - len(value)
            found.append(Part(label, value, value != piece))
    return tuple(found)


def names_call(answer: str) -> bool:
    """Whether an answer gives the value of a call, like the probability of some event."""
    return _CALL_OF_ANY.match(answer.replace("$", "")) is not None


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where the text between separators outside all brackets starts and ends."""
    pieces, start, depth, place = [], 0, 0, 0
    while place < len(text):
        separator = _SEPARATOR.match(text, place) if depth == 0 else None
        if separator and place > start:
            pieces.append((start, place))
            start = place = separator.end()
            continue
        depth += (text[place] in "([{") - (text[place] in ")]}")
        place += 1
    return [(left, right) for left, right in (*pieces, (start, len(text))) if text[left:right].strip()]


def _label(piece: str, first: bool) -> tuple[str, str]:
    call = _CALL.match(piece)
    if call and call["name"].strip()[-1] not in "fgh" and _EVENT.search(call["inside"]) and piece[call.end() :].strip():
        name = re.sub(r"\\(?:mathbb|mathrm|text|operatorname)\s*\{?\s*([A-Za-z]+)\s*\}?|\\(Pr)", r"\1\2", call["name"])
        inside = normal_form(_BOTH.sub(r"\\cap ", _EITHER.sub(r"\\cup ", call["inside"])))
        inside = inside.replace("\\mid", "|").replace("[", "(").replace("]", ")")
        return f"{'P' if name.strip() == 'Pr' else name.strip()}{inside}", piece[call.end() :]
    match = _LABEL.match(piece)
    if match is None or not piece[match.end() :].strip(" ."):
        return "", piece
    marked = bool(match["bare"] or match["letter"] or match["inside"] or match["after"])
    words = re.findall(r"[A-Za-z]+", (match["wrapped"] or match["bare"] or match["letter"]).replace("'", ""))
    plain = [word.lower() for word in words]
    function = match["operator"] is not None
    if not marked and (not first or function or not (_NEUTRAL.issuperset(plain) or announces(plain, _NEUTRAL))):
        return "", piece
    # "A" is a name where it stands alone.
    words = [word.lower() for word in words if word != "A" or len(words) > 1] or ["a "]
    if _NO_LABEL.intersection(words[:1]):
        return "", piece
    return " ".join(word for word in words if word not in _NEUTRAL), piece[match.end() :]


def primes(answer: str) -> tuple[str, ...]:
    """The letters with primes, each with its primes, in alphabetical order: y'' + y' is (y', y'')."""
    found = _PRIMED.findall(re.sub(rf"{COMMAND}\{{[^{{}}]*\}}", " ", answer))
    return tuple(sorted(letter + "'" * len(re.findall(r"['′’]|\\prime", marks)) for letter, marks in found))


def same_primes(gold: str, answer: str) -> bool:
    """A derivative is not its function; "f'(x) = 2x" may be answered by its right side alone."""
    mine, theirs = primes(gold), primes(answer)
    if mine == theirs:
        return True
    if mine and theirs:
        return False
    primed, plain = (gold, answer) if mine else (answer, gold)
    return bool(_LEADING.match(primed)) and "=" not in plain and not primes(_LEADING.sub("", primed, count=1))
