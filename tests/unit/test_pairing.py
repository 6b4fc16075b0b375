"""Why two runs over the same problems share no item."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.compare.pairing import why_unlike
from engine.runs.growing import Items
from engine.runs.state import RunState, StageState
from tests.graded_items import graded_item


def state_of(ids: Sequence[str]) -> RunState:
    items = (graded_item("evaluate", item, n, 0, "right", "numeric", "1", "1", "robust") for n, item in enumerate(ids))
    return RunState(stages=(StageState("evaluate", "evaluate", items=Items(items)),))


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (["p~0", "p~1", "q~0", "q~1"], ["p", "q"], "A has 2 samples a problem, B has 1"),
        (["p", "q"], ["q~0", "q~1", "q~2"], "A has 1 sample a problem, B has 3"),
        (["p~0", "p~1"], ["r"], None),
        (["p"], ["r"], None),
    ],
)
def test_another_number_of_samples_is_named(a: Sequence[str], b: Sequence[str], says: str | None) -> None:
    found = why_unlike("A", state_of(a), "B", state_of(b))
    assert (found and found.message.partition(":")[0]) == says
    assert found is None or "--set evaluate.samples=" in found.next_step
