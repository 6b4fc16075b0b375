"""THE TABLE of the kinds of stages: what each makes, loads, reads and shows, and where its code stands.

Nobody else asks what kind a stage is. Standard library only, safe for the terminal's process: code is named as
"module:name" and imported when it is asked for, so a report needs no torch and a screen no pydantic. A new kind is an
entry here and the functions that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from engine.errors import UserError
from engine.words import did_you_mean

Lazy = str
"""A thing that is imported when it is needed: "package.module:name"."""

Answers = Literal["own", "earlier", ""]
"""Whether a stage brings answers of its own (from a model or a file), has those of an earlier run, or has none."""

GRADED_FIGURES = {"accuracy": "accuracy", "symbolic": "symbolic", "judge": "judge", "coverage": "means.coverage"}


@dataclass(frozen=True, slots=True)
class StageKind:
    """What is to be known of one kind of stage.

    `settings` is its settings class, `function` does it: `run(settings, context) -> StageResult`. `memory` says what it
    asks of a machine, `readiness` refuses what could only fail, before a run is made (`engine.recipes.readiness`).
    `makes` is the kind of its rows, None where it makes none. `roles` are the models that it loads; `uses` is what else
    it reads of a recipe, as keys or sections. `panels` are what the Run screen shows of it. `figures` are what a
    threshold may ask for: name -> where it stands in the stage's summary. `generates`: a policy writes, so there is a
    speed. `trains`: its problems must not be evaluated on. `smaller` are settings that take less memory when lowered.
    `requests` are the kinds of requests that it takes itself (`StageContext.requests`).
    """

    kind: str
    settings: Lazy = ""
    function: Lazy = ""
    memory: Lazy = ""
    readiness: Lazy = ""
    makes: str | None = None
    roles: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = ""
    generates: bool = False
    trains: bool = False
    smaller: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All that it uses of a recipe beside its own section, as keys or sections."""
        asked = ("thresholds",) if self.figures else ()
        return (*(f"models.{role}" for role in self.roles), *self.uses, *asked)

    @property
    def reads_problems(self) -> bool:
        """Whether it works on the problems that the recipe names."""
        return "problems" in self.uses


STAGES: dict[str, StageKind] = {
    kind.kind: kind
    for kind in (
        StageKind(
            "evaluate",
            settings="engine.recipes.stages.evaluate:EvaluateSettings",
            function="engine.evaluation.evaluate:run",
            memory="engine.machine.workloads:of_evaluate",
            readiness="engine.recipes.stages.evaluate:complete",
            makes="graded",
            roles=("policy", "embedder", "judge"),
            uses=("problems", "hardware"),
            panels=("accuracy", "quadrants", "speed", "machine"),
            figures=GRADED_FIGURES,
            answers="own",
            generates=True,
            smaller=("batch_size", "max_new_tokens"),
        ),
        StageKind(
            "score",
            settings="engine.recipes.stages.score:ScoreSettings",
            function="engine.evaluation.score:run",
            memory="engine.machine.workloads:of_score",
            readiness="engine.recipes.stages.score:complete",
            makes="graded",
            roles=("embedder", "judge"),
            uses=("problems", "hardware"),
            panels=("accuracy", "quadrants", "machine"),
            figures=GRADED_FIGURES,
            answers="own",
        ),
        StageKind(
            "regrade",
            settings="engine.recipes.stages.regrade:RegradeSettings",
            function="engine.evaluation.regrade:run",
            memory="engine.machine.workloads:of_regrade",
            readiness="engine.recipes.stages.regrade:complete",
            makes="graded",
            roles=("embedder", "judge"),
            uses=("run", "hardware"),
            panels=("accuracy", "quadrants", "machine"),
            figures=GRADED_FIGURES,
            answers="earlier",
        ),
        StageKind(
            "report",
            settings="engine.recipes.stages.report:ReportSettings",
            function="engine.reports.stage:run",
            memory="engine.machine.workloads:of_report",
            readiness="engine.recipes.stages.report:complete",
        ),
        StageKind(
            "validate",
            settings="engine.recipes.stages.validate:ValidateSettings",
            function="engine.validation.validate:run",
            memory="engine.machine.workloads:of_validate",
            readiness="engine.recipes.stages.validate:complete",
            roles=("embedder",),
            uses=("hardware.device", "hardware.threads", "hardware.models.embedder"),
            panels=("figures",),
        ),
    )
}

UNKNOWN_KIND = StageKind("")
"""Stands for a kind that only another version of the program knows, and for a stage that has not begun."""


def stage_kind(kind: str) -> StageKind:
    """The entry of a kind; UserError, with what was probably meant, where there is none."""
    if kind not in STAGES:
        raise UserError(f'no stage of the kind "{kind}"{did_you_mean(kind, STAGES)}', f"kinds: {', '.join(STAGES)}")
    return STAGES[kind]


def recorded_kind(kind: str) -> StageKind:
    """The entry of a kind that a run directory names; one without anything where nobody knows it."""
    return STAGES.get(kind, UNKNOWN_KIND)


def kinds_making(rows: str) -> tuple[str, ...]:
    """The kinds of stages that make rows of this kind ("graded")."""
    return tuple(kind.kind for kind in STAGES.values() if kind.makes == rows)


def resolve_lazy(name: Lazy) -> Any:
    """What "package.module:name" names."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
