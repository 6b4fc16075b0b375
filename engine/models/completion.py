"""What travels between stages and policies: prompts in, completions out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Checkpoint = Callable[[], None]
"""Called between steps of generation: blocks while the run is paused, raises Cancelled when it is cancelled."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The turns up to and with the question; the shared few-shot turns come first in every prompt of a run."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens; temperature 0 is greedy. Row i is seeded by (seed, i's key), whatever batch it is in."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer to prompt number `index` of the call.

    `tokens` counts generated tokens (with EOS), `truncated` says that the limit ended it, `seconds` is wall time
    from the start of its batch; `token_ids` is empty for remote models.
    """

    index: int
    text: str
    tokens: int
    prompt_tokens: int
    truncated: bool
    seconds: float
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    """Counters since the policy was loaded, for the speed panel."""

    tokens: int
    prompt_tokens: int
    prefix_tokens_reused: int
    seconds: float


class Policy(Protocol):
    """A model that answers prompts."""

    name: str
    fingerprint: str
    """Identifies weights and tokenizer; stamped into every result row."""
    notes: tuple[str, ...]
    """What the user should know of this model here: settings it brings that are not applied, slower paths."""

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
        """Yield completions as they finish (any order).

        `keys` name the prompts and seed the rows when sampling; default: their index. `rows_at_once` go together, else
        as many as the preset says. What is `finished` (by its key) is not yielded, and made again only where the
        others need it: which tokens a prompt gets follows from the call without `finished` alone, so that a resumed
        run does what an undisturbed one does.
        """
        ...

    def progress(self) -> GenerationProgress: ...

    def close(self) -> None: ...
