"""TorchPolicy: prompts in, completions out, over a TokenPolicy; it knows templates, batches and stop tokens.

The turns before the question are the same in every prompt of a run: they are encoded once and kept. What a call gives
depends on its prompts, sampling and keys alone, not on the calls before it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from engine.errors import EnvironmentMissing, RunFailed, UserError
from engine.models.batching import in_batches
from engine.models.completion import Checkpoint, Completion, GenerationProgress, Prompt, Sampling
from engine.models.exactness import open_engine
from engine.models.prompt_tokens import PromptTokens, common, stop_ids
from engine.models.token_engine import SHORTEST_SHARED
from engine.models.tokens import Prefix, TokenPolicy


class TorchPolicy:
    """A causal language model of transformers as a Policy. One call at a time.

    `tokens` is the model on token ids alone, `text` its template: who searches or trains works with these.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        model: Any,
        tokenizer: Any,
        rows_at_once: int,
        notes: tuple[str, ...] = (),
    ) -> None:
        """`rows_at_once` is for calls that name no number of their own; `notes` are of how the model was loaded."""
        self.name = name
        self.fingerprint = fingerprint
        self._tokens: TokenPolicy | None
        self._tokens, engine_notes = open_engine(model)
        self.notes = (*notes, *engine_notes, *_ignored_settings(model.generation_config))
        """What the user should know of how this model is run."""
        self.text = PromptTokens(tokenizer)
        self.stop_ids = stop_ids(model, tokenizer)
        self._rows_at_once = rows_at_once
        self._context: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._kept: Prefix | None = None
        self._prompt_tokens = self._reused = self._decoded = 0
        self._seconds = 0.0

    @property
    def tokens(self) -> TokenPolicy:
        if self._tokens is None:
            raise RunFailed(f"{self.name} was released", "whoever needs it again loads it again")
        return self._tokens

    def complete(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        keys: Sequence[str] = (),
        rows_at_once: int | None = None,
        finished: Collection[str] = (),
        checkpoint: Checkpoint = lambda: None,
    ) -> Iterator[Completion]:
        """Yield completions as rows end, batch after batch; a batch of which nothing is finished already is whole."""
        names = list(keys) or [str(index) for index in range(len(prompts))]
        done, at_once = frozenset(finished), rows_at_once or self._rows_at_once
        for batch in in_batches(prompts, names, at_once, sampling.seed):
            if all(names[index] in done for index in batch):
                continue
            ids = {index: self.text.encode(prompts[index].messages) for index in batch}
            self._check_context(list(ids.values()), sampling)
            by_length = sorted(batch, key=lambda index: (len(ids[index]), index))
            try:
                for completion in self._batch(by_length, prompts, ids, sampling, names, checkpoint):
                    if names[completion.index] not in done:
                        yield completion
            except torch.OutOfMemoryError as error:
                raise self._too_many(len(batch), at_once) from error

    def _batch(
        self,
        batch: Sequence[int],
        prompts: Sequence[Prompt],
        ids: Mapping[int, list[int]],
        sampling: Sampling,
        keys: Sequence[str],
        checkpoint: Checkpoint,
    ) -> Iterator[Completion]:
        began, before = time.monotonic(), self._seconds
        rows = [ids[index] for index in batch]
        prefix = self._shared([prompts[index] for index in batch], rows)
        shared = len(prefix or ())
        self._prompt_tokens += sum(len(row) for row in rows)
        self._reused += shared * (len(rows) - 1)
        limit = min(sampling.max_new_tokens, (self._context or sys.maxsize) - max(len(row) for row in rows))
        for done in self.tokens.generate(
            [prefix or self.tokens.encode(())] * len(rows), replace(sampling, max_new_tokens=limit),
            keys=[keys[index] for index in batch], suffixes=[row[shared:] for row in rows], stop_ids=self.stop_ids,
            log_probabilities=False, checkpoint=checkpoint,
        ):  # fmt: skip
            seconds = time.monotonic() - began
            self._seconds = before + seconds
            own = done.ids if done.truncated else done.ids[:-1]
            yield Completion(
                batch[done.row], self.text.decode(own), len(done.ids), len(rows[done.row]), done.truncated,
                seconds, done.ids,
            )  # fmt: skip
        self._seconds = before + time.monotonic() - began

    def _too_many(self, rows: int, at_once: int) -> EnvironmentMissing:
        return EnvironmentMissing(
            f"{self.name} does not fit: the device's memory ran out with {rows} rows at once",
            f"go on with fewer: --resume RUN --set hardware.batch_size={max(1, at_once // 2)} (or the stage's own "
            "batch_size), or start again with a smaller model",
        )

    def _shared(self, prompts: Sequence[Prompt], rows: Sequence[list[int]]) -> Prefix | None:
        """What all rows of a batch begin with, encoded: the turns before the question, which are kept for the next
        batch, then what the questions have in common (samples of one question: all of it)."""
        if not self.tokens.shares_prefixes:
            return None
        # One token of each row must be left to begin with. The first and last of the sorted rows differ the earliest.
        begins = [row[:-1] for row in rows]
        alike = common(min(begins), max(begins))
        turns = prompts[0].messages[:-1]
        kept: Prefix | None = None
        if turns and all(prompt.messages[:-1] == turns for prompt in prompts):
            kept = self._turns(common(self.text.common_turns(prompts[0].messages), alike))
        done = len(kept or ())
        if len(rows) == 1 or len(alike) - done < SHORTEST_SHARED:
            return kept
        return self.tokens.extend(kept or self.tokens.encode(()), alike[done:])

    def _turns(self, ids: Sequence[int]) -> Prefix | None:
        if len(ids) < SHORTEST_SHARED:
            return None
        if self._kept is None or self._kept.ids != tuple(ids):
            self._kept = self.tokens.encode(ids)
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
        decoded = self._tokens.decoded_tokens if self._tokens is not None else self._decoded
        return GenerationProgress(decoded, self._prompt_tokens, self._reused, self._seconds)

    def forget(self) -> None:
        """Drop the turns that were kept for the next batch."""
        self._kept = None

    def close(self) -> None:
        """Drop the weights: nothing can be asked any more."""
        self._decoded = self.progress().tokens
        self._kept = self._tokens = None


def _ignored_settings(config: Any) -> tuple[str, ...]:
    """Settings of the model's generation config that change which token is likeliest, and are not used here."""
    penalty = getattr(config, "repetition_penalty", None)
    if penalty in (None, 1.0):
        return ()
    return (f"the model's own repetition penalty of {penalty} is not applied: answers are its likeliest tokens",)
