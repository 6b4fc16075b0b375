"""The run directory: where each file lies, how a run is made, found and listed.

runs/<stamp>-<recipe>-<4 hex>/ with run.json, recipe.toml, config_resolved.json, events.jsonl, <stage>/, control/,
worker.log and result.json. The launcher makes the folder with the first three; from then on only the worker writes, and
front ends write requests.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.errors import EnvironmentMissing, UserError
from engine.runs.files import NO_SPACE, naming_the_place, read_json, write_atomic, write_json_atomic

RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunRecord:
    """run.json: who made the run and which process works on it. `pid_started` guards against re-used pids."""

    id: str
    recipe: str
    preset: str
    argv: tuple[str, ...] = ()
    created: float = 0.0
    host: str = ""
    pid: int | None = None
    pid_started: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    v: int = RECORD_VERSION


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths of one run; says nothing about whether they exist."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def record(self) -> Path:
        return self.path / "run.json"

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control"

    @property
    def log(self) -> Path:
        return self.path / "worker.log"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    def stage(self, name: str) -> Path:
        return self.path / name

    def results(self, stage: str) -> Path:
        return self.stage(stage) / "results.jsonl"


class UnknownRun(UserError):
    """There is no run of that name."""


def create_run(
    runs_dir: Path, recipe: str, preset: str, recipe_toml: str, config: Mapping[str, Any], argv: Sequence[str]
) -> RunDirectory:
    """Make the folder of a new run with what was asked; the worker is not started yet (`engine.runs.launch`).

    Where that fails nothing of it stays: half a folder can neither be resumed nor told from a damaged run.
    """
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in recipe)[:40] or "run"
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    run = RunDirectory(runs_dir.resolve() / f"{stamp}-{name}-{secrets.token_hex(2)}")
    record = RunRecord(run.id, recipe, preset, tuple(argv), time.time(), socket.gethostname())
    try:
        with naming_the_place(run.path):
            run.path.mkdir(parents=True)
            run.control.mkdir()
        write_atomic(run.recipe, recipe_toml)
        write_json_atomic(run.path / "config_resolved.json", config)
        write_record(run, record)
    except EnvironmentMissing as error:
        shutil.rmtree(run.path, ignore_errors=True)
        full = isinstance(error.__cause__, OSError) and error.__cause__.errno in NO_SPACE
        again = "free some space or choose another folder with --runs DIR, then run the same command again"
        raise EnvironmentMissing(error.message, again if full else error.next_step) from error
    return run


def write_record(run: RunDirectory, record: RunRecord) -> None:
    write_json_atomic(run.record, asdict(record))


def read_record(run: RunDirectory) -> RunRecord | None:
    """The record, or None where run.json is missing, torn or foreign."""
    body = read_json(run.record)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return None
    known = {f.name for f in fields(RunRecord)}
    try:
        values: dict[str, Any] = {k: tuple(v) if k == "argv" else v for k, v in body.items() if k in known}
        record = RunRecord(**values)
    except TypeError:
        return None
    return record if isinstance(record.pid, int | None) and isinstance(record.created, int | float) else None


def list_runs(runs_dir: Path) -> list[RunDirectory]:
    """Runs in the folder, newest first. Foreign files and folders without run.json or events are passed over.

    Raises OSError where the folder exists but cannot be read: that is not the same as "no runs".
    """
    if not runs_dir.exists():
        return []
    found = [RunDirectory(p) for p in runs_dir.iterdir() if p.is_dir() and not p.name.startswith(".")]
    return sorted((r for r in found if r.record.exists() or r.events.exists()), key=lambda r: r.id, reverse=True)


def find_run(runs_dir: Path, text: str) -> RunDirectory:
    """The run named by a path, an id, or a part of an id that only one run has; "last" is the newest."""
    as_path = Path(text)
    if (as_path / "run.json").exists():
        return RunDirectory(as_path.resolve())
    runs = list_runs(runs_dir)
    if text == "last" and runs:
        return runs[0]
    exact = [r for r in runs if r.id == text]
    matching = exact or [r for r in runs if text and text in r.id]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = ", ".join(r.id for r in matching[:5])
        raise UserError(f'"{text}" fits {len(matching)} runs in {runs_dir}: {names}', "write more of the id")
    newest = f"the newest is {runs[0].id}" if runs else "the folder holds no runs"
    raise UnknownRun(f'no run "{text}" in {runs_dir}', f"{newest}; choose another folder with --runs DIR")


def find_stage(runs_dir: Path, text: str) -> tuple[RunDirectory, str]:
    """The run as `find_run` takes it and, of RUN/STAGE, the stage; "" where none is named."""
    named, _, stage = text.rstrip("/").rpartition("/")
    if not named or not stage or (Path(text) / "run.json").exists():
        return find_run(runs_dir, text), ""
    if Path(named).is_dir() and not (Path(named) / "run.json").exists():
        return find_run(runs_dir, text), ""  # a run's folder that is not there
    return find_run(runs_dir, named), stage
