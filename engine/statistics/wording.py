"""A figure as people read it: "33% [15, 58]", "0.970 [0.963, 0.977]", "+5.2 [-1.0, +11.4]". Standard library only.

Every place that shows a figure takes a Form from here; LaTeX and Markdown escape what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.statistics.figure import Figure

UNDEFINED_SIGN = "–"
NO_BOUNDS, NO_BOUNDS_WORDS = "[–]", "[no interval]"
"""What stands for the bounds of a figure that lacks them: where a note explains it, and where none does."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the numbers of a figure are written: times `factor`, with so many `decimals`, `unit` behind the value and
    `bound_unit` behind each bound, the sign always where `signed`; `no_bounds` stands for an interval that lacks."""

    decimals: int
    factor: float = 1.0
    unit: str = ""
    bound_unit: str = ""
    signed: bool = False
    no_bounds: str = NO_BOUNDS_WORDS


WHOLE_PERCENT = Form(0, 100.0, "%")
PERCENT = Form(1, 100.0, "%", "%")
POINTS = Form(1, 100.0, signed=True)
CORRELATION = Form(2)
SCORE_DIFFERENCE = Form(3, signed=True)
MEASURED = Form(3, no_bounds="")
"""Of a table that holds counts and chosen values too, which need no interval."""

BARE_PERCENT = Form(0, 100.0)
"""Where columns are padded, so that the unit is written by the place itself."""

REPORT_PERCENT = Form(1, 100.0, " %", no_bounds=NO_BOUNDS)
REPORT_BARE_PERCENT = Form(1, 100.0, no_bounds=NO_BOUNDS)
"""In a column whose head says what its numbers are."""
REPORT_SCORE = Form(3, no_bounds=NO_BOUNDS)
REPORT_CORRELATION = Form(2, no_bounds=NO_BOUNDS)
REPORT_COUNT = Form(0, no_bounds=NO_BOUNDS)


def shown(figure: Figure, form: Form) -> str:
    """Value and interval; a dash alone where the figure is undefined."""
    bounds = shown_bounds(figure, form)
    return f"{shown_value(figure, form)} {bounds}" if bounds else shown_value(figure, form)


def shown_value(figure: Figure, form: Form) -> str:
    """The value without its interval."""
    return UNDEFINED_SIGN if figure.value is None else _number(figure.value, form) + form.unit


def shown_bounds(figure: Figure, form: Form) -> str:
    """The interval in square brackets, or what the form has for a figure that lacks one; "" where there is no figure
    either."""
    if figure.value is None:
        return ""
    if figure.low is None or figure.high is None:
        return form.no_bounds
    low, high = (_number(bound, form) + form.bound_unit for bound in (figure.low, figure.high))
    return f"[{low}, {high}]"


def _number(value: float, form: Form) -> str:
    return f"{form.factor * value:{'+' if form.signed else ''}.{form.decimals}f}"
