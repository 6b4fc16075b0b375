"""Which prompts a policy on this machine answers together, and in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from engine.models.completion import Prompt


def in_batches(prompts: Sequence[Prompt], keys: Sequence[str], rows: int, seed: int) -> list[list[int]]:
    """Positions of prompts, `rows` at once: those of like length together, which is less padding (samples of a prompt
    share it whole and stay together), the batches themselves in seeded order, so that the accuracy so far is no picture
    of the short problems only.

    They follow from the arguments alone: a resumed run makes the same ones, and so the same tokens.
    """
    first: dict[Prompt, str] = {}
    for prompt, key in zip(prompts, keys, strict=True):
        first.setdefault(prompt, key)

    def place(position: int) -> tuple[int, str, int]:
        prompt = prompts[position]
        return (len(prompt.messages[-1].content) if prompt.messages else 0, first[prompt], position)

    order = sorted(range(len(prompts)), key=place)
    batches = [order[start : start + rows] for start in range(0, len(order), rows)]
    random.Random(seed).shuffle(batches)
    return batches
