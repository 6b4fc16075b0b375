"""An earlier run as material for a new one: which of its stages has the rows, what was asked of it. Read only.

The stage is the last one that made graded rows (kinds GRADED), so a run that was graded again is taken as it is now;
one that has begun and made none hides none of an earlier stage.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.runs.directory import RunDirectory, find_run, list_runs
from engine.runs.files import read_json
from engine.runs.overview import overview
from engine.runs.results import Row, read_lines, read_rows
from engine.runs.state import RunState, StageState, fold_many
from engine.runs.status import ENDED, RESUMABLE
from engine.runs.tail import EventTail
from engine.stages import kinds_making

GRADED = kinds_making("graded")
"""Kinds of stages whose results.jsonl holds graded items."""

NEEDED = ("verdict", "solution")
"""What a row has at least where it can be graded again."""

NEWEST_SHOWN = 3
LAST = "last"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run with graded rows: `stage` is the settings of the stage that made them, `models` the roles of the run;
    `empty` are later stages that should have made some and did not."""

    run: RunDirectory
    stage: Mapping[str, Any]
    models: Mapping[str, Any]
    empty: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def under_way(self) -> bool:
        """Whether a worker is still adding rows."""
        return overview(self.run).status not in ENDED

    @property
    def resume_command(self) -> str:
        """How its stage is finished."""
        return _resume_command(self.run)

    def told(self) -> StageState:
        """What the run's events tell of the stage: whether it was finished, how many items it was to have."""
        name = str(self.stage["name"])
        state = fold_many(RunState(), EventTail(self.run.events).read_all())
        return state.stage(name) or StageState(name)

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
    graded = [stage for stage in stages if stage.get("kind") in GRADED]
    graded = graded or [{"name": path.parent.name} for path in sorted(run.path.glob("*/results.jsonl"))]
    full = [place for place, stage in enumerate(graded) if _has_row(run.results(str(stage.get("name"))))]
    if not full:
        finish = f"finish it: {_resume_command(run)}, or " if overview(run).status in RESUMABLE else ""
        raise UserError(f"{run.id} has no graded items", f"{finish}take a run that has some; {newest_graded(runs_dir)}")
    empty = tuple(str(stage.get("name")) for stage in graded[full[-1] + 1 :])
    return EarlierRun(run, graded[full[-1]], _object(config.get("models")), empty)


def newest_graded(runs_dir: Path) -> str:
    """What a message offers instead: the newest runs that have results."""
    found = [run.id for run in islice(_with_results(runs_dir), NEWEST_SHOWN)]
    if not found:
        return f"{runs_dir} holds none: choose another folder with --runs DIR"
    return f"the newest {'is' if len(found) == 1 else 'are'} {', '.join(found)}"


def _with_results(runs_dir: Path) -> Iterator[RunDirectory]:
    """The runs that have finished items, newest first."""
    for run in list_runs(runs_dir):
        if any(map(_has_row, run.path.glob("*/results.jsonl"))):
            yield run


def _has_row(path: Path) -> bool:
    """Whether the file holds an item that can be graded again."""
    return any(all(name in row for name in NEEDED) for _, row in read_rows(path))


def _resume_command(run: RunDirectory) -> str:
    return shlex.join(["mathreason-tui", "--resume", str(run.path)])


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
