"""Asking the engine about this machine without importing it: `engine.consult` in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.runs.asking import Words, ask_async, no_answer


@dataclass(frozen=True, slots=True)
class Term:
    """One part of the memory a recipe needs, and why it is that much."""

    name: str
    gb: float
    why: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Will it fit: `fit` is fits | tight | does not fit | no device."""

    terms: tuple[Term, ...]
    total_gb: float
    capacity_gb: float
    fit: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class MachineAnswer:
    """The machine, and for each preset an estimate, or why there is none."""

    hardware: Mapping[str, Any]
    estimates: Mapping[str, Estimate | str]


WORDS = Words(
    late="measuring the machine took over {within_s:.0f} s", late_next="the run can be started all the same",
    mute="the engine gave no answer about this machine: {last}", mute_next="mathreason-tui --doctor says more",
)  # fmt: skip


async def estimate_memory(question: Mapping[str, Any]) -> MachineAnswer:
    """Ask; raises MathReasonError where the engine has no answer. Cancelling it ends the process."""
    return parse_answer(await ask_async("estimate", question, words=WORDS))


def parse_answer(body: Mapping[str, Any]) -> MachineAnswer:
    """The answer in our own words; raises EnvironmentMissing for what is none."""
    try:
        return MachineAnswer(body["hardware"], {name: _estimate(e) for name, e in body["estimates"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise no_answer(repr(error), WORDS) from error


def machine_line(hardware: Mapping[str, Any]) -> str:
    """The machine in a few words: its devices, else its processor, its cores and the memory that is free."""
    devices = [f"{d.get('name', d.get('kind'))} {d.get('memory_gb', 0):.0f} GB" for d in hardware.get("devices", ())]
    parts = [*devices, "" if devices else "cpu", f"{hardware.get('cores', '?')} cores"]
    free = hardware.get("ram_free_gb") or hardware.get("ram_gb")
    if isinstance(free, int | float):
        parts.append(f"{free:.0f} GB free")
    return " · ".join(part for part in parts if part)


def _estimate(body: Mapping[str, Any]) -> Estimate | str:
    if "error" in body:
        return f"{body['error']} {body.get('next_step', '')}".strip()
    terms = tuple(Term(str(t["name"]), float(t["gb"]), str(t["why"])) for t in body["terms"])
    return Estimate(
        terms, float(body["total_gb"]), float(body["capacity_gb"]),
        str(body["fit"]), str(body["reason"]), str(body["hint"]),
    )  # fmt: skip
