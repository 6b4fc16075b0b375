"""Where the items of a run come from: a run that grades another one's answers again has that one's problems and model.

Read from what was asked of the runs (config_resolved.json); never raises for a damaged or a missing run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.compare.cautions import about_problems, flat
from engine.runs.directory import RunDirectory
from engine.runs.files import read_json
from engine.stages import recorded_kind

FARTHEST = 32
"""Regrades of regrades that are followed: files that name each other must not make a circle."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The run that made the answers, and what was asked of it, flat; empty where it is gone."""

    id: str
    settings: Mapping[str, Any]

    @property
    def policy(self) -> str:
        """The model whose answers they are, those of the last stage where there are several; "" where they came from a
        file or nobody knows."""
        return self.policy_of("")

    def policy_of(self, stage: str) -> str:
        """The model whose answers a stage has; as `policy` for a stage that brings none of its own."""
        answering = _answering_stages(self.settings)
        chosen = stage if stage in answering else answering[-1] if answering else ""
        own = self.settings.get(f"{chosen}.models.policy") if chosen else None
        return str(own or self.settings.get("models.policy") or "")

    @property
    def problems(self) -> Mapping[str, Any]:
        """What decides which items there are: the choice of problems (not how many of them) and the samples of each."""
        chosen = {key: value for key, value in self.settings.items() if _chooses(key)}
        samples = [value for key, value in self.settings.items() if key.endswith(".samples")]
        return chosen | {"samples": samples or [1]} if chosen else {}


def origin_of(run: RunDirectory) -> Origin:
    """Follow the runs that were graded again to the one that made the answers."""
    settings = _settings(run)
    for _ in range(FARTHEST):
        named = str(settings.get("run") or "")
        if not named or _answering_stages(settings):
            return Origin(run.id, settings)
        run = _at(named, run)
        found = _settings(run)
        if not found and (policy := settings.get("models.policy")):
            found = {"models.policy": policy}  # the answers' model was written down when they were graded again
        settings = found
    return Origin(run.id, {})


def same_problems(a: Origin, b: Origin) -> bool:
    """Whether the items of both are over the same problems: they can be paired, as far as both have them."""
    return a.id == b.id or (bool(a.problems) and a.problems == b.problems)


def _at(named: str, beside: RunDirectory) -> RunDirectory:
    """The run that was named by its folder; one that was moved lies beside the run that names it."""
    path = Path(named)
    return RunDirectory(path if path.is_dir() else beside.path.parent / path.name)


def _settings(run: RunDirectory) -> Mapping[str, Any]:
    config = read_json(run.path / "config_resolved.json")
    return flat(config) if isinstance(config, dict) else {}


def _answering_stages(settings: Mapping[str, Any]) -> list[str]:
    """The stages that bring answers of their own, whatever other run the run names."""
    kinds = {key.removesuffix(".kind"): str(kind) for key, kind in settings.items() if key.endswith(".kind")}
    return [name for name, kind in kinds.items() if recorded_kind(kind).answers == "own"]


def _chooses(key: str) -> bool:
    return key == "seed" or (about_problems(key) and not key.endswith("problems.limit"))
