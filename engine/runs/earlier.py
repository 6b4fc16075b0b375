"""An earlier run as material for a new one: which of its stages has the rows, what was asked of it. Read only.

The stage is the last one that made graded rows (kinds GRADED), so a run that was graded again is taken as it is now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.runs.directory import RunDirectory, find_run, list_runs
from engine.runs.files import read_json
from engine.runs.overview import overview
from engine.runs.results import Row, read_lines
from engine.runs.status import ENDED

GRADED = ("evaluate", "score", "regrade")
"""Kinds of stages whose results.jsonl holds graded items."""

NEWEST_SHOWN = 3
LAST = "last"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run with graded rows: `stage` is the settings of the stage that made them, `models` the roles of the run."""

    run: RunDirectory
    stage: Mapping[str, Any]
    models: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def under_way(self) -> bool:
        """Whether a worker is still adding rows."""
        return overview(self.run).status not in ENDED

    def rows(self) -> Iterator[tuple[int, Row | None]]:
        """(byte, row) of every line of the results; None where the line is torn or foreign."""
        return read_lines(self.run.results(str(self.stage["name"])))


def open_earlier(runs_dir: Path, text: str) -> EarlierRun:
    """The run that `text` names, as `find_run` takes it; UserError where there is none or it has no graded item.

    A path that leads nowhere any more is looked for by its last part in `runs_dir`: the folder may have been moved.
    "last" is the newest run that has any.
    """
    if text == LAST and (newest := next(_with_results(runs_dir), None)):
        text = newest.id
    moved = Path(text).is_absolute() and not Path(text).exists()
    run = find_run(runs_dir, Path(text).name if moved else text)
    config = _object(read_json(run.path / "config_resolved.json"))
    stages = [_object(stage) for stage in config.get("stages") or ()]
    graded = [s for s in stages if s.get("kind") in GRADED and run.results(str(s.get("name"))).exists()]
    found = graded or [{"name": path.parent.name} for path in sorted(run.path.glob("*/results.jsonl"))]
    if not found:
        raise UserError(f"{run.id} has no graded items", f"take a run that has some; {newest_graded(runs_dir)}")
    return EarlierRun(run, found[-1], _object(config.get("models")))


def newest_graded(runs_dir: Path) -> str:
    """What a message offers instead: the newest runs that have results."""
    found = [run.id for run in islice(_with_results(runs_dir), NEWEST_SHOWN)]
    if not found:
        return f"{runs_dir} holds none: choose another folder with --runs DIR"
    return f"the newest {'is' if len(found) == 1 else 'are'} {', '.join(found)}"


def _with_results(runs_dir: Path) -> Iterator[RunDirectory]:
    """The runs that have finished items, newest first."""
    for run in list_runs(runs_dir):
        if any(path.stat().st_size for path in run.path.glob("*/results.jsonl")):
            yield run


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
