"""TokenPolicy on both engines: unlike prefixes in one batch, forks, what is read only once, and log-probabilities."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from engine.machine.batch_sizes import PREFILL_TOKENS
from engine.models.completion import Sampling
from engine.models.plain_engine import PlainEngine
from engine.models.prefix_chain import EncodedPrefix, shared_length
from engine.models.shared_prefix import SCORES_AT_ONCE
from engine.models.token_engine import SHORTEST_SHARED, TokenEngine
from engine.models.tokens import Prefix, TokenCompletion, TokenPolicy
from tests.engine.toy_models import VOCABULARY, toy_llama

Engine = Callable[[Any], TokenPolicy]
both_engines = pytest.mark.parametrize("engine", [TokenEngine, PlainEngine])
DRAWN = Sampling(8, temperature=1.0, seed=3)


def ids(length: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(3, VOCABULARY), k=length)


def generated(
    policy: TokenPolicy, prefixes: Sequence[Prefix], sampling: Sampling = DRAWN, **options: Any
) -> list[TokenCompletion]:
    return sorted(policy.generate(prefixes, sampling, **options), key=lambda completion: completion.row)


def tree(policy: TokenPolicy) -> list[Prefix]:
    """Rows as a search has them: two questions behind the same examples, steps of unlike length, one row twice."""
    examples = policy.encode(ids(SHORTEST_SHARED + 9, 1))
    first, second = policy.extend(examples, ids(12, 2)), policy.extend(examples, ids(5, 3))
    deeper = policy.extend(policy.extend(first, ids(7, 4)), ids(1, 5))
    return [first, second, deeper, examples, policy.extend(second, ids(3, 6)), deeper]


@both_engines
def test_unlike_prefixes_together_give_what_each_gives_alone(engine: Engine) -> None:
    policy = engine(toy_llama(initializer_range=0.1))
    prefixes, keys = tree(policy), list("abcdef")
    together = generated(policy, prefixes, keys=keys)
    for prefix, key, found in zip(prefixes, keys, together, strict=True):
        (alone,) = generated(policy, [policy.encode(prefix.ids)], keys=[key])
        assert found.ids == alone.ids
        assert found.log_probabilities == pytest.approx(alone.log_probabilities, abs=1e-4)
    assert together[2].ids != together[5].ids, "the same row under another key is another draw"


@both_engines
def test_what_rows_read_first_is_as_good_as_a_longer_prefix(engine: Engine) -> None:
    policy = engine(toy_llama())
    prefixes = [*tree(policy), policy.encode([])]
    suffixes = [ids(length, 20 + length) for length in (3, 0, 17, 1, 2, 9, 4)]
    longer = [policy.encode((*p.ids, *s)) for p, s in zip(prefixes, suffixes, strict=True)]
    expected = generated(policy, longer, Sampling(6))
    assert [c.ids for c in generated(policy, prefixes, Sampling(6), suffixes=suffixes)] == [c.ids for c in expected]


@pytest.mark.parametrize("most", [1, 16])
def test_forked_rows_packed_in_several_passes_are_exact(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = TokenEngine(toy_llama())
    suffixes = [ids(length, 20 + length) for length in (3, 1, 40, 1, 2, 9)]
    expected = [c.ids for c in generated(policy, tree(policy), Sampling(6), suffixes=suffixes)]
    monkeypatch.setitem(PREFILL_TOKENS, "cpu", most)
    monkeypatch.setitem(SCORES_AT_ONCE, "cpu", 64)
    assert [c.ids for c in generated(policy, tree(policy), Sampling(6), suffixes=suffixes)] == expected


@both_engines
@pytest.mark.parametrize("sampling", [Sampling(9), Sampling(9, temperature=1.7, top_p=0.6)])
def test_log_probabilities_are_those_of_a_full_forward_pass(engine: Engine, sampling: Sampling) -> None:
    model = toy_llama(initializer_range=0.1)
    policy = engine(toy_llama(initializer_range=0.1))
    prefixes = tree(policy)
    endless = generated(policy, prefixes, sampling)
    stops = frozenset({endless[0].ids[3]})
    for prefix, found in zip(prefixes, generated(policy, prefixes, sampling, stop_ids=stops), strict=True):
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([[*prefix.ids, *found.ids]])).logits[0]
        asked = logits[len(prefix.ids) - 1 : -1].log_softmax(-1)
        expected = asked.gather(-1, torch.tensor(found.ids)[:, None]).squeeze(-1)
        assert len(found.log_probabilities) == len(found.ids)
        torch.testing.assert_close(torch.tensor(found.log_probabilities), expected, atol=2e-4, rtol=2e-4)
    assert all(c.log_probabilities == () for c in generated(policy, prefixes, sampling, log_probabilities=False))


@both_engines
def test_a_kept_row_goes_on_as_if_it_had_not_stopped(engine: Engine) -> None:
    policy = engine(toy_llama())
    whole = generated(policy, tree(policy), Sampling(10))
    begun = generated(policy, tree(policy), Sampling(4), keep=True)
    kept = [c.prefix for c in begun if c.prefix is not None]
    assert [prefix.ids[-4:] for prefix in kept] == [c.ids for c in begun]
    assert [a.ids + b.ids for a, b in zip(begun, generated(policy, kept, Sampling(6)), strict=True)] == [
        c.ids for c in whole
    ]
    longer = [policy.extend(prefix, [7, 8]) for prefix in kept]
    again = [policy.encode(prefix.ids) for prefix in longer]
    assert [c.ids for c in generated(policy, longer)] == [c.ids for c in generated(policy, again)]


def test_a_search_reads_each_token_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples and question once for all candidates, and of a candidate that goes on only its last token again."""
    policy = TokenEngine(toy_llama())
    forward, read = policy._forward, list[int]()

    def counted(tokens: Sequence[int], *rest: Any, **more: Any) -> Any:
        read.append(len(tokens))
        return forward(tokens, *rest, **more)

    monkeypatch.setattr(policy, "_forward", counted)
    question = policy.extend(policy.encode(ids(40, 1)), ids(20, 2))
    assert sum(read) == 60
    read.clear()
    step = generated(policy, [question] * 4, keep=True)
    assert sum(read) == 4 * 8, "the last token of the question, and all new ones but the last"
    read.clear()
    kept = [c.prefix for c in step if c.prefix is not None]
    generated(policy, [kept[2]] * 4)
    assert sum(read) == 4 * 8
    assert isinstance(kept[2], EncodedPrefix)
    assert sum(len(link.own or ()) for link in kept[2].links()) == 60 + 8, "a link holds what its row read"


def test_only_the_very_same_keys_and_values_are_shared() -> None:
    policy = TokenEngine(toy_llama())
    root = policy.encode(ids(30, 1))
    first, second = policy.extend(root, ids(5, 2)), policy.extend(root, ids(5, 2))
    assert shared_length([first, second]) == 30
    assert shared_length([first, policy.extend(first, ids(2, 3))]) == 35
    assert shared_length([first, policy.encode(first.ids)]) == 0
    assert shared_length([root, policy.encode([])]) == 0
    # The second begins where the last token of the first was chosen and not read.
    kept = generated(policy, [first] * 2, keep=True)[0].prefix
    assert isinstance(kept, EncodedPrefix)
    assert shared_length([kept, first]) == 34


def test_a_prefix_of_another_policy_is_refused() -> None:
    with pytest.raises(TypeError, match="another policy"):
        list(TokenEngine(toy_llama()).generate([PlainEngine(toy_llama()).encode([5])], DRAWN))
