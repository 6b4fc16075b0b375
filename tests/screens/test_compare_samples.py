"""Compare with several samples a problem: what the figures are over, and that too few problems have no interval."""

from __future__ import annotations

import pytest

from engine.compare.comparison import compare
from engine.compare.pairing import Side
from screens.compare.text import accuracy_lines, finding_line, table_lines
from tests.unit.test_comparison import R, W, sample, side


def sampled(verdict: str, problems: int) -> Side:
    return side([sample(f"p{n}~{k}", verdict) for n in range(problems) for k in range(4)])


@pytest.mark.parametrize(
    ("problems", "shown"),
    [
        (1, ["B−A +100.0 [no interval] points", "p = 1.00  over 1 problem: −0 +4", "coverage +0.000 [no interval]",
             "no difference shown: 1 problem that moved is too few"]),
        (6, ["B−A +100.0 [+21.4, +100.0] points", "p = 0.03  over 6 problems: −0 +24",
              "coverage +0.000 [-0.393, +0.393]",
             "B is better: a difference this large over 6 problems"]),
    ],
)  # fmt: skip
def test_samples_are_shown_by_problem(problems: int, shown: list[str]) -> None:
    found = compare(sampled(W, problems), sampled(R, problems))
    lines = [line.plain for line in (finding_line(found), *accuracy_lines(found), *table_lines(found))]
    for words in shown:
        assert any(" ".join(words.split()) in " ".join(line.split()) for line in lines), words
