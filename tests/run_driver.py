"""Drives real workers in tests and benchmarks: make a run, launch, wait, kill, resume, and compare what they left."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.recipes.loading import dump_recipe, resolve
from engine.runs.directory import RunDirectory, create_run
from engine.runs.launch import launch
from engine.runs.results import read_rows
from engine.runs.state import RunState, fold_many
from engine.runs.tail import EventTail
from tests.cost import STUCK_S

TIMING_FIELDS = ("seconds",)
"""Fields of a row that tell of the machine and not of the model."""


def make_run(runs_dir: Path, recipe: str | Path, sets: Sequence[str] = (), preset: str | None = None) -> RunDirectory:
    """A run directory as `--batch` would make it; no worker yet."""
    resolved = resolve(recipe, preset, sets)
    config: dict[str, Any] = resolved.recipe.model_dump(mode="json")
    return create_run(runs_dir, resolved.recipe.name, resolved.preset.name, dump_recipe(resolved), config, ["test"])


def state_of(run: RunDirectory) -> RunState:
    return fold_many(RunState(), EventTail(run.events).read_all())


def wait_until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    """Return as soon as the condition holds; AssertionError naming `what` when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s for {what}"
        time.sleep(0.01)


def finish(run: RunDirectory, within_s: float = STUCK_S) -> int:
    """Launch a worker and wait for its exit code."""
    return launch(run).wait(timeout=within_s)


def kill_after(run: RunDirectory, seconds: float) -> bool:
    """Launch a worker and kill -9 it after so many seconds; False when it had ended before."""
    process = launch(run)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def outcome(run: RunDirectory) -> dict[str, Any]:
    """What must be equal between an undisturbed and a killed and resumed run: rows without timings, report, status."""
    results = {
        path.parent.name: [
            {k: v for k, v in row.items() if k not in TIMING_FIELDS}
            for _, row in sorted(read_rows(path), key=lambda pair: pair[1]["index"])
        ]
        for path in run.path.glob("*/results.jsonl")
    }
    result = json.loads(run.result.read_text())
    summary = run.path / "report" / "summary.csv"
    return {
        "results": results,
        "status": result["status"],
        "accuracy": result["summary"].get("accuracy"),
        "summary.csv": summary.read_text() if summary.exists() else None,
        "samples": sorted(s.id for s in state_of(run).items),
    }
