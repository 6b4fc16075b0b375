"""TokenPolicy: what a model does on token ids alone; templates and text stand on it (`prompt_tokens`, `torch_policy`).

    question = policy.encode(ids)                        read once
    for done in policy.generate([question] * 8, Sampling(64, 1.0), stop_ids=stops, keep=True): ...
    longer = policy.extend(done.prefix, more)            nothing before `more` is read again

Prefixes of one call may be unlike each other: what all of them share exists once, the rest is forked for each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.models.completion import Checkpoint, Sampling


class Prefix(Protocol):
    """The beginning of a row as its policy keeps it: for that policy alone, and for as long as somebody holds it."""

    @property
    def ids(self) -> tuple[int, ...]:
        """The whole beginning as token ids."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class TokenCompletion:
    """The tokens that a row got, its end token included; `truncated`: the limit ended it.

    `log_probabilities` are natural logarithms, one a token, of the model's own distribution: log_softmax of its raw
    logits, at temperature 1 and over the whole vocabulary, whatever the sampling was. `prefix` is the row with its new
    tokens, to go on from, where the call said `keep`.
    """

    row: int
    ids: tuple[int, ...]
    truncated: bool
    log_probabilities: tuple[float, ...] = ()
    prefix: Prefix | None = None


class TokenPolicy(Protocol):
    """A language model on token ids. One call at a time."""

    shares_prefixes: bool
    """Whether a prefix saves work here; where not, the policy keeps its ids only."""
    decoded_tokens: int
    """Tokens chosen so far, over all calls."""

    def encode(self, ids: Sequence[int]) -> Prefix:
        """Read these ids as the beginning of a row; none is a beginning too."""
        ...

    def extend(self, prefix: Prefix, ids: Sequence[int]) -> Prefix:
        """The prefix with these ids after it, which alone are read. The prefix itself stays good."""
        ...

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
        """Continue every prefix at once; yield the rows as they end, in any order.

        `suffixes` are what each row reads first and no other call needs: many are read in one pass. Row r draws from a
        generator seeded by (sampling.seed, keys[r]); without keys, by its number. No row may be empty.
        """
        ...
