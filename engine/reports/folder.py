"""The report of an evaluation: rows, summary, figures, report.md, report.tex and table.tex in one folder.

Every file is replaced whole; the same rows give the same bytes again, so a killed report is just repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import RunFailed
from engine.evaluation.samples import figures as figures_of
from engine.evaluation.summary import Summary
from engine.reports.article import document_text
from engine.reports.figures import SavedFigure, save_figures
from engine.reports.latex import table_text
from engine.reports.markdown import report_text
from engine.reports.material import ReportMaterial
from engine.rows.graded import GradedRow
from engine.runs.files import naming_the_place, replacing, write_atomic
from engine.runs.results import encode_row
from engine.statistics.figure import NO_INTERVAL, Figure

RESULTS_NAME = "realign_benchmark_results.jsonl"
SUMMARY_NAME = "summary.csv"
MARKDOWN_NAME = "report.md"
LATEX_NAME = "table.tex"
DOCUMENT_NAME = "report.tex"
FIGURES_NAME = "figures"
CSV_COLUMNS = ("metric", "group", "value", "low", "high", "n", "note")
ROWS_A_CHECKPOINT = 200  # a row is a few kilobytes: a request is answered within a few milliseconds of writing

OWN_FIGURES = ("heat_map_*", "quadrants.*", "scores.*", "divergences.*", "accuracy_by_*")
"""Names this room gives its figures: leftovers of an earlier report with other settings are removed, nothing else."""

COUNTS = ("judge_flips", "outcome_", "hit_token_limit", "quadrant_", "tokens", "first_divergence")
"""How the metrics begin that are counted, not estimated: they have no interval, and need none."""

CsvLine = tuple[str, str, Figure, str]
"""Metric, group, the figure with its interval and n, and why it is undefined."""


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """Where the report lies. `figures` are the PNGs; each has its PDF beside it."""

    directory: Path
    results: Path
    summary: Path
    markdown: Path
    latex: Path
    document: Path
    figures: tuple[Path, ...]

    def relative(self) -> dict[str, str]:
        """Name -> path relative to the report's folder."""
        named = {
            "results": self.results,
            "summary": self.summary,
            "report": self.markdown,
            "table": self.latex,
            "latex": self.document,
            **{f"figure:{path.stem}": path for path in self.figures},
        }
        return {name: path.relative_to(self.directory).as_posix() for name, path in named.items()}


def write_report(
    directory: Path,
    material: ReportMaterial,
    heat_maps: int = 6,
    figures: bool = True,
    checkpoint: Callable[[], None] = lambda: None,
) -> ReportPaths:
    """Write the whole report, with its `figures`, among them at most so many `heat_maps`, or without any.

    `checkpoint` is called between pieces of work and may raise Cancelled. Raises RunFailed without rows and
    EnvironmentMissing for a full disk, a forbidden folder or a missing matplotlib.
    """
    if not material.rows:
        raise RunFailed(
            f"no finished item to report in {directory}", "run the stage before the report first, then resume the run"
        )
    with naming_the_place(directory):
        (directory / FIGURES_NAME).mkdir(parents=True, exist_ok=True)
    paths = ReportPaths(
        directory,
        directory / RESULTS_NAME,
        directory / SUMMARY_NAME,
        directory / MARKDOWN_NAME,
        directory / LATEX_NAME,
        directory / DOCUMENT_NAME,
        (),
    )
    _write_results(paths.results, material.rows, checkpoint)
    write_atomic(paths.summary, summary_csv(material.summary, material.stage))
    write_atomic(paths.latex, table_text(material.title, material.summary))
    if figures:
        saved = _write_figures(directory / FIGURES_NAME, material, heat_maps, checkpoint)
        material = replace(material, figures=saved)
    write_atomic(paths.markdown, report_text(material))
    write_atomic(paths.document, document_text(material))
    drawn = tuple(directory / FIGURES_NAME / f"{figure.name}.png" for figure in material.figures)
    return replace(paths, figures=drawn)


def summary_csv(summary: Summary, stage: str = "") -> str:
    """The summary as CSV with the columns metric, group, value, low, high, n, note.

    `metric` is named by its stage ("evaluate.accuracy"), bare where no `stage` is given. `group` is "all", "level=..."
    or "subject=..." for accuracy and mean coverage, and "step=3", "ended-early" or "none" for first_divergence. `low`
    and `high` bound the 95 % interval and are empty for counts; `note` says why a value is empty, where there is more
    to say than that no item has it, and why an estimate has no interval.
    """
    return csv_text(csv_lines(summary, stage))


def csv_text(lines: Iterable[CsvLine]) -> str:
    """The lines below the names of their columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for metric, group, figure, note in lines:
        writer.writerow(
            [metric, group, _number(figure.value), _number(figure.low), _number(figure.high), figure.n, note]
        )
    return out.getvalue()


def csv_lines(summary: Summary, stage: str = "") -> Iterator[CsvLine]:
    """A line a figure of the summary, named by its stage."""
    for metric, group, figure, note in _csv_lines(summary):
        if figure.lacks_interval and not metric.startswith(COUNTS):
            note = note or NO_INTERVAL
        yield f"{stage}.{metric}" if stage else metric, group, figure, note


def _csv_lines(summary: Summary) -> Iterator[CsvLine]:
    for metric, estimate in _whole_run(summary):
        yield metric, "all", estimate, ""
    for name, association in summary.associations.items():
        yield f"pearson_{name}", "all", association.pearson, association.reason
        yield f"spearman_{name}", "all", association.spearman, association.reason
        yield f"auc_{name}", "all", association.auc, association.reason if association.auc.value is None else ""
    for way, count in summary.judge_flips_by.items():
        yield "judge_flips", way, _counted(count, summary.judge.n), ""
    for step, count in summary.divergences.at_step.items():
        yield "first_divergence", f"step={step}", _counted(count, summary.aligned), ""
    for name, share in summary.divergences.shares.items():
        yield "share_first_divergence", name, share, ""
    yield "first_divergence", "ended-early", _counted(summary.divergences.ended_early, summary.aligned), ""
    yield "first_divergence", "none", _counted(summary.divergences.none, summary.aligned), ""
    for field, groups in (("level", summary.by_level), ("subject", summary.by_subject)):
        for group in groups:
            yield "accuracy", f"{field}={group.name}", group.accuracy, ""
            yield "mean_coverage", f"{field}={group.name}", group.coverage, ""


def _whole_run(summary: Summary) -> Iterator[tuple[str, Figure]]:
    yield "accuracy", summary.accuracy
    yield "accuracy_symbolic", summary.symbolic
    yield "accuracy_judge", summary.judge
    yield "judge_flips", _counted(summary.judge_flips, summary.judge.n)
    yield from figures_of(summary.samples)
    for name, count in summary.outcomes.items():
        yield f"outcome_{name}", _counted(count, summary.items)
        yield f"share_{name}", summary.outcome_shares[name]
    yield "hit_token_limit", _counted(summary.truncated, summary.items)
    for name, count in summary.quadrants.items():
        yield f"quadrant_{name}", _counted(count, summary.aligned)
        yield f"share_{name}", summary.quadrant_shares[name]
    for name, estimate in summary.means.items():
        yield f"mean_{name}", estimate
    yield "tokens", _counted(summary.tokens, summary.items)
    yield "mean_tokens", summary.mean_tokens


def _counted(count: int, n: int) -> Figure:
    return Figure(float(count), n=n)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _write_results(path: Path, rows: Sequence[GradedRow], checkpoint: Callable[[], None]) -> None:
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        for place, row in enumerate(rows):
            if place % ROWS_A_CHECKPOINT == 0:
                checkpoint()
            file.write(encode_row(row.to_json()) + "\n")


def _write_figures(
    directory: Path, material: ReportMaterial, heat_maps: int, checkpoint: Callable[[], None]
) -> tuple[SavedFigure, ...]:
    saved = save_figures(directory, material.rows, material.summary, heat_maps, checkpoint)
    names = {figure.name for figure in saved}
    for pattern in OWN_FIGURES:
        for leftover in directory.glob(pattern):
            if leftover.stem not in names and leftover.suffix in (".png", ".pdf"):
                leftover.unlink()
    return saved
