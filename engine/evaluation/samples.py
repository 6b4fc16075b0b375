"""Several samples a problem: pass@k, maj@k, and intervals that know that the samples of a problem go together.

Pure functions of rows that carry `problem` and `sample`; stdlib only. maj@k also needs `answer_class`, which says which
answers of a problem are the same (`engine.evaluation.answer_classes`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.rows.graded import NOT_COMPARED, GradedRow
from engine.statistics.clusters import SEPARATOR, cluster_variance, clustered_share, effective_number
from engine.statistics.estimates import mean
from engine.statistics.figure import ALIKE, STUDENT, UNDEFINED, WILSON, Figure, figure_of, over_problems
from engine.statistics.interval import alike_bounds, student_95, wilson, wilson_bounds


@dataclass(frozen=True, slots=True)
class Samples:
    """What several samples show. `pass_at` and `majority_at` are keyed by k as text; n of each counts problems.

    Each problem has `samples` to `most` of them: as many as each other, unless rows were lost or not all were made.
    """

    problems: int
    samples: int
    most: int
    pass_at: Mapping[str, Figure]
    majority_at: Mapping[str, Figure]


def sample_id(problem: str, sample: int) -> str:
    """The id of a row: no two samples share one, whatever the problems are called."""
    return f"{problem}{SEPARATOR}{sample}"


def is_sampled(rows: Sequence[GradedRow]) -> bool:
    """Whether the rows are samples of problems rather than one solution each."""
    return any(row.sample is not None for row in rows)


def by_problem(rows: Sequence[GradedRow]) -> dict[str, list[GradedRow]]:
    """The rows of each problem, in the order of the samples; problems in the order of the rows."""
    groups: dict[str, list[GradedRow]] = {}
    for row in rows:
        groups.setdefault(row.problem_id, []).append(row)
    return {name: sorted(members, key=lambda row: row.sample or 0) for name, members in groups.items()}


def summarise_samples(rows: Sequence[GradedRow]) -> Samples | None:
    """None where there is one solution a problem.

    pass@k draws on every sample of a problem. A vote of k takes k: where problems have unequal numbers of samples, the
    first of each, as many as the problem with the fewest has.
    """
    if not is_sampled(rows):
        return None
    groups = list(by_problem(rows).values())
    fewest = min(map(len, groups))
    right = [sum(row.verdict == "right" for row in members) for members in groups]
    pass_at = {
        str(k): clustered([pass_at_k(len(members), c, k) for members, c in zip(groups, right, strict=True)], len(rows))
        for k in ks(fewest)
    }
    classed = all(row.answer_class != NOT_COMPARED for row in rows)
    won = [majority_is_right(members[:fewest]) for members in groups] if classed else []
    majority = {str(fewest): wilson(sum(won), len(groups))} if classed else {}
    return Samples(len(groups), fewest, max(map(len, groups)), pass_at, majority)


def figures(samples: Samples | None) -> list[tuple[str, Figure]]:
    """("pass@4", estimate) ... ("maj@4", estimate), for whoever shows them."""
    if samples is None:
        return []
    named = [(f"pass@{k}", estimate) for k, estimate in samples.pass_at.items()]
    return named + [(f"maj@{k}", estimate) for k, estimate in samples.majority_at.items()]


def note(samples: Samples) -> str:
    """What the figures are over, and what their intervals mean."""
    many, uneven = str(samples.samples), ""
    problems = f"each of {samples.problems} problems" if samples.problems > 1 else "1 problem"
    if samples.most > samples.samples:
        many = f"{samples.samples} to {samples.most}"
        uneven = f", pass@k draws on all of them, maj@{samples.samples} on the first {samples.samples} of each"
    return (
        f"{many} samples of {problems}{uneven}; the samples of a problem go together, so "
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


def majority_is_right(members: Sequence[GradedRow]) -> bool:
    """Whether the answer that most samples gave is right; of equally frequent ones the first seen counts. A sample
    without an answer has no vote (Wang et al. 2023, Self-Consistency)."""
    votes = Counter(row.answer_class for row in members if row.answer_class is not None)
    if not votes:
        return False
    chosen = max(votes, key=votes.__getitem__)  # the first of the largest: a Counter keeps the order of first votes
    return any(row.verdict == "right" for row in members if row.answer_class == chosen)


def share_of(rows: Sequence[GradedRow], counts: Callable[[GradedRow], bool]) -> Figure:
    """The share of rows that count. Wilson's interval; of samples, at their effective number (`effective_number`)."""
    if not is_sampled(rows):
        return wilson(sum(map(counts, rows)), len(rows))
    groups = list(by_problem(rows).values())
    sums = [float(sum(map(counts, members))) for members in groups]
    sizes = [len(members) for members in groups]
    return clustered_share(sums, sizes)


def mean_of(
    rows: Sequence[GradedRow], value: Callable[[GradedRow], float], bounds: tuple[float, float] = (0.0, 1.0)
) -> Figure:
    """The mean over rows with its interval; of samples, by the standard error of the clusters."""
    if not is_sampled(rows):
        return mean([value(row) for row in rows], bounds)
    groups = list(by_problem(rows).values())
    sums = [math.fsum(map(value, members)) for members in groups]
    centre = math.fsum(sums) / len(rows)
    if len(groups) < 2:
        return Figure(centre, n=len(rows))
    if min(map(value, rows)) == max(map(value, rows)):
        return figure_of(centre, alike_bounds(centre, len(groups), *bounds), len(rows), over_problems(ALIKE))
    half = student_95(len(groups) - 1) * math.sqrt(cluster_variance(sums, [len(members) for members in groups]))
    low, high = max(bounds[0], centre - half), min(bounds[1], centre + half)
    return Figure(centre, low, high, len(rows), over_problems(STUDENT))


def clustered(values: Sequence[float], most: int) -> Figure:
    """The mean of a share by problem, with the interval of `share_of`; `most` is how many samples there are."""
    if not values:
        return UNDEFINED
    centre = math.fsum(values) / len(values)
    number = effective_number(values, [1] * len(values), most)
    return Figure(centre, *wilson_bounds(centre, number), len(values), over_problems(WILSON))
