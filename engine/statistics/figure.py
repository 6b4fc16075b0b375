"""The one type of a figure with its uncertainty: in events, tables, reports and on screens. Standard library only.

What it measures is the reader's business; a value that is not defined (no data, a constant sample) is None, never 0 or
NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

WILSON, STUDENT, FISHER, NEWCOMBE = "Wilson", "Student", "Fisher", "Newcombe"
BONETT_WRIGHT, TANGO, ALIKE = "Bonett and Wright", "Tango", "rule of three"
BOOTSTRAP, PAIRED_BOOTSTRAP = "bootstrap", "paired bootstrap"
"""The methods of intervals, by the names that papers know them by."""

NO_INTERVAL = "too few items or problems for an interval, or all too much alike"
"""What is said of a figure that lacks one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, its 95 % interval, the number of items it rests on, and the method of the interval.

    value None: undefined; low and high None: too little is known for an interval, and `by` is "".
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    by: str = ""

    @property
    def lacks_interval(self) -> bool:
        """Whether there is a figure, but too little to say how certain it is."""
        return self.value is not None and (self.low is None or self.high is None)


UNDEFINED = Figure(None)
"""Of no items at all."""


def over_problems(method: str) -> str:
    """The method where its items are samples of problems, and the problems are what is independent."""
    return f"{method} over problems"


def figure_of(value: float, bounds: tuple[float | None, float | None], n: int, by: str) -> Figure:
    """The figure with its bounds; where these are None, no method has made them."""
    return Figure(value, *bounds, n, by if bounds[0] is not None and bounds[1] is not None else "")
