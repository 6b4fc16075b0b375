"""StageContext: all that a stage may use. It knows neither the file layout of a run nor a front end.

`emit` a fact, call `checkpoint()` at every safe point, `save_row` what is finished, ask for models by role.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from engine.controls import Controls
from engine.errors import UserError
from engine.models.paths import cache_dir
from engine.models.pool import LoadedModels
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.rows.kinds import SavedRow
from engine.runs.control import Request
from engine.runs.earlier import EarlierRun, open_earlier
from engine.runs.events import Event, Metric, Progress, StageStarted, Warned
from engine.runs.files import read_json, write_atomic
from engine.runs.results import read_rows
from engine.runs.writer import RunWriter
from engine.stages import recorded_kind

R = TypeVar("R", bound=SavedRow)


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage hands on: a small JSON-able summary and the names of what it made (relative paths)."""

    summary: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)


class StageContext:
    """One stage's view of its run."""

    def __init__(
        self,
        stage: str,
        recipe: Recipe,
        hardware: HardwarePreset,
        models: LoadedModels,
        writer: RunWriter,
        controls: Controls,
    ) -> None:
        self.stage = stage
        self.recipe = recipe
        self.hardware = hardware
        settings = next(s for s in recipe.stages if s.name == stage)
        self.models = models.for_roles(recipe.models_of(settings))
        self.problems = recipe.problems_of(settings)
        self.checkpoint = controls.checkpoint
        self._controls = controls
        self._writer = writer
        self._total: int | None = None
        self._done = 0

    @property
    def run_id(self) -> str:
        return self._writer.run.id

    @property
    def recipe_file(self) -> Path:
        """The resolved recipe of this run, which runs again by itself."""
        return self._writer.run.recipe

    @property
    def cache(self) -> Path:
        """The folder of caches that runs share."""
        return cache_dir()

    def emit(self, event: Event) -> None:
        self._writer.emit(event)

    def started(self, kind: str, total: int | None, done: int = 0, unit: str = "items") -> None:
        """Announce the stage; `done` items were finished by an earlier worker."""
        self._total, self._done = total, done
        self.emit(StageStarted(self.stage, kind, total, done, unit))

    def note(self, text: str) -> None:
        """Say what the stage is doing now ("loading the model")."""
        self.emit(Progress(self.stage, self._done, self._total, text))

    def counted(self, done: int) -> None:
        """Say how much a stage without a known total has made."""
        self._done = self._total = done
        self.emit(Progress(self.stage, done, done))

    def warn(self, message: str, next_step: str = "") -> None:
        self.emit(Warned(self.stage, message, next_step))

    def metric(self, values: Mapping[str, float | None], step: int | None = None) -> None:
        """Figures at this moment, by dotted names ("speed.tokens_per_second")."""
        self.emit(Metric(self.stage, values, step))

    def finished_rows(self, kind: type[R]) -> dict[str, R]:
        """Rows that an earlier worker of this run finished, by item id. A torn last line is cut off for good.

        A row whose Item event was lost with that worker gets it now, so that screens and file agree.
        """
        self._writer.open_results(self.stage)
        stage = self._writer.earlier.stage(self.stage)
        told = {item.id for item in stage.items} if stage else set()
        rows: dict[str, R] = {}
        for offset, row in self._usable_rows(self.stage, kind):
            rows.setdefault(row.id, row)
            if row.id not in told:
                told.add(row.id)
                self.emit(row.to_item(self.stage, offset))
        return rows

    def save_row(self, row: SavedRow, note: str = "") -> None:
        """Append a finished item and tell of it."""
        self._writer.append_row(self.stage, row.to_json(), lambda offset: row.to_item(self.stage, offset))
        self._done += 1
        self.emit(Progress(self.stage, self._done, self._total, note))

    def requests(self) -> list[Request]:
        """Requests of the kinds that this stage takes (its entry in the stage table), oldest first. Call it at safe
        points, and `answer` each."""
        return self._controls.requests()

    def answer(self, request: Request, message: str = "", *, accepted: bool = True) -> None:
        """Tell the front ends what came of a request; a refusal says why."""
        self._controls.answer(request, message, accepted=accepted)

    def earlier_run(self) -> EarlierRun:
        """The earlier run that the recipe names (`run`), for reading only; UserError where it is not there."""
        if not self.recipe.run:
            raise UserError(f"{self.recipe.name} names no run to work on", "--set run=RUN")
        return open_earlier(self._writer.run.path.parent, self.recipe.run)

    def earlier_stages(self, making: str) -> tuple[str, ...]:
        """The earlier stages that make rows of this kind (`engine.rows.kinds`), in their order."""
        names = [s.name for s in self.recipe.stages]
        before = self.recipe.stages[: names.index(self.stage)]
        return tuple(s.name for s in before if recorded_kind(s.kind).makes == making)

    def rows_of(self, stage: str, kind: type[R]) -> list[R]:
        """The rows of an earlier stage, in the order of the problems."""
        rows = [row for _, row in self._usable_rows(stage, kind)]
        unique = {row.id: row for row in reversed(rows)}
        return sorted(unique.values(), key=lambda row: (row.index, row.id))

    def kept_by(self, stage: str, name: str) -> Any:
        """The document that an earlier stage kept under this name; None where there is none."""
        return read_json(self._writer.run.stage(stage) / name)

    def _usable_rows(self, stage: str, kind: type[R]) -> Iterator[tuple[int, R]]:
        """(offset, row) of the stage's rows; a foreign one is left out with a warning, its item is done again."""
        path = self._writer.run.results(stage)
        for offset, body in read_rows(path):
            try:
                row = kind.from_json(body)
            except ValueError as error:
                self.warn(f"{path.name} of {stage} holds a row at byte {offset} that is no result: {error}")
            else:
                yield offset, row

    def folder(self) -> Path:
        """A folder for the files this stage makes."""
        path = self._writer.run.stage(self.stage)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, name: str, value: Any) -> str:
        """Save a small JSON document with the stage; returns its path relative to the run."""
        path = self.folder() / name
        write_atomic(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")
        return f"{self.stage}/{name}"
