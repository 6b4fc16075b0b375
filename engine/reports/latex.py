"""Foreign text and figures for LaTeX, and table.tex: accuracy and alignment by group.

What this room writes is ASCII and compiles with pdfLaTeX, XeLaTeX and LuaLaTeX alike: a character that TeX's own fonts
lack is shown by its code point, through a command that a paper can define anew.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from engine.evaluation.summary import Group, Summary
from engine.printable import joined
from engine.statistics.figure import NO_INTERVAL, Figure
from engine.statistics.wording import REPORT_BARE_PERCENT, REPORT_CORRELATION, Form, shown

NAME_LIMIT = 30
"""Characters of a group's name: a cell cannot break, summary.csv has the whole name."""

UNBROKEN = 18
BROKEN = 2
"""Characters after which a long word may break, at first and from then on: TeX fills a line only from small pieces."""

DEFINITIONS = (
    r"\providecommand{\toprule}{\hline}\providecommand{\midrule}{\hline}\providecommand{\bottomrule}{\hline}",
    "% A character that the usual fonts of TeX lack; with XeLaTeX or LuaLaTeX and a font that has it:",
    r'% \newcommand{\unicodecharacter}[1]{\char"#1 } before this line.',
    r"\providecommand{\unicodecharacter}[1]{{\ttfamily U+#1}}",
)

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\ensuremath{\mathdollar}", "&": r"\&",
    "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "{''}", "[": "{[}", "]": "{]}", "`": "{`}",
    "–": "--", "—": "---", "‘": "{`}", "’": "{'}", "“": "{``}", "”": "{''}", "…": r"\ldots{}", "©": "(c)",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}",
    "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "å": r"\aa{}", "Å": r"\AA{}",
    "ı": r"\i{}", "¡": "{!`}", "¿": "{?`}", "‑": "-", "‐": "-",
}  # fmt: skip

_JOINING = "-',"
"""Two of these in a row would become one longer sign."""

# Signs of money and paragraphs stand here too: as text they are in fonts that a basic TeX has as bitmaps only.
_MATHEMATICS = {
    "−": "-", "×": r"\times", "÷": r"\div", "±": r"\pm", "·": r"\cdot", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq",
    "≈": r"\approx", "≡": r"\equiv", "→": r"\rightarrow", "←": r"\leftarrow", "⇒": r"\Rightarrow",
    "↔": r"\leftrightarrow", "∞": r"\infty", "√": r"\surd", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∂": r"\partial",
    "∈": r"\in", "∪": r"\cup", "∩": r"\cap", "⊂": r"\subset", "⊆": r"\subseteq", "∅": r"\emptyset", "∀": r"\forall",
    "∃": r"\exists", "¬": r"\neg", "∧": r"\wedge", "∨": r"\vee", "∠": r"\angle", "⊥": r"\perp", "∥": r"\parallel",
    "°": r"^{\circ}",
    "′": r"'", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "ℓ": r"\ell", "µ": r"\mu",
    "•": r"\bullet", "§": r"\mathsection", "¶": r"\mathparagraph", "£": r"\mathsterling",
    **{sign: f"^{{{number}}}" for number, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"_{{{number}}}" for number, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip

_ACCENTS = {
    0x300: r"\`", 0x301: r"\'", 0x302: r"\^", 0x303: r"\~", 0x304: r"\=", 0x306: r"\u", 0x307: r"\.", 0x308: r'\"',
    0x30B: r"\H", 0x30C: r"\v", 0x327: r"\c",
}  # fmt: skip

# Greek letters by their names in Unicode; omicron and the capitals that look Latin have no command of their own.
_GREEK_CAPITALS = ("gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega")
_GREEK = (
    *_GREEK_CAPITALS, "alpha", "beta", "epsilon", "zeta", "eta", "iota", "kappa", "mu", "nu", "rho", "tau", "chi",
    "varsigma",
)  # fmt: skip


_IN_A_FIGURE = {"-": "$-$", "–": "--", "[": "{[", "]": "]}"}
"""Braces around the bracket: after a line end, TeX would read [ as an optional argument."""


def escape(text: str) -> str:
    """Foreign text on one line: nothing in it is a command, words of any length can break, everything is ASCII."""
    return "".join(_breaking(map(_character, joined(text))))


def clipped(text: str, limit: int = NAME_LIMIT) -> str:
    """`escape` of at most `limit` characters, for places that cannot break."""
    shown = joined(text)
    return escape(shown if len(shown) <= limit else shown[: limit - 1] + "…")


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii():
        return character
    if character in _MATHEMATICS:
        return rf"\ensuremath{{{_MATHEMATICS[character]}}}"
    return _greek(character) or _accented(character) or rf"\unicodecharacter{{{ord(character):04X}}}"


def _greek(character: str) -> str:
    kind, _, name = unicodedata.name(character, "").lower().rpartition(" letter ")
    name = {"lamda": "lambda", "final sigma": "varsigma"}.get(name, name)
    if kind == "greek small" and name in _GREEK:
        return rf"\ensuremath{{\{name}}}"
    if kind == "greek capital" and name in _GREEK_CAPITALS:
        return rf"\ensuremath{{\{name.capitalize()}}}"
    return ""


def _accented(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    if len(parts) != 2 or not (parts[0].isascii() and parts[0].isalpha()) or ord(parts[1]) not in _ACCENTS:
        return ""
    letter = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
    return f"{_ACCENTS[ord(parts[1])]}{{{letter}}}"


def _breaking(tokens: Iterable[str]) -> Iterator[str]:
    """The tokens with places to break inside long words, and signs that TeX would join kept apart."""
    unbroken, before = 0, ""
    for token in tokens:
        unbroken = 0 if token == " " else unbroken + 1
        if unbroken > UNBROKEN:
            yield r"\allowbreak{}"
            unbroken = UNBROKEN - BROKEN + 1
        elif token == before and token in _JOINING:
            yield "{}"
        yield token
        before = token


def table_text(title: str, summary: Summary) -> str:
    """A table environment: all items, then a block by level and one by subject where the rows have them."""
    whole = Group("all items", summary.items, summary.accuracy, summary.means["coverage"], summary.outcomes)
    threshold = "" if summary.threshold is None else f" Quadrants at {escape(summary.variant)} {summary.threshold:g}:"
    shares = "; ".join(
        f"{escape(name)} {percent(estimate)}\\,\\%" for name, estimate in summary.quadrant_shares.items() if estimate.n
    )
    quadrants = f"{threshold} {shares}." if shares else ""
    groups = (whole, *summary.by_level, *summary.by_subject)
    lacking = f" [--]: {NO_INTERVAL}." if any(group.coverage.lacks_interval for group in groups) else ""
    caption = (
        f"{escape(title)}. Accuracy with 95\\,\\% Wilson intervals, mean coverage of the gold steps with 95\\,\\% "
        f"intervals.{lacking}{quadrants}"
    )
    lines = [_line(whole)]
    for field, block in (("Level", summary.by_level), ("Subject", summary.by_subject)):
        if block:
            lines += [r"\midrule", rf"\textit{{{field}}} \\", *(_line(group, indent=True) for group in block)]
    return _environment(caption, "tab:realign", lines)


def stages_table_text(title: str, stages: Sequence[Group]) -> str:
    """A table environment with a line a stage."""
    lacking = f" [--]: {NO_INTERVAL}." if any(group.coverage.lacks_interval for group in stages) else ""
    caption = (
        f"{escape(title)}, stage by stage. Accuracy with 95\\,\\% Wilson intervals, mean coverage of the gold steps "
        f"with 95\\,\\% intervals.{lacking}"
    )
    return _environment(caption, "tab:stages", map(_line, stages))


def _environment(caption: str, label: str, lines: Iterable[str]) -> str:
    head = [
        "% Compiles with any class and no package; rules are booktabs' where the paper loads it.",
        *DEFINITIONS,
        r"\begin{table}[tbp]",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        r"\begin{tabular}{lrrrrrr}",
        r"\toprule",
        r" & $n$ & accuracy (\%) & coverage & wrong & unparsed & cut off \\",
        r"\midrule",
    ]
    return "\n".join([*head, *lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]) + "\n"


def _line(group: Group, indent: bool = False) -> str:
    cells = [
        (r"\quad " if indent else "") + clipped(group.name),
        str(group.items),
        percent(group.accuracy),
        decimal(group.coverage),
        *(str(group.outcomes[name]) for name in ("wrong", "unparsed", "truncated")),
    ]
    return " & ".join(cells) + r" \\"


def percent(figure: Figure) -> str:
    """ "33.3 {[15.2, 58.3]}", without the sign of per cent; two hyphens where the share is undefined."""
    return decimal(figure, REPORT_BARE_PERCENT)


def decimal(figure: Figure, form: Form = REPORT_CORRELATION) -> str:
    """ "0.41 {[0.31, 0.52]}", or "0.41 {[--]}" where there is too little for an interval."""
    return "".join(_IN_A_FIGURE.get(character, character) for character in shown(figure, form))
