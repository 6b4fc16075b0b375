"""Which stage of a run the Run screen is about: the one the user chose, else the one that the run is about now."""

from __future__ import annotations

from engine.runs.state import NO_STAGE, RunState, StageState
from engine.stages import recorded_kind

FIGURES = "figures"
"""The panel that takes the place of the others and of the items: a stage that measures figures makes nothing else."""


def stages_to_show(state: RunState) -> list[StageState]:
    """The stages that have begun and that there are panels for."""
    return [stage for stage in state.stages if stage.status != "waiting" and recorded_kind(stage.kind).panels]


def stage_in_focus(state: RunState, chosen: str = "") -> StageState:
    """The chosen stage where it is there, else that whose items the run is about, else the last with panels; NO_STAGE
    before the first."""
    shown = stages_to_show(state)
    named = next((stage for stage in shown if stage.name == chosen), NO_STAGE)
    return next((stage for stage in (named, state.in_focus, *reversed(shown)) if stage is not NO_STAGE), NO_STAGE)


def stage_after(state: RunState, stage: StageState) -> str:
    """The name of the stage to show next, round and round; "" where there is no other."""
    names = [one.name for one in stages_to_show(state)]
    if len(names) < 2 or stage.name not in names:
        return ""
    return names[(names.index(stage.name) + 1) % len(names)]


def measures(state: RunState, chosen: str = "") -> bool:
    """Whether the stage in focus makes a table of figures rather than items."""
    return FIGURES in recorded_kind(stage_in_focus(state, chosen).kind).panels


def first_position(state: RunState, stage: StageState) -> int:
    """Where the items of the stage begin in RunState.items."""
    before = 0
    for one in state.stages:
        if one.name == stage.name:
            break
        before += len(one.items)
    return before
