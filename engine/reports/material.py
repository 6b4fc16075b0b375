"""What every document of a report is made from, gathered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.evaluation.summary import Summary, summarise
from engine.reports.figures import SavedFigure
from engine.rows.graded import GradedRow


@dataclass(frozen=True, slots=True)
class ReportMaterial:
    """`settings` say what was run, one line each, `command` how to run it again; `rows` are in the problems' order.
    `figures` are drawn already, in the folder figures/ beside the documents; `stage` made the rows."""

    title: str
    settings: Mapping[str, str]
    rows: Sequence[GradedRow]
    summary: Summary
    command: str
    figures: Sequence[SavedFigure] = ()
    stage: str = ""

    def figure(self, name: str) -> SavedFigure | None:
        """None where the rows did not allow it, or none were drawn."""
        return next((figure for figure in self.figures if figure.name == name), None)

    @property
    def heat_maps(self) -> list[SavedFigure]:
        return [figure for figure in self.figures if figure.row is not None]


def gather(
    title: str, settings: Mapping[str, str], rows: Sequence[GradedRow], command: str, stage: str = ""
) -> ReportMaterial:
    """The material without figures; `rows` in any order."""
    ordered = sorted(rows, key=lambda row: int(row.index))
    return ReportMaterial(title, settings, ordered, summarise(ordered), command, stage=stage)
