"""TorchPolicy and loading: prompts to completions, and one clear error for what is not there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import EnvironmentMissing, MathReasonError, UserError
from engine.models.batching import in_batches
from engine.models.completion import Completion, Message, Prompt, Sampling
from engine.models.cores import WAIT_POLICY, sleep_while_waiting
from engine.models.hub import hub_is_reachable
from engine.models.loading import load_embedder, load_policy
from engine.models.prompt_tokens import PromptTokens, plain_text, stop_ids
from engine.models.token_engine import TokenEngine
from engine.models.torch_policy import TorchPolicy
from engine.recipes.preset import HardwarePreset
from tests.engine.toy_models import save_toy, toy_llama, toy_qwen, toy_tokenizer

CPU = HardwarePreset(name="cpu", title="CPU", batch_size=3)
EXAMPLES = (
    Message("system", "Answer."),
    Message("user", "1+1?"),
    Message("assistant", "2"),
)
QUESTIONS = ("What is 2+3?", "What is 20-7, tell me?", "And 3*3?", "What?", "What is the double of 2+3?")


def prompt(question: str, turns: Sequence[Message] = EXAMPLES) -> Prompt:
    return Prompt((*turns, Message("user", question)))


def policy(model: Any = None, batch_size: int = 3) -> TorchPolicy:
    return TorchPolicy("toy", "print", model or toy_llama(), toy_tokenizer(), batch_size)


def answers(policy: TorchPolicy, prompts: Sequence[Prompt], sampling: Sampling, **options: Any) -> list[Completion]:
    return sorted(policy.complete(prompts, sampling, **options), key=lambda completion: completion.index)


def test_completions_are_what_generate_gives_for_the_templated_prompts() -> None:
    model, tokenizer = toy_llama(), toy_tokenizer()
    done = answers(policy(), [prompt(q) for q in QUESTIONS], Sampling(12))
    for completion, question in zip(done, QUESTIONS, strict=True):
        ids = PromptTokens(tokenizer).encode(prompt(question).messages)
        whole = model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)
        assert list(completion.token_ids) == whole[0, len(ids) :].tolist()
        assert completion.prompt_tokens == len(ids)
        assert completion.tokens == len(completion.token_ids)
        assert completion.truncated == (completion.token_ids[-1] != tokenizer.eos_token_id)
        assert completion.text == tokenizer.decode(completion.token_ids, skip_special_tokens=True).strip()


def test_the_turns_before_the_question_are_encoded_once_for_all_calls() -> None:
    subject = policy(batch_size=2)
    answers(subject, [prompt(q) for q in QUESTIONS[:2]], Sampling(2))
    first = subject.progress()
    turns = len(PromptTokens(toy_tokenizer()).common_turns(prompt("").messages))
    assert first.prefix_tokens_reused >= turns
    answers(subject, [prompt(QUESTIONS[2])], Sampling(2))
    assert subject.progress().prefix_tokens_reused - first.prefix_tokens_reused == turns


def test_a_call_gives_the_same_whatever_was_asked_before() -> None:
    used = policy()
    answers(used, [prompt("Something else?", ())], Sampling(3))
    answers(used, [prompt(q) for q in QUESTIONS[:1]], Sampling(3))
    prompts, sampling = [prompt(q) for q in QUESTIONS], Sampling(10, temperature=1.0)
    assert [c.token_ids for c in answers(used, prompts, sampling)] == [
        c.token_ids for c in answers(policy(), prompts, sampling)
    ]


def test_samples_of_one_question_differ_by_their_keys_and_share_it_all() -> None:
    subject = policy(toy_llama(initializer_range=0.1), batch_size=4)
    done = answers(subject, [prompt("2+3?")] * 4, Sampling(10, temperature=1.0), keys=["a", "b", "c", "a"])
    assert done[0].token_ids == done[3].token_ids
    assert len({completion.token_ids for completion in done}) == 3
    assert subject.progress().prefix_tokens_reused == 3 * (done[0].prompt_tokens - 1)


def test_what_is_finished_is_made_again_only_where_its_batch_has_more_to_do() -> None:
    prompts, sampling = [prompt(q) for q in QUESTIONS], Sampling(10, temperature=1.0)
    keys = [f"key {index}" for index in range(len(prompts))]
    whole = answers(policy(), prompts, sampling, keys=keys, rows_at_once=2)
    batches = in_batches(prompts, keys, 2, sampling.seed)
    finished = {keys[batches[0][0]], *(keys[index] for index in batches[1])}
    subject = policy()
    rest = answers(subject, prompts, sampling, keys=keys, rows_at_once=2, finished=finished)
    assert rest == [replace(c, seconds=r.seconds) for c, r in zip([whole[r.index] for r in rest], rest, strict=True)]
    assert {keys[c.index] for c in rest} == set(keys) - finished
    made = sum(whole[index].tokens for batch in (batches[0], batches[2]) for index in batch)
    assert subject.progress().tokens == made, "the whole batch, or its tokens might differ by a rounding"


def test_rows_at_once_belong_to_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, seen = policy(batch_size=3), list[int]()
    generate = subject.tokens.generate

    def counted(prefixes: Sequence[Any], *rest: Any, **options: Any) -> Any:
        seen.append(len(prefixes))
        return generate(prefixes, *rest, **options)

    monkeypatch.setattr(subject.tokens, "generate", counted)
    prompts = [prompt(q) for q in QUESTIONS]
    answers(subject, prompts, Sampling(2), rows_at_once=5)
    answers(subject, prompts, Sampling(2))
    assert seen[0] == 5
    assert sorted(seen[1:]) == [2, 3]


def test_prompts_with_unlike_examples_may_share_a_batch() -> None:
    prompts = [prompt("2?"), prompt("3?", ()), prompt("4?", EXAMPLES[:1])]
    together = answers(policy(), prompts, Sampling(8))
    alone = [answers(policy(), [one], Sampling(8))[0] for one in prompts]
    assert [c.token_ids for c in together] == [c.token_ids for c in alone]


def test_a_model_without_template_gets_questions_and_answers() -> None:
    tokens = PromptTokens(toy_tokenizer(chat_template=None))
    text = plain_text(prompt("2+3?").messages)
    assert text == "Answer.\n\nQuestion: 1+1?\n\nAnswer: 2\n\nQuestion: 2+3?\n\nAnswer:"
    assert tokens.decode(tokens.encode(prompt("2+3?").messages)) == text


def test_a_template_that_refuses_system_turns_gets_their_words_in_the_first_question() -> None:
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    tokenizer = toy_tokenizer(refusing + "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}")
    tokens = PromptTokens(tokenizer)
    assert tokens.decode(tokens.encode(EXAMPLES)) == "[user]Answer.\n\n1+1?[assistant]2"


def test_every_way_to_say_the_end_is_a_stop_and_padding_is_none() -> None:
    model, tokenizer = toy_llama(), toy_tokenizer()
    model.generation_config.eos_token_id = [7, 9]
    tokenizer.pad_token = "<|endoftext|>"
    assert stop_ids(model, tokenizer) == {7, 9, tokenizer.convert_tokens_to_ids("<|im_end|>")}


def test_a_prompt_beyond_the_context_is_refused_and_a_long_answer_cut() -> None:
    subject = policy(toy_llama(max_position_embeddings=100))
    with pytest.raises(UserError, match="context is 100"):
        answers(subject, [prompt("2" * 90)], Sampling(5))
    assert answers(subject, [prompt("2")], Sampling(500))[0].tokens <= 100


def test_what_is_not_done_as_the_model_asks_is_noted() -> None:
    model = toy_llama()
    model.generation_config.repetition_penalty = 1.1
    assert "repetition penalty of 1.1" in policy(model).notes[0]
    sliding = toy_qwen(use_sliding_window=True, sliding_window=8, max_window_layers=1)
    subject = policy(sliding)
    assert "sliding" in subject.notes[0]
    assert len(answers(subject, [prompt(q) for q in QUESTIONS], Sampling(4))) == len(QUESTIONS)


def test_a_device_without_memory_names_the_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    subject = policy(batch_size=8)
    monkeypatch.setattr(subject.tokens, "encode", exhausted)
    with pytest.raises(EnvironmentMissing) as caught:
        answers(subject, [prompt("2?")], Sampling(4))
    assert "hardware.batch_size=4" in caught.value.next_step


def test_a_folder_loads_in_the_dtype_of_the_preset(tmp_path: Path) -> None:
    reference = f"path:{save_toy(tmp_path, toy_llama())}"
    loaded = load_policy(reference, CPU)
    half = load_policy(reference, CPU.model_copy(update={"dtype": "bfloat16"}))
    assert isinstance(loaded, TorchPolicy)
    assert isinstance(half, TorchPolicy)
    assert isinstance(half.tokens, TokenEngine)
    assert half.tokens._model.dtype is torch.bfloat16
    assert half.notes == ()
    assert loaded.fingerprint == half.fingerprint
    expected = answers(policy(), [prompt(q) for q in QUESTIONS], Sampling(6))
    assert [c.token_ids for c in answers(loaded, [prompt(q) for q in QUESTIONS], Sampling(6))] == [
        c.token_ids for c in expected
    ]


@pytest.mark.parametrize(
    ("reference", "error", "names"),
    [
        ("path:/no/such/folder", EnvironmentMissing, "/no/such/folder"),
        ("gguf:/no/such/file.gguf", EnvironmentMissing, "/no/such/file.gguf"),
        ("mlx:some/repo", EnvironmentMissing, "mlx:some/repo"),
        ("run:a/b", UserError, "adapter"),
        ("embedded:smollm2-135m-instruct+path:/x", UserError, "adapter"),
    ],
)
def test_what_cannot_be_loaded_is_named(reference: str, error: type[MathReasonError], names: str) -> None:
    with pytest.raises(error, match=names) as caught:
        load_policy(reference, CPU)
    assert caught.value.next_step


def test_a_folder_of_pickles_or_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UserError, match="no safetensors"):
        load_policy(f"path:{tmp_path}", CPU)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(EnvironmentMissing, match="cannot load path:"):
        load_policy(f"path:{tmp_path}", CPU)


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub to which no connection can be made: a port that was just given back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{free}")
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    hub_is_reachable.cache_clear()
    yield
    hub_is_reachable.cache_clear()


def test_a_hub_that_cannot_be_reached_is_named_at_once(
    no_hub: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    connect = socket.create_connection

    def count(*place: Any, **options: Any) -> socket.socket:
        tried.append(place)
        return connect(*place, **options)

    monkeypatch.setattr(socket, "create_connection", count)
    with pytest.raises(EnvironmentMissing, match=r"cannot load hf:org/not-here .* cannot be reached") as caught:
        load_policy("hf:org/not-here", CPU)
    assert "path:DIR" in caught.value.next_step
    with pytest.raises(EnvironmentMissing, match="cannot load hf:org/not-here"):
        load_embedder("hf:org/not-here", CPU, tmp_path).embed(["a"])
    assert len(tried) <= 2, "the hub's client retried: ours and one look of the libraries are all"


def test_a_hub_that_answers_is_reachable(no_hub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not hub_is_reachable()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        hub_is_reachable.cache_clear()
        assert hub_is_reachable()
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        hub_is_reachable.cache_clear()
        assert not hub_is_reachable()


def test_a_device_that_is_not_there_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    for change in ({"device": "cuda"}, {"backend": "mlx"}):
        with pytest.raises(EnvironmentMissing, match="the preset cpu"):
            load_policy("embedded:smollm2-135m-instruct", CPU.model_copy(update=change))


def test_four_bit_weights_need_bitsandbytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.models.loading.find_spec", lambda name: None)
    with pytest.raises(EnvironmentMissing, match="bitsandbytes"):
        load_policy(f"path:{save_toy(tmp_path, toy_llama())}", CPU.model_copy(update={"quantization": "nf4"}))


def test_an_embedder_must_be_one(tmp_path: Path) -> None:
    for reference in ("gguf:x.gguf", "openai:http://host/v1#m"):
        with pytest.raises(UserError, match="cannot be an embedder"):
            load_embedder(reference, CPU, tmp_path)


@pytest.mark.parametrize(("said", "then"), [(None, "passive"), ("active", "active")])
def test_idle_threads_sleep_unless_the_user_says_otherwise(
    said: str | None, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAIT_POLICY, said or "")
    if said is None:
        monkeypatch.delenv(WAIT_POLICY)
    sleep_while_waiting()
    assert os.environ[WAIT_POLICY] == then
