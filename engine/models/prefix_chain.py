"""EncodedPrefix: a beginning with its keys and values, kept as a chain, so that a search tree holds each token once.

    few-shot examples <- question A <- step 1 <- step 2
                      <- question B <- step 1

A link holds what came after its parent. Whoever attends to several links at once asks for them as one (`flat`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

Layers = tuple[Tensor, ...]
"""One tensor a layer, [key heads, tokens, head size]."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Keys and values of tokens that follow each other, [key heads, tokens, head size] a layer."""

    keys: Layers
    values: Layers

    def __len__(self) -> int:
        return self.keys[0].shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPrefix:
    """The ids of a beginning, and keys and values of those from `begin` on that have been read.

    The first `begin` tokens are the parent's and those before it; the parent's own reach at least that far. Ids at the
    end may be unread: the last token of a completion is chosen and not read; whoever goes on reads it first.
    """

    ids: tuple[int, ...] = ()
    parent: EncodedPrefix | None = None
    begin: int = 0
    own: Flat | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def read(self) -> int:
        """How many of the ids have keys and values."""
        return self.begin + (len(self.own) if self.own is not None else 0)

    @property
    def keys(self) -> Layers:
        """The keys of all that was read."""
        whole = self.flat(0, self.read)
        return whole.keys if whole is not None else ()

    @property
    def values(self) -> Layers:
        """The values of all that was read."""
        whole = self.flat(0, self.read)
        return whole.values if whole is not None else ()

    def pieces(self, start: int, end: int) -> Iterator[Flat]:
        """Views that cover the tokens from `start` to before `end`, in order."""
        links = list(reversed(self.links()))
        begins = [*(link.begin for link in links), self.read]
        for link, (begin, stop) in zip(links, pairwise(begins), strict=True):
            first, last = max(start, begin), min(end, stop)
            if link.own is not None and first < last:
                part = slice(first - begin, last - begin)
                yield Flat(tuple(t[:, part] for t in link.own.keys), tuple(t[:, part] for t in link.own.values))

    @torch.inference_mode()
    def flat(self, start: int, end: int) -> Flat | None:
        """The tokens from `start` to before `end` in one piece, copied only where links must be joined."""
        pieces = list(self.pieces(start, end))
        if len(pieces) < 2:
            return pieces[0] if pieces else None
        keys, values = zip(*((piece.keys, piece.values) for piece in pieces), strict=True)
        return Flat(*(tuple(torch.cat(layer, 1) for layer in zip(*held, strict=True)) for held in (keys, values)))

    def holding(self, tokens: int) -> EncodedPrefix:
        """The first link by which so many tokens are read."""
        return next(link for link in reversed(self.links()) if link.read >= tokens)

    def links(self) -> list[EncodedPrefix]:
        """This link and those before it, the latest first."""
        chain = [self]
        while (parent := chain[-1].parent) is not None:
            chain.append(parent)
        return chain


def shared_length(prefixes: Sequence[EncodedPrefix]) -> int:
    """How many tokens all of them have in common as the very same keys and values."""
    spans = [_spans(prefix) for prefix in prefixes]
    length = 0
    for links in zip(*spans, strict=False):
        first, _ = links[0]
        if any(link is not first for link, _ in links):
            break
        length = min(end for _, end in links)
        if any(end != length for _, end in links):
            break
    return length


def _spans(prefix: EncodedPrefix) -> list[tuple[EncodedPrefix, int]]:
    """Each link that holds something, from the first on, and up to which token the chain uses it."""
    links = list(reversed(prefix.links()))
    ends = [*(link.begin for link in links[1:]), prefix.read]
    return [(link, end) for link, end in zip(links, ends, strict=True) if end > link.begin]
