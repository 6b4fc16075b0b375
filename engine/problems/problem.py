"""Problem: a question with its gold answer and gold reasoning; the noun that every other room passes around."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `solution` is a given student solution (score-solutions), else None.

    `gold_solution` is the gold text with calculator marks and the final-answer line removed;
    `gold_steps` are its steps; `level` is "" where the source has none.
    """

    id: str
    question: str
    answer: str
    gold_solution: str
    gold_steps: tuple[str, ...]
    subject: str = ""
    level: str = ""
    source: str = ""
    solution: str | None = None
