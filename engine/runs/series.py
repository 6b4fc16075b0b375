"""One figure over time, as a curve that never grows beyond what a plot can show."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from engine.runs.growing import Growing

SERIES_POINTS = 2000
"""A series longer than this is thinned to every second point: twice the widest plot anyone has."""


@dataclass(frozen=True, slots=True)
class Series:
    """`steps` are the x values, ascending (training step where it is `stepped`, else seconds of the run), None among
    `values` is a gap."""

    steps: Growing[float] = field(default_factory=Growing)
    values: Growing[float | None] = field(default_factory=Growing)
    stepped: bool = False

    @property
    def last(self) -> float | None:
        """The newest value that is a number."""
        return next((v for v in reversed(self.values) if v is not None), None)

    def with_point(self, x: float, value: float | None) -> Series:
        """The series with one more point; a full one is thinned first, so that batching never changes the result."""
        longer = Series(self.steps.with_one(x), self.values.with_one(value), self.stepped)
        if len(longer.steps) <= SERIES_POINTS:
            return longer
        return Series(Growing(longer.steps[::2]), Growing(longer.values[::2]), self.stepped)

    def before(self, x: float) -> Series:
        """What came before x: a trainer that is resumed at a step does it and the later ones again."""
        if not self.steps or self.steps[-1] < x:
            return self
        end = bisect_left(self.steps, x)
        return Series(Growing(self.steps[:end]), Growing(self.values[:end]), self.stepped)
