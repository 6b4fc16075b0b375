"""The mark of a human's verdict in a table, beside the graders'."""

from __future__ import annotations

from textual.content import Content

from engine.compare.overrides import Override
from engine.words import OVERRIDDEN, VERDICT


def override_mark(override: Override | None) -> Content:
    """→✓ behind the graders' verdict: a human's; nothing where there is none."""
    if override is None or override.verdict is None:
        return Content("")
    sign = VERDICT[override.verdict]
    arrow = Content.styled(OVERRIDDEN.glyph, f"${OVERRIDDEN.color}")
    return arrow + Content.styled(sign.glyph, f"${sign.color}")
