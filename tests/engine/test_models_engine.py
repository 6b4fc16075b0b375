"""The token engine: the same greedy tokens as `generate`, however rows are packed, shared, dropped and sampled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from engine.errors import Cancelled
from engine.machine.batch_sizes import CACHE_GROWTH, PREFILL_TOKENS
from engine.models.completion import Sampling
from engine.models.exactness import open_engine
from engine.models.plain_engine import PlainEngine
from engine.models.shared_prefix import SCORES_AT_ONCE, attend_causal, attend_prefix
from engine.models.token_choice import draw
from engine.models.token_engine import TokenEngine
from engine.models.tokens import TokenPolicy
from tests.engine.toy_models import VOCABULARY, toy_llama, toy_qwen

NO_STOPS: frozenset[int] = frozenset()


def ids(length: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(3, VOCABULARY), k=length)


def plain(model: Any, prompt: Sequence[int], new: int, stops: frozenset[int]) -> list[int]:
    """What transformers' `generate` adds to one prompt."""
    generated = model.generate(
        torch.tensor([list(prompt)]), max_new_tokens=new, do_sample=False, eos_token_id=sorted(stops) or None,
        pad_token_id=0,
    )  # fmt: skip
    tokens: list[int] = generated[0, len(prompt) :].tolist()
    return tokens


def greedy(
    engine: TokenPolicy, prefix: Sequence[int], suffixes: Sequence[Sequence[int]], new: int,
    stops: frozenset[int] = NO_STOPS,
) -> list[list[int]]:  # fmt: skip
    shared = [engine.encode(prefix)] * len(suffixes)
    done = {c.row: list(c.ids) for c in engine.generate(shared, Sampling(new), suffixes=suffixes, stop_ids=stops)}
    return [done[row] for row in range(len(suffixes))]


@pytest.mark.parametrize("make", [toy_llama, toy_qwen])
@pytest.mark.parametrize("prefix_length", [0, 1, 70])
@pytest.mark.parametrize("lengths", [[1], [5, 5, 5], [1, 9, 4, 33, 2, 17]])
def test_greedy_tokens_are_those_of_generate(make: Any, prefix_length: int, lengths: list[int]) -> None:
    prefix, suffixes = ids(prefix_length, 1), [ids(length, 2 + row) for row, length in enumerate(lengths)]
    expected = [plain(make(), [*prefix, *suffix], 12, NO_STOPS) for suffix in suffixes]
    engine, notes = open_engine(make())
    assert isinstance(engine, TokenEngine)
    assert notes == ()
    assert greedy(engine, prefix, suffixes, 12) == expected


@pytest.mark.parametrize("key_heads", [1, 6])
def test_any_grouping_of_heads_is_exact(key_heads: int) -> None:
    prefix, suffixes = ids(20, 1), [ids(4, 2), ids(7, 3)]
    model = toy_llama(num_key_value_heads=key_heads)
    expected = [plain(model, [*prefix, *suffix], 8, NO_STOPS) for suffix in suffixes]
    assert greedy(TokenEngine(model), prefix, suffixes, 8) == expected


def test_rows_stop_where_generate_stops_and_the_others_go_on() -> None:
    prefix, suffixes = ids(30, 1), [ids(3 + row, 10 + row) for row in range(8)]
    endless = greedy(TokenEngine(toy_llama()), prefix, suffixes, 16)
    stops = frozenset({endless[2][3], endless[5][0], endless[6][9]})
    expected = [plain(toy_llama(), [*prefix, *suffix], 16, stops) for suffix in suffixes]
    assert len({len(tokens) for tokens in expected}) > 2, "the rows must end at different steps"
    engine = TokenEngine(toy_llama())
    assert greedy(engine, prefix, suffixes, 16, stops) == expected
    assert engine.decoded_tokens == sum(len(tokens) for tokens in expected)


def test_a_row_is_told_as_soon_as_it_ends() -> None:
    suffixes = [ids(3, 1), ids(3, 2)]
    first, _ = greedy(TokenEngine(toy_llama()), [], suffixes, 2)
    steps: list[int] = []
    engine = TokenEngine(toy_llama())
    running = engine.generate(
        [engine.encode([])] * 2, Sampling(30), suffixes=suffixes, stop_ids=frozenset({first[1]}),
        checkpoint=lambda: steps.append(1),
    )  # fmt: skip
    done = next(running)
    assert (done.row, len(done.ids), done.truncated) == (0, 2, False)
    assert len(steps) < 5


def test_one_new_token_and_more_than_the_cache_first_held() -> None:
    suffixes = [ids(2, 1), ids(6, 2)]
    for new in (1, CACHE_GROWTH + 5):
        expected = [plain(toy_llama(), suffix, new, NO_STOPS) for suffix in suffixes]
        assert greedy(TokenEngine(toy_llama()), [], suffixes, new) == expected


def test_a_prefix_is_encoded_in_parts_as_in_one() -> None:
    engine, whole = TokenEngine(toy_llama()), ids(40, 1)
    at_once, in_parts = engine.encode(whole), engine.extend(engine.encode(whole[:25]), whole[25:])
    assert in_parts.ids == at_once.ids
    for a, b in zip((*at_once.keys, *at_once.values), (*in_parts.keys, *in_parts.values), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_rows_packed_in_several_passes_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PREFILL_TOKENS, "cpu", 16)
    monkeypatch.setitem(SCORES_AT_ONCE, "cpu", 64)
    prefix, suffixes = ids(70, 1), [ids(length, length) for length in (3, 40, 5, 6, 7, 90)]
    expected = [plain(toy_llama(), [*prefix, *suffix], 6, NO_STOPS) for suffix in suffixes]
    assert greedy(TokenEngine(toy_llama()), prefix, suffixes, 6) == expected


def test_a_checkpoint_between_steps_can_end_the_generation() -> None:
    def cancel() -> None:
        raise Cancelled("cancelled")

    for engine in (TokenEngine(toy_llama()), PlainEngine(toy_llama())):
        with pytest.raises(Cancelled):
            list(engine.generate([engine.encode(ids(3, 1))], Sampling(50), checkpoint=cancel))


def test_a_model_with_a_sliding_window_gets_the_plain_engine_and_says_so() -> None:
    window = {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}
    suffixes = [ids(30, 1), ids(12, 2)]
    expected = [plain(toy_qwen(**window), suffix, 10, NO_STOPS) for suffix in suffixes]
    engine, notes = open_engine(toy_qwen(**window))
    assert isinstance(engine, PlainEngine)
    assert "sliding" in notes[0]
    assert greedy(engine, [], suffixes, 10) == expected


def test_a_model_whose_logits_would_differ_gets_the_plain_engine() -> None:
    model = toy_llama()
    expected = plain(model, ids(9, 1), 6, NO_STOPS)
    attention = model.model.layers[1].self_attn
    inner = attention.forward
    # A layer that looks at how its batch is packed, as no config tells.
    attention.forward = lambda hidden_states, **rest: inner(
        hidden_states=hidden_states * (2 if "shared" in rest else 1), **rest
    )
    engine, notes = open_engine(model)
    assert isinstance(engine, PlainEngine)
    assert "differ" in notes[0]
    assert greedy(engine, [], [ids(9, 1)], 6) == [expected]


def test_sampled_rows_depend_on_seed_and_key_alone() -> None:
    prefix, suffixes, keys = ids(20, 1), [ids(3 + row, row) for row in range(5)], ["a", "b", "c", "d", "e"]

    def sampled(rows: Sequence[int], seed: int = 1, prefixed: bool = True) -> dict[str, tuple[int, ...]]:
        sampling = Sampling(10, temperature=1.0, top_p=0.9, seed=seed)
        engine = TokenEngine(toy_llama(initializer_range=0.1))
        shared = [engine.encode(prefix if prefixed else [])] * len(rows)
        own = [suffixes[row] if prefixed else [*prefix, *suffixes[row]] for row in rows]
        named = [keys[row] for row in rows]
        return {named[c.row]: c.ids for c in engine.generate(shared, sampling, keys=named, suffixes=own)}

    together = sampled(range(5))
    assert sampled([3, 1]) == {key: together[key] for key in "db"}
    assert sampled(range(5), prefixed=False) == together
    assert sampled(range(5), seed=2) != together
    assert len(set(together.values())) == 5


def test_drawn_tokens_follow_the_distribution_within_the_nucleus() -> None:
    probabilities = torch.tensor([0.05, 0.5, 0.15, 0.3])
    count = 4000
    logits = probabilities.log().expand(count, -1) * 2  # temperature 2 undoes the factor
    uniform = torch.arange(count, dtype=torch.float64) / count
    whole = torch.tensor(draw(logits, uniform, 2.0, 1.0)).bincount(minlength=4) / count
    torch.testing.assert_close(whole, probabilities, atol=2e-3, rtol=0)
    nucleus = torch.tensor(draw(logits, uniform, 2.0, 0.7)).bincount(minlength=4) / count
    torch.testing.assert_close(nucleus, torch.tensor([0.0, 0.625, 0.0, 0.375]), atol=2e-3, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("heads_at_once", [1, 2])
def test_shared_and_own_attention_merge_to_attention_over_both(
    dtype: torch.dtype, heads_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.shared_prefix.heads_at_once", lambda device, key_heads: heads_at_once)
    torch.manual_seed(0)
    tokens, heads, key_heads, size, before = 7, 6, 2, 8, 50
    query = torch.randn(tokens, heads, size).to(dtype)
    key, value = (torch.randn(before + tokens, key_heads, size).to(dtype) for _ in range(2))
    own, own_lse = attend_causal(query[None], key[None, before:], value[None, before:], 0.3, with_lse=True)
    early_key, early_value = key[:before].transpose(0, 1), value[:before].transpose(0, 1)
    shared, shared_lse = attend_prefix(query, early_key, early_value, 0.3)
    assert own_lse is not None
    merged = torch.lerp(own.float(), shared.float(), torch.sigmoid(shared_lse - own_lse))

    spread_key, spread_value = (tensor.float().repeat_interleave(heads // key_heads, 1) for tensor in (key, value))
    scores = torch.einsum("qhd,khd->hqk", query.float(), spread_key) * 0.3
    scores.masked_fill_(torch.ones(tokens, before + tokens, dtype=torch.bool).triu_(before + 1), float("-inf"))
    expected = torch.einsum("hqk,khd->qhd", scores.softmax(-1), spread_value)
    tolerance = 1e-5 if dtype is torch.float32 else 3e-2
    torch.testing.assert_close(merged, expected, atol=tolerance, rtol=tolerance)
