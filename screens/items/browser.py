"""Which item of a growing run is looked at, among those that pass the filter. Knows nothing of widgets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from engine.compare.overrides import Key, Override
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from screens.items.filter import ItemFilter


class Browser:
    """`shown` holds the positions (in RunState.items) that pass the filter, ascending; `position` is the chosen one.

    A position may be chosen before the run has brought it: it is reached when it arrives.
    """

    def __init__(self) -> None:
        self.run: RunDirectory | None = None
        self.samples: Sequence[Item] = ()
        self.overrides: Mapping[Key, Override] = {}
        self.filter = ItemFilter()
        self.shown: list[int] = []
        self.position = 0
        self._expected: int | None = None

    @property
    def row(self) -> int | None:
        """The place of the chosen position in `shown`; None where the filter hides it or nothing is there."""
        row = bisect_left(self.shown, self.position)
        return row if row < len(self.shown) and self.shown[row] == self.position else None

    @property
    def sample(self) -> Item | None:
        return None if self.row is None else self.samples[self.position]

    def override_of(self, sample: Item) -> Override | None:
        """What a human says of the item."""
        return self.overrides.get(sample.key)

    def follow(
        self, run: RunDirectory, samples: Sequence[Item], overrides: Mapping[Key, Override] | None = None
    ) -> bool:
        """Take the run's samples. True where they are other rows than before, not the same ones and more."""
        self.overrides, before = overrides or {}, self.overrides
        other = self.run is None or run.path != self.run.path
        replaced = other or len(samples) < len(self.samples)
        self.run = run
        if replaced:
            self.shown, self.samples = [], ()
            self.position = 0
        was_empty, seen = not self.shown, len(self.samples)
        self.samples = samples
        self.shown += [n for n in range(seen, len(samples)) if self.matches(samples[n])]
        if self._expected is not None and self._expected < len(samples):
            self.choose(self._expected)
            return True
        if was_empty and self.row is None:
            self._settle()
        if "overridden" in self.filter.chosen and self.overrides != before:
            self.apply(self.filter)
            return True
        return replaced

    def choose(self, position: int) -> None:
        """Look at this position; a filter that hides it is given up."""
        if position >= len(self.samples):
            self._expected = position
            return
        self._expected = None
        if not self.matches(self.samples[position]):
            self.apply(ItemFilter())
        self.position = position

    def matches(self, sample: Item) -> bool:
        """Whether the item passes the filter."""
        return self.filter.matches(sample, self.overrides)

    def step(self, items: int) -> bool:
        """Move among the shown; True where there was somewhere to go."""
        row = self.row
        if row is None or not self.shown:
            return False
        before = self.position
        self.position = self.shown[max(0, min(len(self.shown) - 1, row + items))]
        return self.position != before

    def apply(self, wanted: ItemFilter) -> None:
        """Show what passes; the chosen item stays if it does, else the next one after it that does."""
        self.filter = wanted
        self.shown = [n for n, sample in enumerate(self.samples) if self.matches(sample)]
        self._settle()

    def _settle(self) -> None:
        if self.shown:
            row = bisect_left(self.shown, self.position)
            self.position = self.shown[min(row, len(self.shown) - 1)]
