"""HardwarePreset: where and how a recipe runs, as a pydantic model; every key of a preset file is a field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.recipes.sections import Name, Section, UsualModels


class HardwarePreset(Section):
    """Where and how a recipe runs; each role's default model.

    `memory_gb` is the memory the preset is meant for (None: what the machine has).
    """

    name: Name
    title: str
    backend: Literal["torch", "mlx"] = Field(default="torch", description="mlx: Apple silicon only")
    device: Literal["cpu", "cuda", "mps"] = Field(default="cpu", description="Where the models run")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(default="float32", description="Number format of weights")
    quantization: Literal["none", "nf4", "mlx-q4"] = Field(default="none", description="4-bit weights, if any")
    memory_gb: float | None = Field(default=None, gt=0, description="Memory the preset is made for, in GB")
    batch_size: int = Field(default=8, ge=1, le=4096, description="Problems generated at once")
    threads: int | None = Field(default=None, ge=1, description="CPU threads; empty: all cores")
    models: UsualModels = UsualModels()
