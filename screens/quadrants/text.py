"""The Quadrants screen in words: the table of counts and the line of the chosen item. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.content import Content

from engine.compare.overrides import Overlay, Override
from engine.printable import one_line
from engine.runs.events import Item
from engine.statistics.wording import WHOLE_PERCENT, shown
from engine.words import OVERRIDDEN, QUADRANT, UNKNOWN, VERDICT, is_high, quadrant_of
from screens.items.grades import overridden
from screens.items.text import DOT, number, signed
from screens.quadrants.cloud import Cloud, Dot
from screens.run.panels import overlay_words

WIDE_WORD, SHORT_WORD = 25, 11
"""Cells of a quadrant's name: with and without what else it is called."""
FIGURES = 26
"""Cells that stand behind the name: number, share, interval, and what changed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the table of counts is made of: the `threshold` that is shown, the run's `own`, whether it is `known`, and
    what humans overrode: `moved` counts (from, to) quadrants at that threshold."""

    threshold: float
    own: float
    known: bool
    overlay: Overlay = field(default_factory=Overlay)
    moved: Mapping[tuple[str, str], int] = field(default_factory=dict)


def count_lines(cloud: Cloud, counted: Counted, width: int = 0) -> list[Content]:
    """Threshold, then each quadrant with its number, share and interval; how a moved threshold changed it, and what it
    is with the humans' verdicts."""
    threshold, own = counted.threshold, counted.own
    counts, before = cloud.counts(threshold), cloud.counts(own)
    shares = cloud.shares(threshold)
    room = WIDE_WORD if width >= WIDE_WORD + FIGURES else SHORT_WORD
    lines = [_threshold_line(cloud.score, threshold, own, counted.known)]
    for name, count in counts.items():
        sign, change = QUADRANT[name], count - before[name]
        word = sign.word if room == WIDE_WORD else sign.word.partition(" (")[0]
        moved = Content.styled(f" {change:+,d}", "bold") if change else Content("")
        share = shown(shares[name], WHOLE_PERCENT)
        line = signed(sign, f"{word:<{room}}") + Content(f"{count:>6,} {share:<12}") + moved
        lines.append(line + _with_overrides(name, count, counted.moved))
    if told := overlay_words(counted.overlay, width):
        lines.append(Content.styled(told, f"${OVERRIDDEN.color}"))
    if counted.overlay.caution:
        lines.append(Content.styled(f"! {counted.overlay.caution}", "$warning"))
    verdicts = [signed(VERDICT[band], f"{len(cloud.band(band)):,} {band}") for band in VERDICT]
    lines.append(DOT.join(verdicts))
    if cloud.unscored:
        lines.append(Content.styled(f"{cloud.unscored:,} not aligned: no gold solution", "$foreground-muted"))
    return lines


def _with_overrides(name: str, count: int, moved: Mapping[tuple[str, str], int]) -> Content:
    change = sum(n * ((after == name) - (before == name)) for (before, after), n in moved.items())
    return Content.styled(f" {OVERRIDDEN.glyph} {count + change:,}", f"${OVERRIDDEN.color}") if change else Content("")


def _threshold_line(score: str, threshold: float, own: float, known: bool) -> Content:
    note = f" ({'run' if known else 'assumed'} {own:.2f})" if threshold != own else " (run)" if known else " (assumed)"
    return Content.styled(f"{score} above {threshold:.2f}", "bold") + Content.styled(note, "$foreground-muted")


def _beginning(item: Item, fact: str) -> str:
    return one_line(item.fact(fact))[:24]


def item_line(
    sample: Item, position: int, dot: Dot | None, threshold: float, score: str, override: Override | None = None
) -> Content:
    """The chosen item in one line, with its quadrant at the threshold that is shown."""
    quadrant = QUADRANT[quadrant_of(dot.band, is_high(dot.score, threshold))] if dot else None
    said = sample.fact("verdict")
    parts = [
        Content.styled(f"item {position + 1}", "bold"),
        signed(quadrant) if quadrant else Content("not aligned"),
        signed(VERDICT.get(said, UNKNOWN)) + overridden(said, override, whose=" by you"),
        Content(f"{score} {number(dot.score if dot else None)}"),
        Content(f"predicted {_beginning(sample, 'predicted') or '–'}"),
        Content(f"gold {_beginning(sample, 'answer')}"),
        Content(one_line(sample.fact("divergence"))),
    ]
    return DOT.join(part for part in parts if part.plain)
