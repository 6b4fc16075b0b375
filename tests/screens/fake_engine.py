"""An engine that answers what the machine can do from a table, for tests of Launch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from engine.errors import MathReasonError
from screens.consulting import Estimate, MachineAnswer, Term

HARDWARE = {"cores": 2, "ram_gb": 23.5, "ram_free_gb": 21.8, "devices": []}
TERMS = (
    Term("libraries", 0.55, "Python, torch, transformers, sympy"),
    Term("policy weights", 0.5, "134M parameters, 32 bits each"),
    Term("policy KV cache", 0.3, "16 rows of 320 tokens; 45 KB a token"),
    Term("embedder", 0.195, "22M parameters in 32 bits"),
)


def fake_answer(question: Mapping[str, Any]) -> MachineAnswer:
    """cpu fits, its neighbour is tight, the last does not fit, the others lack their device."""
    names = [preset["name"] for preset in question["presets"]]
    fits = dict.fromkeys(names, "no device") | {names[0]: "fits", names[1]: "tight", names[-1]: "does not fit"}
    reasons = {"fits": "", "no device": "no such device here", "tight": "over 85%", "does not fit": "needs 90 GB"}
    estimates: dict[str, Estimate | str] = {
        name: Estimate(TERMS, 1.5, 23.5, fit, reasons[fit], "" if fit == "fits" else "hardware.batch_size=8 helps")
        for name, fit in fits.items()
    }
    return MachineAnswer(HARDWARE, estimates)


class FakeEngine:
    """Answers what the machine can do; `questions` are kept, `wait` holds the answer back, `error` is raised."""

    def __init__(self) -> None:
        self.questions: list[Mapping[str, Any]] = []
        self.wait = asyncio.Event()
        self.wait.set()
        self.error: MathReasonError | None = None

    async def __call__(self, question: Mapping[str, Any]) -> MachineAnswer:
        self.questions.append(question)
        await self.wait.wait()
        if self.error:
            raise self.error
        return fake_answer(question)
