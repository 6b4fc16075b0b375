"""Figures in words: every form, and what stands where a value or an interval lacks."""

from __future__ import annotations

import pytest

from engine.reports import latex, markdown
from engine.runs.events import Measured, decode
from engine.statistics.figure import UNDEFINED, Figure
from engine.statistics.interval import wilson
from engine.statistics.paired import difference_of_shares
from engine.statistics.wording import (
    CORRELATION,
    MEASURED,
    PERCENT,
    POINTS,
    REPORT_COUNT,
    REPORT_PERCENT,
    REPORT_SCORE,
    SCORE_DIFFERENCE,
    WHOLE_PERCENT,
    Form,
    shown,
    shown_bounds,
    shown_value,
)

THIRD = wilson(5, 15)
ALONE = Figure(0.25, n=1)


@pytest.mark.parametrize(
    ("form", "whole", "alone"),
    [
        (WHOLE_PERCENT, "33% [15, 58]", "25% [no interval]"),
        (PERCENT, "33.3% [15.2%, 58.3%]", "25.0% [no interval]"),
        (REPORT_PERCENT, "33.3 % [15.2, 58.3]", "25.0 % [–]"),
        (POINTS, "+33.3 [+15.2, +58.3]", "+25.0 [no interval]"),
        (SCORE_DIFFERENCE, "+0.333 [+0.152, +0.583]", "+0.250 [no interval]"),
        (CORRELATION, "0.33 [0.15, 0.58]", "0.25 [no interval]"),
        (REPORT_SCORE, "0.333 [0.152, 0.583]", "0.250 [–]"),
        (MEASURED, "0.333 [0.152, 0.583]", "0.250"),
        (REPORT_COUNT, "0 [0, 1]", "0 [–]"),
    ],
)
def test_a_figure_reads_as_its_form_says(form: Form, whole: str, alone: str) -> None:
    assert shown(THIRD, form) == whole
    assert f"{shown_value(THIRD, form)} {shown_bounds(THIRD, form)}" == whole
    assert shown(ALONE, form) == alone
    assert shown(UNDEFINED, form) == "–"


def test_the_reports_differ_in_their_escapes_only() -> None:
    assert markdown.percent(THIRD) == "33.3 % [15.2, 58.3]"
    assert latex.percent(THIRD) == "33.3 {[15.2, 58.3]}"
    assert latex.decimal(Figure(-0.41, -0.6, 0.1, 9)) == "$-$0.41 {[$-$0.60, 0.10]}"
    assert (latex.decimal(ALONE), latex.percent(UNDEFINED)) == ("0.25 {[--]}", "--")


def test_a_figure_of_an_earlier_version_has_no_method() -> None:
    body = '"seq":3,"t":1.5,"v":1,"type":"Measured","stage":"validate","section":"CHAMP","name":"AUC"'
    told = decode("{" + body + ',"value":0.9,"low":0.8,"high":0.95,"n":40,"note":""}')
    assert told is not None
    assert isinstance(told.event, Measured)
    assert told.event.figure == Figure(0.9, 0.8, 0.95, 40)


def test_a_figure_knows_the_method_of_its_interval() -> None:
    assert (THIRD.n, THIRD.by) == (15, "Wilson")
    assert difference_of_shares(1, 2, 400).by == "Tango"
    assert (ALONE.by, ALONE.lacks_interval, UNDEFINED.lacks_interval) == ("", True, False)
