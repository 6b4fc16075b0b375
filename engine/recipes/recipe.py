"""Recipe: what a user asks for, as a pydantic model: settings shared by the stages, and the stages in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field, field_validator

from engine.recipes.sections import ModelRoles, Name, ProblemSettings, Section, Thresholds, overlaid
from engine.recipes.stages.section import StageSection
from engine.stages import STAGES, resolve_lazy

DEFAULT_SEED = 42

RESERVED_STAGE_NAMES = frozenset({"control"})
"""Folders of a run directory that are not a stage's."""

STAGE_CLASSES: dict[str, type[StageSection]] = {kind.kind: resolve_lazy(kind.settings) for kind in STAGES.values()}
"""Stage kind -> its settings, in the order of the table."""

if TYPE_CHECKING:
    StageSettings = StageSection
else:  # the closed union of what the table names: only a type checker needs it written out
    StageSettings = Annotated[Union[tuple(STAGE_CLASSES.values())], Field(discriminator="kind")]  # noqa: UP007


class Recipe(Section):
    """What to do: settings shared by the stages, and the stages in order.

    `--set KEY=VALUE` names a key from the top: seed, preset, problems.limit, models.policy, hardware.batch_size,
    thresholds.accuracy, or a stage by its name: evaluate.max_new_tokens. A stage may have `problems` and `models` of
    its own (`[stages.problems]`, `--set tuned.models.policy=...`); what they do not set is the recipe's. `run` is for
    recipes that work on an earlier run. `hardware` overrides keys of the preset; with a `name` in it, it is a whole
    preset of its own (so `recipe.toml` of a run needs no preset file).
    """

    name: Name
    title: str
    description: str = ""
    minutes: float | None = Field(default=None, gt=0, description="Rough time on the preset `cpu` with two cores")
    seed: int = Field(default=DEFAULT_SEED, ge=0, le=2**32 - 1, description="Seeds problems, shuffling and sampling")
    run: str | None = Field(
        default=None,
        description="The earlier run to work on: its id or a part of it, last (the newest with items), or its folder",
    )
    preset: Name = "cpu"
    models: ModelRoles = ModelRoles()
    problems: ProblemSettings = ProblemSettings()
    stages: tuple[StageSettings, ...] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    hardware: dict[str, Any] = Field(default_factory=dict)

    @field_validator("stages")
    @classmethod
    def _stage_names_are_folders_and_keys(cls, stages: tuple[StageSettings, ...]) -> tuple[StageSettings, ...]:
        taken = set(cls.model_fields) | RESERVED_STAGE_NAMES
        for stage in stages:
            if stage.name in taken:
                raise ValueError(f'two things are called "{stage.name}": give the stage another name')
            taken.add(stage.name)
        return stages

    def problems_of(self, stage: StageSection) -> ProblemSettings:
        """The problems of a stage: the recipe's, but for the keys that the stage sets itself."""
        return overlaid(self.problems, stage.own("problems"))

    def models_of(self, stage: StageSection) -> ModelRoles:
        """The models of a stage, in the same way."""
        return overlaid(self.models, stage.own("models"))
