"""What all tests share: one grader for the session, how they are spread over processes, and the end of a check."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.grading.grader import Grader
from tests.shared_grader import SharedGrader
from tests.spreading import GroupScheduling
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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    return GroupScheduling(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    if (seconds := os.environ.get(TIME_LEFT)) is not None:
        session.config.stash[DEADLINE] = time.monotonic() + float(seconds)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.monotonic() > item.config.stash.get(DEADLINE, math.inf):
        pytest.skip("no time left in this check; `make test` runs all")
