"""Must be imported before Textual, which reads its frame rate once.

At its 60 frames a second a key waits up to 17 ms for the next frame; at 120 half of that. Nothing here moves by
itself, so more frames cost nothing.
"""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_FPS", "120")
