"""The stage "report": the files that a run is made for, from the rows of its earlier stages."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.cells import set_cell_size

from engine.context import StageContext, StageResult
from engine.errors import RunFailed
from engine.evaluation.answer_classes import KEPT, with_answer_classes
from engine.evaluation.judging import flips_text
from engine.evaluation.samples import figures, note
from engine.evaluation.summary import Summary
from engine.machine.sampler import package_versions
from engine.recipes.stages.report import ReportSettings
from engine.reports.changes_text import regrade_lines, wrapped
from engine.reports.folder import write_report
from engine.reports.material import ReportMaterial, gather
from engine.reports.selection import most_instructive
from engine.reports.stage_table import StagesMaterial, compare_stages
from engine.reports.stages_folder import write_stages
from engine.reports.text import clip, clip_end, heat_map_text, quadrant_text, results_table_text
from engine.rows.graded import GradedRow
from engine.runs.files import write_atomic
from engine.statistics.wording import CORRELATION, PERCENT, shown
from engine.words import OUTCOME

SUMMARY_NAME = "summary.txt"
SUMMARY_WIDTH = 100
GROUPS_LISTED = 12
GROUP_COLUMNS = 28
TABLE_ROWS = 40
"""Items in the text summary: two screens; the whole of them is in the results file."""
HEAT_MAP_ORDER = ("near-miss", "robust", "lucky-guess", "failure")
"""Which quadrant's example ends the summary: the most instructive kind that the run has."""


def run(settings: ReportSettings, context: StageContext) -> StageResult:
    """Write the report; its files are the stage's artifacts, relative to the run.

    Of several graded stages each has a report in a folder of its name, and the summary is that of the last.
    """
    stages = _gathered(context)
    if not stages:
        raise RunFailed("there are no result rows to report on", "put an evaluate or score stage before the report")
    context.started("report", None, unit="files")
    context.note("drawing figures" if settings.figures else "writing the report")
    if len(stages) == 1:
        written = _write_one(context.folder(), stages[0], settings, context)
    else:
        written = _write_several(stages, settings, context)
    artifacts = {name: f"{context.stage}/{path}" for name, path in written.items()}
    context.counted(len(artifacts))
    return StageResult(stages[-1].summary.as_dict(), artifacts)


def _gathered(context: StageContext) -> list[ReportMaterial]:
    """The material of every earlier stage that has rows."""
    title, table = context.recipe.title, _settings_table(context)
    command = shlex.join(["mathreason-tui", "--batch", str(context.recipe_file)])
    found = []
    for stage in context.earlier_stages("graded"):
        kept = context.kept_by(stage, KEPT)
        if rows := with_answer_classes(context.rows_of(stage, GradedRow), context.checkpoint, kept):
            found.append(gather(title, table, rows, command, stage))
    return found


def _write_one(
    directory: Path, material: ReportMaterial, settings: ReportSettings, context: StageContext
) -> dict[str, str]:
    """The report of a stage; name -> path relative to the folder."""
    paths = write_report(directory, material, settings.heat_maps, settings.figures, context.checkpoint)
    write_atomic(directory / SUMMARY_NAME, summary_text(material.rows, material.summary))
    return {**paths.relative(), "text": SUMMARY_NAME}


def _write_several(stages: Sequence[ReportMaterial], settings: ReportSettings, context: StageContext) -> dict[str, str]:
    """A folder a stage, and what holds them against each other at the top."""
    found: dict[str, str] = {}
    for stage in stages:
        titled = replace(stage, title=f"{stage.title}: {stage.stage}")
        written = _write_one(context.folder() / stage.stage, titled, settings, context)
        found |= {f"{stage.stage}:{name}": f"{stage.stage}/{path}" for name, path in written.items()}
    comparisons = compare_stages(context.run_id, context.recipe.model_dump(mode="json"), stages)
    first, last = stages[0], stages[-1]
    material = StagesMaterial(first.title, first.settings, stages, comparisons, first.command)
    text = summary_text(last.rows, last.summary)
    return {**write_stages(context.folder(), material, text, SUMMARY_WIDTH), **found}


def _settings_table(context: StageContext) -> dict[str, str]:
    """What was run, for the head of the report: one line each."""
    recipe = context.recipe
    table: dict[str, object] = {
        "run": context.run_id, "recipe": recipe.name, "preset": context.hardware.name, "seed": recipe.seed,
        **({"earlier run": recipe.run} if recipe.run else {"problems": recipe.problems.path or recipe.problems.source}),
        **{role: model for role, model in recipe.models.model_dump().items() if model},
        **{f"{stage.name} stage": _chosen(stage.model_dump(exclude={"kind", "name"})) for stage in recipe.stages},
        "packages": _chosen(package_versions(), " "),
    }  # fmt: skip
    if not recipe.run:
        table["selection"] = _chosen(recipe.problems.model_dump(exclude={"source", "path"}))
    return {key: str(value) for key, value in table.items()}


def _chosen(settings: Mapping[str, Any], sign: str = " = ") -> str:
    """The settings in one line, without those that say nothing."""
    found = ((name, f"({_chosen(value)})" if isinstance(value, dict) else value) for name, value in settings.items())
    return ", ".join(f"{name}{sign}{value}" for name, value in found if value not in (None, "", "()", [], ()))


def summary_text(rows: Sequence[GradedRow], summary: Summary, width: int = SUMMARY_WIDTH) -> str:
    """What `--batch` prints at the end: items, outcomes, quadrants and one heat map."""
    items = [row.to_item("", 0) for row in rows[:TABLE_ROWS]]
    parts = [results_table_text(items, width)]
    if len(rows) > TABLE_ROWS:
        parts.append(f"... and {len(rows) - TABLE_ROWS} more items in the results file")
    parts += ["", *accuracy_lines(summary, width), *regrade_lines(rows, width), ""]
    unaligned = summary.items - summary.aligned
    parts += [quadrant_text(summary.quadrants, unaligned, width, summary.quadrant_shares)]
    parts += association_lines(summary, width)
    examples = most_instructive(rows)
    chosen = next((examples[name] for name in HEAT_MAP_ORDER if name in examples), None)
    if chosen is not None:
        parts += ["", heat_map_text(chosen, width)]
    return "\n".join(parts) + "\n"


def accuracy_lines(summary: Summary, width: int = SUMMARY_WIDTH) -> list[str]:
    """Every accuracy with its 95 % interval: of all items, by each grader, by level and by subject."""
    counts = ", ".join(f"{OUTCOME[name].long} {count}" for name, count in summary.outcomes.items() if count)
    lines = [f"accuracy {shown(summary.accuracy, PERCENT)} of {summary.items}: {counts}"]
    if summary.judge.n:
        lines.append(f"  symbolic grader alone {shown(summary.symbolic, PERCENT)} of {summary.symbolic.n}")
        flips = f"it changed {flips_text(summary.judge_flips_by)}"
        lines.append(f"  judge where asked {shown(summary.judge, PERCENT)} of {summary.judge.n}: {flips}")
    if summary.samples:
        lines += [f"  {name:<7} {shown(figure, PERCENT)}" for name, figure in figures(summary.samples)]
        lines += [f"  {line}" for line in wrapped(note(summary.samples), width - 2)]
    for field, groups in (("level", summary.by_level), ("subject", summary.by_subject)):
        for group in groups[:GROUPS_LISTED]:
            name = set_cell_size(clip(f"{field} {group.name}", GROUP_COLUMNS), GROUP_COLUMNS)
            lines.append(clip_end(f"  {name} {shown(group.accuracy, PERCENT)} of {group.items}", width))
        if len(groups) > GROUPS_LISTED:
            lines.append(f"  ... and {len(groups) - GROUPS_LISTED} more groups in the report")
    return lines


def association_lines(summary: Summary, width: int = SUMMARY_WIDTH) -> list[str]:
    """How the headline score goes with a right answer, with the count or the reason why that is undefined."""
    found = summary.associations.get(summary.variant)
    if found is None:
        return []
    if found.reason:
        text = f"{summary.variant} and right answers have no correlation: {found.reason} (n = {found.pearson.n})"
        return ["", *wrapped(text, width)]
    values = ", ".join(
        f"{name} {shown(estimate, CORRELATION)}"
        for name, estimate in (("Pearson", found.pearson), ("Spearman", found.spearman), ("AUC", found.auc))
    )
    text = f"{summary.variant} with a right answer: {values}; n = {found.pearson.n}, this run's items only"
    return ["", *wrapped(text, width)]
