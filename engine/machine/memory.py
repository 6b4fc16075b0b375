"""Will a recipe fit on a preset and on this machine? Answered before anything is loaded, with every term shown.

`estimate` compares the sum of `engine.machine.memory_terms` with the memory of the device that the preset names, and
where that is tight finds the setting that helps most by trying each. Pure arithmetic: no learning library is imported.
GB are 2**30 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from engine.machine.hardware import Hardware, metal_memory_gb
from engine.machine.memory_terms import local_model, memory_terms
from engine.machine.workloads import MemoryTerm
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.stages.section import StageSection
from engine.stages import stage_kind

Fit = Literal["fits", "tight", "does not fit", "no device"]

TIGHT_SHARE = 0.85
"""Above this share of the capacity, the error of the estimate and a long row may tip it over."""

SMALLEST_MODEL_GB = 0.1
"""Below this much room for weights there is no smaller model to speak of."""

HALVINGS = {"batch_size": 2}
"""How often a setting is halved, where not once: a batch may shrink to a single row without changing a result."""


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """The terms, their sum beside what there is, the verdict, and what helps most where it is not "fits"."""

    terms: tuple[MemoryTerm, ...]
    total_gb: float
    capacity_gb: float
    fit: Fit
    reason: str
    hint: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def estimate(recipe: Recipe, preset: HardwarePreset, hardware: Hardware) -> MemoryEstimate:
    """What `recipe` needs on `preset`, and whether `hardware` has it.

    The recipe's own `[hardware]` keys are laid over the preset. Raises UserError for a model that cannot be.
    """
    preset = _with_own_keys(recipe, preset)
    terms = memory_terms(recipe, preset)
    total, capacity = sum(term.gb for term in terms), capacity_gb(preset, hardware)
    fit = _fit(total, preset, hardware)
    return MemoryEstimate(
        terms=tuple(replace(term, gb=round(term.gb, 3)) for term in terms),
        total_gb=round(total, 3),
        capacity_gb=round(capacity, 3),
        fit=fit,
        reason=_reason(fit, total, capacity, preset, hardware),
        hint=_hint(fit, recipe, preset, hardware),
    )


def capacity_gb(preset: HardwarePreset, hardware: Hardware) -> float:
    """The memory that counts: of the device where the model runs, and no more than the preset is made for.

    Without such a device it is the preset's alone, so that a sum can still be judged.
    """
    meant = preset.memory_gb
    if preset.device == "mps" and meant:
        meant = metal_memory_gb(meant)  # the preset names the machine's memory, Metal gets a part of it
    there = _memory_gb(preset, hardware)
    return min((size for size in (meant, there) if size is not None), default=0.0)


def _memory_gb(preset: HardwarePreset, hardware: Hardware) -> float | None:
    """The memory of the device that the preset names; None without one. Models run on the first of several."""
    if preset.device == "cpu":
        return hardware.ram_gb
    return next((device.memory_gb for device in hardware.devices if device.kind == preset.device), None)


def _free_gb(preset: HardwarePreset, hardware: Hardware) -> float | None:
    """What of it nobody uses now, where that is known."""
    if preset.device == "cpu":
        return hardware.ram_free_gb
    return next((device.free_gb for device in hardware.devices if device.kind == preset.device), None)


def _fit(total: float, preset: HardwarePreset, hardware: Hardware) -> Fit:
    if _memory_gb(preset, hardware) is None:
        return "no device"
    capacity, free = capacity_gb(preset, hardware), _free_gb(preset, hardware)
    if total > capacity:
        return "does not fit"
    return "tight" if total > TIGHT_SHARE * capacity or (free is not None and total > free) else "fits"


def _reason(fit: Fit, total: float, capacity: float, preset: HardwarePreset, hardware: Hardware) -> str:
    """The verdict's grounds in one line."""
    if fit == "no device":
        name = {"cuda": "CUDA", "mps": "Metal"}.get(preset.device, preset.device)
        meant = f" of the {capacity:.1f} GB that the preset is made for" if capacity else ""
        return f"no {name} device here; it would need {total:.1f} GB{meant}"
    where = {"cpu": "memory", "cuda": "GPU memory", "mps": "memory that Metal may use"}[preset.device]
    if fit == "does not fit":
        return f"needs {total:.1f} GB, there are {capacity:.1f} GB of {where}"
    free = _free_gb(preset, hardware)
    if free is not None and total > free:
        return f"needs {total:.1f} GB of {capacity:.1f} GB of {where}, but only {free:.1f} GB are free now"
    over = f", over {TIGHT_SHARE:.0%}" if fit == "tight" else ""
    return f"needs {total:.1f} GB of {capacity:.1f} GB of {where}{over}"


def _hint(fit: Fit, recipe: Recipe, preset: HardwarePreset, hardware: Hardware) -> str:
    """What to do, settings as they are written after --set; nothing to do where it fits."""
    if fit == "fits":
        return ""
    if fit == "no device":
        return "choose the preset cpu, or a model behind a server: models.policy=openai:http://HOST:PORT/v1#MODEL"
    before = sum(term.gb for term in memory_terms(recipe, preset))
    tried = [
        (sum(term.gb for term in memory_terms(changed, on)), text)
        for text, changed, on in _changes(recipe, preset, hardware)
    ]
    total, text = min(tried, default=(before, ""))
    if text and total < before and _fit(total, preset, hardware) != "does not fit":
        return f"{text} brings it to {total:.1f} GB"
    smaller = _smaller_model(recipe, preset, hardware)
    return f"{text} brings it to {total:.1f} GB; also {smaller}" if text and total < before else smaller


def _changes(
    recipe: Recipe, preset: HardwarePreset, hardware: Hardware
) -> Iterator[tuple[str, Recipe, HardwarePreset]]:
    """Each change of one setting that takes less memory: how it is written, and what it makes of recipe and preset."""
    if _policy_here(recipe, preset):
        if preset.dtype == "float32":
            yield "hardware.dtype=bfloat16", recipe, preset.model_copy(update={"dtype": "bfloat16"})
        if preset.quantization == "none" and "bitsandbytes" in hardware.packages and preset.device == "cuda":
            yield "hardware.quantization=nf4", recipe, preset.model_copy(update={"quantization": "nf4"})
    if recipe.models.judge or preset.models.judge:
        yield "models.judge=none", _with_models(recipe, judge=""), preset
    for stage in recipe.stages:
        for name in stage_kind(stage.kind).smaller:
            own = getattr(stage, name)
            value = own or getattr(preset, name)
            key = f"{stage.name}.{name}" if own else f"hardware.{name}"
            for fewer in _less_of(value, HALVINGS.get(name, 1)):
                yield f"{key}={fewer}", _with_stage(recipe, stage, **{name: fewer}), preset


def _less_of(value: int, halvings: int) -> list[int]:
    """The value halved so many times; where that is more than once, also 1."""
    halved = [value >> times for times in range(1, halvings + 1)] + ([1] if halvings > 1 else [])
    return [fewer for fewer in halved if 0 < fewer < value]


def _smaller_model(recipe: Recipe, preset: HardwarePreset, hardware: Hardware) -> str:
    """How small the policy's weights have to be beside everything else, as it is."""
    others = sum(term.gb for term in memory_terms(recipe, preset) if not term.name.endswith("policy weights"))
    room = TIGHT_SHARE * capacity_gb(preset, hardware) - others
    if not _policy_here(recipe, preset) or room < SMALLEST_MODEL_GB:
        return "choose a preset with more memory"
    return f"choose a policy with at most {room:.1f} GB of weights"


def _policy_here(recipe: Recipe, preset: HardwarePreset) -> bool:
    """Whether any stage runs a policy on this machine."""
    return any(
        local_model(recipe, preset, "policy", stage)
        for stage in recipe.stages
        if "policy" in stage_kind(stage.kind).roles
    )


def _with_models(recipe: Recipe, **models: str) -> Recipe:
    return recipe.model_copy(update={"models": recipe.models.model_copy(update=models)})


def _with_stage(recipe: Recipe, stage: StageSection, **settings: int) -> Recipe:
    changed = stage.model_copy(update=settings)
    return recipe.model_copy(update={"stages": tuple(changed if s is stage else s for s in recipe.stages)})


def _with_own_keys(recipe: Recipe, preset: HardwarePreset) -> HardwarePreset:
    """The preset under the recipe's single keys; a recipe with a whole preset of its own leaves others as they are."""
    if not recipe.hardware or "name" in recipe.hardware:
        return preset
    table = preset.model_dump()
    models = {**table["models"], **recipe.hardware.get("models", {})}
    return HardwarePreset.model_validate({**table, **recipe.hardware, "models": models})
