"""The keys and values that the rows of a batch do not share: written once, grown in place, a finished row dropped.

Rows end at the same slot (a short prompt begins later), so that a step writes one slot of all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.machine.batch_sizes import CACHE_GROWTH
from engine.models.prefix_chain import Flat
from engine.models.shared_prefix import attend_causal, attend_forked, attend_rows


@dataclass(slots=True)
class RowCache:
    """Rows of `lengths` own tokens each. All its tensors are [rows, key heads, slots, size]; `rows` may shrink."""

    lengths: Sequence[int]
    room: int
    device: torch.device
    keys: dict[int, Tensor] = field(default_factory=dict)
    values: dict[int, Tensor] = field(default_factory=dict)
    rows: int = field(init=False)
    end: int = field(init=False)
    _bias: Tensor | None = field(init=False, default=None)
    _slots: int = field(init=False)

    def __post_init__(self) -> None:
        self.rows = len(self.lengths)
        self.end = max(self.lengths)
        self._slots = self.end + min(self.room, CACHE_GROWTH)
        if min(self.lengths) < self.end:
            begins = torch.tensor([self.end - length for length in self.lengths], device=self.device)
            empty = torch.arange(self.end, device=self.device) < begins[:, None]
            self._bias = torch.zeros(empty.shape, device=self.device).masked_fill_(empty, float("-inf"))

    def bias(self, dtype: torch.dtype) -> Tensor | None:
        """[rows, 1, 1, end]: -inf in the slots before a row begins; None where all begin at slot 0."""
        if self._bias is None:
            return None
        if (missing := self.end - self._bias.shape[1]) > 0:
            self._bias = torch.nn.functional.pad(self._bias, (0, missing + CACHE_GROWTH))
        return self._bias[: self.rows, None, None, : self.end].to(dtype)

    def store(self, layer: int, rows: slice, place: Tensor, key: Tensor, value: Tensor) -> None:
        """Put packed tokens, [tokens, key heads, size], into the rows: token t goes to flat slot `place[t]`, which
        counts slots from the first of `rows`, `end` a row."""
        for held, new in ((self.keys, key), (self.values, value)):
            whole = self._held(held, layer, new.transpose(0, 1))[rows]
            whole[place // self.end, :, place % self.end] = new

    @torch.inference_mode()
    def fork(self, row: int, pieces: Iterable[Flat]) -> None:
        """Copy what a row has read elsewhere to its beginning."""
        slot = self.end - self.lengths[row]
        for piece in pieces:
            for held, layers in ((self.keys, piece.keys), (self.values, piece.values)):
                for layer, new in enumerate(layers):
                    self._held(held, layer, new)[row, :, slot : slot + new.shape[1]] = new
            slot += len(piece)

    @torch.inference_mode()
    def copy_of(self, row: int, length: int) -> Flat | None:
        """The last `length` tokens that were read of a row (by its place now)."""
        if length == 0:
            return None
        place = slice(self.end - length, self.end)
        return Flat(*(
            tuple(held[layer][row, :, place].clone() for layer in range(len(held))) for held in (self.keys, self.values)
        ))  # fmt: skip

    def _held(self, held: dict[int, Tensor], layer: int, like: Tensor) -> Tensor:
        """The layer's tensor, made on first use after `like`, [key heads, tokens, size]."""
        if layer not in held:
            # Zeros: an unused slot has weight 0, and 0 times garbage may be NaN.
            held[layer] = like.new_zeros(len(self.lengths), like.shape[0], self._slots, like.shape[2])
        return held[layer]

    def step(self) -> None:
        """Open the next slot for every row."""
        self.end += 1
        if self.end > self._slots:
            self._slots += CACHE_GROWTH
            for held in (self.keys, self.values):
                for layer, tensor in held.items():
                    held[layer] = torch.nn.functional.pad(tensor[: self.rows], (0, 0, 0, CACHE_GROWTH))

    @torch.inference_mode()
    def drop(self, row: int) -> None:
        """Give up a row; the last one takes its place."""
        self.rows -= 1
        if row == self.rows:
            return
        for held in (self.keys, self.values):
            for tensor in held.values():
                tensor[row] = tensor[self.rows]
        if self._bias is not None:
            self._bias[row] = self._bias[self.rows]


@dataclass(frozen=True, slots=True)
class NewRows:
    """The first forward pass of some rows of a cache, packed one after the other without padding."""

    cache: RowCache
    rows: slice
    place: Tensor
    """Where each packed token goes in the cache: row * end + slot."""
    padded: Tensor
    """For each slot of the rows padded on the right, which packed token stands there (0 where none does)."""
    packed: Tensor
    """For each packed token, its slot among the padded."""

    @classmethod
    def of(cls, cache: RowCache, rows: slice, lengths: Sequence[int]) -> NewRows:
        """So many tokens at the end of each of the rows."""
        longest, first = max(lengths), 0
        place: list[int] = []
        padded: list[int] = []
        packed: list[int] = []
        for row, length in enumerate(lengths):
            place += range(row * cache.end + cache.end - length, (row + 1) * cache.end)
            padded += [*range(first, first + length), *[0] * (longest - length)]
            packed += range(row * longest, row * longest + length)
            first += length
        place_t, padded_t, packed_t = (torch.tensor(ids, device=cache.device) for ids in (place, padded, packed))
        return cls(cache, rows, place_t, padded_t, packed_t)

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
    ) -> tuple[Tensor, Tensor | None]:
        self.cache.store(layer, self.rows, self.place, key, value)
        count = self.rows.stop - self.rows.start
        query, key, value = (
            tensor.index_select(0, self.padded).view(count, -1, *tensor.shape[1:]) for tensor in (query, key, value)
        )
        out, lse = attend_causal(query, key, value, scale, with_lse)
        return out.index_select(0, self.packed), None if lse is None else lse.index_select(0, self.packed)


@dataclass(frozen=True, slots=True)
class MoreOfRows:
    """A forward pass over what rows of a cache have not read yet, some tokens a row, after what was forked into it."""

    new: NewRows
    allowed: Tensor
    """[rows, tokens padded on the right, slots of the cache]: what each token may see of its row."""

    @classmethod
    def of(cls, cache: RowCache, rows: slice, unread: Sequence[int]) -> MoreOfRows:
        """`unread` tokens stand at the end of each of the rows."""
        slots = torch.arange(cache.end)
        ends = torch.tensor(unread)[:, None] - torch.arange(max(unread))
        last_seen = (cache.end - ends).clamp_max(cache.end - 1)
        begins = cache.end - torch.tensor(cache.lengths[rows])
        allowed = (slots <= last_seen[..., None]) & (slots >= begins[:, None, None])
        return cls(NewRows.of(cache, rows, unread), allowed.to(cache.device))

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
    ) -> tuple[Tensor, Tensor | None]:
        new, cache = self.new, self.new.cache
        cache.store(layer, new.rows, new.place, key, value)
        padded = query.index_select(0, new.padded).view(self.allowed.shape[0], -1, *query.shape[1:])
        keys, values = (held[layer][new.rows, :, : cache.end] for held in (cache.keys, cache.values))
        out, lse = attend_forked(padded, keys, values, self.allowed, scale)
        return out.index_select(0, new.packed), lse.index_select(0, new.packed)


@dataclass(frozen=True, slots=True)
class NextTokens:
    """A decoding step: one token of each row, in the slot that `RowCache.step` opened."""

    cache: RowCache
    bias: Tensor | None

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
    ) -> tuple[Tensor, Tensor | None]:
        cache = self.cache
        keys, values = cache.keys[layer], cache.values[layer]
        keys[: cache.rows, :, cache.end - 1] = key
        values[: cache.rows, :, cache.end - 1] = value
        return attend_rows(
            query, keys[: cache.rows, :, : cache.end], values[: cache.rows, :, : cache.end], self.bias, scale
        )
