"""Several samples a problem: pass@k, maj@k, and intervals that know that the samples of a problem go together.

Pure functions of rows that carry `problem` and `sample`; stdlib only. maj@k also needs `answer_class`, which says which
answers of a problem are the same (`engine.evaluation.answer_classes`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.evaluation.estimates import Estimate, mean, wilson
from engine.runs.interval import Z_95, wilson_bounds
from engine.runs.results import Row

SEPARATOR = "~"
"""Between a problem's id and the number of the sample in the id of a row."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What several samples show. `pass_at` and `majority_at` are keyed by k as text; n of each counts problems."""

    problems: int
    samples: int
    pass_at: Mapping[str, Estimate]
    majority_at: Mapping[str, Estimate]


def sample_id(problem: str, sample: int) -> str:
    """The id of a row: no two samples share one, whatever the problems are called."""
    return f"{problem}{SEPARATOR}{sample}"


def is_sampled(rows: Sequence[Row]) -> bool:
    """Whether the rows are samples of problems rather than one solution each."""
    return any("problem" in row for row in rows)


def by_problem(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each problem, in the order of the samples; problems in the order of the rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        problem = str(row.get("problem", row["id"]))
        groups.setdefault(problem, []).append(row)
    return {name: sorted(members, key=lambda row: row.get("sample", 0)) for name, members in groups.items()}


def summarise_samples(rows: Sequence[Row]) -> Samples | None:
    """None where there is one solution a problem."""
    if not is_sampled(rows):
        return None
    groups = list(by_problem(rows).values())
    fewest = min(map(len, groups))
    right = [sum(row["verdict"] == "right" for row in members) for members in groups]
    pass_at = {
        str(k): clustered([pass_at_k(len(members), c, k) for members, c in zip(groups, right, strict=True)], len(rows))
        for k in ks(fewest)
    }
    classed = all("answer_class" in row for row in rows)
    majority = {str(fewest): wilson(sum(map(majority_is_right, groups)), len(groups))} if classed else {}
    return Samples(len(groups), fewest, pass_at, majority)


def figures(samples: Samples | None) -> list[tuple[str, Estimate]]:
    """("pass@4", estimate) ... ("maj@4", estimate), for whoever shows them."""
    if samples is None:
        return []
    named = [(f"pass@{k}", estimate) for k, estimate in samples.pass_at.items()]
    return named + [(f"maj@{k}", estimate) for k, estimate in samples.majority_at.items()]


def note(samples: Samples) -> str:
    """What the figures are over, and what their intervals mean."""
    return (
        f"{samples.samples} samples of each of {samples.problems} problems; the samples of a problem go together, so "
        "intervals of shares are Wilson's at the effective number of samples, and of maj@k at the number of problems"
    )


def ks(samples: int) -> tuple[int, ...]:
    """1, 2, 4, ... up to the number of samples, and that number."""
    powers = [1 << place for place in range(samples.bit_length())]
    return tuple(dict.fromkeys([*(k for k in powers if k <= samples), samples]))


def pass_at_k(samples: int, right: int, k: int) -> float:
    """The chance that at least one of k samples is right, from `right` of `samples`: 1 - C(n - c, k) / C(n, k), the
    unbiased estimator of Chen et al. 2021 (Evaluating Large Language Models Trained on Code, equation 1)."""
    if not 0 <= right <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {right} right among {samples}")
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)


def majority_is_right(members: Sequence[Row]) -> bool:
    """Whether the answer that most samples gave is right; of equally frequent ones the first seen counts. A sample
    without an answer has no vote (Wang et al. 2023, Self-Consistency)."""
    votes = Counter(row["answer_class"] for row in members if row["answer_class"] is not None)
    if not votes:
        return False
    chosen = max(votes, key=votes.__getitem__)  # the first of the largest: a Counter keeps the order of first votes
    return any(row["verdict"] == "right" for row in members if row["answer_class"] == chosen)


def share_of(rows: Sequence[Row], counts: Callable[[Row], bool]) -> Estimate:
    """The share of rows that count. Wilson's interval; of samples, at their effective number (`effective_number`)."""
    if not is_sampled(rows):
        return wilson(sum(map(counts, rows)), len(rows))
    groups = list(by_problem(rows).values())
    sums = [float(sum(map(counts, members))) for members in groups]
    sizes = [len(members) for members in groups]
    share = math.fsum(sums) / len(rows)
    return Estimate(share, *wilson_bounds(share, effective_number(sums, sizes, len(rows))), len(rows))


def mean_of(rows: Sequence[Row], value: Callable[[Row], float], bounds: tuple[float, float] = (0.0, 1.0)) -> Estimate:
    """The mean over rows with its normal interval; of samples, by the standard error of the clusters."""
    if not is_sampled(rows):
        return mean([value(row) for row in rows], bounds)
    groups = list(by_problem(rows).values())
    sums = [math.fsum(map(value, members)) for members in groups]
    centre = math.fsum(sums) / len(rows)
    if len(groups) < 2:
        return Estimate(centre, None, None, len(rows))
    half = Z_95 * math.sqrt(cluster_variance(sums, [len(members) for members in groups]))
    return Estimate(centre, max(bounds[0], centre - half), min(bounds[1], centre + half), len(rows))


def clustered(values: Sequence[float], most: int) -> Estimate:
    """The mean of a share by problem, with the interval of `share_of`; `most` is how many samples there are."""
    if not values:
        return Estimate(None, None, None, 0)
    centre = math.fsum(values) / len(values)
    number = effective_number(values, [1] * len(values), most)
    return Estimate(centre, *wilson_bounds(centre, number), len(values))


def effective_number(sums: Sequence[float], sizes: Sequence[int], most: int) -> float:
    """How many independent items say as much as these clusters: p(1 - p) over the cluster-robust variance of p, the
    ratio of sums to sizes (Korn and Graubard 1998); at most all of them. Where the clusters cannot tell (one cluster,
    or p at 0 or 1) each counts as one item, as if its samples were all alike."""
    clusters, total = len(sums), sum(sizes)
    p = math.fsum(sums) / total
    if clusters < 2 or p <= 0.0 or p >= 1.0:
        return float(clusters)
    variance = cluster_variance(sums, sizes)
    return min(float(most), p * (1 - p) / variance) if variance > 0 else float(most)


def cluster_variance(sums: Sequence[float], sizes: Sequence[int]) -> float:
    """Of the ratio of sums to sizes over two or more clusters, linearized, the clusters independent (Cochran 1977)."""
    clusters, total = len(sums), sum(sizes)
    ratio = math.fsum(sums) / total
    squares = math.fsum((c - ratio * n) ** 2 for c, n in zip(sums, sizes, strict=True))
    return clusters / (clusters - 1) * squares / total**2
