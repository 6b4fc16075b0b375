"""Where the program keeps what it can make again: weights made from GGUF files, embeddings, generated problems.

Stdlib only: the TUI process imports it.
"""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "MATHREASON_CACHE"
APPLICATION = "mathreason-tui"


def cache_dir() -> Path:
    """$MATHREASON_CACHE, else the XDG cache folder of this program. The folder need not exist yet."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    # The XDG specification: a relative or empty value is to be ignored.
    xdg = Path(os.environ.get("XDG_CACHE_HOME", "")).expanduser()
    return (xdg if xdg.is_absolute() else Path.home() / ".cache") / APPLICATION
