"""table.tex: accuracy and alignment by group as a LaTeX table that needs no package beyond the kernel's tabular."""

from __future__ import annotations

from engine.evaluation.estimates import Estimate
from engine.evaluation.statistics import Group, Summary
from engine.evaluation.words import printable

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "{''}",
}


def escape(text: str) -> str:
    """Foreign text on one line, every character that TeX reads as a command escaped."""
    return "".join(_ESCAPES.get(character, character) for character in printable(text))


def table_text(title: str, summary: Summary) -> str:
    """A table environment: all items, then a block by level and one by subject where the rows have them."""
    whole = Group("all items", summary.items, summary.accuracy, summary.means["coverage"], summary.outcomes)
    blocks = [block for block in (summary.by_level, summary.by_subject) if block]
    threshold = "" if summary.threshold is None else f" Quadrants at {escape(summary.variant)} {summary.threshold:g}."
    counts = ", ".join(f"{name} {count}" for name, count in summary.quadrants.items())
    caption = (
        f"{escape(title)}. Accuracy with 95\\,\\% Wilson intervals, mean coverage of the gold steps with 95\\,\\% "
        f"intervals.{threshold} {escape(counts).capitalize()}."
    )
    lines = [
        "% Plain tabular: compiles with any class and no extra package (non-Latin names need XeLaTeX or LuaLaTeX).",
        r"\begin{table}[t]",
        r"\centering",
        rf"\caption{{{caption}}}",
        r"\label{tab:realign}",
        r"\begin{tabular}{lrrrrrr}",
        r"\hline",
        r" & $n$ & accuracy [\%] & coverage & wrong & unparsed & cut off \\",
        r"\hline",
        _line(whole),
    ]
    for field, block in (("Level", summary.by_level), ("Subject", summary.by_subject)):
        if block in blocks:
            lines += [r"\hline", rf"\textit{{{field}}} \\", *(_line(group, indent=True) for group in block)]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", r"\end{table}"]) + "\n"


def _line(group: Group, indent: bool = False) -> str:
    cells = [
        (r"\quad " if indent else "") + escape(group.name),
        str(group.items),
        _shown(group.accuracy, 100.0, 1),
        _shown(group.coverage, 1.0, 2),
        *(str(group.outcomes[name]) for name in ("wrong", "unparsed", "truncated")),
    ]
    return " & ".join(cells) + r" \\"


def _shown(estimate: Estimate, scale: float, digits: int) -> str:
    if estimate.value is None:
        return "--"
    value = f"{scale * estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return value
    # Braces around the bracket: after a line end, TeX would read [ as an optional argument.
    return f"{value} {{[{scale * estimate.low:.{digits}f}, {scale * estimate.high:.{digits}f}]}}"
