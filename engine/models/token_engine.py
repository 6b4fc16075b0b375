"""Generation on token ids alone: encode a prefix once, continue many rows from it.

The engine knows nothing of text, templates or problems. Its greedy tokens are those of transformers' `generate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.models.completion import Checkpoint
from engine.models.row_cache import NewRows, NextTokens, RowCache
from engine.models.shared_prefix import NAME, NewPrefix, Prefix, Shared, register
from engine.models.token_choice import Choice

PREFILL_TOKENS = {"cpu": 1024, "cuda": 16384, "mps": 4096}
"""Tokens of new rows encoded in one forward pass, by device: enough to fill it. More leave a CPU's caches."""


@dataclass(frozen=True, slots=True)
class TokenCompletion:
    """The tokens that a row got, its end token included; `truncated`: the limit ended it."""

    row: int
    ids: tuple[int, ...]
    truncated: bool


class TokenEngine:
    """A causal language model whose rows share prefixes. `generate` may be called again and again, one at a time.

    It takes the model for itself: only calls with the engine's state work from then on (`exactness.open_engine`
    decides whether it may).
    """

    shares_prefixes = True

    def __init__(self, model: Any) -> None:
        register()
        model.set_attn_implementation(NAME)
        self._model = model
        self.device: torch.device = next(model.parameters()).device
        self.decoded_tokens = 0
        """Tokens chosen so far, over all calls."""

    @torch.inference_mode()
    def encode(self, ids: Sequence[int], after: Prefix | None = None) -> Prefix:
        """Encode tokens, the continuation of `after` where there is one; the result holds both."""
        own = NewPrefix()
        self._forward(ids, range(len(after or ()), len(after or ()) + len(ids)), Shared(after, own), keep=[0])
        if after is None:
            return Prefix(tuple(ids), tuple(own.keys), tuple(own.values))
        return Prefix(
            (*after.ids, *ids),
            tuple(torch.cat(pair, 1) for pair in zip(after.keys, own.keys, strict=True)),
            tuple(torch.cat(pair, 1) for pair in zip(after.values, own.values, strict=True)),
        )

    def generate(
        self,
        prefix: Prefix | None,
        suffixes: Sequence[Sequence[int]],
        choice: Choice,
        max_new_tokens: int,
        stop_ids: frozenset[int],
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[TokenCompletion]:
        """Continue prefix + suffixes[row] for every row at once; yield rows as they end. No suffix may be empty."""
        cache = RowCache([len(suffix) for suffix in suffixes], max_new_tokens, self.device)
        logits = self.prefill(prefix, suffixes, cache, checkpoint)
        active = list(range(len(suffixes)))
        generated: list[list[int]] = [[] for _ in suffixes]
        lengths = [len(prefix or ()) + len(suffix) for suffix in suffixes]
        for step in range(max_new_tokens):
            for row, token in zip(active, choice.choose(logits, active), strict=True):
                generated[row].append(token)
            self.decoded_tokens += len(active)
            last = step + 1 == max_new_tokens
            for slot in reversed(range(len(active))):
                row = active[slot]
                stopped = generated[row][-1] in stop_ids
                if stopped or last:
                    cache.drop(slot)
                    active[slot] = active[-1]
                    active.pop()
                    yield TokenCompletion(row, tuple(generated[row]), truncated=not stopped)
            if not active:
                return
            checkpoint()
            tokens = [generated[row][-1] for row in active]
            logits = self.decode(prefix, tokens, [lengths[row] + step for row in active], cache)

    @torch.inference_mode()
    def prefill(
        self,
        prefix: Prefix | None,
        suffixes: Sequence[Sequence[int]],
        cache: RowCache,
        checkpoint: Checkpoint = lambda: None,
    ) -> Tensor:
        """Logits after each suffix, [rows, vocabulary]; some rows at a time."""
        logits = []
        for rows in _some_at_a_time([len(suffix) for suffix in suffixes], PREFILL_TOKENS[self.device.type]):
            ids = [token for suffix in suffixes[rows] for token in suffix]
            begin = len(prefix or ())
            positions = [begin + place for suffix in suffixes[rows] for place in range(len(suffix))]
            ends = torch.tensor([len(suffix) for suffix in suffixes[rows]]).cumsum(0) - 1
            shared = Shared(prefix, NewRows.of(cache, rows))
            logits.append(self._forward(ids, positions, shared, ends.tolist()))
            checkpoint()
        return torch.cat(logits)

    @torch.inference_mode()
    def decode(self, prefix: Prefix | None, tokens: Sequence[int], positions: Sequence[int], cache: RowCache) -> Tensor:
        """Logits after one more token of each row, [rows, vocabulary]; `positions` count from the prefix's start."""
        cache.step()
        dtype = next(iter(cache.keys.values())).dtype
        return self._forward(tokens, positions, Shared(prefix, NextTokens(cache, cache.bias(dtype))), keep=None)

    def _forward(
        self, ids: Sequence[int], positions: Sequence[int], shared: Shared, keep: Sequence[int] | None
    ) -> Tensor:
        """Logits at the packed places `keep` (None: all), [places, vocabulary]."""
        output = self._model(
            input_ids=torch.tensor([ids], device=self.device),
            position_ids=torch.tensor([list(positions)], device=self.device),
            use_cache=False,
            logits_to_keep=0 if keep is None else torch.tensor(keep, device=self.device),
            shared=shared,
        )
        logits: Tensor = output.logits[0]
        return logits


def _some_at_a_time(lengths: Sequence[int], most: int) -> Iterator[slice]:
    """Runs of rows that hold at most `most` tokens when padded; at least one row each."""
    start = 0
    while start < len(lengths):
        end, longest = start + 1, lengths[start]
        while end < len(lengths) and max(longest, lengths[end]) * (end + 1 - start) <= most:
            longest = max(longest, lengths[end])
            end += 1
        yield slice(start, end)
        start = end
