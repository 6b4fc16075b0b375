"""One grader for many tests, for starting its process takes a second; a fresh one after a test that failed with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from engine.grading.grader import Grader

PATIENT_WALL_SECONDS = 60.0
"""Of one comparison. Its processor time is limited as in a run; the clock also counts what else the machine does."""


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

    @contextmanager
    def lent(self, failures: Callable[[], int]) -> Iterator[Grader]:
        """The grader for one test; given up where there are more failures afterwards. What broke it, or a verdict that
        it remembers, must not fail the tests behind.
        """
        before = failures()
        yield self.get()
        if failures() > before:
            self.give_up()
