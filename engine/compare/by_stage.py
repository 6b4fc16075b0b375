"""One stage of a run as a side of a comparison, so that the items of several stages are never mixed into one figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.compare.pairing import Side, graded_stages, pair_stages
from engine.errors import UserError

ANY_STAGE = "stage"
"""Stands for the stage in the names of its settings where two stages of other names are compared."""


def stage_sides(a: Side, b: Side, stage_a: str = "", stage_b: str = "") -> list[tuple[Side, Side]]:
    """What is to be compared: the named stages; else each stage of A with its partner in B ("": not named).

    Where both have one stage only, the sides as they are. UserError where a named stage has no items.
    """
    for side, stage in ((a, stage_a), (b, stage_b)):
        if stage:
            _require(side, stage)
    if stage_a or stage_b:
        return [_narrowed_pair(a, b, stage_a or _like(a, stage_b), stage_b or _like(b, stage_a))]
    if len(graded_stages(a.state)) == len(graded_stages(b.state)) == 1:
        return [(a, b)]
    return [_narrowed_pair(a, b, one, two) for one, two in pair_stages(a.state, b.state).items()]


def narrowed(side: Side, stage: str, called: str) -> Side:
    """The side with this stage alone; `called` is what its settings are named by."""
    stages = tuple(found for found in side.state.stages if found.name == stage)
    versions = {name: found for name, found in side.versions.items() if name == stage}
    settings = dict(_settings(side.settings, stage, called))
    return replace(side, state=replace(side.state, stages=stages), versions=versions, settings=settings)


def _narrowed_pair(a: Side, b: Side, stage_a: str, stage_b: str) -> tuple[Side, Side]:
    called = stage_a if stage_a == stage_b else ANY_STAGE
    one, two = narrowed(a, stage_a, called), narrowed(b, stage_b, called)
    if a.state.run_id == b.state.run_id:  # two stages of a run made solutions of their own
        one, two = replace(one, origin=""), replace(two, origin="")
    return one, two


def _settings(settings: Mapping[str, Any], stage: str, called: str) -> Iterator[tuple[str, Any]]:
    """What was asked of a stage: the recipe's settings, with its own problems and models instead of the recipe's."""
    stages = tuple(key.removesuffix("kind") for key in settings if key.endswith(".kind"))
    own = {key.removeprefix(f"{stage}."): value for key, value in settings.items() if key.startswith(f"{stage}.")}
    for key, value in settings.items():
        if not key.startswith(stages):
            yield key, own.get(key, value)
    for key, value in own.items():
        if not key.startswith(("problems.", "models.")):
            yield f"{called}.{key}", value
        elif key not in settings:
            yield key, value


def _require(side: Side, stage: str) -> None:
    names = [found.name for found in graded_stages(side.state)]
    if stage not in names:
        raise UserError(
            f'the stage "{stage}" of {side.state.run_id} has no finished item', f"stages with items: {', '.join(names)}"
        )


def _like(side: Side, stage: str) -> str:
    """The stage of that name, else the last one with items."""
    names = [found.name for found in graded_stages(side.state)]
    return stage if stage in names else names[-1]
