"""What screens do to runs on disk: start, take up, delete. All of it blocks and is called in a thread."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.runs.directory import RunDirectory, create_run, read_record
from engine.runs.files import naming_the_place
from engine.runs.launch import launch, wait_ready
from engine.runs.overview import overview
from engine.runs.process import alive
from engine.runs.status import ENDED

if TYPE_CHECKING:
    from engine.recipes.loading import Resolved

Sleep = Callable[[float], None]


def start_run(runs_dir: Path, resolved: Resolved, argv: Sequence[str], sleep: Sleep = time.sleep) -> RunDirectory:
    """Make the run's folder, start its worker, and return when the worker has announced itself."""
    from engine.recipes.loading import dump_recipe, require_complete

    resolved = require_complete(resolved, runs_dir)
    recipe = resolved.recipe
    run = create_run(
        runs_dir, recipe.name, resolved.preset.name, dump_recipe(resolved), recipe.model_dump(mode="json"), argv
    )
    wait_ready(run, launch(run), sleep=sleep)
    return run


def resume_run(run: RunDirectory, sleep: Sleep = time.sleep) -> None:
    """Start a new worker on an ended run; it continues after the finished items."""
    already = run.events.stat().st_size if run.events.exists() else 0
    wait_ready(run, launch(run), already=already, sleep=sleep)


def delete_run(run: RunDirectory) -> None:
    """Remove the run's folder; UserError where a worker is still at work on it."""
    status, record = overview(run).status, read_record(run)
    if status not in ENDED or (record is not None and alive(record.pid, record.pid_started)):
        raise UserError(f"{run.id} is {status}: it cannot be deleted", "cancel it first (x)")
    # Renamed first: half a folder, left by an interrupted deletion, must not look like a damaged run.
    doomed = run.path.with_name(f".deleted-{run.path.name}")
    with naming_the_place(run.path):
        run.path.rename(doomed)
        shutil.rmtree(doomed)
