"""Counts over the finished items of a stage, kept up as items come: each update costs only what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.rows.graded import is_right
from engine.runs.events import Item
from engine.statistics.clusters import RunningShare
from engine.statistics.figure import Figure

CURVE_POINTS = 400
"""Twice the widest plot; beyond it every second point of the accuracy curve is dropped."""


class RunTally:
    """`outcomes` (each item exactly one), `quadrants`, grading `rules` of the right ones, `flips` (final verdicts that
    the judge turned), and the `curve` of the accuracy after each item."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.quadrants: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.flips = 0
        self.curve: list[tuple[int, Figure]] = []
        self.total = 0
        self._right = RunningShare()
        self._first: Item | None = None
        self._stride = 1

    def take(self, items: Sequence[Item]) -> None:
        """Count the items that came since the last call; another stage's or run's are counted from the first."""
        first = items[0] if items else None
        if first != self._first or len(items) < self.total:
            self._forget()
        for item in items[self.total :]:
            self._count(item)
        self._first = first

    @property
    def accuracy(self) -> Figure:
        """The share of right items, its interval by problems where there are samples."""
        return self._right.share()

    def _count(self, item: Item) -> None:
        self.total += 1
        self._right.add(item.stage, item.id, is_right(item))
        self.outcomes[item.outcome] += 1
        if quadrant := item.fact("quadrant"):
            self.quadrants[quadrant] += 1
        if is_right(item):
            self.rules["judge" if "judge" in item.fact("rule") else "symbolic"] += 1
        self.flips += bool(item.fact("judge") and item.fact("verdict") != item.fact("symbolic"))
        if self.total % self._stride == 0:
            self.curve.append((self.total, self.accuracy))
            if len(self.curve) > CURVE_POINTS:
                self.curve = self.curve[1::2]
                self._stride *= 2
