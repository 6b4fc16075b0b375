"""Shares of items of which some are samples of one problem, counted at once and one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.statistics.clusters import RunningShare, right_share
from engine.statistics.figure import UNDEFINED
from engine.statistics.interval import wilson

items = st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=60)


@given(items)
def test_one_by_one_the_share_and_its_interval_are_those_of_all_at_once(drawn: list[tuple[int, bool]]) -> None:
    named = [("evaluate", f"p{problem}~{place}", right) for place, (problem, right) in enumerate(drawn)]
    running = RunningShare()
    for item in named:
        running.add(*item)
    found, expected = running.share(), right_share(named)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert found.n == len(named)


def test_items_without_samples_have_wilsons_interval() -> None:
    running = RunningShare()
    for place in range(30):
        running.add("evaluate", f"p{place}", place < 12)
    assert running.share() == wilson(12, 30)
    assert RunningShare().share() == UNDEFINED


def test_eight_equal_samples_of_a_problem_say_what_one_says() -> None:
    one, eight = RunningShare(), RunningShare()
    for problem in range(30):
        one.add("evaluate", f"p{problem}", problem < 12)
        for sample in range(8):
            eight.add("evaluate", f"p{problem}~{sample}", problem < 12)
    a, b = one.share(), eight.share()
    assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=0.01)
