"""The memory estimate's figures against the engine that they describe."""

from __future__ import annotations

from engine.models import memory_terms, row_cache, token_engine


def test_the_figures_taken_from_the_token_engine_are_still_its_own() -> None:
    assert memory_terms.PREFILL_TOKENS == token_engine.PREFILL_TOKENS
    assert memory_terms.CACHE_GROWTH == row_cache.GROWTH
