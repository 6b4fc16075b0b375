"""Two runs over the same items, compared item by item: a pure function of what the two runs say of themselves.

`compare(a, b)` pairs the items that both have, by stage and id, and counts: A is the baseline, every difference is B
minus A. Where a human has overridden verdicts (`engine.runs.overrides`) all figures come twice: by the graders, and
with the human's verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.runs.cautions import Setting, cautions_of, differing_settings
from engine.runs.events import Sample
from engine.runs.interval import Share, wilson
from engine.runs.overrides import Key, Override, effective
from engine.runs.paired import Difference, difference_of_means, difference_of_shares, mcnemar
from engine.runs.pairing import Pair, Side, pair_items

CUT_OFF = "cut off"
OUTCOMES = ("right", "wrong", "unparsed", CUT_OFF)
"""What becomes of an item; one that is not right and hit the token limit is cut off, whatever was parsed from it."""

FLIPS = ("lost", "gained", "changed", "settled")
"""right -> not right; not right -> right; wrong, unparsed and cut off among each other; and what is a flip by the
graders but none any more with a human's verdict."""

SIGNIFICANT = 0.05


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

    Where items are samples of the same problems (not `independent`) the p value is too small, and only the interval,
    which resamples problems, is to be believed.
    """

    both: int
    lost: int
    gained: int
    neither: int
    difference: Difference | None
    p_value: float
    independent: bool = True

    @property
    def total(self) -> int:
        return self.both + self.lost + self.gained + self.neither

    @property
    def right(self) -> tuple[int, int]:
        """Right items of A and of B."""
        return self.both + self.lost, self.both + self.gained

    @property
    def accuracy(self) -> tuple[Share | None, Share | None]:
        """Of A and of B, over the items of both, with Wilson's interval."""
        a, b = self.right
        return wilson(a, self.total), wilson(b, self.total)

    @property
    def significant(self) -> bool:
        """Whether the items show a difference."""
        if self.independent:
            return self.p_value < SIGNIFICANT
        return self.difference is not None and (self.difference.low > 0 or self.difference.high < 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is known of B against A. `overridden` is the table with human verdicts, None where there are none."""

    run_a: str
    run_b: str
    pairs: tuple[Pair, ...]
    only_a: int
    only_b: int
    table: Table
    overridden: Table | None
    overrides: int
    flips: tuple[Flip, ...]
    coverage: Difference | None
    extra: Difference | None
    differs: tuple[Setting, ...]
    cautions: tuple[str, ...]

    @property
    def flip_counts(self) -> dict[str, int]:
        counts = Counter(flip.kind for flip in self.flips)
        return {kind: counts[kind] for kind in FLIPS}

    @property
    def best(self) -> Table:
        """The table that counts: with human verdicts where there are any."""
        return self.overridden or self.table


def outcome_of(sample: Sample) -> str:
    """One of OUTCOMES."""
    return CUT_OFF if sample.truncated and sample.verdict != "right" else sample.verdict


def compare(a: Side, b: Side) -> Comparison:
    """B against A, over the items that both have finished."""
    pairs = pair_items(a.state, b.state)
    judged = [_Judged.of(pair, a.overrides, b.overrides) for pair in pairs]
    table = _table((one.a == "right", one.b == "right") for one in judged)
    overridden = sum(bool(one.human_a) + bool(one.human_b) for one in judged)
    problems = _problems(pairs)
    independent = len(problems) == len(pairs)
    if not independent:
        table = _by_problem(table, problems, [(one.b == "right") - (one.a == "right") for one in judged])
    with_humans = _table((one.now_a == "right", one.now_b == "right") for one in judged) if overridden else None
    if with_humans is not None and not independent:
        flips = [(one.now_b == "right") - (one.now_a == "right") for one in judged]
        with_humans = _by_problem(with_humans, problems, flips)
    return Comparison(
        a.state.run_id, b.state.run_id, tuple(pairs),
        len(a.state.samples) - len(pairs), len(b.state.samples) - len(pairs),
        table, with_humans, overridden,
        tuple(sorted((flip for one in judged if (flip := one.flip())), key=lambda flip: FLIPS.index(flip.kind))),
        _mean_difference(problems, [_minus(pair.b.coverage, pair.a.coverage) for pair in pairs]),
        _mean_difference(problems, [_minus(pair.b.extra, pair.a.extra) for pair in pairs]),
        differing_settings(a, b), cautions_of(a, b, pairs, independent),
    )  # fmt: skip


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
        a, b = outcome_of(pair.a), outcome_of(pair.b)
        human_a, human_b = _human(pair.a, over_a), _human(pair.b, over_b)
        return cls(pair, a, b, human_a, human_b, human_a or a, human_b or b)

    def flip(self) -> Flip | None:
        kind = _flip_kind(self.now_a, self.now_b) or ("settled" if _flip_kind(self.a, self.b) else "")
        return Flip(kind, self.pair, self.a, self.b, self.human_a, self.human_b) if kind else None


def _human(sample: Sample, overrides: Mapping[Key, Override]) -> str:
    """The human's verdict where it says something else than the graders'."""
    verdict = effective(sample.verdict, overrides.get((sample.stage, sample.id))) if overrides else sample.verdict
    return verdict if verdict != sample.verdict else ""


def _flip_kind(a: str, b: str) -> str:
    if a == b:
        return ""
    return "lost" if a == "right" else "gained" if b == "right" else "changed"


def _table(rights: Iterable[tuple[bool, bool]]) -> Table:
    counts = Counter(rights)
    lost, gained = counts[True, False], counts[False, True]
    total = sum(counts.values())
    return Table(
        counts[True, True], lost, gained, counts[False, False],
        difference_of_shares(lost, gained, total), mcnemar(lost, gained),
    )  # fmt: skip


def _problems(pairs: Sequence[Pair]) -> list[list[int]]:
    """Places of the pairs by problem: samples of one problem ("<problem id>~<sample>") are not independent."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, pair in enumerate(pairs):
        problem, mark, sample = pair.a.id.rpartition("~")
        whole = problem if mark and sample.isdecimal() else pair.a.id
        found.setdefault((pair.a.stage, whole), []).append(place)
    return list(found.values())


def _by_problem(table: Table, problems: Sequence[Sequence[int]], flips: Sequence[int]) -> Table:
    """The table with the interval of its difference resampled by problem, and so wide enough."""
    difference = _mean_difference(problems, list(flips))
    return replace(table, difference=difference, independent=False)


def _mean_difference(problems: Sequence[Sequence[int]], differences: Sequence[float | None]) -> Difference | None:
    """Of the items that have both figures; resampled by problem (a sum over a problem stands for its items)."""
    sums: list[float] = []
    items = 0
    for places in problems:
        known = [d for place in places if (d := differences[place]) is not None]
        if known:
            items += len(known)
            sums.append(sum(known))
    found = difference_of_means([total * len(sums) / items for total in sums])
    return found and Difference(found.value, found.low, found.high, items)


def _minus(b: float | None, a: float | None) -> float | None:
    return None if a is None or b is None else b - a
