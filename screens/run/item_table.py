"""The finished items of a run, newest first, as rows of a virtual table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from engine.compare.overrides import Key, Override
from engine.runs.events import Item
from engine.words import QUADRANT, UNKNOWN, Sign, outcome_sign
from screens.widgets.override_mark import override_mark
from screens.widgets.virtual_table import TableColumn, VirtualTable

COLUMNS = (
    TableColumn("number", "#", 5, align="right"),
    TableColumn("outcome", "verdict", 12),
    TableColumn("predicted", "predicted", 9, fraction=2),
    TableColumn("answer", "gold", 8, fraction=2),
    TableColumn("coverage", "coverage", 8, align="right", rank=1),
    TableColumn("extra", "extra", 5, align="right", rank=3),
    TableColumn("quadrant", "quadrant", 13, rank=1),
    TableColumn("tokens", "tokens", 6, align="right", rank=4),
    TableColumn("level", "level", 7, rank=6),
    TableColumn("divergence", "first divergence", 16, fraction=5, rank=2),
)


class SampleTable(VirtualTable):
    """Row 0 is the newest item; the cursor stays on its item while new ones come in above it."""

    HELP = """The finished items, newest first. **enter** opens the alignment of the item under the cursor."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open item", id="samples.open", tooltip="the alignment of the item under the cursor")
    ]

    def __init__(self, *, id: str = "samples") -> None:
        super().__init__(COLUMNS, self._cell_of, empty="waiting for the first finished item", id=id)
        self._samples: Sequence[Item] = ()
        self._overrides: Mapping[Key, Override] = {}

    def show_samples(
        self, samples: Sequence[Item], overrides: Mapping[Key, Override] | None = None, *, other_run: bool = False
    ) -> None:
        """Show these with the humans' verdicts; without `other_run` they are the earlier ones and some more."""
        self._overrides, before = overrides or {}, self._overrides
        if self._overrides != before:
            self.redraw()
        if len(samples) == len(self._samples) and not other_run:
            return
        added = len(samples) - len(self._samples)
        self._samples = samples
        cursor = 0 if other_run or self.cursor == 0 or added < 0 else self.cursor + added
        self.show_rows(len(samples), cursor)

    def position(self, row: int) -> int:
        """Where the item of a row stands in RunState.items."""
        return len(self._samples) - 1 - row

    def _cell_of(self, row: int, column: TableColumn) -> str | Content:
        sample = self._samples[self.position(row)]
        match column.key:
            case "number":
                return str(sample.index + 1)
            case "outcome":
                sign = outcome_sign(sample.outcome)
                return _signed(sign) + override_mark(self._overrides.get(sample.key))
            case "predicted":
                return sample.fact("predicted") or "–"
            case "answer":
                return sample.fact("answer")
            case "coverage":
                return "–" if sample.score("coverage") is None else f"{sample.score('coverage'):.2f}"
            case "extra":
                return "–" if sample.score("extra") is None else f"{sample.score('extra'):.2f}"
            case "quadrant":
                sign = QUADRANT.get(sample.fact("quadrant"), UNKNOWN)
                return _signed(sign._replace(word=sign.word.partition(" (")[0]))
            case "tokens":
                return f"{sample.score('tokens'):,}" if sample.score("tokens") else "–"
            case "level":
                return sample.fact("level") or sample.fact("subject") or "–"
            case _:
                return sample.fact("divergence") or "–"


def _two_decimals(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _signed(sign: Sign) -> Content:
    return Content.styled(sign.glyph, f"${sign.color}") + Content(f" {sign.word}")
