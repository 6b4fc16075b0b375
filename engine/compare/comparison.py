"""Two runs over the same items, compared item by item: a pure function of what the two runs say of themselves.

`compare(a, b)` pairs the items that both have, by stage and id, and counts: A is the baseline, every difference is B
minus A. Where a human has overridden verdicts (`engine.compare.overrides`) all figures come twice: by the graders, and
with the human's verdicts, which count for equal answers of both runs alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.compare.cautions import Setting, cautions_of, differing_settings
from engine.compare.overrides import Key, Override, effective, overlay_of
from engine.compare.pairing import Pair, Side, graded_stages, pair_items
from engine.compare.shared_verdicts import share_verdicts
from engine.rows.graded import is_right
from engine.runs.events import Item
from engine.statistics.clusters import clustered_share, problem_of, right_share
from engine.statistics.figure import UNDEFINED, Figure
from engine.statistics.interval import CERTAIN, wilson
from engine.statistics.paired import (
    agreeing,
    difference_of_means,
    difference_of_shares,
    mcnemar,
    sign_flip,
)

FLIPS = ("lost", "gained", "changed", "settled")
"""right -> not right; not right -> right; wrong, unparsed and cut off among each other; and what is a flip by the
graders but none any more with a human's verdict."""

SIGNIFICANT = CERTAIN


@dataclass(frozen=True, slots=True)
class Flip:
    """An item whose outcome differs; `a` and `b` are the graders' outcomes, `human_a` and `human_b` the human's verdict
    or "". `kind` is one of FLIPS, with the human's verdicts counted."""

    kind: str
    pair: Pair
    a: str
    b: str
    human_a: str = ""
    human_b: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The pairs by right and not right in each run, and what follows from the four counts.

    `units` is how many independent things were compared: the items or, where these are samples of problems (not
    `independent`), the problems; `moved` of them have more right in one run than in the other. The p value is that of
    the exact McNemar test over items, or of the exact sign-flip test over problems. `accuracy` is of A and of B, over
    the items of both.
    """

    both: int
    lost: int
    gained: int
    neither: int
    difference: Figure
    p_value: float
    accuracy: tuple[Figure, Figure]
    units: int
    moved: int
    independent: bool = True

    @property
    def total(self) -> int:
        return self.both + self.lost + self.gained + self.neither

    @property
    def right(self) -> tuple[int, int]:
        """Right items of A and of B."""
        return self.both + self.lost, self.both + self.gained

    @property
    def significant(self) -> bool:
        """Whether the items show a difference."""
        return self.p_value < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is known of B against A. `overridden` is the table with human verdicts, None where they change nothing;
    `changed` and `confirmed` are how many of the graders' verdicts they did that to in the run that they were given
    for; what they do to equal answers of the other run is not counted again. `stage_a` and `stage_b` are the stages
    whose items they are, "" where there are several."""

    run_a: str
    run_b: str
    pairs: tuple[Pair, ...]
    only_a: int
    only_b: int
    table: Table
    overridden: Table | None
    changed: int
    confirmed: int
    flips: tuple[Flip, ...]
    coverage: Figure
    extra: Figure
    differs: tuple[Setting, ...]
    cautions: tuple[str, ...]
    stage_a: str = ""
    stage_b: str = ""

    @property
    def flip_counts(self) -> dict[str, int]:
        counts = Counter(flip.kind for flip in self.flips)
        return {kind: counts[kind] for kind in FLIPS}

    @property
    def best(self) -> Table:
        """The table that counts: with human verdicts where there are any."""
        return self.overridden or self.table


def accuracy_of(items: Iterable[Item]) -> Figure:
    """The share of right items of a run, with an interval that knows which of them are samples of one problem."""
    return right_share((item.stage, item.id, is_right(item)) for item in items)


def compare(a: Side, b: Side) -> Comparison:
    """B against A, over the items that both have finished."""
    pairs = pair_items(a.state, b.state)
    shared = share_verdicts(a, b, pairs)
    judged = [_Judged.of(pair, shared.a, shared.b) for pair in pairs]
    problems = _problems(pairs)
    independent = len(problems) == len(pairs)
    table = _table([(one.a == "right", one.b == "right") for one in judged], problems)
    laid_over = overlay_of((pair.a for pair in pairs), a.overrides), overlay_of((pair.b for pair in pairs), b.overrides)
    changed, confirmed = (sum(counts) for counts in zip(*((o.changed, o.confirmed) for o in laid_over), strict=True))
    with_humans = (
        _table([(one.now_a == "right", one.now_b == "right") for one in judged], problems)
        if any(one.human_a or one.human_b for one in judged)
        else None
    )
    return Comparison(
        a.state.run_id, b.state.run_id, tuple(pairs),
        len(a.state.items) - len(pairs), len(b.state.items) - len(pairs),
        table, with_humans, changed, confirmed,
        tuple(sorted((flip for one in judged if (flip := one.flip())), key=lambda flip: FLIPS.index(flip.kind))),
        _mean_difference(problems, [_minus(pair.b.score("coverage"), pair.a.score("coverage")) for pair in pairs]),
        _mean_difference(problems, [_minus(pair.b.score("extra"), pair.a.score("extra")) for pair in pairs]),
        differing_settings(a, b),
        (*cautions_of(a, b, pairs, None if independent else len(problems)), *shared.cautions),
        *(_only_stage(side) for side in (a, b)),
    )  # fmt: skip


def _only_stage(side: Side) -> str:
    stages = graded_stages(side.state)
    return stages[0].name if len(stages) == 1 else ""


# -- counting


class _Judged(NamedTuple):
    """A pair with its outcomes by the graders, the human's verdicts ("" for none), and what counts in the end."""

    pair: Pair
    a: str
    b: str
    human_a: str
    human_b: str
    now_a: str
    now_b: str

    @classmethod
    def of(cls, pair: Pair, over_a: Mapping[Key, Override], over_b: Mapping[Key, Override]) -> _Judged:
        a, b = pair.a.outcome, pair.b.outcome
        human_a, human_b = _human(pair.a, over_a), _human(pair.b, over_b)
        return cls(pair, a, b, human_a, human_b, human_a or a, human_b or b)

    def flip(self) -> Flip | None:
        kind = _flip_kind(self.now_a, self.now_b) or ("settled" if _flip_kind(self.a, self.b) else "")
        return Flip(kind, self.pair, self.a, self.b, self.human_a, self.human_b) if kind else None


def _human(item: Item, overrides: Mapping[Key, Override]) -> str:
    """The human's verdict where it says something else than the graders'."""
    override = overrides.get(item.key)
    said = item.fact("verdict")
    verdict = effective(said, override)
    return verdict if verdict != said else ""


def _flip_kind(a: str, b: str) -> str:
    if a == b:
        return ""
    return "lost" if a == "right" else "gained" if b == "right" else "changed"


def _table(rights: Sequence[tuple[bool, bool]], problems: Sequence[Sequence[int]]) -> Table:
    counts = Counter(rights)
    four = counts[True, True], counts[True, False], counts[False, True], counts[False, False]
    both, lost, gained, _ = four
    total = len(rights)
    if len(problems) == total:
        p_value = mcnemar(lost, gained)
        difference = agreeing(difference_of_shares(lost, gained, total), p_value)
        accuracy = wilson(both + lost, total), wilson(both + gained, total)
        return Table(*four, difference, p_value, accuracy, total, lost + gained)
    flips = [sum(rights[place][1] - rights[place][0] for place in places) for places in problems]
    p_value = sign_flip(flips)
    sizes = [len(places) for places in problems]
    of_a, of_b = (
        clustered_share([sum(rights[place][side] for place in places) for places in problems], sizes) for side in (0, 1)
    )
    difference = agreeing(_mean_difference(problems, [b - a for a, b in rights]), p_value)
    return Table(*four, difference, p_value, (of_a, of_b), len(problems), sum(map(bool, flips)), independent=False)


def _problems(pairs: Sequence[Pair]) -> list[list[int]]:
    """Places of the pairs by problem: samples of one problem are not independent."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, pair in enumerate(pairs):
        found.setdefault((pair.a.stage, problem_of(pair.a.id)), []).append(place)
    return list(found.values())


def _mean_difference(problems: Sequence[Sequence[int]], differences: Sequence[float | None]) -> Figure:
    """Of the items that have both figures, none further than 1 apart; over problems, for each of which stands its sum
    in units of the mean number of items."""
    sums: list[float] = []
    sizes: list[int] = []
    for places in problems:
        known = [d for place in places if (d := differences[place]) is not None]
        if known:
            sizes.append(len(known))
            sums.append(sum(known))
    if not sums:
        return UNDEFINED
    unit = sum(sizes) / len(sizes)
    found = difference_of_means([total / unit for total in sums], max(sizes) / unit)
    return replace(found, n=sum(sizes))


def _minus(b: float | None, a: float | None) -> float | None:
    return None if a is None or b is None else b - a
