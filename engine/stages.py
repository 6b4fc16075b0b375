"""The one table from a stage's kind to the function that does it: `def run(settings, context) -> StageResult`.

The functions are imported when their stage begins: a report needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from engine.context import StageContext, StageResult
from engine.errors import UserError

StageFunction = Callable[[Any, StageContext], StageResult]

STAGES: dict[str, str] = {
    "evaluate": "engine.evaluation.evaluate",
    "score": "engine.evaluation.score",
    "regrade": "engine.evaluation.regrade",
    "report": "engine.reports.stage",
    "validate": "engine.validation.validate",
}


def stage_function(kind: str) -> StageFunction:
    """The function of a kind of stage."""
    if kind not in STAGES:
        raise UserError(f'no stage of the kind "{kind}"', f"one of: {', '.join(STAGES)}")
    function: StageFunction = import_module(STAGES[kind]).run
    return function
