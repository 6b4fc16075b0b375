"""What a run with several graded stages says of them: stage against stage, and each later one against the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.compare.by_stage import stage_sides
from engine.compare.cautions import flat
from engine.compare.compared import finding, interval_words, p_words, tested_by
from engine.compare.comparison import Comparison, Flip, compare
from engine.compare.pairing import Side
from engine.reports.folder import CsvLine, csv_lines
from engine.reports.material import ReportMaterial
from engine.rows.graded import GradedRow
from engine.runs.events import RunFinished
from engine.runs.growing import Items
from engine.runs.state import RunState, StageState
from engine.statistics.figure import NO_INTERVAL, Figure
from engine.statistics.wording import POINTS, SCORE_DIFFERENCE, shown
from engine.words import FLIP, OUTCOME, outcome_sign

FLIP_HEADER = ("", "item", "outcome", "gold", "answer A", "answer B")


@dataclass(frozen=True, slots=True)
class StagesMaterial:
    """The material of each stage, in their order, and the comparisons of later stages with the first, as far as they
    share problems."""

    title: str
    settings: Mapping[str, str]
    stages: Sequence[ReportMaterial]
    comparisons: Sequence[Comparison]
    command: str


def compare_stages(run_id: str, config: Mapping[str, Any], stages: Sequence[ReportMaterial]) -> list[Comparison]:
    """Each later stage against the first one, where they share problems; `config` is the recipe that was run."""
    kinds = {stage["name"]: stage["kind"] for stage in config["stages"]}
    state = RunState(
        run_id, stages=tuple(_stage_state(stage, kinds[stage.stage]) for stage in stages), finished=RunFinished("done")
    )
    versions = {stage.stage: _versions(stage.rows) for stage in stages}
    side = Side(state, settings=flat(config), versions=versions)
    pairs = (stage_sides(side, side, stages[0].stage, later.stage)[0] for later in stages[1:])
    return [found for a, b in pairs if (found := compare(a, b)).pairs]


def _stage_state(material: ReportMaterial, kind: str) -> StageState:
    return StageState(
        material.stage, kind, "finished", items=Items(row.to_item(material.stage, 0) for row in material.rows)
    )


def _versions(rows: Sequence[GradedRow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in (*rows[:1], *rows[-1:]):
        for name, version in row.versions.items():
            if found.setdefault(name, version) != version:
                found[name] = f"{found[name]} and {version}"
    return found


# -- as texts, for the document to escape

STAGE_HEADER = ("stage", "n", "accuracy", *(word.short for word in OUTCOME.values()), "mean coverage")


def stage_lines(
    stages: Sequence[ReportMaterial], percent: Callable[[Figure], str], number: Callable[[Figure], str]
) -> Iterator[tuple[str, ...]]:
    """A line a stage, under STAGE_HEADER."""
    for material in stages:
        summary = material.summary
        outcomes = (str(summary.outcomes[name]) for name in OUTCOME)
        yield (
            material.stage, str(summary.items), percent(summary.accuracy), *outcomes, number(summary.means["coverage"]),
        )  # fmt: skip


def comparison_title(found: Comparison) -> str:
    """ "tuned (B) against base (A)"."""
    return f"{found.stage_b} (B) against {found.stage_a} (A)"


def table_lines(found: Comparison) -> list[tuple[str, str, str, str]]:
    """Right and not right in each stage, the header first."""
    table = found.table
    right_a, right_b = table.right
    return [
        ("", "B right", "B not right", "in all"),
        ("A right", str(table.both), str(table.lost), str(right_a)),
        ("A not right", str(table.gained), str(table.neither), str(table.total - right_a)),
        ("in all", str(right_b), str(table.total - right_b), str(table.total)),
    ]


def sentences(found: Comparison) -> list[str]:
    """What came of the comparison, and why to be careful with it."""
    table = found.table
    said = [
        f"Accuracy, B minus A: {shown(table.difference, POINTS)} points over {table.total} items of both "
        f"({interval_words(table)}).",
        f"{p_words(table.p_value)} ({tested_by(table)}): {finding(table)}.",
    ]
    for name, difference in (("Coverage", found.coverage), ("Extra", found.extra)):
        if difference.value is not None:
            said.append(f"{name}, B minus A: {shown(difference, SCORE_DIFFERENCE)} over {difference.n} items.")
    if found.differs:
        said.append(f"They differ in {'; '.join(map(str, found.differs))}.")
    return said + [f"Careful: {caution}." for caution in found.cautions]


def flip_lines(found: Comparison, limit: int) -> list[tuple[str, ...]]:
    """A line a flip, under FLIP_HEADER."""
    return [_flip_line(flip) for flip in found.flips[:limit]]


def _flip_line(flip: Flip) -> tuple[str, ...]:
    a, b = flip.pair.a, flip.pair.b
    outcome = f"{outcome_sign(flip.a).word} → {outcome_sign(flip.b).word}"
    answers = (a.fact("answer"), a.fact("predicted"), b.fact("predicted"))
    return (FLIP[flip.kind].glyph, a.id, outcome, *(answer or "–" for answer in answers))


def flips_left(found: Comparison, limit: int) -> str:
    """What is said below the table of flips; "" where it has all of them."""
    counts = ", ".join(f"{count} {FLIP[kind].word}" for kind, count in found.flip_counts.items() if count)
    if not counts:
        return "No item flipped."
    left = len(found.flips) - limit
    return f"Flips: {len(found.flips)} ({counts})" + (f", {left} of them not listed here." if left > 0 else ".")


def stages_csv(material: StagesMaterial) -> Iterator[CsvLine]:
    """The figures of all stages, then the differences to the first one: "tuned.accuracy_difference", "against=base"."""
    for stage in material.stages:
        yield from csv_lines(stage.summary, stage.stage)
    for found in material.comparisons:
        group, table = f"against={found.stage_a}", found.table
        note = f"{p_words(table.p_value)} ({tested_by(table)})"
        yield f"{found.stage_b}.accuracy_difference", group, table.difference, note
        yield f"{found.stage_b}.p_value", group, Figure(table.p_value, n=table.units), note
        for name, difference in (("coverage", found.coverage), ("extra", found.extra)):
            lacking = NO_INTERVAL if difference.lacks_interval else ""
            yield f"{found.stage_b}.mean_{name}_difference", group, difference, lacking
        for kind, count in found.flip_counts.items():
            yield f"{found.stage_b}.flips_{kind}", group, Figure(float(count), n=table.total), ""
