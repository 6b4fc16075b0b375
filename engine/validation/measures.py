"""Measures of the validity table: thresholds from a ROC, areas and first-error accuracy with bootstrap intervals.

Chains of one question are resampled together: four solutions of a question are not four independent items.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.alignment.alignment import Alignment
from engine.statistics.figure import BOOTSTRAP, Figure
from engine.validation.labelled import Chain

RESAMPLES = 400
SEED = 42
Statistic = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where "high" begins and what it separates: shares of the right and of the wrong that it puts on their side."""

    value: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class FirstError:
    """ProcessBench's measure: accuracy on chains with an error, on sound chains, and their harmonic mean."""

    erroneous: float
    sound: float

    @property
    def f1(self) -> float:
        both = self.erroneous + self.sound
        return 2 * self.erroneous * self.sound / both if both else 0.0


def best_threshold(scores: Sequence[float], right: Sequence[bool]) -> Threshold:
    """Youden's: the score that maximises sensitivity + specificity - 1; high means above it."""
    candidates = sorted(set(scores))
    middles = [(low + high) / 2 for low, high in itertools.pairwise(candidates)] or candidates
    order = np.sort(np.asarray([score for score, label in zip(scores, right, strict=True) if label]))
    others = np.sort(np.asarray([score for score, label in zip(scores, right, strict=True) if not label]))
    above = 1 - np.searchsorted(order, middles, side="right") / max(1, len(order))
    below = np.searchsorted(others, middles, side="right") / max(1, len(others))
    best = int(np.argmax(above + below))
    return Threshold(middles[best], float(above[best]), float(below[best]))


def judge_threshold(value: float, scores: Sequence[float], right: Sequence[bool]) -> Threshold:
    """What a given threshold separates in these chains."""
    high = [score > value for score in scores]
    hits = sum(above and label for above, label in zip(high, right, strict=True))
    rejections = sum(not above and not label for above, label in zip(high, right, strict=True))
    return Threshold(value, hits / max(1, sum(right)), rejections / max(1, len(right) - sum(right)))


def first_error(chains: Sequence[Chain], alignments: Sequence[Alignment]) -> FirstError:
    """A chain that ended early is taken to err in its last step."""
    return _first_error(np.array(_hits(chains, alignments)), np.array([bool(chain.sound) for chain in chains]))


def first_error_interval(chains: Sequence[Chain], alignments: Sequence[Alignment]) -> Figure:
    """F1 of the first error with its interval."""
    hits = np.array(_hits(chains, alignments))
    sound = np.array([bool(chain.sound) for chain in chains])
    return _bootstrap([chain.group for chain in chains], lambda taken: _first_error(hits[taken], sound[taken]).f1)


def area(chains: Sequence[Chain], scores: Sequence[float], positive: Sequence[bool]) -> Figure:
    """AUC with its interval."""
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=np.bool_)
    return _bootstrap([chain.group for chain in chains], lambda taken: _area(values[taken], labels[taken]))


def _hits(chains: Sequence[Chain], alignments: Sequence[Alignment]) -> list[bool]:
    hits = []
    for chain, alignment in zip(chains, alignments, strict=True):
        divergence = alignment.divergence
        guess = None if divergence is None else divergence.student
        if divergence is not None and guess is None:
            guess = len(chain.student) - 1
        hits.append(guess == chain.first_error)
    return hits


def _first_error(hits: NDArray[np.bool_], sound: NDArray[np.bool_]) -> FirstError:
    return FirstError(*(float(hits[kind].mean()) if kind.any() else 0.0 for kind in (~sound, sound)))


def _area(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The value of `area_under_curve` in arrays: it is found RESAMPLES times over, each in a thirtieth of the time."""
    others = np.sort(scores[~positive])
    own = scores[positive]
    if not len(own) or not len(others):
        return float("nan")
    below = np.searchsorted(others, own, side="left") + np.searchsorted(others, own, side="right")
    return float(below.mean() / 2 / len(others))


def _bootstrap(groups: Sequence[int], statistic: Statistic) -> Figure:
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    clusters = [np.array(places) for places in members.values()]
    value = statistic(np.arange(len(groups)))
    random = np.random.default_rng(SEED)
    drawn = []
    for _ in range(RESAMPLES if clusters else 0):
        some = statistic(np.concatenate([clusters[k] for k in random.integers(0, len(clusters), len(clusters))]))
        if not np.isnan(some):
            drawn.append(some)
    if np.isnan(value) or not drawn:
        return Figure(None, n=len(groups))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(value, float(low), float(high), len(groups), BOOTSTRAP)
