"""One-shot questions to the engine, in a process of its own (`engine.consult`), so that none of it is imported here."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import EnvironmentMissing, MathReasonError
from engine.runs.launch import engine_command, engine_environment

WITHIN_S = 75.0
"""Longer than the probe's own limits together: torch on a cold disk, a GPU's driver that is not kept loaded."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said where there is no answer in time, or none that can be read, each with its next step."""

    late: str = "the engine did not answer within {within_s:.0f} s"
    late_next: str = "try again"
    mute: str = "the engine cannot be asked: {last}"
    mute_next: str = "install the program again: see README"


WORDS = Words()


def ask(
    question: str, request: Mapping[str, Any] | None = None, within_s: float = WITHIN_S, words: Words = WORDS
) -> dict[str, Any]:
    """The answer. Blocks; raises MathReasonError with the engine's words, EnvironmentMissing where it has none."""
    try:
        process = subprocess.run(
            engine_command("engine.consult", question), input=_sent(request), capture_output=True,
            timeout=within_s, env=engine_environment(), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _late(words, within_s) from None
    return read_answer(process.stdout, process.stderr.decode("utf-8", "replace"), words)


async def ask_async(
    question: str, request: Mapping[str, Any] | None = None, within_s: float = WITHIN_S, words: Words = WORDS
) -> dict[str, Any]:
    """`ask` for an event loop; cancelling it ends the process."""
    process = await asyncio.create_subprocess_exec(
        *engine_command("engine.consult", question), env=engine_environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(_sent(request)), within_s)
    except TimeoutError:
        raise _late(words, within_s) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return read_answer(out, err.decode("utf-8", "replace"), words)


def read_answer(out: bytes, err: str, words: Words = WORDS) -> dict[str, Any]:
    """The object on stdout; an error object and anything else are raised."""
    try:
        answer = json.loads(out)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise no_answer(err or "it said nothing", words)
    if "error" in answer:
        raise MathReasonError(str(answer["error"]), str(answer.get("next_step", "")))
    return answer


def no_answer(said: str, words: Words = WORDS) -> EnvironmentMissing:
    """The error for an answer that cannot be read; the last line of what was said is quoted."""
    last = (said.strip().splitlines() or ["it said nothing"])[-1]
    return EnvironmentMissing(words.mute.format(last=last), words.mute_next)


def _sent(request: Mapping[str, Any] | None) -> bytes:
    return json.dumps(request).encode() if request else b""


def _late(words: Words, within_s: float) -> EnvironmentMissing:
    return EnvironmentMissing(words.late.format(within_s=within_s), words.late_next)
