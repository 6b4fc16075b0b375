"""What grading again changed: the verdict before and after of each row that carries `before`. Stdlib only, pure.

`before` is {run, verdict, rule, predicted, quadrant, grader}: what the earlier run said of the item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.evaluation.samples import share_of
from engine.rows.graded import GradedRow
from engine.statistics.figure import Figure
from engine.statistics.wording import Form, shown

SUMMARY_CHANGES = 200
"""Changed items in a stage's summary, which travels in an event; all of them are in the stage's changes.json."""


@dataclass(frozen=True, slots=True)
class Change:
    """An item whose verdict is another one now."""

    id: str
    answer: str
    before: str
    before_rule: str
    before_predicted: str
    before_grader: str
    after: str
    after_rule: str
    after_predicted: str


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """The items that one version of the grader had graded."""

    grader: str
    items: int
    changed: int


@dataclass(frozen=True, slots=True)
class RegradeDiff:
    """`turns` counts (verdict, rule) -> (verdict, rule) of the changed items, most frequent first. `other_rule` items
    kept their verdict by another rule, `other_answer` had another answer extracted."""

    run: str
    grader: str
    items: int
    accuracy_before: Figure
    accuracy: Figure
    turns: Mapping[tuple[str, str, str, str], int]
    versions: tuple[VersionDiff, ...]
    changes: tuple[Change, ...]
    other_rule: int
    other_answer: int
    quadrants: int
    realigned: int

    def as_dict(self, changes: int | None = SUMMARY_CHANGES) -> dict[str, Any]:
        """JSON-able, with at most so many changed items (None: all)."""
        body = asdict(self)
        body["changed"] = len(self.changes)
        body["turns"] = [
            {"before": before, "before_rule": before_rule, "after": after, "after_rule": after_rule, "items": count}
            for (before, before_rule, after, after_rule), count in self.turns.items()
        ]
        body["versions"] = list(body["versions"])
        body["changes"] = [asdict(change) for change in self.changes[:changes]]
        return body


def regrade_diff(rows: Sequence[GradedRow]) -> RegradeDiff | None:
    """None where the rows were not graded again."""
    again = [row for row in rows if row.before is not None]
    if not again:
        return None
    changes = tuple(_change(row) for row in again if before_of(row)["verdict"] != row.verdict)
    turns = Counter((c.before, c.before_rule, c.after, c.after_rule) for c in changes)
    graded, changed = Counter(before_of(row)["grader"] for row in again), Counter(c.before_grader for c in changes)
    return RegradeDiff(
        run=before_of(again[0])["run"],
        grader=again[0].versions["grader"],
        items=len(again),
        accuracy_before=share_of(again, lambda row: before_of(row)["verdict"] == "right"),
        accuracy=share_of(again, lambda row: row.verdict == "right"),
        turns=dict(turns.most_common()),
        versions=tuple(VersionDiff(version, count, changed[version]) for version, count in sorted(graded.items())),
        changes=changes,
        other_rule=sum(_differs(row, "rule") and not _differs(row, "verdict") for row in again),
        other_answer=sum(_differs(row, "predicted") for row in again),
        quadrants=sum(_differs(row, "quadrant") for row in again),
        realigned=sum(before_of(row)["aligner"] != row.versions["aligner"] for row in again),
    )


def turn_lines(diff: RegradeDiff) -> list[tuple[str, str, str]]:
    """The table "before, now, items"."""
    return [
        (f"{before} ({rule})", f"{after} ({after_rule})", str(count))
        for (before, rule, after, after_rule), count in diff.turns.items()
    ]


def version_lines(diff: RegradeDiff) -> list[tuple[str, str, str, str]]:
    """The table "graded before by, now by, items, changed"."""
    return [(v.grader or "unknown", diff.grader, str(v.items), str(v.changed)) for v in diff.versions]


def change_lines(diff: RegradeDiff, limit: int) -> list[tuple[str, str, str, str, str, str]]:
    """The table "item, before, now, answer before, answer now, gold", at most `limit` lines of it."""
    return [
        (c.id, f"{c.before} ({c.before_rule})", f"{c.after} ({c.after_rule})", c.before_predicted or "none",
         c.after_predicted or "none", c.answer)
        for c in diff.changes[:limit]
    ]  # fmt: skip


def headline(diff: RegradeDiff, form: Form) -> str:
    """One sentence: how many of what changed, and the accuracy before and now."""
    changed = len(diff.changes)
    rest = [
        (diff.other_rule, "kept their verdict by another rule"), (diff.other_answer, "had another answer extracted"),
        (diff.quadrants, "moved to another quadrant"), (diff.realigned, "were aligned again"),
    ]  # fmt: skip
    said = "".join(f"; {count} {what}" for count, what in rest if count)
    return (
        f"{diff.items} items of {diff.run} graded again, {changed} verdict{'' if changed == 1 else 's'} changed; "
        f"accuracy {shown(diff.accuracy_before, form)} before, {shown(diff.accuracy, form)} now{said}"
    )


def before_of(row: GradedRow) -> Mapping[str, Any]:
    """What the earlier run said; only of rows that were graded again."""
    assert row.before is not None
    return row.before


def _differs(row: GradedRow, field: str) -> bool:
    return bool(before_of(row)[field] != getattr(row, field))


def _change(row: GradedRow) -> Change:
    before = before_of(row)
    return Change(
        row.id, row.answer, before["verdict"], before["rule"], before["predicted"], before["grader"],
        row.verdict, row.rule, row.predicted,
    )  # fmt: skip
