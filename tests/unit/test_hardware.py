"""The probe of this machine, against fake kernels, drivers and cards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from engine.machine import hardware
from engine.machine.hardware import GIB, PACKAGES, Device, Hardware, find_devices, memory_gb, probe, usable_cores

CARDS = """0, GPU-11111111-aaaa, NVIDIA GeForce RTX 4090, 24564, 23000
1, GPU-22222222-bbbb, NVIDIA H100 80GB HBM3, 81559, 81000
"""


def fake_smi(folder: Path, output: str, code: int = 0) -> None:
    """An nvidia-smi in `folder` that prints `output`, and only there on the PATH."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({output!r})\nsys.exit({code})\n")
    program.chmod(0o755)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, on Linux, with no device hidden."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    return tmp_path


def control_group(root: Path, files: dict[str, str], membership: str) -> None:
    """A root folder with /proc/self/cgroup and the given files below /sys/fs/cgroup."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_this_machine_is_described_with_what_it_has() -> None:
    found = probe()
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert 0 < found.ram_free_gb <= found.ram_gb <= psutil.virtual_memory().total / GIB + 0.01
    assert found.cpu
    assert found.os in ("Linux", "Darwin")
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["textual"] == metadata.version("textual")
    assert set(found.packages) <= set(PACKAGES)


def test_a_description_survives_json_both_ways() -> None:
    described = Hardware(
        cores=8,
        cpu="a chip",
        ram_gb=31.2,
        ram_free_gb=20.0,
        os="Linux",
        arch="x86_64",
        python="3.12.1",
        devices=(Device("cuda", "a card", 23.99, 22.5), Device("mps", "another", 10.67)),
        packages={"torch": "2.13.0"},
    )
    assert Hardware.from_json(json.loads(json.dumps(described.as_json()))) == described


def test_the_probe_imports_no_learning_library() -> None:
    code = (
        "import sys; from engine.machine.hardware import probe; probe();"
        "print([m for m in ('torch', 'transformers', 'numpy', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cards_come_from_nvidia_smi_with_total_and_free_memory(driver: Path) -> None:
    fake_smi(driver, CARDS)
    assert find_devices(ram_gb=64) == (
        Device("cuda", "NVIDIA GeForce RTX 4090", 23.99, 22.46),
        Device("cuda", "NVIDIA H100 80GB HBM3", 79.65, 79.1),
    )


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        ("1", ["H100"]),
        ("1,0", ["H100", "4090"]),
        ("GPU-2222", ["H100"]),
        ("0,7,1", ["4090"]),
        ("", []),
        ("-1", []),
    ],
)
def test_hidden_cards_are_not_there(
    driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, names: list[str]
) -> None:
    fake_smi(driver, CARDS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = find_devices(ram_gb=64)
    assert len(found) == len(names)
    assert all(name in device.name for name, device in zip(names, found, strict=True))


def test_a_card_that_shares_the_machines_memory_has_all_of_it(driver: Path) -> None:
    fake_smi(driver, "0, GPU-3333, NVIDIA GB10, [N/A], [N/A]\n")
    assert find_devices(ram_gb=119.0) == (Device("cuda", "NVIDIA GB10", 119.0, None),)


@pytest.mark.parametrize(
    ("output", "code"), [("No devices were found\n", 0), ("", 0), ("driver/library mismatch\n", 9)]
)
def test_a_driver_without_a_card_is_no_device(driver: Path, output: str, code: int) -> None:
    fake_smi(driver, output, code)
    assert find_devices(ram_gb=64) == ()


def test_a_driver_that_hangs_is_left_alone(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = driver / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(30)\n")
    program.chmod(0o755)
    monkeypatch.setattr(hardware, "NVIDIA_SMI_SECONDS", 0.2)
    assert find_devices(ram_gb=64) == ()


def test_torch_is_not_started_where_no_driver_is_loaded(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if Path("/proc/driver/nvidia").exists() or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists():
        pytest.skip("this machine has a graphics driver")

    def started(command: list[str], seconds: float) -> str:
        raise AssertionError(f"started {command}")

    monkeypatch.setattr(hardware, "_output", started)
    assert find_devices(ram_gb=64, torch_version="2.13.0") == ()


@pytest.mark.parametrize(("ram", "metal"), [(8.0, 5.33), (16.0, 10.67), (32.0, 21.33), (36.0, 27.0), (64.0, 48.0)])
def test_metal_gets_its_part_of_the_memory(monkeypatch: pytest.MonkeyPatch, ram: float, metal: float) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    monkeypatch.setattr(hardware, "cpu_name", lambda: "Apple M3")
    assert find_devices(ram) == (Device("mps", "Apple M3", metal),)


def test_a_mac_with_an_intel_chip_has_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert find_devices(32.0) == ()


def test_a_containers_memory_limit_counts_in_version_2(tmp_path: Path) -> None:
    used, cache = GIB // 2, GIB // 4
    group = {"memory.max": str(GIB), "memory.current": str(used), "memory.stat": f"anon 5\ninactive_file {cache}\n"}
    control_group(tmp_path, {f"app/job/{name}": text for name, text in group.items()}, "0::/app/job\n")
    total, free = memory_gb(tmp_path)
    assert total == 1.0
    assert free == pytest.approx(0.75, abs=0.01)


def test_the_tightest_limit_of_the_groups_above_counts(tmp_path: Path) -> None:
    control_group(
        tmp_path,
        {"app/memory.max": str(GIB // 2), "app/job/memory.max": "max", "memory.max": str(GIB)},
        "0::/app/job\n",
    )
    assert memory_gb(tmp_path)[0] == 0.5


def test_a_containers_memory_limit_counts_in_version_1(tmp_path: Path) -> None:
    group = {"memory/memory.limit_in_bytes": str(GIB), "memory/memory.usage_in_bytes": str(GIB // 4)}
    control_group(tmp_path, group, "7:memory:/docker/0123\n0::/\n")  # inside, only the container's part is mounted
    assert memory_gb(tmp_path) == pytest.approx((1.0, 0.75), abs=0.01)


def test_no_limit_leaves_the_machines_memory(tmp_path: Path) -> None:
    control_group(
        tmp_path, {"memory/memory.limit_in_bytes": "9223372036854771712", "memory.max": "max"}, "7:memory:/\n0::/\n"
    )
    assert memory_gb(tmp_path)[0] == psutil.virtual_memory().total / GIB


@pytest.mark.parametrize(
    ("files", "membership"),
    [
        ({"cpu.max": "100000 100000"}, "0::/\n"),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, "3:cpu,cpuacct:/docker/01\n"),
    ],
    ids=["version 2", "version 1"],
)
def test_a_containers_share_of_the_cores_counts(tmp_path: Path, files: dict[str, str], membership: str) -> None:
    control_group(tmp_path, files, membership)
    assert usable_cores(tmp_path) == 1


@pytest.mark.parametrize("quota", ["max 100000", "-1", "", "10000 100000"])
def test_there_is_at_least_one_core_and_no_more_than_allowed(tmp_path: Path, quota: str) -> None:
    control_group(tmp_path, {"cpu.max": quota}, "0::/\n")
    assert 1 <= usable_cores(tmp_path) <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process to cores")
def test_a_pinned_process_has_only_its_cores(tmp_path: Path) -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from engine.machine.hardware import usable_cores; print(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
