"""A human's verdict on an answer counts for the same answer of the other run too."""

from __future__ import annotations

from typing import Any

import pytest

from engine.compare.comparison import compare
from engine.compare.overrides import Override
from tests.unit.test_comparison import R, U, W, over, sample, side


@pytest.mark.parametrize(
    ("a", "b", "over_a", "over_b", "humans", "caution"),
    [
        ({}, {}, None, R, (R, R), "1 verdict of B counts for A too: the answers are the same"),
        ({}, {}, R, None, (R, R), "1 verdict of A counts for B too: the answers are the same"),
        ({}, {}, U, R, (U, R), ""),  # each has its own
        ({"predicted": "2"}, {}, None, R, ("", R), ""),
        ({"answer": "2"}, {}, None, R, ("", R), "other gold"),
        ({"predicted": ""}, {"predicted": ""}, None, R, ("", R), ""),  # what was read in another solution
        ({"predicted": "", "tokens": 1}, {"predicted": ""}, None, R, (R, R), "1 verdict of B"),  # of the same origin
    ],
)
def test_a_human_verdict_counts_for_equal_answers_alike(
    a: dict[str, Any], b: dict[str, Any], over_a: str | None, over_b: str | None, humans: tuple[str, str], caution: str
) -> None:
    origin = "one" if "tokens" in a else ""
    found = compare(
        side([sample("x", W, **a)], overrides=over("x", over_a) if over_a else {}, origin=origin),
        side([sample("x", W, "score", **b)], kinds={"score": "score"}, origin=origin,
             overrides={("score", "x"): Override("score", "x", over_b)} if over_b else {}),
    )  # fmt: skip
    flip = next(iter(found.flips), None)
    assert (flip and (flip.human_a, flip.human_b)) == (None if humans[0] == humans[1] else humans)
    assert found.overridden is not None
    assert found.overridden.right == tuple(human == R for human in humans)
    assert [c.startswith(caution) for c in found.cautions] == ([True] if caution else [])
    assert found.changed == bool(over_a) + bool(over_b)
