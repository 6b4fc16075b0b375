"""The memory estimate as lines: each term with a bar, the sum beside what there is, the verdict and what would help."""

from __future__ import annotations

from textual.content import Content

from engine.words import BAR_FULL, FIT, UNKNOWN
from screens.consulting import Estimate
from screens.run.panels import styled

EIGHTHS = " ▏▎▍▌▋▊▉"
NAME_CELLS = 21
BAR_CELLS = 12
WHY_FROM = NAME_CELLS + 8 + BAR_CELLS + 24
"""Narrower than this there is no room to say why a term is as large as it is."""


def memory_lines(estimate: Estimate, width: int) -> list[Content | str]:
    """What the recipe needs on the chosen preset."""
    sign = FIT.get(estimate.fit, UNKNOWN)
    largest = max((term.gb for term in estimate.terms), default=0.0) or 1.0
    lines: list[Content | str] = [
        styled(str(sign), f"bold ${sign.color}")
        + Content(f"  {estimate.total_gb:.1f} of {estimate.capacity_gb:.1f} GB  ")
        + styled(estimate.reason if estimate.fit != "fits" else "", "$foreground-muted")
    ]
    if estimate.hint:
        lines.append(styled(f"try: {estimate.hint}", "$warning"))
    bar_cells = BAR_CELLS if width >= NAME_CELLS + 8 + BAR_CELLS else max(0, width - NAME_CELLS - 9)
    for term in sorted(estimate.terms, key=lambda term: -term.gb):
        line = Content(f"{term.name:<{NAME_CELLS}}{term.gb:>5.2f} GB ")
        line += styled(f"{solid_bar(term.gb / largest, bar_cells):<{bar_cells}}", "$primary")
        if width >= WHY_FROM:
            line += styled(f" {term.why}", "$foreground-muted")
        lines.append(line.truncate(width, ellipsis=True))
    return lines


def solid_bar(share: float, cells: int) -> str:
    """A bar of eighths of a cell; what is not nothing shows at least a sliver."""
    eighths = max(1, round(share * cells * 8)) if share > 0 and cells else 0
    return BAR_FULL * (eighths // 8) + EIGHTHS[eighths % 8].strip()
