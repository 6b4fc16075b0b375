"""The kinds of rows that stages make: how a row is read, what its table shows, and where one of it opens.

A new kind is an entry in ROW_KINDS with its class beside it. Standard library only; a kind's class is imported when it
is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from engine.runs.events import Item
from engine.stages import recorded_kind, resolve_lazy


class SavedRow(Protocol):
    """What a row of any kind can do."""

    @property
    def id(self) -> str: ...
    @property
    def index(self) -> int: ...
    def to_json(self) -> dict[str, Any]: ...
    def to_item(self, stage: str, offset: int) -> Item: ...
    @classmethod
    def from_json(cls, body: object, *, lenient: bool = False) -> Self: ...


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a kind's table, over items: `shows` says what stands in it, `key` which of them, `otherwise` which
    where that one is empty. `least` columns wide, it takes `fraction` parts of what room is left, and goes at the
    `rank` where there is none (0: never)."""

    key: str
    title: str
    least: int
    shows: Literal["number", "outcome", "fact", "share", "count", "quadrant"] = "fact"
    right: bool = False
    fraction: int = 0
    rank: int = 0
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class RowKind:
    """One kind of row. `row` is its class ("module:name"), `opens` the mode in which one of it is looked at, `found_by`
    the facts that a search of its items looks into beside the id, `noun` what people call one."""

    name: str
    row: str
    noun: str
    opens: str
    columns: tuple[Column, ...]
    found_by: tuple[str, ...]

    @property
    def row_class(self) -> type[SavedRow]:
        """The class, imported now."""
        found: type[SavedRow] = resolve_lazy(self.row)
        return found


ROW_KINDS: Mapping[str, RowKind] = {
    kind.name: kind
    for kind in (
        RowKind(
            "graded", "engine.rows.graded:GradedRow", "graded answer", "alignment",
            columns=(
                Column("number", "#", 5, "number", right=True),
                Column("outcome", "verdict", 12, "outcome"),
                Column("predicted", "predicted", 9, fraction=2),
                Column("answer", "gold", 8, fraction=2),
                Column("coverage", "coverage", 8, "share", right=True, rank=1),
                Column("extra", "extra", 5, "share", right=True, rank=3),
                Column("quadrant", "quadrant", 13, "quadrant", rank=1),
                Column("tokens", "tokens", 6, "count", right=True, rank=4),
                Column("level", "level", 7, rank=6, otherwise="subject"),
                Column("divergence", "first divergence", 16, fraction=5, rank=2),
            ),
            found_by=("predicted", "answer"),
        ),
    )
}  # fmt: skip


GRADED = ROW_KINDS["graded"]


def rows_of(stage_kind: str) -> RowKind:
    """The kind of the rows that stages of this kind make; graded answers, the first kind there was, where a stage is
    of a kind that nobody knows."""
    return ROW_KINDS.get(recorded_kind(stage_kind).makes or "", GRADED)
