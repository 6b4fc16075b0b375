"""What tests of several folders share: one grader for the whole session, and an end of the time of `make check`."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator

import pytest

from engine.grading.grader import Grader
from tests.shared_grader import SharedGrader
from tests.touched import TIME_LEFT

# Read when torch is loaded, here and in the processes that tests start. Its threads wait for each other in busy loops,
# which on cores that others use as well makes a test of a toy model take thirty times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

DEADLINE = pytest.StashKey[float]()


@pytest.fixture(scope="session")
def shared_grader() -> Iterator[SharedGrader]:
    shared = SharedGrader()
    yield shared
    shared.give_up()


@pytest.fixture
def grader(shared_grader: SharedGrader, request: pytest.FixtureRequest) -> Iterator[Grader]:
    """The session's grader."""
    with shared_grader.lent(lambda: request.session.testsfailed) as grader:
        yield grader


def pytest_collection_finish(session: pytest.Session) -> None:
    if (seconds := os.environ.get(TIME_LEFT)) is not None:
        session.config.stash[DEADLINE] = time.monotonic() + float(seconds)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.monotonic() > item.config.stash.get(DEADLINE, math.inf):
        pytest.skip("no time left in this check; `make test` runs all")
