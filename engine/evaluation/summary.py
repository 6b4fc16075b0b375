"""What a set of result rows says as a whole: accuracy by group, quadrants, scores, correlations, divergences.

Stdlib only, linear in the rows. Everything that estimates something is a Figure with its 95 % interval and its n.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

from engine.evaluation.judging import flips
from engine.evaluation.samples import Samples, is_sampled, mean_of, share_of, summarise_samples
from engine.rows.graded import GradedRow
from engine.statistics.estimates import area_under_curve, pearson, spearman
from engine.statistics.figure import Figure
from engine.words import OUTCOME, QUADRANT

SCORES_SHOWN = ("coverage", "extra", "order_free", "null", "published")
"""In the order of the report: the headline first, the published formula last. Rows of earlier versions lack "null"."""

ASSOCIATED = ("coverage", "order_free", "null", "published")
"""Scores whose association with the answer is reported: the headline, its baselines, the published formula."""

AT_A_STEP, ENDED_EARLY, NO_DIVERGENCE = "at-a-step", "ended-early", "none"
"""Keys of `Divergences.shares` beside "step=3"."""

GROUP_LIMIT = 50
"""Groups a summary keeps; a column that is different in each row (a wrong column name) must not swell an event."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one level or subject. `outcomes` counts each item once, as `outcome_counts`."""

    name: str
    items: int
    accuracy: Figure
    coverage: Figure
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Association:
    """How one score goes with being right, over the items of one run.

    `auc`: the chance that a right item has the higher score. `reason` says why the correlations are undefined, ""
    where they are not.
    """

    pearson: Figure
    spearman: Figure
    auc: Figure
    reason: str = ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.pearson, self.spearman, self.auc


@dataclass(frozen=True, slots=True)
class Divergences:
    """Where the solutions first leave the gold: `at_step` counts student steps from 1. Aligned rows only.

    `shares` are keyed "step=3", "ended-early" and "none"; "at-a-step" is that of all steps.
    """

    at_step: Mapping[int, int]
    ended_early: int
    none: int
    shares: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a run. `aligned` items have a gold solution: scores, quadrants and divergences are over them.

    `outcomes` adds up to `items`; `truncated` counts every item that hit the token limit, right ones too.
    `symbolic` and `judge` are the accuracies by each grader alone (judge: over the items it was asked about);
    `judge_flips` counts the items whose final verdict differs from the symbolic one, `judge_flips_by` by what
    became what; `samples` is there where problems have several. `outcome_shares` are of `items`,
    `quadrant_shares` of `aligned`.
    """

    items: int
    aligned: int
    accuracy: Figure
    symbolic: Figure
    judge: Figure
    judge_flips: int
    judge_flips_by: Mapping[str, int]
    outcomes: Mapping[str, int]
    outcome_shares: Mapping[str, Figure]
    quadrants: Mapping[str, int]
    quadrant_shares: Mapping[str, Figure]
    rules: Mapping[str, int]
    parsed_from: Mapping[str, int]
    means: Mapping[str, Figure]
    associations: Mapping[str, Association]
    divergences: Divergences
    tokens: int
    mean_tokens: Figure
    truncated: int
    by_level: tuple[Group, ...]
    by_subject: tuple[Group, ...]
    variant: str
    threshold: float | None
    samples: Samples | None = None

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON-able values. `accuracy` is the bare share (recipe thresholds read it so), its
        interval stands beside it; other figures are {value, low, high, n, by}; step numbers become text keys."""
        body = asdict(self)
        body["accuracy"] = self.accuracy.value
        body["accuracy_interval"] = [self.accuracy.low, self.accuracy.high]
        body["divergences"]["at_step"] = {str(step): count for step, count in self.divergences.at_step.items()}
        body["by_level"], body["by_subject"] = list(body["by_level"]), list(body["by_subject"])
        return body


def summarise(rows: Sequence[GradedRow]) -> Summary:
    """The summary of any number of rows, none included (then every estimate is undefined)."""
    aligned = [row for row in rows if row.is_aligned]
    judged = [row for row in rows if row.judge is not None]
    settings = Counter((row.variant, row.threshold) for row in rows).most_common(1)
    variant, threshold = settings[0][0] if settings else ("coverage", None)
    outcomes, quadrants = outcome_counts(rows), quadrant_counts(rows)
    return Summary(
        items=len(rows),
        aligned=len(aligned),
        accuracy=accuracy(rows),
        symbolic=share_of(rows, lambda row: row.symbolic == "right"),
        judge=share_of(judged, lambda row: row.judge == "right"),
        judge_flips=sum(flips(rows).values()),
        judge_flips_by=flips(rows),
        outcomes=outcomes,
        outcome_shares=_shares(rows, _outcome, outcomes),
        quadrants=quadrants,
        quadrant_shares=_shares(aligned, lambda row: str(row.quadrant), quadrants),
        rules=dict(Counter(row.rule for row in rows).most_common()),
        parsed_from=dict(Counter(row.parsed_from for row in rows).most_common()),
        means={name: _mean_score(rows, name) for name in SCORES_SHOWN},
        associations={name: associate(members, name) for name in ASSOCIATED if (members := with_score(rows, name))},
        divergences=divergences(aligned),
        tokens=sum(row.tokens for row in rows),
        mean_tokens=mean_of(rows, lambda row: float(row.tokens), (0.0, float("inf"))),
        truncated=sum(row.truncated for row in rows),
        by_level=accuracy_by(rows, "level", GROUP_LIMIT),
        by_subject=accuracy_by(rows, "subject", GROUP_LIMIT),
        variant=variant,
        threshold=threshold,
        samples=summarise_samples(rows),
    )


def with_score(rows: Sequence[GradedRow], score: str) -> list[GradedRow]:
    """The rows that have the score: none without a gold solution, and none of a version that did not give it."""
    return [row for row in rows if row.scores.get(score) is not None]


def score_of(row: GradedRow, score: str) -> float:
    """A score of a row that has it (`with_score`)."""
    return float(row.scores[score] or 0.0)


def is_right(row: GradedRow) -> bool:
    return bool(row.verdict == "right")


def accuracy(rows: Sequence[GradedRow]) -> Figure:
    """Share of right answers among all items: unparsed and cut off ones count as not right. Of several samples a
    problem it is the mean over them, with an interval that knows which problem each belongs to (`share_of`)."""
    return share_of(rows, is_right)


def outcome_counts(rows: Sequence[GradedRow]) -> dict[str, int]:
    """right, wrong, unparsed and truncated (cut off before it was right): each item once, all four always there."""
    counts = Counter(map(_outcome, rows))
    return {name: counts[name] for name in OUTCOME}


def quadrant_counts(rows: Sequence[GradedRow]) -> dict[str, int]:
    """Items in each of the four quadrants; items without gold solution are in none."""
    counts = Counter(row.quadrant for row in rows)
    return {name: counts[name] for name in QUADRANT}


def associate(rows: Sequence[GradedRow], score: str) -> Association:
    """How the score goes with being right, over rows that have it; samples of a problem go together."""
    clusters = [row.problem_id for row in rows] if is_sampled(rows) else None
    scores = [score_of(row, score) for row in rows]
    right = [is_right(row) for row in rows]
    as_numbers = [float(value) for value in right]
    return Association(
        pearson(scores, as_numbers, clusters), spearman(scores, as_numbers, clusters),
        area_under_curve(scores, right, clusters),
        why_undefined(scores, right),
    )  # fmt: skip


def why_undefined(scores: Sequence[float], right: Sequence[bool]) -> str:
    """Why a score and the answers have no correlation; "" where they have one."""
    if len(scores) < 2:
        return "fewer than two items"
    if all(right):
        return "every answer is right"
    if not any(right):
        return "no answer is right"
    return "the score is the same for every item" if min(scores) == max(scores) else ""


def divergences(rows: Sequence[GradedRow]) -> Divergences:
    """Counts of the first divergence by student step (from 1), of solutions that end early, and of those with none."""
    kinds = Counter(map(_divergence_kind, rows))
    ended_early, none = kinds.pop(ENDED_EARLY, 0), kinds.pop(NO_DIVERGENCE, 0)
    steps = {int(kind.partition("=")[2]): count for kind, count in kinds.items()}
    shares = _shares(rows, _divergence_kind, [*(f"step={step}" for step in sorted(steps)), ENDED_EARLY, NO_DIVERGENCE])
    shares[AT_A_STEP] = share_of(rows, lambda row: _divergence_kind(row).startswith("step="))
    return Divergences(dict(sorted(steps.items())), ended_early, none, shares)


def _divergence_kind(row: GradedRow) -> str:
    found = row.first_divergence
    if not found:
        return NO_DIVERGENCE
    return ENDED_EARLY if found.student is None else f"step={found.student + 1}"


def accuracy_by(rows: Sequence[GradedRow], field: str, limit: int | None = None) -> tuple[Group, ...]:
    """Groups by `level` or `subject` in natural order; none where no row has the field.

    Rows without a value form the group "(none)". Beyond `limit` the largest groups stay and the rest is pooled.
    """
    value = attrgetter(field)
    if not any(value(row) for row in rows):
        return ()
    parts: dict[str, list[GradedRow]] = {}
    for row in rows:
        parts.setdefault(value(row) or "(none)", []).append(row)
    pooled: list[tuple[str, list[GradedRow]]] = []
    if limit is not None and len(parts) > limit:
        by_size = sorted(parts, key=lambda name: (-len(parts[name]), _natural(name)))
        rest = by_size[limit - 1 :]
        pooled = [(f"({len(rest)} smaller groups)", [row for name in rest for row in parts.pop(name)])]
    named = sorted(parts.items(), key=lambda part: _natural(part[0]))
    return tuple(_group(name, members) for name, members in named + pooled)


def _group(name: str, rows: Sequence[GradedRow]) -> Group:
    coverage = _mean_score(rows, "coverage")
    return Group(name, len(rows), accuracy(rows), coverage, outcome_counts(rows))


def _outcome(row: GradedRow) -> str:
    return row.outcome


def _shares(rows: Sequence[GradedRow], kind: Callable[[GradedRow], str], names: Iterable[str]) -> dict[str, Figure]:
    """The share of the rows of each kind."""

    def share(name: str) -> Figure:
        return share_of(rows, lambda row: kind(row) == name)

    return {name: share(name) for name in names}


def _mean_score(rows: Sequence[GradedRow], name: str) -> Figure:
    return mean_of(with_score(rows, name), lambda row: score_of(row, name))


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts "Level 2" before "Level 10"."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts)
