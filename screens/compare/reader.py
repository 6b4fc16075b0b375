"""What the Compare screen shows of two runs, made in one go. Blocks: called in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.compare.compared import compare_with_sides
from engine.compare.comparison import Comparison, accuracy_of
from engine.compare.overrides import overrides_file
from engine.compare.pairing import Side
from engine.runs.directory import RunDirectory, read_record
from engine.runs.events import Item
from engine.runs.status import Status, derive_status
from engine.statistics.estimates import histogram
from engine.statistics.figure import Figure
from screens.widgets.charts import Curve, Curves, Histogram

CURVE_POINTS = 400
"""Twice the widest plot."""
CURVE_FROM = 10
"""Items before the curve begins: an accuracy over fewer jumps between 0 and 1 and flattens the rest."""
BINS = 20
ROLES = ("primary", "success")
"""Of A and of B, in every picture."""


Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class About:
    """One of the two runs in its line: `accuracy` is over all its items, those that the other run lacks too."""

    run: RunDirectory
    recipe: str
    policy: str
    status: Status
    accuracy: Figure


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison with the pictures that belong to it: accuracy over the items, the score histogram of each run."""

    a: About
    b: About
    found: Comparison
    accuracy: Curves
    scores: tuple[Histogram | None, Histogram | None]


def stamp_of(a: RunDirectory, b: RunDirectory) -> Stamp:
    """Time and size of what the comparison is made from: equal as long as reading again would bring nothing new."""
    found = []
    for path in (a.events, overrides_file(a), b.events, overrides_file(b)):
        try:
            status = path.stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def read_compared(a: RunDirectory, b: RunDirectory) -> Compared:
    """Reads both runs anew; raises as `compare_runs` does."""
    found, side_a, side_b = compare_with_sides(a, b)
    firsts, seconds = [pair.a for pair in found.pairs], [pair.b for pair in found.pairs]
    curves = Curves((_curve("run A", firsts, ROLES[0]), _curve("run B", seconds, ROLES[1])))
    return Compared(_about(a, side_a), _about(b, side_b), found, curves, _histograms(firsts, seconds))


def _about(run: RunDirectory, side: Side) -> About:
    state = side.state
    policy = str(side.settings.get("models.policy") or state.models.get("policy") or "")
    return About(run, state.recipe, policy, derive_status(read_record(run), state), accuracy_of(state.items))


def _curve(label: str, samples: Sequence[Item], role: str) -> Curve:
    """The accuracy after each item, thinned, from where it says something; the last one is always there."""
    stride = max(1, -(-len(samples) // CURVE_POINTS))
    first = min(CURVE_FROM, len(samples) // 3)
    x, y, right = [], [], 0
    for number, sample in enumerate(samples, 1):
        right += sample.fact("verdict") == "right"
        if (number > first and number % stride == 0) or number == len(samples):
            x.append(float(number))
            y.append(right / number)
    return Curve(label, tuple(x), tuple(y), role)


def _histograms(a: Sequence[Item], b: Sequence[Item]) -> tuple[Histogram | None, Histogram | None]:
    """Of the coverage, against one scale; None where a run has no scores."""
    scored = [[score for item in items if (score := item.score("coverage")) is not None] for items in (a, b)]
    counts = [histogram(scores, BINS) for scores in scored]
    top = max(map(max, counts))
    one, two = (
        Histogram((), counts=found, role=role, top=top) if any(found) else None
        for found, role in zip(counts, ROLES, strict=True)
    )
    return one, two
