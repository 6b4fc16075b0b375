"""What the settings of every stage have in common, and the fields that several kinds share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_serializer

from engine.recipes.sections import Name, Section

Variant = Annotated[
    Literal["coverage", "published"],
    Field(description="Score behind the quadrants: coverage-aware, or as published"),
]
GoodFrom = Annotated[
    float | None,
    Field(ge=0.0, le=1.0, description="Score from which reasoning counts as good; empty: the variant's"),
]
GoodFromAgain = Annotated[
    float | None,
    Field(ge=0.0, le=1.0, description="Score from which reasoning counts as good; empty: as it was"),
]
JudgeMayBePolicy = Annotated[
    bool, Field(description="Let the model under test judge its own answers, which flatters it")
]


class StageSection(Section):
    """The settings of one stage; `kind` is its entry in `engine.stages`, `name` its folder in the run."""

    kind: str
    name: Name

    def own(self, section: str) -> Section | None:
        """Its own table of problems or models, where its kind has one: what is set there overrides the recipe's."""
        found = getattr(self, section, None)
        return found if isinstance(found, Section) else None

    def sets(self, key: str) -> bool:
        """Whether it sets a key of the recipe ("problems.limit") itself."""
        section, *parts = key.split(".")
        found: Any = self.own(section)
        for part in parts:
            found = getattr(found, part, None)
        return found is not None

    @field_serializer("problems", "models", check_fields=False)
    def _without_the_recipes(self, value: Any) -> Any:
        """What is not set is not written: it would say nothing."""
        if not isinstance(value, Section):
            return value
        return {key: kept for key, kept in value.model_dump(mode="json", exclude_none=True).items() if kept != {}}
