"""TorchPolicy: prompts in, completions out, over a token engine; it knows templates, batches and stop tokens.

The turns before the question are the same in every prompt of a run: they are encoded once and kept. What a call gives
depends on its prompts, sampling and keys alone, not on the calls before it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from engine.errors import EnvironmentMissing, UserError
from engine.models.completion import Checkpoint, Completion, GenerationProgress, Prompt, Sampling
from engine.models.exactness import open_engine
from engine.models.prompt_tokens import PromptTokens, common, stop_ids
from engine.models.shared_prefix import Prefix
from engine.models.token_choice import Choice

SHORTEST_PREFIX = 16
"""Tokens below which sharing saves nothing."""


class TorchPolicy:
    """A causal language model of transformers as a Policy. One call at a time."""

    def __init__(self, name: str, fingerprint: str, model: Any, tokenizer: Any, batch_size: int) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._engine, engine_notes = open_engine(model)
        self.notes = (*engine_notes, *_ignored_settings(model.generation_config))
        """What the user should know of how this model is run."""
        self._text = PromptTokens(tokenizer)
        self._batch_size = batch_size
        self._stop_ids = stop_ids(model, tokenizer)
        self._context: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._kept: Prefix | None = None
        self._prompt_tokens = self._reused = 0
        self._seconds = 0.0

    def complete(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        keys: Sequence[str] = (),
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[Completion]:
        """Yield completions as rows end: prompts of like length together, `batch_size` at a time."""
        names = list(keys) or [str(index) for index in range(len(prompts))]
        ids = [self._text.encode(prompt.messages) for prompt in prompts]
        self._check_context(ids, sampling)
        by_length = sorted(range(len(prompts)), key=lambda index: (len(ids[index]), index))
        for start in range(0, len(by_length), self._batch_size):
            batch = by_length[start : start + self._batch_size]
            yield from self._batch(batch, prompts, ids, sampling, names, checkpoint)

    def _batch(
        self,
        batch: Sequence[int],
        prompts: Sequence[Prompt],
        ids: Sequence[list[int]],
        sampling: Sampling,
        keys: Sequence[str],
        checkpoint: Checkpoint,
    ) -> Iterator[Completion]:
        began, before = time.monotonic(), self._seconds
        rows = [ids[index] for index in batch]
        choice = Choice(sampling, [keys[index] for index in batch])
        try:
            prefix = self._shared([prompts[index] for index in batch], rows)
            shared = len(prefix or ())
            self._prompt_tokens += sum(len(row) for row in rows)
            self._reused += shared * (len(rows) - 1)
            limit = min(sampling.max_new_tokens, (self._context or sys.maxsize) - max(len(row) for row in rows))
            for done in self._engine.generate(
                prefix, [row[shared:] for row in rows], choice, limit, self._stop_ids, checkpoint
            ):
                seconds = time.monotonic() - began
                self._seconds = before + seconds
                own = done.ids if done.truncated else done.ids[:-1]
                yield Completion(
                    batch[done.row], self._text.decode(own), len(done.ids), len(rows[done.row]), done.truncated,
                    seconds, done.ids,
                )  # fmt: skip
        except torch.OutOfMemoryError as error:
            raise EnvironmentMissing(
                f"{self.name} does not fit: the device's memory ran out with {len(rows)} rows at once",
                f"go on with fewer: --resume RUN --set hardware.batch_size={max(1, self._batch_size // 2)} (or the "
                "stage's own batch_size), or start again with a smaller model",
            ) from error
        self._seconds = before + time.monotonic() - began

    def _shared(self, prompts: Sequence[Prompt], rows: Sequence[list[int]]) -> Prefix | None:
        """What all rows of a batch begin with, encoded: the turns before the question, which are kept for the next
        batch, then what the questions have in common (samples of one question: all of it)."""
        if not self._engine.shares_prefixes:
            return None
        # One token of each row must be left to begin with. The first and last of the sorted rows differ the earliest.
        begins = [row[:-1] for row in rows]
        alike = common(min(begins), max(begins))
        turns = prompts[0].messages[:-1]
        kept: Prefix | None = None
        if turns and all(prompt.messages[:-1] == turns for prompt in prompts):
            kept = self._turns(common(self._text.common_turns(prompts[0].messages), alike))
        done = len(kept or ())
        if len(rows) == 1 or len(alike) - done < SHORTEST_PREFIX:
            return kept
        return self._engine.encode(alike[done:], after=kept)

    def _turns(self, ids: Sequence[int]) -> Prefix | None:
        if len(ids) < SHORTEST_PREFIX:
            return None
        if self._kept is None or self._kept.ids != tuple(ids):
            self._kept = self._engine.encode(ids)
        else:
            self._reused += len(ids)
        return self._kept

    def _check_context(self, ids: Sequence[Sequence[int]], sampling: Sampling) -> None:
        longest = max((len(row) for row in ids), default=0)
        if self._context is not None and longest >= self._context:
            raise UserError(
                f"a prompt of {longest} tokens leaves {self.name} no room to answer: its context is {self._context}",
                "use fewer examples (evaluate.few_shot) or leave the longest problems out",
            )

    def progress(self) -> GenerationProgress:
        return GenerationProgress(self._engine.decoded_tokens, self._prompt_tokens, self._reused, self._seconds)

    def close(self) -> None:
        self._kept = None


def _ignored_settings(config: Any) -> tuple[str, ...]:
    """Settings of the model's generation config that change which token is likeliest, and are not used here."""
    penalty = getattr(config, "repetition_penalty", None)
    if penalty in (None, 1.0):
        return ()
    return (f"the model's own repetition penalty of {penalty} is not applied: answers are its likeliest tokens",)
