"""Which items are worth a reader's time: the clearest example of each quadrant, and the items that get a heat map.

The choice is a pure function of the rows, so a report written twice shows the same items.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.rows.graded import GradedRow
from engine.words import QUADRANT

READABLE_STEPS = range(2, 9)
"""Chains of so many steps can be read side by side on a page; longer and shorter ones come after them."""


def most_instructive(rows: Sequence[GradedRow]) -> dict[str, GradedRow]:
    """The first choice of each quadrant that has an item with a matrix, in the order of QUADRANT."""
    ranked = {name: _ranked(rows, name) for name in QUADRANT}
    return {name: members[0] for name, members in ranked.items() if members}


def heat_map_rows(rows: Sequence[GradedRow], count: int) -> list[GradedRow]:
    """At most `count` items with a matrix: quadrants take turns, each with its most instructive items first."""
    ranked = [_ranked(rows, name) for name in QUADRANT]
    turns = [members[turn] for turn in range(max(map(len, ranked))) for members in ranked if turn < len(members)]
    return turns[:count]


def _ranked(rows: Sequence[GradedRow], quadrant: str) -> list[GradedRow]:
    members = [row for row in rows if row.quadrant == quadrant and row.steps and row.matrix["cell"]]
    return sorted(members, key=lambda row: (_unreadable(row), -_interest(row), row.index))


def _unreadable(row: GradedRow) -> bool:
    sizes = (len(row.gold_steps), len(row.steps))
    return row.verdict == "unparsed" or row.truncated or any(size not in READABLE_STEPS for size in sizes)


def _interest(row: GradedRow) -> float:
    """Higher is more telling, by quadrant:

    robust - the better explained, and rather with several steps; near miss - the nearer to right; lucky guess - the
    less of the gold it has; failure - one that begins well, so that the place where it leaves the gold can be seen.
    """
    score = row.score or 0.0
    match row.quadrant:
        case "robust":
            return score + 0.1 * min(len(row.gold_steps), 4)
        case "lucky-guess":
            return -score
        case "failure":
            divergence = row.first_divergence
            begins_well = divergence is not None and (divergence.student or 0) >= 1
            return score + (1.0 if begins_well else 0.0)
        case _:
            return score
