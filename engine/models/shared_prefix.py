"""Attention in which all rows of a batch look at one shared prefix together.

The keys and values of the prefix exist once. Each layer attends to them with the queries of all rows in one matrix
product a key head, then to what each row has of its own, and merges the two by their log-sum-exp: with
w = sigmoid(lse_prefix - lse_own) the softmax over both is w * out_prefix + (1 - w) * out_own, exactly.

`register` makes it known to transformers (AttentionInterface); a model set to it gets its batch packed into one
sequence, [1, tokens], and the state of the forward pass as the keyword `shared`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from engine.models.prefix_chain import Flat

NAME = "shared_prefix"

SCORES_AT_ONCE = {"cpu": 1 << 20, "cuda": 1 << 26, "mps": 1 << 24}
"""Scores held at once, by device. On a CPU 4 MiB of them stay in the cache; a GPU wants few, large launches."""

CHANGES_THE_SUM = ("softcap", "s_aux", "position_bias", "sliding_window")
"""Keywords by which a model asks for another attention than plain softmax over all that came before."""


class NotPlainAttention(RuntimeError):
    """The model asks for an attention that sharing a prefix does not compute; the engine takes the plain path."""


class Own(Protocol):
    """What the tokens of one forward pass have beside the prefix, and how they attend to it."""

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
    ) -> tuple[Tensor, Tensor | None]:
        """query [tokens, heads, size], key and value [tokens, key heads, size] -> out [tokens, heads, size], and
        where asked lse [tokens, heads, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """The state of one forward pass: the prefix of all its tokens (None: there is none) and what they have beside."""

    prefix: Flat | None
    own: Own


def register() -> None:
    """Make the attention known to transformers under `NAME`. It has no mask function: no masks are made for it."""
    AttentionInterface.register(NAME, shared_prefix_attention)


def shared_prefix_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    shared: Shared | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """transformers' attention call: query [1, heads, tokens, size] -> [1, tokens, heads, size]."""
    asked = [name for name in CHANGES_THE_SUM if kwargs.get(name) is not None]
    if shared is None or attention_mask is not None or asked:
        raise NotPlainAttention(f"{type(module).__name__}: {', '.join(asked) or 'called without its state'}")
    layer: int = module.layer_idx  # type: ignore[assignment]  # Module's attributes are typed as tensors
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    rows, keys, values = query[0].transpose(0, 1), key[0].transpose(0, 1), value[0].transpose(0, 1)
    out, lse = shared.own.attend(layer, rows, keys, values, scale, with_lse=shared.prefix is not None)
    if shared.prefix is not None and lse is not None:
        before, before_lse = attend_prefix(rows, shared.prefix.keys[layer], shared.prefix.values[layer], scale)
        out = torch.lerp(out, before, torch.sigmoid(before_lse - lse).to(out.dtype))
    return out[None], None


def attend_prefix(query: Tensor, keys: Tensor, values: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Every query attends to all of the prefix: no mask, and no copy of the prefix for a row.

    query [tokens, heads, size], keys and values [key heads, prefix, size] -> out [tokens, heads, size of values] and
    lse [tokens, heads, 1]. The heads that share a key head become rows of one matrix.
    """
    tokens, heads, size = query.shape
    key_heads, length, _ = keys.shape
    group = heads // key_heads
    rows = query.view(tokens, key_heads, group, size).transpose(0, 1).reshape(key_heads, tokens * group, size) * scale
    out = rows.new_empty(key_heads, tokens * group, values.shape[-1])
    lse = rows.new_empty(key_heads, tokens * group, 1, dtype=torch.float32)
    at_once = heads_at_once(rows.device, key_heads)
    block = max(64, SCORES_AT_ONCE[rows.device.type] // (length * at_once))
    for head in range(0, key_heads, at_once):
        heads_now = slice(head, head + at_once)
        transposed = keys[heads_now].transpose(1, 2)
        for start in range(0, tokens * group, block):
            now = slice(start, start + block)
            scores = rows[heads_now, now] @ transposed
            out[heads_now, now], lse[heads_now, now] = _softmax_sum(scores, values[heads_now])
    shape = (key_heads, tokens, group, -1)
    return (
        out.view(shape).transpose(0, 1).reshape(tokens, heads, -1),
        lse.view(shape).transpose(0, 1).reshape(tokens, heads, 1),
    )


def heads_at_once(device: torch.device, key_heads: int) -> int:
    """One key head at a time feeds a CPU's matrix product best, all at once a GPU."""
    return 1 if device.type == "cpu" else key_heads


def _softmax_sum(scores: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """softmax(scores) @ values and the scores' log-sum-exp (float32), over the last axis.

    The largest probability is exp(largest score - lse): the log-sum-exp comes free with the fused softmax.
    """
    largest = scores.amax(-1, keepdim=True)
    weights = torch.softmax(scores, -1, dtype=torch.float32)
    lse = largest.float() - weights.amax(-1, keepdim=True).log()
    return weights.to(values.dtype) @ values, lse


class NewPrefix:
    """One sequence that is being encoded as a prefix, or as the continuation of one: causal among itself."""

    def __init__(self) -> None:
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
    ) -> tuple[Tensor, Tensor | None]:
        self.keys.append(key.transpose(0, 1).contiguous())
        self.values.append(value.transpose(0, 1).contiguous())
        return attend_causal(query[None], key[None], value[None], scale, with_lse)


def attend_causal(
    query: Tensor, key: Tensor, value: Tensor, scale: float, with_lse: bool
) -> tuple[Tensor, Tensor | None]:
    """Sequences that begin at slot 0, each query on what is not after it; right padding is harmless.

    query [rows, slots, heads, size], key and value [rows, slots, key heads, size] -> out [rows * slots, heads, size]
    and where asked lse [rows * slots, heads, 1].
    """
    rows, slots, heads, size = query.shape
    key_heads = key.shape[2]
    if not with_lse:
        out = scaled_dot_product_attention(
            query.transpose(1, 2),
            key.transpose(1, 2),
            value.transpose(1, 2),
            is_causal=True,
            scale=scale,
            enable_gqa=heads != key_heads,
        )
        return out.transpose(1, 2).reshape(rows * slots, heads, -1), None
    group = heads // key_heads
    queries = query.view(rows, slots, key_heads, group, size).permute(0, 2, 3, 1, 4) * scale
    keys, values = key.permute(0, 2, 3, 1), value.permute(0, 2, 1, 3)
    block = max(16, SCORES_AT_ONCE[query.device.type] // (rows * heads * slots))
    outs, lses = [], []
    for start in range(0, slots, block):
        end = min(start + block, slots)
        now = queries[:, :, :, start:end].reshape(rows, key_heads, group * (end - start), size)
        scores = (now @ keys[..., :end]).view(rows, key_heads, group, end - start, end)
        later = torch.ones(end - start, end, dtype=torch.bool, device=scores.device).triu_(start + 1)
        scores = scores.masked_fill_(later, float("-inf")).view(rows, key_heads, group * (end - start), end)
        out, lse = _softmax_sum(scores, values[:, :, :end])
        outs.append(out.view(rows, heads, end - start, -1))
        lses.append(lse.view(rows, heads, end - start, 1))
    out, lse = torch.cat(outs, 2), torch.cat(lses, 2)
    return out.transpose(1, 2).reshape(rows * slots, heads, -1), lse.transpose(1, 2).reshape(rows * slots, heads, 1)


def attend_forked(query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Several queries a row on that row's own keys, of which each may see what `allowed` says.

    query [rows, queries, heads, size], keys and values [rows, key heads, slots, size], allowed [rows, queries, slots]
    -> out [rows * queries, heads, size of values] and lse [rows * queries, heads, 1].
    """
    rows, asked, heads, size = query.shape
    key_heads = keys.shape[1]
    group = heads // key_heads
    queries = query.view(rows, asked, key_heads, group, size).permute(0, 2, 3, 1, 4) * scale
    block = max(16, SCORES_AT_ONCE[query.device.type] // (rows * heads * keys.shape[2]))
    outs, lses = [], []
    for start in range(0, asked, block):
        now = queries[:, :, :, start : start + block].reshape(rows, key_heads, -1, size)
        scores = (now @ keys.transpose(2, 3)).view(rows, key_heads, group, -1, keys.shape[2])
        unseen = ~allowed[:, None, None, start : start + block]
        scores = scores.masked_fill_(unseen, float("-inf")).view(rows, key_heads, -1, keys.shape[2])
        out, lse = _softmax_sum(scores, values)
        outs.append(out.view(rows, heads, -1, values.shape[-1]))
        lses.append(lse.view(rows, heads, -1, 1))
    out, lse = torch.cat(outs, 2), torch.cat(lses, 2)
    return out.transpose(1, 2).reshape(rows * asked, heads, -1), lse.transpose(1, 2).reshape(rows * asked, heads, 1)


def attend_rows(
    query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None, scale: float
) -> tuple[Tensor, Tensor]:
    """One query a row on that row's own keys.

    query [rows, heads, size], keys and values [rows, key heads, slots, size], bias [rows, 1, 1, slots] (-inf where a
    row has nothing) -> out [rows, heads, size of values] and lse [rows, heads, 1].
    """
    rows, heads, size = query.shape
    key_heads = keys.shape[1]
    scores = (query.view(rows, key_heads, heads // key_heads, size) * scale) @ keys.transpose(2, 3)
    out, lse = _softmax_sum(scores if bias is None else scores.add_(bias), values)
    return out.reshape(rows, heads, -1), lse.reshape(rows, heads, 1)
