"""Generation on token ids alone: encode a prefix once, continue many rows from it, or each from its own.

The engine knows nothing of text, templates or problems. Its greedy tokens are those of transformers' `generate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from engine.machine.batch_sizes import PREFILL_TOKENS
from engine.models.completion import Checkpoint, Sampling
from engine.models.prefix_chain import EncodedPrefix, Flat, shared_length
from engine.models.row_cache import MoreOfRows, NewRows, NextTokens, RowCache
from engine.models.shared_prefix import NAME, NewPrefix, Own, Shared, register
from engine.models.token_choice import Choice, log_probabilities_of
from engine.models.tokens import Prefix, TokenCompletion

SHORTEST_SHARED = 16
"""Tokens below which a prefix is forked for each row: attending to it apart would cost more than it saves."""


@dataclass(slots=True)
class Batch:
    """Rows under way. The first `shared` tokens of all of them are `root`'s and lie in `prefix`, the others of each in
    the cache."""

    ids: list[tuple[int, ...]]
    root: EncodedPrefix
    shared: int
    prefix: Flat | None
    cache: RowCache
    unread: list[int]
    """How many tokens at the end of each row nobody has read yet; at least one."""
    generated: list[list[int]] = field(init=False)
    scores: list[list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.generated = [[] for _ in self.ids]
        self.scores = [[] for _ in self.ids]

    def completion(self, row: int, truncated: bool, prefix: EncodedPrefix | None) -> TokenCompletion:
        return TokenCompletion(row, tuple(self.generated[row]), truncated, tuple(self.scores[row]), prefix)

    def kept(self, row: int, slot: int) -> EncodedPrefix:
        """The row with what it got; its last token is not read yet."""
        ids = (*self.ids[row], *self.generated[row])
        own = self.cache.copy_of(slot, len(ids) - 1 - self.shared)
        return EncodedPrefix(ids, self.root, self.shared, own)


class TokenEngine:
    """A TokenPolicy whose rows share prefixes, over a causal language model.

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

    def encode(self, ids: Sequence[int]) -> EncodedPrefix:
        return self.extend(EncodedPrefix(), ids)

    @torch.inference_mode()
    def extend(self, prefix: Prefix, ids: Sequence[int]) -> EncodedPrefix:
        before = _ours(prefix)
        if not ids:
            return before
        read = before.read
        unread = [*before.ids[read:], *ids]
        own = NewPrefix()
        self._forward(unread, range(read, read + len(unread)), Shared(before.flat(0, read), own), keep=[0])
        return EncodedPrefix((*before.ids, *ids), before, read, Flat(tuple(own.keys), tuple(own.values)))

    def generate(
        self,
        prefixes: Sequence[Prefix],
        sampling: Sampling,
        *,
        keys: Sequence[str] = (),
        suffixes: Sequence[Sequence[int]] = (),
        stop_ids: frozenset[int] = frozenset(),
        log_probabilities: bool = True,
        keep: bool = False,
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[TokenCompletion]:
        choice = Choice(sampling, keys or [str(row) for row in range(len(prefixes))])
        batch = self.open(prefixes, suffixes, sampling.max_new_tokens)
        logits = self.prefill(batch, checkpoint)
        active = list(range(len(prefixes)))
        for step in range(sampling.max_new_tokens):
            chosen = choice.choose(logits, active)
            scores = log_probabilities_of(logits, chosen) if log_probabilities else []
            for place, row in enumerate(active):
                batch.generated[row].append(chosen[place])
                batch.scores[row] += scores[place : place + 1]
            self.decoded_tokens += len(active)
            last = step + 1 == sampling.max_new_tokens
            for slot in reversed(range(len(active))):
                row = active[slot]
                stopped = batch.generated[row][-1] in stop_ids
                if stopped or last:
                    kept = batch.kept(row, slot) if keep else None
                    batch.cache.drop(slot)
                    active[slot] = active[-1]
                    active.pop()
                    yield batch.completion(row, not stopped, kept)
            if not active:
                return
            checkpoint()
            logits = self.decode(batch, [(row, batch.generated[row][-1]) for row in active], step)

    @torch.inference_mode()
    def open(self, prefixes: Sequence[Prefix], suffixes: Sequence[Sequence[int]], room: int) -> Batch:
        """A batch of these rows, with what was read of them in its place. The last token of each is read again where
        all were: what comes after it is asked now."""
        chains = [_ours(prefix) for prefix in prefixes]
        rows = [(*chain.ids, *suffix) for chain, suffix in zip(chains, suffixes or [()] * len(chains), strict=True)]
        read = [min(chain.read, len(row) - 1) for chain, row in zip(chains, rows, strict=True)]
        shared = min(shared_length(chains), *read)
        if shared < SHORTEST_SHARED:
            shared = 0
        cache = RowCache([len(row) - shared for row in rows], room, self.device)
        for number, (chain, upto) in enumerate(zip(chains, read, strict=True)):
            cache.fork(number, chain.pieces(shared, upto))
        unread = [len(row) - upto for row, upto in zip(rows, read, strict=True)]
        return Batch(rows, chains[0].holding(shared), shared, chains[0].flat(0, shared), cache, unread)

    @torch.inference_mode()
    def prefill(self, batch: Batch, checkpoint: Checkpoint = lambda: None) -> Tensor:
        """Logits after the last token of each row, [rows, vocabulary]; some rows at a time."""
        logits = []
        for rows in _some_at_a_time(batch.unread, PREFILL_TOKENS[self.device.type]):
            unread = batch.unread[rows]
            places = [range(len(row) - new, len(row)) for row, new in zip(batch.ids[rows], unread, strict=True)]
            ids = [row[place] for row, own in zip(batch.ids[rows], places, strict=True) for place in own]
            ends = torch.tensor(unread).cumsum(0) - 1
            nothing_forked = unread == list(batch.cache.lengths[rows])
            own: Own = (NewRows if nothing_forked else MoreOfRows).of(batch.cache, rows, unread)
            positions = [place for row in places for place in row]
            logits.append(self._forward(ids, positions, Shared(batch.prefix, own), ends.tolist()))
            checkpoint()
        return torch.cat(logits)

    @torch.inference_mode()
    def decode(self, batch: Batch, tokens: Sequence[tuple[int, int]], step: int) -> Tensor:
        """Logits after one more token of each row, [rows, vocabulary]; `tokens` are (row, token) in the cache's order
        and each the row's token number `step` after what it began with."""
        cache = batch.cache
        cache.step()
        dtype = next(iter(cache.keys.values())).dtype
        positions = [len(batch.ids[row]) + step for row, _ in tokens]
        shared = Shared(batch.prefix, NextTokens(cache, cache.bias(dtype)))
        return self._forward([token for _, token in tokens], positions, shared, keep=None)

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


def _ours(prefix: Prefix) -> EncodedPrefix:
    if not isinstance(prefix, EncodedPrefix):
        raise TypeError(f"a prefix of another policy: {type(prefix).__name__}")
    return prefix


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
