"""The memory estimate's figures against the engine that they describe."""

from __future__ import annotations

from engine.machine import memory_terms
from engine.models import loading, row_cache, token_engine


def test_the_figures_taken_from_elsewhere_are_still_true_there() -> None:
    assert memory_terms.PREFILL_TOKENS == token_engine.PREFILL_TOKENS
    assert memory_terms.CACHE_GROWTH == row_cache.GROWTH
    assert memory_terms.EMBEDDER_ROWS == loading.EMBEDDING_BATCH
