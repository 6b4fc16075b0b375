"""The Quadrants screen in words: the table of counts and the line of the chosen item. Pure functions."""

from __future__ import annotations

from textual.content import Content

from engine.runs.events import Sample
from engine.runs.interval import wilson
from screens.cloud import Cloud, Dot, is_high, quadrant_of
from screens.item_text import DOT, number, signed
from screens.widgets.lines import one_line
from screens.widgets.vocabulary import QUADRANT, UNKNOWN, VERDICT


def count_lines(cloud: Cloud, threshold: float, own: float, known: bool) -> list[Content]:
    """Threshold, then each quadrant with its number, share and interval; how a moved threshold changed it."""
    counts, before = cloud.counts(threshold), cloud.counts(own)
    total = sum(counts.values())
    lines = [_threshold_line(cloud.score, threshold, own, known)]
    for name, count in counts.items():
        sign, change = QUADRANT[name], count - before[name]
        word = sign.word.replace(" (Hallucination)", "")
        moved = Content.styled(f" {change:+,d}", "bold") if change else Content("")
        share = f"{wilson(count, total) or '–'!s}"
        lines.append(signed(sign, f"{word:<11}") + Content(f"{count:>6,} {share:<12}") + moved)
    verdicts = [signed(VERDICT[band], f"{len(cloud.band(band)):,} {band}") for band in VERDICT]
    lines.append(DOT.join(verdicts))
    if cloud.unscored:
        lines.append(Content.styled(f"{cloud.unscored:,} not aligned: no gold solution", "$foreground-muted"))
    return lines


def _threshold_line(score: str, threshold: float, own: float, known: bool) -> Content:
    note = f" ({'run' if known else 'assumed'} {own:.2f})" if threshold != own else " (run)" if known else " (assumed)"
    return Content.styled(f"{score} above {threshold:.2f}", "bold") + Content.styled(note, "$foreground-muted")


def item_line(sample: Sample, position: int, dot: Dot | None, threshold: float, score: str) -> Content:
    """The chosen item in one line, with its quadrant at the threshold that is shown."""
    quadrant = QUADRANT[quadrant_of(dot.band, is_high(dot.score, threshold))] if dot else None
    parts = [
        Content.styled(f"item {position + 1}", "bold"),
        signed(quadrant, quadrant.word.replace(" (Hallucination)", "")) if quadrant else Content("not aligned"),
        signed(VERDICT.get(sample.verdict, UNKNOWN)),
        Content(f"{score} {number(dot.score if dot else None)}"),
        Content(f"predicted {one_line(sample.predicted)[:24] or '–'}"),
        Content(f"gold {one_line(sample.answer)[:24]}"),
        Content(one_line(sample.divergence)),
    ]
    return DOT.join(part for part in parts if part.plain)
