"""Where the program keeps what it can make again: weights made from GGUF files, embeddings, generated problems.

Light: the TUI process imports it.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "MATHREASON_CACHE"
APPLICATION = "mathreason-tui"


def cache_dir() -> Path:
    """$MATHREASON_CACHE, else this program's cache folder where the system keeps such (XDG on Linux). The folder need
    not exist yet."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    return user_cache_path(APPLICATION, appauthor=False)
