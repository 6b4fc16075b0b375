"""Which engine a model gets: the one that shares prefixes where it gives the model's own logits, else the plain one.

Two questions decide: what the config says (a window that a short probe would not meet), and a probe, which compares
the logits of both ways on a few tokens. No list of architectures has to be kept.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.models.plain_engine import PlainEngine
from engine.models.shared_prefix import NotPlainAttention
from engine.models.token_engine import TokenEngine
from engine.models.tokens import TokenPolicy

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 6e-2, torch.float16: 1e-2}
"""Largest difference allowed, as a share of the largest logit: some ten roundings of the type."""

CHANGING_ROTATIONS = ("dynamic", "longrope")
"""Rotary embeddings whose angles change with the length of the whole: what was encoded before would turn."""

PREFIX = [7, 3, 11, 5, 2, 13, 4, 9, 14, 6, 3, 12, 8, 15, 5, 10, 2, 11]
SUFFIXES, NEXT = [[6], [9, 8, 1], [10, 12]], [3, 5, 7]
"""Token ids of the probe: rows of unlike length behind a prefix, then one step. Every vocabulary has them."""


def open_engine(model: Any) -> tuple[TokenPolicy, tuple[str, ...]]:
    """The engine for a causal language model, and what the user should know of the choice."""
    reason = _forbidden(model)
    if reason is None:
        implementation = model.config._attn_implementation
        expected = _plain_logits(model)
        try:
            engine = TokenEngine(model)
            reason = _difference(_shared_logits(engine), expected, TOLERANCE[model.dtype])
        except torch.OutOfMemoryError:
            raise
        except (NotPlainAttention, TypeError, AttributeError, KeyError, IndexError, RuntimeError) as error:
            # A model of another build: it rejects the packed call or attends in a way of its own.
            reason = f"its forward pass does not take a packed batch ({type(error).__name__})"
        if reason is None:
            return engine, ()
        model.set_attn_implementation(implementation)
    return PlainEngine(model), (f"prefixes are not shared for this model: {reason}",)


def _forbidden(model: Any) -> str | None:
    """What the config says against it, in words; None where nothing does."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if kinds != {"full_attention"}:
        return f"it has {', '.join(sorted(kinds - {'full_attention'}))} layers"
    rotation = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    if rotation in CHANGING_ROTATIONS:
        return f"its {rotation} rotary embedding changes with the length"
    if not getattr(model, "_supports_attention_backend", False):
        return "it does not use transformers' attention interface"
    return None


@torch.inference_mode()
def _plain_logits(model: Any) -> Tensor:
    """Logits after each row and after its next token, one row at a time: [rows, 2, vocabulary]."""
    device = next(model.parameters()).device
    rows = []
    for suffix, token in zip(SUFFIXES, NEXT, strict=True):
        ids = torch.tensor([[*PREFIX, *suffix, token]], device=device)
        rows.append(model(input_ids=ids, use_cache=False).logits[0, -2:].float())
    return torch.stack(rows)


@torch.inference_mode()
def _shared_logits(engine: TokenEngine) -> Tensor:
    """The same, [ways, rows, 2, vocabulary]: suffixes read behind the prefix, and behind forks of it."""
    root = engine.extend(engine.encode(PREFIX[:4]), PREFIX[4:])
    forks = [engine.extend(root, suffix[:-1]) for suffix in SUFFIXES]
    ways = []
    for prefixes, suffixes in (([root] * len(SUFFIXES), SUFFIXES), (forks, [suffix[-1:] for suffix in SUFFIXES])):
        batch = engine.open(prefixes, suffixes, 1)
        first = engine.prefill(batch)
        ways.append(torch.stack([first, engine.decode(batch, list(enumerate(NEXT)), 0)], 1).float())
    return torch.stack(ways)


def _difference(ours: Tensor, expected: Tensor, allowed: float) -> str | None:
    """None where the logits agree to the rounding of their type; not a number never agrees."""
    share = float((ours - expected).abs().max() / expected.abs().max())
    return None if share <= allowed else f"its logits would differ by {share:.1%}"
