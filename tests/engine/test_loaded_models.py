"""LoadedModels: one load a reference whatever the batch, freed when asked, loaded again when needed."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from engine.errors import RunFailed, UserError
from engine.models import loading
from engine.models.adapter_files import Runs
from engine.models.completion import Message, Prompt, Sampling
from engine.models.pool import LoadedModels
from engine.models.torch_policy import TorchPolicy
from engine.recipes.preset import HardwarePreset
from engine.recipes.sections import ModelRoles
from tests.engine.toy_adapters import run_with_adapter
from tests.engine.toy_models import save_toy, toy_llama

CPU = HardwarePreset(name="cpu", title="CPU", batch_size=3)
PROMPTS = [Prompt((Message("user", question),)) for question in ("1+1?", "2+2?", "3+3?", "4+4?")]


@pytest.fixture
def toy(tmp_path: Path) -> str:
    return f"path:{save_toy(tmp_path / 'toy', toy_llama())}"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Any]]:
    """Every set of weights that was loaded, as long as somebody holds it."""
    seen: list[weakref.ref[Any]] = []
    load = loading.load_model

    def counted(*arguments: Any) -> tuple[Any, Any]:
        model, tokenizer = load(*arguments)
        seen.append(weakref.ref(model))
        return model, tokenizer

    monkeypatch.setattr(loading, "load_model", counted)
    return seen


def roles(**named: str) -> LoadedModels:
    return LoadedModels(ModelRoles(**named), CPU)


def answer(models: LoadedModels, role: str = "policy", rows: int | None = None) -> list[tuple[int, ...]]:
    done = models.policy(role).complete(PROMPTS, Sampling(4), rows_at_once=rows)
    return [c.token_ids for c in sorted(done, key=lambda c: c.index)]


def test_one_load_serves_every_batch_size_role_and_stage(toy: str, loads: list[Any]) -> None:
    models = roles(policy=toy, judge=toy)
    assert answer(models, rows=1) == answer(models, rows=4) == answer(models) == answer(models, "judge")
    assert models.policy() is models.policy("judge") is models.load(f" {toy} ")
    later_stage = models.for_roles(ModelRoles(policy=toy, reference=toy))
    assert later_stage.policy("reference") is models.policy()
    assert len(loads) == 1


def test_a_released_model_is_freed_and_loaded_again_when_needed(toy: str, loads: list[Any]) -> None:
    models = roles(policy=toy)
    before = answer(models)
    kept = models.policy()
    models.release(toy)
    gc.collect()
    assert loads[0]() is None, "nobody holds the weights any more, though somebody holds the policy"
    assert kept.progress().tokens == sum(map(len, before)), "what it has done is still told"
    with pytest.raises(RunFailed, match="was released"):
        list(kept.complete(PROMPTS, Sampling(4)))
    assert list(models.loaded()) == []
    assert answer(models) == before
    assert len(loads) == 2
    models.release("path:/never/loaded")


def test_a_trainer_keeps_what_it_needs_and_releases_the_rest(toy: str, tmp_path: Path, loads: list[Any]) -> None:
    other = f"path:{save_toy(tmp_path / 'other', toy_llama(seed=1))}"
    models = roles(policy=toy, judge=other)
    policy, _ = models.policy(), models.policy("judge")
    models.release_all(toy)
    assert list(models.loaded()) == [toy]
    assert models.policy() is policy
    gc.collect()
    assert [reference() is None for reference in loads] == [False, True]
    models.close()
    assert list(models.loaded()) == []


def test_an_embedder_is_loaded_once_and_again_after_its_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path))
    made: list[str] = []

    class Vectors:
        def __init__(self, reference: str, *_: Any) -> None:
            made.append(reference)

        def close(self) -> None:
            made.append("closed")

    monkeypatch.setattr(loading, "load_embedder", Vectors)
    models = roles(embedder="embedded:all-minilm-l6-v2")
    assert models.embedder() is models.for_roles(models.roles).embedder()
    models.release("embedded:all-minilm-l6-v2")
    models.embedder()
    assert made == ["embedded:all-minilm-l6-v2", "closed", "embedded:all-minilm-l6-v2"]


def test_an_empty_role_says_how_to_fill_it(toy: str) -> None:
    models = roles(policy=toy, prm="none")
    for role in ("judge", "prm", "reference", "safeguard"):
        assert models.reference(role) is None
        with pytest.raises(UserError, match=f"names no {role}") as caught:
            models.policy(role)
        assert f"--set models.{role}=" in caught.value.next_step
    with pytest.raises(UserError, match="needs an embedder"):
        models.embedder()


def test_a_stage_that_works_on_tokens_gets_none_from_a_server(toy: str) -> None:
    models = roles(policy=toy, judge="openai:http://127.0.0.1:9/v1#m")
    assert isinstance(models.local_policy(), TorchPolicy)
    with pytest.raises(UserError, match="works on its tokens"):
        models.local_policy("judge")


def test_last_is_the_run_it_means_now(toy: str, tmp_path: Path, loads: list[Any]) -> None:
    folder = tmp_path / "runs"
    first = run_with_adapter(folder, 1, "sft", toy)
    models = LoadedModels(ModelRoles(policy=f"{toy}+run:last/sft"), CPU, Runs(folder))
    assert models.policy() is models.load(f"{toy}+run:{first.id}/sft")
    second = run_with_adapter(folder, 2, "sft", toy)
    assert models.policy().name == f"{toy}+run:{second.id}/sft"
    models.release(f"{toy}+run:{first.id}/sft")
    assert list(models.loaded()) == [f"{toy}+run:{second.id}/sft"]
    assert len(loads) == 2
