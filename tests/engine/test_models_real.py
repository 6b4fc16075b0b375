"""SmolLM2-135M-Instruct, as it comes with the program: its template, its stop token, its own greedy answers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.models.completion import Message, Sampling
from engine.models.loading import load_model
from engine.models.prompt_tokens import PromptTokens, stop_ids
from engine.models.torch_policy import TorchPolicy
from engine.models.weights import locate
from engine.problems.generator import generate
from engine.problems.prompts import build_prompt
from engine.recipes.model_reference import parse_model_ref
from engine.recipes.preset import HardwarePreset

pytestmark = [pytest.mark.real_model, pytest.mark.xdist_group("models_real")]


@pytest.fixture(scope="module")
def smollm() -> tuple[Any, Any]:
    """Model and tokenizer; the first test on a machine unpacks the GGUF file (some 20 s)."""
    return load_model(
        locate(parse_model_ref("embedded:smollm2-135m-instruct")), HardwarePreset(name="cpu", title="CPU")
    )


def test_the_template_opens_the_turn_that_the_model_was_trained_to_answer(smollm: tuple[Any, Any]) -> None:
    model, tokenizer = smollm
    text = PromptTokens(tokenizer)
    ids = text.encode([Message("system", "Be brief."), Message("user", "What is 12+30?")])
    assert tokenizer.decode(ids) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 12+30?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert stop_ids(model, tokenizer) == {tokenizer.convert_tokens_to_ids("<|im_end|>")}
    assert tokenizer.pad_token_id not in stop_ids(model, tokenizer)


def test_numbers_are_taken_apart_and_text_comes_back_as_it_was(smollm: tuple[Any, Any]) -> None:
    tokenizer = smollm[1]
    assert tokenizer.tokenize("costs 1,250\n\n3. So") == [
        "cost", "s", "Ġ", "1", ",", "2", "5", "0", "ĊĊ", "3", ".", "ĠSo",
    ]  # fmt: skip
    for text in ("x = 3/4\n\n  12 apples & 5% – ½ é", "a  b\tc\n"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_greedy_answers_are_those_of_generate(smollm: tuple[Any, Any]) -> None:
    model, tokenizer = smollm
    problems = generate(5, 42, (1, 2, 3))
    prompts = [build_prompt(problem, problems[3:]) for problem in problems[:3]]
    rows = [PromptTokens(tokenizer).encode(prompt.messages) for prompt in prompts]
    expected = [
        model.generate(torch.tensor([row]), max_new_tokens=24, do_sample=False)[0, len(row) :].tolist() for row in rows
    ]
    policy = TorchPolicy("smollm", "", model, tokenizer, 8)  # takes the model for itself: after the plain calls
    done = {completion.index: completion for completion in policy.complete(prompts, Sampling(24))}
    assert policy.notes == ()
    assert [list(done[index].token_ids) for index in range(3)] == expected
    assert policy.progress().prefix_tokens_reused > 2 * 150
