"""The tally of a run counts what the judge turned, and the panel says so in the width it has."""

from __future__ import annotations

from engine.runs.state import RunState
from screens.run.panels import View, accuracy_lines
from screens.run.tally import RunTally
from tests.row_table import make_row

ROWS = [
    make_row(0, "right"),
    make_row(1, "right", symbolic="wrong", judge="right", rule="judge"),
    make_row(2, "wrong", symbolic="unparsed", judge="wrong", rule="judge"),
    make_row(3, "wrong", judge="wrong", rule="judge"),
    make_row(4, "unparsed", judge="unparsed"),
]
NARROW = 32


def test_flips_are_counted_apart_from_what_a_judge_confirmed() -> None:
    tally = RunTally()
    tally.take([row.to_item("evaluate", 0) for row in ROWS])
    assert tally.flips == 2
    said = accuracy_lines(View(RunState(), tally=tally))[-1]
    text = said if isinstance(said, str) else said.plain
    assert text == "symbolic 1  judge 1  flips 2"
    assert len(text) <= NARROW


def test_without_a_judge_nothing_is_said_of_one() -> None:
    tally = RunTally()
    tally.take([ROWS[0].to_item("evaluate", 0)])
    said = accuracy_lines(View(RunState(), tally=tally))[-1]
    assert (said if isinstance(said, str) else said.plain) == "right by: symbolic 1"
