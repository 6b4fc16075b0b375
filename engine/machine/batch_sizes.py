"""How much the engine works on at once: its loops and the memory estimate take the same figures from here.

Standard library only: an estimate imports no torch.
"""

from __future__ import annotations

PREFILL_TOKENS = {"cpu": 1024, "cuda": 16384, "mps": 4096}
"""Tokens of new rows encoded in one forward pass, by device: enough to fill it. More leave a CPU's caches."""

CACHE_GROWTH = 128
"""Slots added when a cache is full: few enough to waste little, enough to copy seldom."""

EMBEDDER_ROWS = 64
"""Steps embedded in one pass; batches are sorted by length, so the longest steps come together."""
