"""The memory estimate and the sizes it stands on: published figures, arithmetic by hand, verdicts and advice."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.machine.dimensions import Dimensions, find_dimensions, from_config
from engine.machine.gguf_header import read_header
from engine.machine.hardware import GIB, Device, Hardware
from engine.machine.memory import MemoryEstimate, estimate
from engine.machine.memory_terms import memory_terms
from engine.machine.workloads import MemoryTerm, policy_batch
from engine.recipes.model_reference import parse_model_ref
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.sections import ModelRoles, ProblemSettings
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.recipes.stages.regrade import RegradeSettings
from engine.recipes.stages.score import ScoreSettings
from engine.recipes.stages.validate import ValidateSettings

QWEN_7B = "hf:Qwen/Qwen2.5-Math-7B-Instruct"
SMOLLM = "embedded:smollm2-135m-instruct"
MINILM = "embedded:all-minilm-l6-v2"
CPU = HardwarePreset(name="cpu", title="", models=ModelRoles(policy=SMOLLM, embedder=MINILM))
CUDA_24 = HardwarePreset(name="cuda-24", title="", device="cuda", dtype="bfloat16", memory_gb=24, batch_size=8)
MAC_16 = HardwarePreset(name="mac-16", title="", backend="mlx", device="mps", dtype="bfloat16", memory_gb=16)


def machine(*devices: Device, ram: float = 64.0, free: float | None = None, **packages: str) -> Hardware:
    return Hardware(
        cores=8, cpu="", ram_gb=ram, ram_free_gb=ram if free is None else free, os="Linux", arch="x86_64",
        python="3.12", devices=devices, packages=packages,
    )  # fmt: skip


def card(gb: float, free: float | None = None) -> Device:
    return Device("cuda", "a card", gb, free)


def recipe(
    policy: str | None = None, *, judge: str | None = None, embedder: str | None = MINILM, source: Any = "gsm8k",
    hardware: dict[str, Any] | None = None, **evaluate: Any,
) -> Recipe:  # fmt: skip
    return Recipe(
        name="test", title="", stages=(EvaluateSettings(**evaluate),), hardware=hardware or {},
        models=ModelRoles(policy=policy, judge=judge, embedder=embedder), problems=ProblemSettings(source=source),
    )  # fmt: skip


def term(found: MemoryEstimate, name: str) -> MemoryTerm:
    return next(term for term in found.terms if term.name == name)


@pytest.fixture(autouse=True)
def _no_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty hub cache, so that sizes do not depend on this machine's."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


# Parameters and KV cache as the models' cards and papers give them.
@pytest.mark.parametrize(
    ("name", "billions", "cache_kb"),
    [
        ("embedded:smollm2-135m-instruct", 0.1345, 22.5),
        ("hf:Qwen/Qwen2.5-Math-1.5B-Instruct", 1.54, 28),
        ("hf:Qwen/Qwen2.5-Math-7B-Instruct", 7.62, 56),
        ("hf:Qwen/Qwen3-4B-Instruct-2507", 4.02, 144),
        ("hf:deepseek-ai/deepseek-math-7b-instruct", 6.91, 480),
        ("hf:GAIR/Abel-7B-002", 7.24, 128),
        ("hf:tiiuae/Falcon3-7B-Instruct", 7.46, 112),
        ("hf:microsoft/Phi-4-mini-instruct", 3.84, 128),
        ("hf:meta-llama/Llama-3.1-8B-Instruct", 8.03, 128),
        ("embedded:all-minilm-l6-v2", 0.0226, 9),
        ("hf:BAAI/bge-large-en-v1.5", 0.335, 96),
    ],
)
def test_published_models_have_their_published_sizes(name: str, billions: float, cache_kb: float) -> None:
    found = find_dimensions(parse_model_ref(name))
    assert found.parameters / 1e9 == pytest.approx(billions, rel=0.015)
    assert found.cache_bytes_per_token(2) / 1024 == cache_kb


@pytest.mark.parametrize(
    ("name", "billions", "origin"),
    [
        ("hf:someone/Solver-13B-chat", 13.0, "guessed from the name (13B)"),
        ("hf:someone/solver-350m", 0.35, "guessed from the name (350M)"),
        ("hf:someone/moe-8x7b-v1", 56.0, "guessed from the name (8X7B)"),
        ("hf:someone/solver-v2", 7.0, "size unknown, 7B assumed"),
        ("gguf:/nowhere/other-3b.gguf", 3.0, "guessed from the name (3B)"),
        ("path:/nowhere/qwen2.5-math-7b", 7.62, "published sizes"),
    ],
)
def test_an_unknown_model_has_the_size_its_name_states_and_says_so(name: str, billions: float, origin: str) -> None:
    found = find_dimensions(parse_model_ref(name))
    assert found.parameters / 1e9 == pytest.approx(billions, rel=0.001)
    assert found.origin == origin


CONFIG = {
    "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2,
    "intermediate_size": 128, "vocab_size": 1000, "tie_word_embeddings": False,
}  # fmt: skip


def test_a_folders_config_counts_before_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "huge-70b"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    found = find_dimensions(parse_model_ref(f"path:{folder}"))
    per_layer = 64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 128
    assert found.parameters == 2 * 1000 * 64 + 2 * per_layer
    assert found.origin == "config.json of huge-70b"


def test_a_downloaded_repository_is_read_from_the_hubs_cache(tmp_path: Path) -> None:
    folder = tmp_path / "hub/models--someone--solver-70b"
    snapshot = folder / "snapshots/abc123"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text("abc123\n")
    (snapshot / "config.json").write_text(json.dumps(CONFIG))
    found = find_dimensions(parse_model_ref("hf:someone/solver-70b"))
    assert (found.layers, found.origin) == (2, "config.json of someone/solver-70b")


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "t5"}', ""])
def test_a_config_that_says_nothing_leaves_the_name(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "solver-3b"
    folder.mkdir()
    (folder / "config.json").write_text(text)
    assert find_dimensions(parse_model_ref(f"path:{folder}")).parameters == 3_000_000_000


def test_configs_of_other_shapes_are_understood() -> None:
    inner = from_config({"text_config": CONFIG, "vision_config": {"hidden_size": 9}}, "")
    assert inner.parameters == from_config(CONFIG, "").parameters
    mixture = from_config({**CONFIG, "num_experts": 4, "moe_intermediate_size": 32}, "")
    assert mixture.parameters == from_config(CONFIG, "").parameters  # 4 experts of a quarter of the width
    bert = from_config({**CONFIG, "position_embedding_type": "absolute"}, "")
    assert (bert.encoder, bert.gated) == (True, False)
    assert from_config({**CONFIG, "quantization": {"bits": 4, "group_size": 64}}, "").stored_bits == 4


def gguf_text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def gguf_file(path: Path, *, untied: bool = False, version: int = 3) -> Path:
    """A GGUF head as the format's page describes it: facts, a vocabulary of 1,000, then the tensors' names."""
    numbers = {"block_count": 2, "embedding_length": 64, "feed_forward_length": 128, "attention.head_count": 4}
    facts = [gguf_text("general.architecture") + struct.pack("<I", 8) + gguf_text("toy")]
    facts += [gguf_text("toy.rope") + struct.pack("<IIQ", 9, 6, 3) + struct.pack("<3f", 1, 2, 3)]
    facts += [gguf_text("toy.tags") + struct.pack("<IIQ", 9, 8, 2) + gguf_text("a") + gguf_text("bb")]
    facts += [gguf_text(f"toy.{name}") + struct.pack("<II", 4, value) for name, value in numbers.items()]
    facts += [gguf_text("toy.attention.head_count_kv") + struct.pack("<II", 4, 2)]
    words = b"".join(gguf_text(f"word{number}") for number in range(1000))
    facts += [gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 1000) + words]
    tensors = gguf_text("output_norm.weight") + (gguf_text("output.weight") if untied else b"")
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 2, len(facts)) + b"".join(facts) + tensors)
    return path


@pytest.mark.parametrize("untied", [False, True])
def test_a_gguf_head_tells_the_sizes(tmp_path: Path, untied: bool) -> None:
    path = gguf_file(tmp_path / "toy-70b.gguf", untied=untied)
    found = find_dimensions(parse_model_ref(f"gguf:{path}"))
    assert found == Dimensions(2, 64, 4, 2, 16, 128, 1000, tied=not untied, origin="the head of toy-70b.gguf")


@pytest.mark.parametrize("cut", [0, 3, 10, 30, 90, 200])
def test_a_torn_gguf_head_is_refused_and_the_estimate_takes_the_name(tmp_path: Path, cut: int) -> None:
    whole = gguf_file(tmp_path / "whole.gguf").read_bytes()
    torn = tmp_path / "torn-3b.gguf"
    torn.write_bytes(whole[:cut])
    with pytest.raises(UserError, match="torn-3b"):
        read_header(torn)
    assert find_dimensions(parse_model_ref(f"gguf:{torn}")).parameters == 3_000_000_000


def test_other_files_and_versions_are_no_gguf(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(UserError, match="does not begin with GGUF"):
        read_header(other)
    with pytest.raises(UserError, match="version is 9"):
        read_header(gguf_file(tmp_path / "new.gguf", version=9))


def test_the_terms_add_up_and_say_how_they_came_about() -> None:
    found = estimate(recipe(QWEN_7B, few_shot=8, max_new_tokens=512, batch_size=4), CUDA_24, machine(card(23.99)))
    assert sum(term.gb for term in found.terms) == pytest.approx(found.total_gb, abs=0.005)
    assert all(term.why for term in found.terms)
    weights, cache = term(found, "policy weights"), term(found, "policy KV cache")
    assert weights.gb == pytest.approx(7.6152832e9 * 2 / GIB, abs=0.001)
    # 28 layers, 4 key heads of 128, keys and values, 2 bytes: 56 KB a token; 8 examples once, 4 rows of the rest.
    assert cache.gb == pytest.approx((8 * 175 + 4 * (180 + 512)) * 57344 / GIB, abs=0.001)
    assert "1,400 once" in cache.why
    assert term(found, "CUDA").gb == 1.4
    assert json.loads(json.dumps(found.as_json()))["terms"][0]["name"] == "policy weights"


@pytest.mark.parametrize(
    ("setting", "value", "grows"),
    [("few_shot", 8, "policy KV cache"), ("max_new_tokens", 2000, "policy KV cache"),
     ("batch_size", 64, "policy KV cache"), ("temperature", 1.0, "policy working memory")],
)  # fmt: skip
def test_more_of_a_setting_takes_more_memory(setting: str, value: float, grows: str) -> None:
    few: dict[str, Any] = {"few_shot": 1, "max_new_tokens": 256, "batch_size": 32}
    before = estimate(recipe(**few), CPU, machine())
    after = estimate(recipe(**{**few, setting: value}), CPU, machine())
    assert term(after, grows).gb > term(before, grows).gb
    assert after.total_gb > before.total_gb


def test_a_batch_holds_no_more_rows_than_there_are_problems() -> None:
    many = recipe(batch_size=64)
    few = many.model_copy(update={"problems": ProblemSettings(source="gsm8k", limit=4)})
    assert term(estimate(few, CPU, machine()), "policy KV cache").why.startswith("4 rows")


def test_an_adapter_takes_the_size_of_its_file_or_what_one_usually_takes(tmp_path: Path) -> None:
    plain = estimate(recipe(QWEN_7B), CUDA_24, machine(card(24)))
    of_a_run = estimate(recipe(f"{QWEN_7B}+run:last/sft"), CUDA_24, machine(card(24)))
    # Rank 16 on the seven linear layers of 28 blocks: 40.4 million numbers.
    assert term(of_a_run, "policy adapter").gb == pytest.approx(40.37e6 * 4 / GIB, rel=0.01)
    assert of_a_run.total_gb == pytest.approx(plain.total_gb + term(of_a_run, "policy adapter").gb, abs=0.002)
    (tmp_path / "adapter_model.safetensors").write_bytes(bytes(3 * 2**20))
    found = estimate(recipe(f"{QWEN_7B}+path:{tmp_path}"), CUDA_24, machine(card(24)))
    assert term(found, "policy adapter").gb == pytest.approx(3 / 1024, abs=0.001)


def test_quantized_weights_take_what_their_bits_say() -> None:
    nf4 = CUDA_24.model_copy(update={"quantization": "nf4"})
    in_4_bits = term(estimate(recipe(QWEN_7B), nf4, machine(card(24))), "policy weights").gb
    vocabulary = 2 * 152064 * 3584
    assert in_4_bits == pytest.approx((vocabulary * 16 + (7.6152832e9 - vocabulary) * 4.127) / 8 / GIB, abs=0.01)
    stored = estimate(recipe("mlx:mlx-community/Qwen3-4B-Instruct-2507-4bit"), MAC_16, machine())
    assert term(stored, "policy weights").gb == pytest.approx(4.022e9 * 4.5 / 8 / GIB, abs=0.01)


def test_the_first_use_of_a_gguf_file_needs_room_to_unpack_it(tmp_path: Path) -> None:
    found = estimate(recipe(f"gguf:{tmp_path}/solver-7b.gguf", hardware={"dtype": "bfloat16"}), CPU, machine())
    policy = sum(term.gb for term in found.terms if term.name.startswith("policy"))
    assert policy == pytest.approx(1.5 * 7e9 * 4 / GIB, abs=0.01)


def test_a_model_behind_a_server_costs_nothing_here() -> None:
    found = estimate(recipe("openai:http://localhost:8000/v1#Qwen2.5-72B"), CPU, machine())
    assert [term.name for term in found.terms] == ["embedder", "libraries", "graders"]
    assert found.fit == "fits"


def test_a_judge_counts_beside_the_policy_and_alone() -> None:
    with_judge = estimate(recipe(judge=QWEN_7B), CPU, machine())
    assert term(with_judge, "judge weights").gb == pytest.approx(7.6152832e9 * 4 / GIB, abs=0.01)
    scored = Recipe(name="s", title="", stages=(ScoreSettings(),), models=ModelRoles(policy="", embedder=MINILM))
    assert [term.name for term in estimate(scored, CPU, machine()).terms] == ["embedder", "libraries", "graders"]


@pytest.mark.parametrize(
    ("ram", "free", "fit"),
    [(2.0, 1.9, "fits"), (2.0, 0.5, "tight"), (1.25, 1.25, "fits"), (1.15, 1.15, "tight"), (0.9, 0.9, "does not fit")],
)
def test_the_verdict_follows_capacity_and_what_is_free(ram: float, free: float, fit: str) -> None:
    """Machines with so many times the memory that the recipe needs."""
    need = estimate(recipe(), CPU, machine()).total_gb
    found = estimate(recipe(), CPU, machine(ram=ram * need, free=free * need))
    assert found.fit == fit
    assert found.capacity_gb == pytest.approx(ram * need, abs=0.001)
    assert (found.hint == "") == (fit == "fits")
    assert ("are free now" in found.reason) == (free < 1 < ram)


def test_without_the_device_the_need_is_still_told() -> None:
    found = estimate(recipe(QWEN_7B), CUDA_24, machine())
    assert (found.fit, found.capacity_gb) == ("no device", 24)
    assert "no CUDA device here" in found.reason
    assert f"{found.total_gb:.1f} GB of the 24.0 GB" in found.reason
    assert "openai:" in found.hint


def test_a_smaller_card_than_the_preset_is_made_for_sets_the_limit() -> None:
    found = estimate(recipe(QWEN_7B), CUDA_24, machine(card(12)))
    assert (found.fit, found.capacity_gb) == ("does not fit", 12)
    larger = estimate(recipe(QWEN_7B), CUDA_24, machine(card(80)))
    assert larger.capacity_gb == 24


def test_a_mac_counts_what_metal_may_use() -> None:
    mac = machine(Device("mps", "Apple M3", 21.33), ram=32)
    assert estimate(recipe(SMOLLM), MAC_16, mac).capacity_gb == pytest.approx(10.67, abs=0.01)


def test_the_advice_is_the_setting_that_helps_most() -> None:
    wide = recipe(QWEN_7B, batch_size=256, max_new_tokens=1024)
    found = estimate(wide, CUDA_24, machine(card(24)))
    assert found.fit == "does not fit"
    assert found.hint.startswith("evaluate.batch_size=1 brings it to")
    preset_decides = estimate(
        recipe(QWEN_7B, max_new_tokens=1024), CUDA_24.model_copy(update={"batch_size": 256}), machine(card(24))
    )
    assert preset_decides.hint.startswith("hardware.batch_size=1 ")
    big = estimate(recipe(QWEN_7B, batch_size=1), CUDA_24, machine(card(12), bitsandbytes="0.50.2"))
    assert big.hint.startswith("hardware.quantization=nf4 brings it to")
    in_32_bits = estimate(recipe(QWEN_7B, batch_size=1), CPU, machine(ram=24))
    assert in_32_bits.hint.startswith("hardware.dtype=bfloat16 brings it to")


def test_what_no_setting_helps_says_how_small_the_model_must_be() -> None:
    found = estimate(recipe("hf:meta-llama/Llama-3.1-70B-Instruct", batch_size=1), CUDA_24, machine(card(24)))
    assert "choose a policy with at most 1" in found.hint


def test_following_the_advice_does_what_it_says() -> None:
    wide = recipe(QWEN_7B, batch_size=256, max_new_tokens=1024)
    advised = float(estimate(wide, CUDA_24, machine(card(24))).hint.split()[-2])
    after = estimate(recipe(QWEN_7B, batch_size=1, max_new_tokens=1024), CUDA_24, machine(card(24)))
    assert after.total_gb == pytest.approx(advised, abs=0.06)
    assert after.fit == "fits"


def test_the_recipes_own_hardware_keys_are_laid_over_a_preset_but_a_whole_preset_is_not() -> None:
    keys = estimate(recipe(QWEN_7B, hardware={"dtype": "bfloat16", "batch_size": 3}), CPU, machine())
    assert term(keys, "policy weights").gb == pytest.approx(7.6152832e9 * 2 / GIB, abs=0.01)
    assert term(keys, "policy KV cache").why.startswith("3 rows")
    whole = recipe(QWEN_7B, hardware=CPU.model_dump(mode="json"))
    assert estimate(whole, CUDA_24, machine(card(24))) == estimate(recipe(QWEN_7B), CUDA_24, machine(card(24)))


def test_several_samples_fill_a_batch_that_few_problems_do_not() -> None:
    few = ProblemSettings(limit=2)
    preset = HardwarePreset(name="p", title="p", batch_size=16)
    assert policy_batch(EvaluateSettings(), few, preset).rows == 2
    assert policy_batch(EvaluateSettings(samples=4, temperature=1.0), few, preset).rows == 8
    assert policy_batch(EvaluateSettings(samples=64, temperature=1.0), few, preset).rows == 16


def test_grading_again_needs_an_embedder_only_to_align_again() -> None:
    preset = HardwarePreset(name="p", title="p", models=ModelRoles(embedder="embedded:all-minilm-l6-v2"))

    def names(stage: RegradeSettings) -> set[str]:
        return {term.name for term in memory_terms(Recipe(name="r", title="r", stages=(stage,)), preset)}

    assert names(RegradeSettings()) == {"libraries", "graders"}
    assert names(RegradeSettings(realign=True)) == {"embedder", "libraries", "graders"}


def test_labelled_sets_hold_steps_of_a_paragraph() -> None:
    """Measured: 1.8 GB at the peak of validate-alignment over all three sets, 0.7 GB without data."""

    def total(data: str | None) -> float:
        stage = ValidateSettings(data=data)
        recipe = Recipe(name="v", title="", stages=(stage,), models=ModelRoles(policy="", embedder=MINILM))
        return estimate(recipe, CPU, machine()).total_gb

    assert total("shared/data") == pytest.approx(1.8, abs=0.3)
    assert total(None) == pytest.approx(0.7, abs=0.2)
