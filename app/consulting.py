"""What the command line asks the engine (`engine.runs.asking`): without an answer this machine lacks something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import EnvironmentMissing, MathReasonError
from engine.runs import asking


def ask(question: str, request: Mapping[str, Any] | None = None, within_s: float = asking.WITHIN_S) -> dict[str, Any]:
    """The answer to hardware, estimate or doctor. Raises EnvironmentMissing where the engine cannot say."""
    try:
        return asking.ask(question, request, within_s)
    except MathReasonError as error:
        raise EnvironmentMissing(error.message, error.next_step) from error
