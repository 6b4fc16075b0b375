"""What tests of several folders share: one grader for the whole session, and an end of the time of `make check`."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator

import pytest

from engine.grading.grader import Grader
from tests.touched import TIME_LEFT

# Read when torch is loaded, here and in the processes that tests start. Its threads wait for each other in busy loops,
# which on cores that others use as well makes a test of a toy model take thirty times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

PATIENT_WALL_SECONDS = 60.0
"""Of one comparison. Its processor time is limited as in a run; the clock also counts what else the machine does."""

DEADLINE = pytest.StashKey[float]()


class SharedGrader:
    """Hands out one grader until it is given up; the next one is started when it is asked for."""

    def __init__(self) -> None:
        self._grader: Grader | None = None

    def get(self) -> Grader:
        if self._grader is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("engine.grading.grader.WALL_SECONDS", PATIENT_WALL_SECONDS)
                self._grader = Grader(workers=1)
        return self._grader

    def give_up(self) -> None:
        """End its process and forget its verdicts."""
        grader, self._grader = self._grader, None
        if grader is not None:
            grader.close()


@pytest.fixture(scope="session")
def shared_grader() -> Iterator[SharedGrader]:
    shared = SharedGrader()
    yield shared
    shared.give_up()


@pytest.fixture
def grader(shared_grader: SharedGrader, request: pytest.FixtureRequest) -> Iterator[Grader]:
    """The session's grader, for starting its comparing process takes a second. After a test that failed with it the
    next one gets another: what broke it, or a verdict that it remembers, must not fail the tests behind.
    """
    failed_before = request.session.testsfailed
    yield shared_grader.get()
    if request.session.testsfailed > failed_before:
        shared_grader.give_up()


def pytest_collection_finish(session: pytest.Session) -> None:
    if (seconds := os.environ.get(TIME_LEFT)) is not None:
        session.config.stash[DEADLINE] = time.monotonic() + float(seconds)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.monotonic() > item.config.stash.get(DEADLINE, math.inf):
        pytest.skip("no time left in this check; `make test` runs all")
