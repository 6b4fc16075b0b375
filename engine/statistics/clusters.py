"""Figures over items that are not independent: samples of the same problem. Standard library only.

The clusters (problems) are what is independent. A share has Wilson's interval at an effective number of items.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

from engine.statistics.figure import UNDEFINED, WILSON, Figure, over_problems
from engine.statistics.interval import FEWEST, wilson, wilson_bounds

SEPARATOR = "~"
"""Between a problem's id and the number of the sample in the id of an item."""

SMALLEST_VARIANCE = 1e-20
"""Below it what items move a figure by is rounding."""


def may_be_sample(item: str) -> bool:
    """Whether the id of an item can be that of a sample: where none can, items are independent."""
    return SEPARATOR in item


def problem_of(item: str) -> str:
    """The id of the problem that the item is a sample of ("<problem>~<sample>"), else the item's own."""
    problem, mark, sample = item.rpartition(SEPARATOR)
    return problem if mark and sample.isdecimal() else item


def clustered_share(sums: Sequence[float], sizes: Sequence[int]) -> Figure:
    """Of the items that count, `sums` by cluster, among `sizes` items by cluster; Wilson's interval at the effective
    number. UNDEFINED without items."""
    total = sum(sizes)
    if not total:
        return UNDEFINED
    value = math.fsum(sums) / total
    return _at_effective_number(value, effective_number(sums, sizes, total), total)


def right_share(items: Iterable[tuple[str, str, bool]]) -> Figure:
    """The share of right items, each (stage, id, right), with an interval that knows which of them are samples of one
    problem. UNDEFINED without items."""
    items = list(items)
    if not any(may_be_sample(item) for _, item, _ in items):
        return wilson(sum(right for _, _, right in items), len(items))
    problems: dict[tuple[str, str], list[bool]] = {}
    for stage, item, right in items:
        problems.setdefault((stage, problem_of(item)), []).append(right)
    if len(problems) == len(items):
        return wilson(sum(right for _, _, right in items), len(items))
    return clustered_share(list(map(sum, problems.values())), list(map(len, problems.values())))


class RunningShare:
    """`right_share` of items that come one by one: each costs the same, however many came before."""

    def __init__(self) -> None:
        self.total = self.right = 0
        self._problems: dict[tuple[str, str], tuple[int, int]] = {}
        self._squares = self._products = self._sizes = 0  # over problems: of the right, right times size, size squared

    def add(self, stage: str, item: str, right: bool) -> None:
        """Count one more item."""
        self.total += 1
        self.right += right
        problem = (stage, problem_of(item))
        hits, size = self._problems.get(problem, (0, 0))
        now = hits + right
        self._problems[problem] = (now, size + 1)
        self._squares += now**2 - hits**2
        self._products += now * (size + 1) - hits * size
        self._sizes += 2 * size + 1

    def share(self) -> Figure:
        """The share so far with its interval; UNDEFINED without items."""
        clusters = len(self._problems)
        if clusters == self.total:
            return wilson(self.right, self.total)
        p = self.right / self.total
        variance = 0.0
        if clusters > 1:
            squares = self._squares - 2 * p * self._products + p * p * self._sizes
            variance = clusters / (clusters - 1) * squares / self.total**2
        return _at_effective_number(p, _effective(p, variance, clusters, self.total), self.total)


def _at_effective_number(share: float, number: float, total: int) -> Figure:
    return Figure(share, *wilson_bounds(share, number), total, over_problems(WILSON))


def effective_number(sums: Sequence[float], sizes: Sequence[int], most: int) -> float:
    """How many independent items say as much as these clusters: p(1 - p) over the cluster-robust variance of p, the
    ratio of sums to sizes (Korn and Graubard 1998); at most all of them. Where the clusters cannot tell (p at 0 or 1)
    each counts as one item, as if its samples were all alike; of fewer than FEWEST clusters each counts as one at most,
    since so few can be alike by chance."""
    p = math.fsum(sums) / sum(sizes)
    return _effective(p, cluster_variance(sums, sizes) if len(sums) > 1 else 0.0, len(sums), most)


def _effective(p: float, variance: float, clusters: int, most: int) -> float:
    if clusters < 2 or p <= 0.0 or p >= 1.0:
        return float(clusters)
    limit = float(most if clusters >= FEWEST else clusters)
    return min(limit, p * (1 - p) / variance) if variance > SMALLEST_VARIANCE else limit


def cluster_variance(sums: Sequence[float], sizes: Sequence[int]) -> float:
    """Of the ratio of sums to sizes over two or more clusters, linearized, the clusters independent (Cochran 1977)."""
    clusters, total = len(sums), sum(sizes)
    ratio = math.fsum(sums) / total
    squares = math.fsum((c - ratio * n) ** 2 for c, n in zip(sums, sizes, strict=True))
    return clusters / (clusters - 1) * squares / total**2


def independent_items(moves: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """How many independent items say as much as these do of a figure, where `moves` is what each item moves it by
    (the linear part, with mean 0): their number over the design effect, the cluster-robust variance over that of
    independent items. The limits are those of `effective_number`; None of one cluster."""
    sums: dict[Hashable, float] = {}
    for move, cluster in zip(moves, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + move
    items, number = len(moves), len(sums)
    if number < 2:
        return None
    alone = items / (items - 1) * math.fsum(move * move for move in moves)
    together = number / (number - 1) * math.fsum(total * total for total in sums.values())
    limit = float(items if number >= FEWEST else number)
    if alone <= SMALLEST_VARIANCE:
        return float(number)
    return min(limit, items * alone / together) if together > 0 else limit
