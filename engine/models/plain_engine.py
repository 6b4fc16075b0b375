"""Generation by transformers' own `generate`, for models whose attention the token engine does not reproduce.

Slower, and nothing is shared: sliding windows, recurrent states and custom masks stay the model's own business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, StoppingCriteria

from engine.models.completion import Checkpoint, Sampling
from engine.models.token_choice import Choice, log_probabilities_of
from engine.models.tokens import Prefix, TokenCompletion


@dataclass(frozen=True, slots=True)
class IdsAlone:
    """A prefix of which only the ids are kept."""

    ids: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


class PlainEngine:
    """A TokenPolicy over `generate`: rows padded on the left, all yielded when the last one ends."""

    shares_prefixes = False

    def __init__(self, model: Any) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self.decoded_tokens = 0

    def encode(self, ids: Sequence[int]) -> IdsAlone:
        return IdsAlone(tuple(ids))

    def extend(self, prefix: Prefix, ids: Sequence[int]) -> IdsAlone:
        return IdsAlone((*prefix.ids, *ids))

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
        begins = [(*p.ids, *suffix) for p, suffix in zip(prefixes, suffixes or [()] * len(prefixes), strict=True)]
        choice = _ChosenAlone(Choice(sampling, keys or [str(row) for row in range(len(begins))]), log_probabilities)
        longest = max(len(begin) for begin in begins)
        whole = self._generate(begins, sampling.max_new_tokens, choice, stop_ids, checkpoint)
        for row, generated in enumerate(whole[:, longest:].tolist()):
            end = next((place for place, token in enumerate(generated) if token in stop_ids), None)
            own = tuple(generated if end is None else generated[: end + 1])
            self.decoded_tokens += len(own)
            scores = tuple(step[row] for step in choice.scores[: len(own)])
            kept = IdsAlone((*begins[row], *own)) if keep else None
            yield TokenCompletion(row, own, end is None, scores, kept)

    def _generate(
        self,
        begins: Sequence[Sequence[int]],
        new: int,
        choice: _ChosenAlone,
        stop_ids: frozenset[int],
        checkpoint: Checkpoint,
    ) -> Tensor:
        """[rows, longest + new]: the rows, padded on the left, with what was added."""
        longest = max(len(begin) for begin in begins)
        pad = min(stop_ids, default=0)  # masked wherever it stands: any id will do
        ids = [[pad] * (longest - len(begin)) + list(begin) for begin in begins]
        mask = [[0] * (longest - len(begin)) + [1] * len(begin) for begin in begins]
        config = GenerationConfig(
            max_new_tokens=new,
            do_sample=False,
            repetition_penalty=1.0,
            pad_token_id=pad,
            eos_token_id=sorted(stop_ids) or None,
        )
        whole: Tensor = self._model.generate(
            input_ids=torch.tensor(ids, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
            generation_config=config,
            logits_processor=[choice],
            stopping_criteria=[_Checkpoint(checkpoint)],
        )
        return whole


@dataclass
class _ChosenAlone(LogitsProcessor):
    """Leaves only the token that `choice` takes, so that greedy `generate` takes it too; keeps its log-probability."""

    choice: Choice
    scored: bool
    scores: list[list[float]] = field(default_factory=list)
    """One list a step, one number a row."""

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        chosen = self.choice.choose(scores, range(scores.shape[0]))
        if self.scored:
            self.scores.append(log_probabilities_of(scores, chosen))
        places = torch.tensor(chosen, device=scores.device)
        return torch.full_like(scores, float("-inf")).scatter_(1, places[:, None], 0.0)


class _Checkpoint(StoppingCriteria):
    """Calls the run's checkpoint between steps; it may raise Cancelled, and never asks to stop by itself."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: Any) -> Tensor:
        self._checkpoint()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
