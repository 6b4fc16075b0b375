"""Counts over the finished items of a run, kept up as items come: each update costs only what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.runs.events import Sample
from engine.statistics.clusters import RunningShare
from engine.statistics.figure import Figure
from engine.words import outcome_of

CURVE_POINTS = 400
"""Twice the widest plot; beyond it every second point of the accuracy curve is dropped."""


@dataclass
class RunTally:
    """Outcomes (each item exactly one), grading rules of the right ones, final verdicts that the judge turned, and the
    accuracy after each item."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    flips: int = 0
    curve: list[tuple[int, Figure]] = field(default_factory=list)
    _right: RunningShare = field(default_factory=RunningShare)
    _taken: int = 0
    _first: Sample | None = None
    _stride: int = 1

    def take(self, samples: Sequence[Sample]) -> None:
        """Count the samples that came since the last call; another run's are counted from the first."""
        if samples[:1] != ((self._first,) if self._first else ()) or len(samples) < self._taken:
            self.__init__()  # type: ignore[misc]  # starts over: other samples than before
        for sample in samples[self._taken :]:
            self._count(sample)
        self._first = samples[0] if samples else None

    @property
    def total(self) -> int:
        return self._taken

    @property
    def accuracy(self) -> Figure:
        """The share of right items, its interval by problems where there are samples."""
        return self._right.share()

    def _count(self, sample: Sample) -> None:
        self._taken += 1
        self._right.add(sample.stage, sample.id, sample.verdict == "right")
        self.outcomes[outcome_of(sample.verdict, sample.truncated)] += 1
        if sample.verdict == "right":
            self.rules["judge" if "judge" in sample.rule else "symbolic"] += 1
        self.flips += bool(sample.judge and sample.verdict != sample.symbolic)
        if self._taken % self._stride == 0:
            self.curve.append((self._taken, self.accuracy))
            if len(self.curve) > CURVE_POINTS:
                self.curve = self.curve[1::2]
                self._stride *= 2
