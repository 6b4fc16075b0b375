"""ModelRef: every kind parses and prints back; a wrong one says what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.models.paths import cache_dir
from engine.recipes.model_reference import EXAMPLES, KINDS, ModelRef, parse_model_ref


@pytest.mark.parametrize("text", [*EXAMPLES.values(), "hf:gpt2", "path:/models/C++ things", "openai:https://a.b#x/y:z"])
def test_a_reference_prints_back_as_it_was_written(text: str) -> None:
    assert str(parse_model_ref(text)) == text


def test_every_kind_has_a_description_and_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS)
    assert all(parse_model_ref(example).description for example in EXAMPLES.values())


def test_a_server_has_url_and_model() -> None:
    ref = parse_model_ref("openai:http://localhost:8000/v1/#org/name")
    assert (ref.target, ref.model, ref.remote) == ("http://localhost:8000/v1", "org/name", True)


def test_an_adapter_stands_behind_its_base() -> None:
    ref = parse_model_ref("embedded:smollm2-135m-instruct+run:20250101-sft-ab12/train")
    assert ref.kind == "embedded"
    assert ref.adapter == ModelRef("run", "20250101-sft-ab12/train")
    assert ref.adapter is not None
    assert "adapter" in ref.description


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("smollm2-135m-instruct", "embedded:smollm2-135m-instruct"),
        ("embedded:smollm-135m", "embedded:smollm2-135m-instruct"),
        ("embeded:smollm2-135m-instruct", "embedded:smollm2-135m-instruct"),
        ("Qwen/Qwen2.5-Math-1.5B", "hf:Qwen/Qwen2.5-Math-1.5B"),
        ("HF:Qwen/Qwen3", "hf:Qwen/Qwen3"),
        ("http://localhost:8000/v1", "openai:http://localhost:8000/v1#MODEL"),
        ("./weights", "path:./weights"),
        ("model.gguf", "gguf:model.gguf"),
    ],
)
def test_a_wrong_name_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_model_ref(text)
    assert repr(text) in caught.value.message
    assert f"Did you mean {meant}?" in caught.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hf:",
        "hf:a/b/c",
        "path: ",
        "run:only-a-run",
        "openai:localhost:8000#m",
        "openai:http://host/v1",
        "openai:http://host:port/v1#m",
        "hf:a/b+openai:http://host/v1#m",
        "openai:http://host/v1#m+run:a/b",
        "hf:a/b+run:c/d+run:e/f",
    ],
)
def test_what_cannot_be_a_model_is_refused_with_a_next_step(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_model_ref(text)
    assert caught.value.next_step


def test_the_cache_is_where_the_variables_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATHREASON_CACHE", str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"
    monkeypatch.delenv("MATHREASON_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "mathreason-tui"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == Path.home() / ".cache" / "mathreason-tui"
