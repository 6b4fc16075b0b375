"""What the settings of every stage have in common, and the fields that several kinds share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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
