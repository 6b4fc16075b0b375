"""What several unit tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.grading.grader import Grader


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """One grader a module: starting its comparing process takes a second."""
    with Grader(workers=1) as grader:
        yield grader
