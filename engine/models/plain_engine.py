"""Generation by transformers' own `generate`, for models whose attention the token engine does not reproduce.

Slower, and nothing is shared: sliding windows, recurrent states and custom masks stay the model's own business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, StoppingCriteria

from engine.models.completion import Checkpoint
from engine.models.shared_prefix import Prefix
from engine.models.token_choice import Choice
from engine.models.token_engine import TokenCompletion


class PlainEngine:
    """The token engine's shape over `generate`: rows padded on the left, all yielded when the last one ends."""

    shares_prefixes = False

    def __init__(self, model: Any) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self.decoded_tokens = 0

    def encode(self, ids: Sequence[int], after: Prefix | None = None) -> Prefix:
        raise NotImplementedError("a plain engine keeps no prefixes")

    def generate(
        self,
        prefix: Prefix | None,
        suffixes: Sequence[Sequence[int]],
        choice: Choice,
        max_new_tokens: int,
        stop_ids: frozenset[int],
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[TokenCompletion]:
        """As `TokenEngine.generate`; `prefix` must be None."""
        if prefix is not None:
            raise NotImplementedError("a plain engine keeps no prefixes")
        longest = max(len(suffix) for suffix in suffixes)
        pad = min(stop_ids, default=0)  # masked wherever it stands: any id will do
        ids = [[pad] * (longest - len(suffix)) + list(suffix) for suffix in suffixes]
        mask = [[0] * (longest - len(suffix)) + [1] * len(suffix) for suffix in suffixes]
        config = GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,
            repetition_penalty=1.0,
            pad_token_id=pad,
            eos_token_id=sorted(stop_ids) or None,
        )
        whole: Tensor = self._model.generate(
            input_ids=torch.tensor(ids, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
            generation_config=config,
            logits_processor=[_ChosenAlone(choice)],
            stopping_criteria=[_Checkpoint(checkpoint)],
        )
        for row, generated in enumerate(whole[:, longest:].tolist()):
            end = next((place for place, token in enumerate(generated) if token in stop_ids), None)
            own = generated if end is None else generated[: end + 1]
            self.decoded_tokens += len(own)
            yield TokenCompletion(row, tuple(own), truncated=end is None)


class _ChosenAlone(LogitsProcessor):
    """Leaves only the token that `choice` takes, so that greedy `generate` takes it too."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        rows = range(scores.shape[0])
        chosen = torch.tensor(self._choice.choose(scores, rows), device=scores.device)
        return torch.full_like(scores, float("-inf")).scatter_(1, chosen[:, None], 0.0)


class _Checkpoint(StoppingCriteria):
    """Calls the run's checkpoint between steps; it may raise Cancelled, and never asks to stop by itself."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: Any) -> Tensor:
        self._checkpoint()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
