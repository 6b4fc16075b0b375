"""A+B and run:RUN/STAGE: adapters that fit and are applied, and the reason where they do not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import MathReasonError, UserError
from engine.models.adapter_files import Runs
from engine.models.completion import Message, Prompt, Sampling
from engine.models.loading import load_policy
from engine.models.token_engine import TokenEngine
from engine.models.torch_policy import TorchPolicy
from engine.recipes.preset import HardwarePreset
from tests.engine.toy_adapters import change_config, run_with_adapter, save_toy_adapter
from tests.engine.toy_models import save_toy, toy_llama, toy_qwen
from tests.run_driver import finish, make_run

CPU = HardwarePreset(name="cpu", title="CPU", batch_size=3)
PROMPT = Prompt((Message("user", "What is 2+3?"),))
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_toy(tmp_path / "base", toy_llama())


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    save_toy_adapter(tmp_path / "adapter", toy_llama())
    return tmp_path / "adapter"


def loaded(reference: str, hardware: HardwarePreset = CPU, runs: Runs | None = None) -> TorchPolicy:
    policy = load_policy(reference, hardware, runs)
    assert isinstance(policy, TorchPolicy)
    return policy


def tokens(policy: TorchPolicy) -> tuple[int, ...]:
    (completion,) = policy.complete([PROMPT], Sampling(12))
    return completion.token_ids


def expected_tokens(policy: TorchPolicy, adapted: Any) -> tuple[int, ...]:
    """What the adapted model's own `generate` says to the same prompt."""
    ids = policy.text.encode(PROMPT.messages)
    whole = adapted.generate(
        input_ids=torch.tensor([ids]), max_new_tokens=12, do_sample=False, eos_token_id=sorted(policy.stop_ids)
    )
    return tuple(whole[0, len(ids) :].tolist())


@pytest.mark.parametrize(
    "lora",
    [
        {},
        {"use_rslora": True, "rank_pattern": {"q_proj": 2}, "layers_to_transform": [1]},
        {"use_dora": True, "target_modules": "all-linear"},
        {"bias": "lora_only", "target_modules": ["q_proj", "k_proj"]},
        {"modules_to_save": ["lm_head"]},
    ],
    ids=["plain", "scaled by rank", "dora", "bias", "a whole module"],
)
def test_an_adapter_is_applied_as_peft_applies_it(tmp_path: Path, lora: dict[str, Any]) -> None:
    make = toy_qwen if "bias" in lora else toy_llama  # a Qwen2 has biases
    base = save_toy(tmp_path / "base", make())
    adapted = save_toy_adapter(tmp_path / "adapter", make(), **lora)
    policy = loaded(f"path:{base}+path:{tmp_path / 'adapter'}")
    assert tokens(policy) == expected_tokens(policy, adapted)
    assert tokens(policy) != tokens(loaded(f"path:{base}"))
    assert isinstance(policy.tokens, TokenEngine), "prefixes are shared with an adapter too"
    assert policy.name == f"path:{base}+path:{tmp_path / 'adapter'}"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_an_adapter_is_merged_only_where_nothing_is_rounded_away(base: Path, adapter: Path, dtype: Any) -> None:
    policy = loaded(f"path:{base}+path:{adapter}", CPU.model_copy(update={"dtype": dtype}))
    assert isinstance(policy.tokens, TokenEngine)
    names = [name for name, _ in policy.tokens._model.named_parameters()]
    assert any("lora_A" in name for name in names) == (dtype == "bfloat16")
    assert policy.tokens._model.dtype is getattr(torch, dtype)


def test_the_fingerprint_covers_base_and_adapter(base: Path, adapter: Path, tmp_path: Path) -> None:
    save_toy_adapter(tmp_path / "other", toy_llama(), seed=2)
    other_base = save_toy(tmp_path / "base2", toy_llama(seed=1))
    plain = loaded(f"path:{base}").fingerprint
    marks = {
        loaded(reference).fingerprint
        for reference in (
            f"path:{base}+path:{adapter}",
            f"path:{base}+path:{tmp_path / 'other'}",
            f"path:{other_base}+path:{adapter}",
        )
    }
    assert len({plain, *marks}) == 4
    assert loaded(f"path:{base}+path:{shutil.copytree(adapter, tmp_path / 'copy')}").fingerprint in marks


def rename(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("layers.1.", "layers.7."): tensor for name, tensor in tensors.items()}


def widen(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: torch.cat([t, t]) if "lora_B" in name else t for name, t in tensors.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rename, r"lacks base_model.*layers\.1.* and 3 more"),
        (lambda tensors: {**tensors, "lm_head.lora_A.weight": torch.ones(1)}, r"no place for lm_head\.lora_A\.weight"),
        (widen, r"lora_B\.weight is \(\d+, 4\), and there is place for \(\d+, 4\)"),
        (lambda tensors: {name: t * float("nan") for name, t in tensors.items()}, "makes the logits no numbers"),
    ],
    ids=["missing", "unexpected", "shape", "not a number"],
)
def test_tensors_that_do_not_fit_are_named(base: Path, adapter: Path, change: Any, said: str) -> None:
    save_file(change(load_file(adapter / WEIGHTS)), adapter / WEIGHTS)
    with pytest.raises(UserError, match=said) as caught:
        load_policy(f"path:{base}+path:{adapter}", CPU)
    assert caught.value.next_step


def test_an_adapter_of_another_shape_of_model_is_refused(base: Path, tmp_path: Path) -> None:
    save_toy_adapter(tmp_path / "wide", toy_llama(hidden_size=96))
    with pytest.raises(UserError, match="does not fit path:"):
        load_policy(f"path:{base}+path:{tmp_path / 'wide'}", CPU)
    change_config(tmp_path / "wide", target_modules=["query_key_value"])
    with pytest.raises(UserError, match=r"does not fit path:.*query_key_value"):
        load_policy(f"path:{base}+path:{tmp_path / 'wide'}", CPU)


def test_an_adapter_that_changes_nothing_is_refused(base: Path, tmp_path: Path) -> None:
    save_toy_adapter(tmp_path / "untrained", toy_llama(), scale=0.0)
    with pytest.raises(UserError, match="changes nothing: the logits are the base's"):
        load_policy(f"path:{base}+path:{tmp_path / 'untrained'}", CPU)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peft_type": "PREFIX_TUNING"}, "PREFIX_TUNING"),
        ({"megatron_config": {"a": 1}}, "megatron_config"),
        ({"layer_replication": [[0, 1]], "use_qalora": True}, "layer_replication, use_qalora"),
        ({"r": "four"}, "does not fit path:.*'str'"),
    ],
)
def test_what_a_config_may_not_ask_for_is_named(base: Path, adapter: Path, changes: Any, said: str) -> None:
    change_config(adapter, **changes)
    with pytest.raises(MathReasonError, match=said):
        load_policy(f"path:{base}+path:{adapter}", CPU)


def test_pickled_adapters_are_refused_by_name(base: Path, adapter: Path) -> None:
    (adapter / WEIGHTS).rename(adapter / "adapter_model.bin")
    with pytest.raises(UserError, match=r"pickled weights \(adapter_model\.bin\) are never loaded"):
        load_policy(f"path:{base}+path:{adapter}", CPU)
    (adapter / "adapter_model.bin").unlink()
    with pytest.raises(UserError, match=r"holds no adapter_model\.safetensors"):
        load_policy(f"path:{base}+path:{adapter}", CPU)
    (adapter / "adapter_config.json").unlink()
    with pytest.raises(UserError, match=r"adapter_config\.json is missing"):
        load_policy(f"path:{base}+path:{adapter}", CPU)


def test_damaged_adapters_are_named(base: Path, adapter: Path) -> None:
    (adapter / WEIGHTS).write_bytes(b"not weights")
    with pytest.raises(MathReasonError, match="cannot load path:"):
        load_policy(f"path:{base}+path:{adapter}", CPU)
    (adapter / "adapter_config.json").write_text("{")
    with pytest.raises(UserError, match="is no adapter's"):
        load_policy(f"path:{base}+path:{adapter}", CPU)


def test_another_base_than_the_adapter_names_is_noted(base: Path, adapter: Path) -> None:
    change_config(adapter, base_model_name_or_path="someone/another-model")
    (note,) = loaded(f"path:{base}+path:{adapter}").notes
    assert "made for someone/another-model" in note
    for same in (str(base), f"path:{base}", "someone/BASE", None):
        change_config(adapter, base_model_name_or_path=same)
        assert loaded(f"path:{base}+path:{adapter}").notes == ()


def test_an_adapter_beside_a_model_is_never_applied_in_silence(base: Path, adapter: Path) -> None:
    with pytest.raises(UserError, match="holds an adapter") as caught:
        load_policy(f"path:{shutil.copytree(base, adapter, dirs_exist_ok=True)}", CPU)
    assert "BASE+path:" in caught.value.next_step


def test_a_run_is_named_by_its_id_a_part_of_it_or_last(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    first, second = (run_with_adapter(folder, number, "sft", f"path:{base}") for number in (1, 2))
    runs = Runs(folder)
    by_id = loaded(f"path:{base}+run:{first.id}/sft", runs=runs)
    assert by_id.name == f"path:{base}+run:{first.id}/sft"
    assert loaded(f"path:{base}+run:0001/sft", runs=runs).fingerprint == by_id.fingerprint
    newest = loaded(f"path:{base}+run:last/sft", runs=runs)
    assert newest.name == f"path:{base}+run:{second.id}/sft", "which run it was is told, not that it was the last"
    assert newest.fingerprint != by_id.fingerprint
    assert tokens(newest) != tokens(by_id)
    at_work = loaded(f"path:{base}+run:last/sft", runs=Runs(folder, first.id))
    assert at_work.fingerprint == by_id.fingerprint, "what the run at work has made itself comes first"
    shutil.rmtree(run_with_adapter(folder, 3, "dpo", "").path / "dpo")
    assert loaded(f"path:{base}+run:last/sft", runs=runs).fingerprint == newest.fingerprint
    run_with_adapter(folder, 4, "sft", f"path:{base}")
    resumed = loaded(f"path:{base}+run:last/sft", runs=Runs(folder, "20250103-000000-sft-0003"))
    assert resumed.fingerprint == newest.fingerprint, "a run that began later is not there for it"


def test_a_run_alone_brings_its_base_where_its_config_names_one(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    run = run_with_adapter(folder, 1, "sft", f"path:{base}")
    alone = loaded("run:last/sft", runs=Runs(folder))
    assert alone.name == f"path:{base}+run:{run.id}/sft"
    assert alone.fingerprint == loaded(f"path:{base}+run:last/sft", runs=Runs(folder)).fingerprint
    change_config(run.stage("sft") / "adapter", base_model_name_or_path=str(base))
    assert loaded("run:last/sft", runs=Runs(folder)).name == alone.name
    for nothing in (None, "openai:http://host/v1#m", "a b c"):
        change_config(run.stage("sft") / "adapter", base_model_name_or_path=nothing)
        with pytest.raises(UserError, match="base") as caught:
            load_policy("run:last/sft", CPU, Runs(folder))
        assert "BASE+run:" in caught.value.next_step


def test_runs_without_such_an_adapter_say_what_there_is(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    with pytest.raises(UserError, match="no folder of runs"):
        load_policy("run:last/sft", CPU)
    with pytest.raises(UserError, match="has made an adapter in a stage sft"):
        load_policy("run:last/sft", CPU, Runs(folder))
    run = run_with_adapter(folder, 1, "sft", "")
    with pytest.raises(UserError, match=f"{run.id} has made no adapter in a stage dpo") as caught:
        load_policy(f"run:{run.id}/dpo", CPU, Runs(folder))
    assert caught.value.next_step == "it has made one in sft"
    with pytest.raises(UserError, match=r"no run in .* stage dpo") as caught:
        load_policy("run:last/dpo", CPU, Runs(folder))
    assert f"run:{run.id}/sft" in caught.value.next_step
    with pytest.raises(UserError, match="names no stage"):
        load_policy(f"run:{run.id}/..", CPU, Runs(folder))


def test_the_config_file_is_read_as_data_alone(base: Path, adapter: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA"
    change_config(adapter, megatron_core="no_such_module_to_import", auto_mapping={"parent_library": "no.such"})
    assert loaded(f"path:{base}+path:{adapter}").notes == ()


@pytest.mark.xdist_group("alone")
def test_a_run_evaluates_with_the_adapter_of_an_earlier_one(tmp_path: Path) -> None:
    base = save_toy(tmp_path / "base", toy_llama(max_position_embeddings=4096))
    runs = tmp_path / "runs"
    trained = run_with_adapter(runs, 1, "sft", f"path:{base}")
    small = ["problems.limit=2", "evaluate.max_new_tokens=8", "report.figures=false"]
    run = make_run(runs, "demo", [f"models.policy=path:{base}+run:last/sft", *small])
    assert finish(run) == 0, run.log.read_text()
    (row, _) = (json.loads(line) for line in run.results("evaluate").read_text().splitlines())
    expected = loaded(f"path:{base}+run:{trained.id}/sft", runs=Runs(runs))
    assert row["versions"]["model"] == expected.fingerprint
