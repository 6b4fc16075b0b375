"""Displays and sentences: where a text may be cut without tearing a number, an abbreviation or a formula.

`display_spans` finds multi-line constructs that must stay whole; `split_sentences` cuts one line into sentences
outside of them. Both are linear in the text, whatever it holds: model text is hostile by default.
"""

from __future__ import annotations

import re

Span = tuple[int, int]

_DELIMITER = re.compile(
    r"(?P<open>\\\[|\\\(|\[asy\])|(?P<close>\\\]|\\\)|\[/asy\])|(?P<toggle>\$\$|```)"
    r"|\\(?P<side>begin|end)\{(?P<environment>[a-zA-Z]{1,20}\*?)\}"
)
_CLOSER = {"\\[": "\\]", "\\(": "\\)", "[asy]": "[/asy]"}

_ABBREVIATIONS = frozenset(
    # Words that end in a full stop without ending the sentence; units ("ft.", "lbs.") are met in word problems.
    re.findall(
        r"\S+",
        """mr mrs ms dr prof st jr sr vs etc eg ie e.g i.e cf fig eq no approx resp
        hr hrs min mins sec lb lbs oz ft yd mi sq u.s a.m p.m gal qt pt""",
    )
)

# A full stop (and what closes around it), space, then something a sentence can start with. A display that is
# followed by a capital ends its sentence too.
_BOUNDARY = re.compile(
    r"(?:[.!?][)\"'”’\]$*_`]{0,4}(?:\s*(?:\\\]|\\\)|\$\$))?|\\\]|\$\$)\s+(?=[A-Z0-9\\$(\"“*#\-•])"
    r"|\s+(?=(?:\*\*)?[Ss]tep\s{0,2}\d{1,3}\s?[:.)])"
)
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]{0,10})\.$")
_INITIAL = re.compile(r"(?<![A-Za-z])[A-Z]\.\Z")
_ONLY_MARKER = re.compile(r"(?:\W{0,3}(?:[Ss]tep\s{0,2})?\(?(?:\d{1,3}|[a-hA-H]|[ivx]{1,4})[.):]{1,2}\W{0,3})\Z")


def display_spans(text: str) -> list[Span]:
    """Outermost (start, end) of displays, environments, fences; one that is never closed is no display."""
    spans: list[Span] = []
    opened: tuple[str, int] | None = None  # what closes it, where it starts
    depth = 0
    for match in _DELIMITER.finditer(text):
        token = match.group()
        if opened is None:
            if match["open"]:
                opened = (_CLOSER[token], match.start())
            elif match["toggle"]:
                opened = (token, match.start())
            elif match["side"] == "begin":
                opened, depth = ("\\end", match.start()), 1
            continue
        closer, start = opened
        if closer == "\\end":
            depth += {"begin": 1, "end": -1}.get(match["side"] or "", 0)
            closed = depth == 0
        else:
            closed = token == closer
        if closed:
            spans.append((start, match.end()))
            opened = None
    return spans


def split_sentences(line: str) -> list[str]:
    """Cut one line into sentences; decimals, money, abbreviations, initials and displays stay whole."""
    spans = display_spans(line)
    pieces: list[str] = []
    start = 0
    position = 0  # of the first span that may still cover a later boundary
    for match in _BOUNDARY.finditer(line):
        while position < len(spans) and spans[position][1] <= match.start():
            position += 1
        cut = match.end()
        # A boundary that begins with the closing delimiter starts inside its span and ends outside: that is a cut.
        if position < len(spans) and spans[position][0] < cut < spans[position][1]:
            continue
        piece = line[start:cut].strip()
        if not piece or _ONLY_MARKER.match(piece) or _ends_in_abbreviation(piece):
            continue
        pieces.append(piece)
        start = cut
    rest = line[start:].strip()
    if rest:
        pieces.append(rest)
    return pieces


def _ends_in_abbreviation(piece: str) -> bool:
    """Whether the full stop at the end belongs to an abbreviation or an initial ("J. Smith")."""
    match = _LAST_WORD.search(piece[-12:])
    if match is None:
        return False
    word = match.group(1)
    if len(word) == 1:
        # An initial; but "I." and a variable after a sign ("so x = A.") end their sentence.
        before = piece[: len(piece) - 2].rstrip()
        return (
            word.isupper() and word != "I" and (before == "" or before[-1].isalpha() or bool(_INITIAL.search(before)))
        )
    return word.lower() in _ABBREVIATIONS
