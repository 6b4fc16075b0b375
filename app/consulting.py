"""Asks the engine a question in a process of its own (`engine.consult`), so that none of it is imported here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from engine.errors import EnvironmentMissing
from engine.runs.launch import engine_command, engine_environment

WITHIN_S = 75.0
"""Longer than the probe's own limits together: torch on a cold disk, a GPU's driver that is not kept loaded."""


def ask(question: str, request: Mapping[str, Any] | None = None, within_s: float = WITHIN_S) -> dict[str, Any]:
    """The answer to hardware, estimate or doctor. Raises EnvironmentMissing where the engine cannot say."""
    try:
        process = subprocess.run(
            engine_command("engine.consult", question), input=json.dumps(request) if request else "",
            capture_output=True, text=True, encoding="utf-8", timeout=within_s, env=engine_environment(), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EnvironmentMissing(f"the engine did not answer within {within_s:.0f} s", "try again") from error
    try:
        answer = json.loads(process.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EnvironmentMissing(f"the engine cannot be asked: {last}", "install the program again: see README")
    if "error" in answer:
        raise EnvironmentMissing(str(answer["error"]), str(answer.get("next_step", "")))
    return answer
