"""The tests' own grader: one for all of them until one fails with it, and its errors list every case."""

from __future__ import annotations

import psutil
import pytest

from engine.grading.grader import Grader
from tests.shared_grader import SharedGrader
from tests.unit.graded import assert_judged, assert_right


def test_it_is_one_until_a_test_fails_with_it() -> None:
    shared, failures = SharedGrader(), [0, 0, 0, 1]
    with shared.lent(lambda: failures.pop(0)) as first:
        pass
    with shared.lent(lambda: failures.pop(0)) as second:
        assert second is first
    assert shared.get() is not first


@pytest.mark.xdist_group("alone")
def test_given_up_it_leaves_no_process_behind() -> None:
    shared, others = SharedGrader(), psutil.Process().children()
    assert_right(shared.get(), [("\\sqrt{8}", "2\\sqrt{2}")])
    [process] = [child for child in psutil.Process().children() if child not in others]
    shared.give_up()
    assert not process.is_running()


def test_an_error_lists_every_case_that_is_judged_otherwise(grader: Grader) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_judged(grader, [("1", "1", False), ("1", "2", True), ("1", "3", False)])
    assert str(caught.value).splitlines()[:3] == [
        "2 of 3 cases",
        "'1' for '1': expected not right, got right by numeric",
        "'2' for '1': expected right, got wrong by numeric",
    ]
