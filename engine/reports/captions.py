"""What a paper prints below each figure: n, shares with their 95 % intervals, and what the marks mean. Plain text.

Stdlib only, and complete by itself: a figure has no title, so whoever takes one out of a report takes its caption too.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.summary import AT_A_STEP, ENDED_EARLY, NO_DIVERGENCE, Group, Summary, is_right
from engine.evaluation.summary import accuracy as accuracy_of
from engine.printable import joined
from engine.reports.text import path_text
from engine.rows.graded import GradedRow
from engine.statistics.figure import Figure
from engine.statistics.wording import REPORT_PERCENT, shown
from engine.words import QUADRANT, outcome_sign, quadrant_sign


def intervals(summary: Summary) -> str:
    """What the brackets of a caption are."""
    number = " at the effective number of samples" if summary.samples else ""
    return f"Brackets: 95 % Wilson intervals{number}."


def share(count: int, figure: Figure) -> str:
    """ "125, 41.7 % [36.2, 47.3]"; the count alone where no share is known."""
    return str(count) if figure.value is None else f"{count}, {shown(figure, REPORT_PERCENT)}"


def quadrants(aligned: Sequence[GradedRow], summary: Summary) -> str:
    counts = "; ".join(
        f"{word.long}: {share(summary.quadrants[name], summary.quadrant_shares[name])}"
        for name, word in QUADRANT.items()
    )
    cut_off = sum(row.truncated for row in aligned)
    rings = f"Ringed: cut off by the token limit ({cut_off})." if cut_off else ""
    return _joined(
        f"The {summary.variant} score of each item against its verdict, n = {len(aligned)}. {counts}.",
        _threshold(summary),
        rings,
        "Height within a band is random.",
        intervals(summary),
    )


def scores(aligned: Sequence[GradedRow], summary: Summary, bins: int) -> str:
    right = share(sum(map(is_right, aligned)), accuracy_of(aligned))
    return _joined(
        f"Distribution of the {summary.variant} score in bins of {1 / bins:g}, n = {len(aligned)}, right: {right}.",
        _threshold(summary),
        intervals(summary),
    )


def divergences(summary: Summary) -> str:
    found, n = summary.divergences, summary.aligned
    return _joined(
        f"The step at which a solution first leaves the gold, n = {n}. "
        f"At a step: {share(sum(found.at_step.values()), found.shares[AT_A_STEP])}; "
        f"ends before the gold does: {share(found.ended_early, found.shares[ENDED_EARLY])}; "
        f"never: {share(found.none, found.shares[NO_DIVERGENCE])}.",
        intervals(summary),
    )


def accuracy(groups: Sequence[Group], field: str, summary: Summary) -> str:
    n = sum(group.items for group in groups)
    return _joined(
        f"Accuracy by {field} with 95 % Wilson intervals, n = {n} in {len(groups)} groups; beside each its right "
        f"answers and its items. Dashed: all items, {share(summary.outcomes['right'], summary.accuracy)}."
    )


def heat_map(row: GradedRow) -> str:
    outcome, found = outcome_sign(row.verdict, row.truncated), row.scores
    figures = ", ".join(f"{name.replace('_', '-')} {value:.2f}" for name, value in found.items() if value is not None)
    quadrant, answer = quadrant_sign(row.quadrant).long, joined(row.predicted) or "none"
    merged = any(move.kind == "merge" for move in row.path)
    divergence = row.first_divergence
    return _joined(
        f"Alignment of item {joined(row.id)}, n = {len(row.gold_steps)} gold and {len(row.steps)} student "
        f"steps: {quadrant}, {outcome.long}, answer {answer}, gold {joined(row.answer)}. "
        f"{figures[:1].upper()}{figures[1:]}.",
        "Framed cells are matched on the path" + (", dashed ones merged into a match." if merged else "."),
        f"First divergence: {divergence}." if divergence else "No divergence from the gold.",
        f"Path: {path_text(row)}.",
    )


def _threshold(summary: Summary) -> str:
    return "" if summary.threshold is None else f"Dashed: the threshold of the quadrants, {summary.threshold:g}."


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
