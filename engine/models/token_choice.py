"""Which token comes next: the likeliest, or one drawn by the row's own random numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.models.completion import Sampling


class Choice:
    """Chooses tokens for the rows of one call; row r draws from a generator seeded by (seed, keys[r]) alone."""

    def __init__(self, sampling: Sampling, keys: Sequence[str]) -> None:
        self._temperature = sampling.temperature
        self._top_p = sampling.top_p
        self._draws = [random.Random(f"{sampling.seed}:{key}") for key in keys]

    @torch.inference_mode()
    def choose(self, logits: Tensor, rows: Sequence[int]) -> list[int]:
        """logits [rows, vocabulary] -> a token id a row; `rows` says whose random numbers each takes."""
        if self._temperature == 0.0:
            greedy: list[int] = logits.argmax(-1).tolist()
            return greedy
        uniform = torch.tensor([self._draws[row].random() for row in rows], dtype=torch.float64)
        return draw(logits, uniform, self._temperature, self._top_p)


@torch.inference_mode()
def log_probabilities_of(logits: Tensor, chosen: Sequence[int]) -> list[float]:
    """The chosen token of each row under the softmax of its raw logits, [rows, vocabulary], in natural logarithms."""
    places = torch.tensor(chosen, device=logits.device)[:, None]
    raw = logits.float()
    scores: list[float] = (raw.gather(-1, places).squeeze(-1) - raw.logsumexp(-1)).tolist()
    return scores


def draw(logits: Tensor, uniform: Tensor, temperature: float, top_p: float) -> list[int]:
    """Invert the cumulative distribution at `uniform` [rows] in [0, 1), over the nucleus: the fewest likeliest tokens
    that hold `top_p` of the probability (Holtzman et al. 2020)."""
    # float32 on the model's device (MPS has no float64), the sums in float64: 150,000 float32 terms would drift.
    probabilities = torch.softmax(logits.float() / temperature, -1).cpu()
    ordered, ids = probabilities.sort(dim=-1, descending=True, stable=True)
    cumulative = ordered.double().cumsum(-1)
    if top_p < 1.0:
        beyond = cumulative - ordered.double() >= top_p
        cumulative = cumulative.masked_fill(beyond, 0.0).cummax(-1).values
    target = uniform[:, None] * cumulative[:, -1:]
    place = torch.searchsorted(cumulative, target, right=True).clamp_max(ids.shape[-1] - 1)
    chosen: list[int] = ids.gather(-1, place).squeeze(-1).tolist()
    return chosen
