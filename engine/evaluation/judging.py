"""What the judge changed, in numbers; stdlib only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from engine.rows.graded import GradedRow


def flips(rows: Sequence[GradedRow]) -> dict[str, int]:
    """ "wrong to right" -> how many final verdicts the judge turned so, the most frequent first."""
    turned = Counter(
        f"{row.symbolic} to {row.verdict}" for row in rows if row.judge is not None and row.verdict != row.symbolic
    )
    return dict(turned.most_common())


def flips_text(turned: Mapping[str, int]) -> str:
    """ "3 verdicts (wrong to right 2, unparsed to wrong 1)"."""
    total = sum(turned.values())
    ways = ", ".join(f"{way} {count}" for way, count in turned.items())
    return f"{total} verdict{'' if total == 1 else 's'}" + (f" ({ways})" if ways else "")
