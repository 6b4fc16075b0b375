"""The cloud of scored items: their places by score and verdict, the quadrants at any threshold, who is next to whom.

Pure Python, and fast at 10,000 items: scores are kept sorted by band, so that moving the threshold costs a few
bisections.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

from engine.runs.events import Item
from engine.statistics.clusters import may_be_sample, right_share
from engine.statistics.estimates import histogram
from engine.statistics.figure import Figure
from engine.statistics.interval import wilson
from engine.words import DEFAULT_THRESHOLD, is_high, quadrant_of

BANDS = ("right", "unparsed", "wrong")
"""Verdicts from top to bottom."""
SCORES = tuple(DEFAULT_THRESHOLD)
JITTER_STEPS = 997
"""A prime, so that jitter and band height do not beat."""


class Dot(NamedTuple):
    """One scored item. Dots sort by score, then position; `jitter` in [0, 1) is the same in every drawing."""

    score: float
    position: int
    band: str
    jitter: float


def _score(dot: Dot) -> float:
    return dot.score


class Cloud:
    """The dots of one score. `take` adds the samples that are new; items without a score are only counted."""

    def __init__(self, score: str = SCORES[0]) -> None:
        self.score = score
        self.dots: dict[int, Dot] = {}
        self.seen = 0
        self.unscored = 0
        self._items: list[tuple[str, str]] = []
        self._sampled = False
        self._bands: dict[str, list[Dot]] = {band: [] for band in BANDS}
        self._histogram: tuple[int, int, tuple[int, ...]] = (0, 0, ())

    def take(self, samples: Sequence[Item]) -> list[Dot]:
        """Add the samples beyond those seen; the new dots."""
        new = []
        for position in range(self.seen, len(samples)):
            sample = samples[position]
            self._items.append(sample.key)
            self._sampled = self._sampled or may_be_sample(sample.id)
            dot = self._dot(sample, position)
            if dot is None:
                self.unscored += 1
            else:
                new.append(dot)
        self.seen = len(samples)
        for dot in new:
            self.dots[dot.position] = dot
        self._sort_in(new)
        return new

    def _dot(self, sample: Item, position: int) -> Dot | None:
        score = sample.score("coverage") if self.score == "coverage" else sample.score("published")
        if score is None or sample.fact("verdict") not in self._bands:
            return None
        jitter = zlib.crc32(sample.id.encode()) % JITTER_STEPS / JITTER_STEPS
        return Dot(max(0.0, min(1.0, score)), position, sample.fact("verdict"), jitter)

    def _sort_in(self, new: list[Dot]) -> None:
        if len(new) > 100:  # a whole run at once: sorting beats inserting
            for dot in new:
                self._bands[dot.band].append(dot)
            for band in self._bands.values():
                band.sort()
        else:
            for dot in new:
                insort(self._bands[dot.band], dot)

    def band(self, band: str) -> Sequence[Dot]:
        """The dots of a verdict by score."""
        return self._bands[band]

    def counts(self, threshold: float) -> dict[str, int]:
        """How many items lie in each quadrant at this threshold."""
        counts = dict.fromkeys(("robust", "near-miss", "lucky-guess", "failure"), 0)
        for band, dots in self._bands.items():
            low = bisect_right(dots, threshold, key=_score)
            counts[quadrant_of(band, False)] += low
            counts[quadrant_of(band, True)] += len(dots) - low
        return counts

    def shares(self, threshold: float) -> dict[str, Figure]:
        """The share of each quadrant at this threshold, its interval by problems where there are samples."""
        counts = self.counts(threshold)
        if not self._sampled:
            return {name: wilson(count, len(self.dots)) for name, count in counts.items()}
        lies = [(*self._items[dot.position], quadrant_of(dot.band, is_high(dot.score, threshold)))
                for dot in self.dots.values()]  # fmt: skip
        return {name: right_share((stage, item, own == name) for stage, item, own in lies) for name in counts}

    def histogram(self, bins: int) -> tuple[int, ...]:
        """How many scores lie in each of the equal bins of [0, 1]; counted once for each growth."""
        if self._histogram[:2] != (bins, len(self.dots)):
            scores = [dot.score for dot in self.dots.values()]
            self._histogram = (bins, len(scores), histogram(scores, bins))
        return self._histogram[2]

    def beside(self, position: int, steps: int) -> Dot | None:
        """The dot that many places along the scores of the same band; the last one where it ends."""
        dot = self.dots.get(position)
        if dot is None:
            return self.first()
        dots = self._bands[dot.band]
        return dots[max(0, min(len(dots) - 1, bisect_left(dots, dot) + steps))]

    def across(self, position: int, bands: int) -> Dot | None:
        """The dot with the nearest score in the next band that has any, up (-1) or down (1)."""
        dot = self.dots.get(position)
        if dot is None:
            return self.first()
        place = BANDS.index(dot.band) + bands
        while 0 <= place < len(BANDS):
            if self._bands[BANDS[place]]:
                return self.nearest(dot.score, BANDS[place])
            place += bands
        return dot

    def nearest(self, score: float, band: str) -> Dot:
        """The dot of the band whose score is nearest."""
        dots = self._bands[band]
        place = bisect_right(dots, score, key=_score)
        around = dots[max(0, place - 1) : place + 1]
        return min(around, key=lambda dot: abs(dot.score - score))

    def first(self) -> Dot | None:
        """Where a cursor begins: the lowest score of the first band that has any."""
        return next((dots[0] for dots in self._bands.values() if dots), None)
